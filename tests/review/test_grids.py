"""The grid of veils: what is listed, what is packed, and what grading it leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from bench_people import somebody
from shown_case import fill, hold, sha, stack, veil

from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.flow.workbench.grading import Grades, give, scheme
from homeward.flow.workbench.tiles import IN_PART, QUEUES, RECORD, VIDEO, Tiles, listing
from homeward.review.bench import Workbench
from homeward.review.handed import HandedOver
from homeward.review.shown import MOMENTS, ListGone, Shown
from homeward.store import Case
from homeward.store.ledger import decode


@pytest.fixture(scope="module")
def items(case: Case) -> dict[str, int]:
    held = fill(case, "A", list("abcdefg"), {"film": 5})
    stack(case, [held["b"], held["a"], held["c"]], [held["d"], held["e"]])
    return held


def begin(browser: Any, queue: str) -> dict[str, Any]:
    answer = browser.post("/api/grids", {"queue": queue}, "application/json")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def tiles_of(browser: Any, name: str, first: int = 0, count: int = 128) -> tuple[Any, Any]:
    body = browser.get(f"/api/grids/{name}/tiles?first={first}&count={count}").content
    many = len(body) // (RECORD.itemsize + 432)
    assert len(body) == many * (RECORD.itemsize + 432)
    records = np.frombuffer(body, RECORD, many)
    return records, np.frombuffer(body, np.uint8, offset=many * RECORD.itemsize).reshape(many, 432)


def test_every_item_lies_on_one_tile_and_shows_its_veil(
    bench: Workbench, client: Callable[..., Any], items: dict[str, int]
) -> None:
    viewer = client("viewer")
    grid = begin(viewer, "all")
    assert (grid["count"], grid["kind"]) == (5, "stacks")
    records, veils = tiles_of(viewer, grid["id"])
    told = {bytes(row["sha256"]).hex(): (int(row["count"]), int(row["flags"]) & VIDEO) for row in records}
    assert told == {sha("b"): (3, 0), sha("d"): (2, 0), sha("f"): (1, 0), sha("g"): (1, 0), sha("film"): (1, VIDEO)}
    names = {sha(name): item for name, item in items.items()}
    for row, shown in zip(records, veils, strict=True):
        item = names[bytes(row["sha256"]).hex()]
        assert (shown == veil(item, 2 if row["flags"] & VIDEO else -1)).all()
    some, _ = tiles_of(viewer, grid["id"], 2, 2)
    assert some.tobytes() == records[2:4].tobytes()
    assert len(tiles_of(viewer, grid["id"], 9)[0]) == 0


def test_a_stack_and_a_film_open(client: Callable[..., Any], items: dict[str, int]) -> None:
    viewer = client("viewer")
    records, _ = tiles_of(viewer, begin(viewer, f"stack:{sha('a')}")["id"])
    assert [bytes(row["sha256"]).hex() for row in records] == [sha("b"), sha("a"), sha("c")]
    records, veils = tiles_of(viewer, begin(viewer, f"frames:{sha('film')}")["id"])
    assert records["time_ms"].tolist() == [0, 1, 2, 3, 4]
    assert [int(one[0]) for one in veils] == [int(veil(items["film"], time)[0]) for time in range(5)]
    for nowhere in ("stack:", "stack:\0", "frames:" + "0" * 64, "series:none", "another", "all:x"):
        assert viewer.post("/api/grids", {"queue": nowhere}, "application/json").status_code == 400
    assert viewer.get("/api/grids/nothing/tiles").status_code == 410
    for strange in ("/api/items/%00", f"/api/items/{'0' * 64}", "/api/evidence/%00/%00"):
        assert viewer.get(strange).status_code == 400


def test_a_stack_is_graded_as_one_and_taken_back(bench: Workbench, client: Callable[..., Any], items: dict[str, int]) -> None:
    analyst = client("analyst")
    grid = begin(analyst, "unknown")
    assert grid["count"] == 5
    address = f"/api/grids/{grid['id']}"
    records, _ = tiles_of(analyst, grid["id"])
    at = next(row for row in range(5) if bytes(records[row]["sha256"]).hex() == sha("b"))

    def say(tiles: list[dict[str, int]], code: str, status: int = 200) -> Any:
        answer = analyst.post(f"{address}/grades", {"tiles": tiles, "code": code}, "application/json")
        assert answer.status_code == status
        return answer.json()

    changed = say([{"first": at, "last": at}], "urgent")
    assert changed == {"items": 3, "more": False, "tiles": [{"at": at, "grade": 1, "flags": int(records[at]["flags"])}]}
    entry = [decode(body) for _, body in bench.case.custody.entries()][-1]
    assert (entry.act, entry.details["items"]) == ("grade", 3)
    assert bench.case.custody.names(entry.seq)["who"] == "analyst"
    assert tiles_of(analyst, grid["id"])[0][at]["grade"] == 1
    assert begin(analyst, "unknown")["count"] == 4
    assert begin(analyst, "decided")["count"] == 1
    give(bench.case, bench.shown.scheme, [items["c"]], "other", somebody(bench, "lead"))
    assert tiles_of(analyst, grid["id"])[0][at]["flags"] & IN_PART
    for tiles in ([{"first": 4, "last": 5}], [{"first": 3, "last": 2}]):
        say(tiles, "urgent", 400)
    say([{"first": 0, "last": 0}], "nothing of the kind", 400)
    assert analyst.post("/api/grids/gone/undo").status_code == 410  # and it is still to be taken back
    assert analyst.post(f"{address}/undo").json()["items"] == 3
    assert analyst.post(f"{address}/undo").status_code == 409
    held = Grades(bench.case, bench.shown.scheme)
    held.follow()
    assert held.codes == {items["c"]: "other"}
    assert client("lead").post(f"{address}/undo").json()["items"] == 1
    assert verify(bench.case, Quiet()).faults == []


def test_what_a_later_run_finds_changes_no_category(new_case: Case) -> None:
    held = fill(new_case, "A", list("abc"), {})
    stack(new_case, [held["a"], held["b"]])
    with Workbench(new_case) as bench:
        person = somebody(bench, "analyst")
        name, listed = bench.shown.begin("all")
        give(new_case, bench.shown.scheme, listed.items(0, 0), "urgent", person)
        more = fill(new_case, "B", ["d"], {})
        assert bench.shown.begin(f"stack:{sha('d')}")[1].items(0, 0) == [more["d"]]
        stack(new_case, [held["a"], held["b"], more["d"]])
        name, listed = bench.shown.begin("unknown")
        assert [listed.items(at, at) for at in range(len(listed.places))] == [[held["a"], held["b"], more["d"]], [held["c"]]]
        records = np.frombuffer(bench.shown.packed(name, 0, 2)[: 2 * RECORD.itemsize], RECORD)
        assert [(int(one["grade"]), bool(one["flags"] & IN_PART)) for one in records] == [(1, True), (0, False)]


def test_series_that_wait_come_first_and_are_graded_as_a_group(new_case: Case) -> None:
    held = fill(new_case, "A", list("abcd"), {}, {"b": "1", "d": "1"})
    hold(new_case, (held["a"], held["c"]))
    with Workbench(new_case) as bench:
        _, listed = bench.shown.begin("unknown")
        assert [listed.items(at, at)[0] for at in range(4)] == [held[name] for name in "bdac"]
        assert listed.group(1) == [held["b"], held["d"]]
        assert listed.group(2) == [held["a"]]
        _, opened = bench.shown.begin(f"stack:{sha('a')}")
        assert opened.group(0) == [held["a"]]


def test_lists_hold_each_stack_once(bench: Workbench, items: dict[str, int]) -> None:
    held, grades = Tiles(bench.case), Grades(bench.case, bench.shown.scheme)
    sizes = {queue: sorted(listing(bench.case, held, grades, queue).places.tolist()) for queue in QUEUES}
    assert sizes["all"] == list(range(len(held.exemplars)))
    assert sorted(sizes["unknown"] + sizes["known"] + sizes["decided"]) == sizes["all"]
    everything = listing(bench.case, held, grades, "all")
    assert everything.items(0, 99) == sorted(items.values())
    for at in range(len(everything.places)):
        assert at in everything.touched(everything.items(at, at))


def test_lists_of_few_states_of_a_case_are_kept(new_case: Case) -> None:
    """A state takes a hundred times what a list takes, and there is a new one every minute while a case is processed."""
    fill(new_case, "A", ["a"], {})
    shown = Shown(new_case, scheme(), HandedOver(new_case).answers)
    first, old = shown.begin("all")
    again, _ = shown.begin("known")
    for at in range(MOMENTS):
        fill(new_case, f"more {at}", [f"more {at}"], {})
        name, made = shown.begin("all")
        assert len(made.places) == len(old.places) + at + 1
    assert shown.listing(name) is made
    for gone in (first, again):
        with pytest.raises(ListGone):
            shown.listing(gone)
