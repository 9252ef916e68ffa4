"""What nobody had to see, and what came back to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bench_people import PASSWORD, somebody
from shown_case import fill, hold, sha, stack

from homeward.flow.series import deciding
from homeward.flow.workbench import care, people
from homeward.flow.workbench.grading import give
from homeward.flow.workbench.people import REGION, STEPS
from homeward.flow.workbench.viewing import Look
from homeward.review.application import application
from homeward.review.bench import Workbench
from homeward.store import Case, series


@pytest.fixture
def items(new_case: Case) -> dict[str, int]:
    held = fill(new_case, "A", list("abcdef"), {}, {"a": "1", "b": "1", "c": "2", "d": "2"})
    hold(new_case, (held["a"], held["c"]))
    stack(new_case, [held["e"], held["f"]])
    return held


@pytest.fixture
def bench(new_case: Case, items: dict[str, int]) -> Any:
    with Workbench(new_case) as made:
        application(made)
        yield made


def test_what_was_decided_without_being_seen_is_told(
    bench: Workbench, client: Callable[..., Any], items: dict[str, int]
) -> None:
    viewer, analyst = client("viewer"), somebody(bench, "analyst")
    assert viewer.get("/api/care").json() == {"pictures": 6, "copies": 1, "known": 0, "unseen": 0, "outcomes": []}
    for name in "abe":
        give(bench.case, bench.shown.scheme, [items[name], *([items["f"]] if name == "e" else [])], "other", analyst)
    assert viewer.get("/api/care").json()["unseen"] == 3
    for step in STEPS:
        look = Look(sha("a"), -1, step, "a test")
        bench.views._viewer.begin(analyst, look)
        assert viewer.get("/api/care").json()["unseen"] == (3 if step == "drawing" else 2)
    bench.views._viewer.begin(analyst, Look(sha("f"), -1, REGION, "a test"))
    assert viewer.get("/api/care").json()["unseen"] == 1
    assert not {"views", "seen", "people"} & set(viewer.get("/api/care").json())


def test_outcomes_come_back_to_those_who_worked_on_it(
    bench: Workbench, client: Callable[..., Any], items: dict[str, int]
) -> None:
    browsers = {role: client(role) for role in ("analyst", "lead", "viewer")}
    analyst = somebody(bench, "analyst")
    give(bench.case, bench.shown.scheme, [items["a"]], "urgent", analyst)
    members = series.members(bench.case)
    name, other = members[items["a"]], members[items["c"]]
    for one in (name, other):
        deciding.tell(bench.case, one, "status", "safeguarded", "lead", "told by phone")
    told = {role: browser.get("/api/care").json()["outcomes"] for role, browser in browsers.items()}
    assert [(row["series"], row["status"]) for row in told["analyst"]] == [(name, "safeguarded")]
    assert told["analyst"][0]["when"]
    assert {row["series"] for row in told["lead"]} == {name, other}
    assert told["viewer"] == []


def test_what_one_worked_on_comes_back_however_much_else_was_solved(
    bench: Workbench, items: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(care, "MOST_OUTCOMES", 1)
    members = series.members(bench.case)
    for at in "ac":
        deciding.tell(bench.case, members[items[at]], "status", "safeguarded", "lead", "told by phone")
    for name in "ac":
        one = people.add(bench.case, f"of {name}", "analyst", PASSWORD, "a test")
        give(bench.case, bench.shown.scheme, [items[name]], "urgent", one)
        assert [row["series"] for row in care.outcomes(bench.case, one)] == [members[items[name]]]
