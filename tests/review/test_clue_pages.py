"""Clues over the endpoints: drawn, seen elsewhere, decided on and taken back, each with its ledger entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from shown_case import fill, sha, veil

from homeward.flow.clues import clue_ledger as clues
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.review.bench import Workbench
from homeward.store import Case
from homeward.store.ledger import decode


@pytest.fixture(scope="module")
def items(case: Case) -> dict[str, int]:
    return fill(case, "A", list("abc"), {"film": 5})


def post(browser: Any, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = browser.post(f"/api{path}", body, "application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_a_clue_is_drawn_told_and_taken_back(
    bench: Workbench, client: Callable[..., Any], case: Case, items: dict[str, int]
) -> None:
    analyst = client("analyst")
    drawn = {"kind": "region", "picture": sha("a"), "veil_box": [6, 4.5, 12, 9], "why": "a lamp"}
    made = post(analyst, "/clues", drawn)
    (one,) = clues.listed(case)
    assert (one["id"], one["sightings"][0]["box"]) == (made["clue"], (10, 7, 20, 16))  # of 40 x 30 pixels
    assert post(analyst, "/clues", {**drawn, "why": ""})["clue"] == made["clue"]
    address = f"/clues/{made['clue'][:12]}"
    shown = analyst.get(f"/api{address}").json()
    assert shown["sightings"][0]["veil_box"] == pytest.approx([6, 4.2, 12, 9.6])
    assert [one["id"] for one in analyst.get("/api/clues").json()] == [made["clue"]]

    post(analyst, f"{address}/sightings", {"picture": sha("b"), "veil_box": [0, 0, 12, 9], "why": "here too"})
    assert clues.listed(case)[0]["pictures"] == 2
    assert post(analyst, f"{address}/told", {"field": "status", "value": "too common", "why": "sold everywhere"})["status"] == (
        "too common"
    )
    assert clues.listed(case)[0]["status"] == "too common"
    refused = post(analyst, f"{address}/told", {"field": "status", "value": "dead", "why": "too many"}, 400)
    assert "sold everywhere" in refused["detail"]
    post(analyst, f"{address}/told", {"field": "note", "why": "see the catalogue"})
    event = next(one for one in analyst.get(f"/api{address}").json()["history"] if one["act"] == "status")
    assert event["who"] == "analyst"
    assert post(analyst, f"{address}/events/{event['event']}/undo", {"why": "another lamp"})["status"] == "open"
    entries = [decode(body) for _, body in case.custody.entries()]
    told = [one for one in entries if one.act == "clue.events"]
    assert [one.details["act"] for one in told] == ["sight", "sight", "sight", "status", "note", "undo"]
    assert {case.custody.names(one.seq)["who"] for one in told} == {"analyst"}
    assert verify(case, Quiet()).faults == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"picture": "0" * 64},
        {"veil_box": [30, 0, 5, 5]},
        {"veil_box": None},
        {"kind": "coordinate", "value": "nowhere"},
        {"value": "a region has none"},
    ],
)
def test_what_cannot_be_a_clue_is_refused(
    bench: Workbench, client: Callable[..., Any], items: dict[str, int], wrong: dict[str, Any]
) -> None:
    drawn = {"kind": "region", "picture": sha("c"), "veil_box": [6, 4.5, 12, 9], **wrong}
    assert post(client("analyst"), "/clues", drawn, 400)["detail"]


def test_a_question_about_what_was_not_measured_is_refused(
    bench: Workbench, client: Callable[..., Any], items: dict[str, int]
) -> None:
    answer = post(client("viewer"), "/find/elsewhere", {"picture": sha("a"), "veil_box": [6, 4, 12, 9]}, 400)
    assert "compared" in answer["detail"]
    assert post(client("viewer"), "/find/elsewhere", {"picture": "0" * 64}, 400)["detail"] == "there is no such picture"


def test_a_frame_of_a_film_has_a_veil_of_its_own(bench: Workbench, client: Callable[..., Any], items: dict[str, int]) -> None:
    asked = {"items": [sha("film"), sha("film"), sha("a")], "times": [4, -1, 3]}
    body = client("viewer").post("/api/veils", asked, "application/json").content
    film, still = items["film"], items["a"]
    assert body == veil(film, 4).tobytes() + veil(film, 2).tobytes() + veil(still, -1).tobytes()
