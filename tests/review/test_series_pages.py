"""Queues and series over the endpoints: what they tell is what the library tells, and who decides stands in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from shown_case import fill, hold, sha, veil

from homeward.flow.progress import Quiet
from homeward.flow.series import listing as victims
from homeward.flow.series import watch
from homeward.flow.verify import verify
from homeward.review.application import application
from homeward.review.bench import Workbench
from homeward.store import Case, series
from homeward.store.ledger import decode


@pytest.fixture
def items(new_case: Case) -> dict[str, int]:
    held = fill(new_case, "A", list("abcdef"), {}, {"a": "1", "b": "1", "c": "2", "d": "2", "e": "1"})
    hold(new_case, (held["a"], held["c"]))
    return held


@pytest.fixture
def bench(new_case: Case, items: dict[str, int]) -> Iterator[Workbench]:
    with Workbench(new_case) as made:
        application(made)
        yield made


def post(browser: Any, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = browser.post(f"/api{path}", body, "application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def who(case: Case) -> str:
    """Who is named by the newest entry about series."""
    told = [decode(body) for _, body in case.custody.entries()]
    return case.custody.names(next(one.seq for one in reversed(told) if one.act == "series.events")).get("who", "")


def test_a_proposal_is_shown_accepted_and_taken_back(
    bench: Workbench, new_case: Case, client: Callable[..., Any], items: dict[str, int]
) -> None:
    analyst = client("analyst")
    assert analyst.get("/api/series").json() == victims.listed(new_case)
    queues = {one["name"]: one["count"] for one in analyst.get("/api/queues").json()["queues"]}
    assert (queues["proposals"], queues["unknown"]) == (1, 6)
    (found,) = analyst.get("/api/proposals").json()
    assert found == victims.proposals(new_case)[0]
    post(analyst, f"/proposals/{found['id']}", {"accept": True, "why": " "}, 400)
    now = post(analyst, f"/proposals/{found['id']}", {"accept": True, "why": "the same wallpaper"})["series"]
    assert who(new_case) == "analyst"
    members = series.members(new_case)
    assert {members[items[name]] for name in "abcde"} == {now}
    shown = analyst.get(f"/api/series/{now}").json()
    assert shown["history"][0]["why"] == "the same wallpaper"
    post(analyst, f"/decisions/{shown['history'][0]['event']}/undo", {"why": "it is not"})
    members = series.members(new_case)
    assert members[items["a"]] != members[items["c"]]
    assert verify(new_case, Quiet()).faults == []


def test_a_picture_that_lies_alone_is_put_into_a_series(
    bench: Workbench, new_case: Case, client: Callable[..., Any], items: dict[str, int]
) -> None:
    hold(new_case, (items["a"], items["f"]))
    analyst = client("analyst")
    (found,) = (one for one in analyst.get("/api/proposals").json() if one["other"] is None)
    post(analyst, f"/proposals/{found['id']}", {"accept": True, "why": "the same wallpaper"})
    members = series.members(new_case)
    assert members[items["a"]] == members[items["f"]] == found["series"]


def test_a_series_is_split_merged_and_told(
    bench: Workbench, new_case: Case, client: Callable[..., Any], items: dict[str, int]
) -> None:
    lead = client("lead")
    members = series.members(new_case)
    name, other = members[items["a"]], members[items["c"]]
    post(lead, f"/series/{name}/split", {"pictures": [sha("b")], "why": "another room"})
    assert series.members(new_case).get(items["b"]) != series.members(new_case)[items["a"]]
    post(lead, f"/series/{name}/merge", {"other": other, "why": "one hand"})
    assert series.members(new_case)[items["a"]] == series.members(new_case)[items["c"]]
    name = series.members(new_case)[items["a"]]
    post(lead, f"/series/{name}/facts", {"field": "status", "value": "located", "why": "told by phone"})
    assert lead.get(f"/api/series/{name}").json()["status"] == "located"
    post(lead, f"/series/{name}/facts", {"field": "status", "value": "lost", "why": "x"}, 400)
    assert who(new_case) == "lead"
    assert lead.get("/series/" + name).status_code == 200


def test_a_series_in_hand_is_so_by_each_of_its_names(
    bench: Workbench, new_case: Case, client: Callable[..., Any], items: dict[str, int]
) -> None:
    """That of a series that it took in, and that of a notice."""
    analyst, lead = client("analyst"), client("lead")
    both = {series.members(new_case)[items[name]] for name in "ac"}
    now = post(analyst, f"/series/{min(both)}/merge", {"other": max(both), "why": "one bedspread"})["series"]
    (ended,) = both - {now}
    task = post(analyst, "/leads", {"series": now, "task": "ask the shop", "why": "it sold the lamp"})["lead"]
    post(analyst, f"/leads/{task}/told", {"field": "outcome", "value": "nothing found", "why": "no books"})
    (notice,) = watch.notices(new_case)
    assert post(lead, "/work/take", {"kind": "series", "names": [now], "most": 1})["mine"] == [now]
    for name in (now, ended, notice["id"]):
        post(analyst, f"/series/{name}/seen", {}, 409)
    post(analyst, "/leads", {"series": ended, "task": "x", "why": "x"}, 409)
    assert post(lead, f"/series/{notice['id']}/seen", {})["series"] == now
    assert watch.notices(new_case) == []


def test_evidence_opens_to_its_parts(bench: Workbench, client: Callable[..., Any], items: dict[str, int]) -> None:
    viewer = client("viewer")
    found = viewer.get(f"/api/evidence/{sha('b')}/{sha('a')}").json()
    assert [part["log10_lr"] for part in found["parts"]]
    assert (found["a_box"], found["b_box"]) == (None, None)
    assert viewer.get(f"/api/evidence/{sha('a')}/{'0' * 64}").status_code == 400
    body = viewer.post("/api/veils", {"items": [sha("c"), "f" * 64]}, "application/json").content
    assert body == veil(items["c"], -1).tobytes() + bytes([128]) * 432
