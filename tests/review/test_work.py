"""Work among several people: nobody is given what another has, opinions that know nothing of each other, handing over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from bench_people import PASSWORD
from django.db import connections
from msgspec.structs import replace
from shown_case import fill

from homeward.core.time import utc_now
from homeward.flow.workbench import handing, people
from homeward.flow.workbench.grading import scheme
from homeward.flow.workbench.tiles import RECORD, TAKEN
from homeward.review.application import application
from homeward.review.bench import Workbench
from homeward.store import Case, leases
from homeward.store.ledger import decode
from homeward.store.models import Grade, Lease

NAMES = [f"p{at}" for at in range(12)]


@pytest.fixture(scope="module")
def items(case: Case) -> dict[str, int]:
    return fill(case, "A", NAMES, {})


@pytest.fixture
def bench(case: Case, items: dict[str, int]) -> Iterator[Workbench]:
    Grade.objects.using(case.alias).all().delete()
    Lease.objects.using(case.alias).all().delete()
    with Workbench(case, scheme=replace(scheme(), opinions=2)) as made:
        application(made)
        yield made


@pytest.fixture
def analysts(bench: Workbench, client: Callable[..., Any]) -> list[Any]:
    """Three browsers of three people."""
    made = []
    for name in ("Ines", "Otto", "Uma"):
        if name not in {row["name"] for row in people.listed(bench.case)}:
            people.add(bench.case, name, "analyst", PASSWORD, "a test")
        browser = client()
        browser.post("/api/session/link", {"word": bench.link(people.find(bench.case, name))}, "application/json")
        made.append(browser)
    return made


def begin(browser: Any, queue: str) -> dict[str, Any]:
    return dict(browser.post("/api/grids", {"queue": queue}, "application/json").json())


def tiles(browser: Any, grid: dict[str, Any], first: int = 0, count: int = 128) -> Any:
    body = browser.get(f"/api/grids/{grid['id']}/tiles?first={first}&count={count}").content
    return np.frombuffer(body, RECORD, len(body) // (RECORD.itemsize + 432))


def say(browser: Any, grid: dict[str, Any], at: int, code: str) -> int:
    said = {"tiles": [{"first": at, "last": at}], "code": code}
    return int(browser.post(f"/api/grids/{grid['id']}/grades", said, "application/json").status_code)


def named(rows: Any) -> list[str]:
    return [bytes(row["sha256"]).hex() for row in rows]


def counts(browser: Any) -> dict[str, int]:
    return {one["name"]: one["count"] for one in browser.get("/api/queues").json()["queues"]}


def test_two_people_never_get_the_same_work(analysts: list[Any]) -> None:
    ines, otto, _ = analysts
    theirs, before = begin(ines, "unknown"), begin(otto, "unknown")
    first = named(tiles(ines, theirs, 0, 5))
    later = begin(otto, "unknown")
    assert later["count"] == len(NAMES) - 5
    assert not set(first) & set(named(tiles(otto, later)))
    # A list that was there before shows it as taken, and nothing can be said of it.
    assert [bool(row["flags"] & TAKEN) for row in tiles(otto, before, 0, 5)] == [True] * 5
    assert say(otto, before, 0, "urgent") == 409
    assert say(ines, theirs, 0, "urgent") == 200
    assert begin(ines, "unknown")["count"] == 4
    # Who goes out lets go.
    ines.delete("/api/session")
    assert begin(otto, "unknown")["count"] == len(NAMES) - 1


def test_what_was_left_lying_is_given_out_again(bench: Workbench, analysts: list[Any]) -> None:
    ines, otto, _ = analysts
    tiles(ines, begin(ines, "unknown"))
    assert begin(otto, "unknown")["count"] == 0
    Lease.objects.using(bench.case.alias).update(until=utc_now())
    assert begin(otto, "unknown")["count"] == len(NAMES)


def test_a_viewer_takes_nothing_from_anybody(analysts: list[Any], client: Callable[..., Any]) -> None:
    viewer = client("viewer")
    tiles(viewer, begin(viewer, "unknown"))
    assert begin(analysts[0], "unknown")["count"] == len(NAMES)


def test_who_is_quickest_has_it(bench: Workbench, items: dict[str, int], analysts: list[Any]) -> None:
    """Twenty times both reach for everything at once; each stack ends in exactly one hand."""
    persons = [people.find(bench.case, name) for name in ("Ines", "Otto")]
    stacks = sorted(items.values())

    def reach(at: int) -> set[int]:
        try:
            return set(stacks) - handing.take(bench.case, persons[at], stacks if at else stacks[::-1])
        finally:
            connections[bench.case.alias].close()

    with ThreadPoolExecutor(2) as threads:
        for _ in range(20):
            Lease.objects.using(bench.case.alias).all().delete()
            one, other = threads.map(reach, range(2))
            assert not one & other
            assert sorted(one | other) == stacks


def test_hands_hold_so_much_and_no_more(bench: Workbench, items: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "MOST", 6)
    stacks = sorted(items.values())
    until = utc_now() + handing.HELD
    assert leases.take(bench.case, stacks[:4], "one", until) == set()
    assert leases.take(bench.case, stacks[4:9], "one", until + handing.HELD) == set()
    assert [row.item for row in leases.of(bench.case, "one")] == stacks[3:9]


def test_a_second_opinion_knows_nothing_of_the_first(analysts: list[Any], items: dict[str, int]) -> None:
    ines, otto, uma = analysts
    grid = begin(ines, "unknown")
    (name,) = named(tiles(ines, grid, 0, 1))
    assert say(ines, grid, 0, "urgent") == 200
    assert tiles(ines, grid, 0, 1)[0]["grade"] == 1
    ines.delete("/api/session")
    assert begin(otto, "decided")["count"] == 0
    wanted = begin(otto, "opinions")
    (row,) = tiles(otto, wanted)
    assert (bytes(row["sha256"]).hex(), row["grade"]) == (name, 0)
    assert otto.get(f"/api/items/{name}").json()["grades"] == []
    assert say(otto, wanted, 0, "relevant") == 200
    assert [one["code"] for one in otto.get(f"/api/items/{name}").json()["grades"]] == ["urgent", "relevant"]
    otto.delete("/api/session")
    # They differ: a third one says, blind too, and more than half decide.
    assert counts(uma)["disputed"] == 1
    third = begin(uma, "disputed")
    (row,) = tiles(uma, third)
    assert row["grade"] == 0
    assert uma.get(f"/api/items/{name}").json()["grades"] == []
    assert say(uma, third, 0, "urgent") == 200
    assert tiles(uma, begin(uma, "decided"))[0]["grade"] == 1
    assert (counts(uma)["disputed"], counts(uma)["opinions"]) == (0, 0)


def test_one_hands_over_what_is_in_hand(bench: Workbench, analysts: list[Any]) -> None:
    ines, otto, uma = analysts
    grid = begin(ines, "unknown")
    names = named(tiles(ines, grid, 0, 4))
    say(ines, grid, 0, "urgent")
    assert "Otto" in ines.get("/api/work/colleagues").json()
    for to, note in (("Ines", "x"), ("Otto", " "), ("nobody", "x")):
        assert ines.post("/api/work/hand-over", {"to": to, "note": note}, "application/json").status_code == 400
    answer = ines.post("/api/work/hand-over", {"to": "Otto", "note": "the blue room first"}, "application/json")
    assert answer.json() == {"stacks": 3}
    assert ines.post("/api/work/hand-over", {"to": "Otto", "note": "x"}, "application/json").status_code == 400
    assert named(tiles(otto, begin(otto, "yours"))) == names[1:]
    (row,) = next(one["rows"] for one in otto.get("/api/queues").json()["queues"] if one["name"] == "yours")
    assert (row["title"], row["detail"], row["number"]) == ("From Ines", "the blue room first", 3)
    assert say(otto, begin(otto, "yours"), 0, "urgent") == 200
    (row,) = next(one["rows"] for one in otto.get("/api/queues").json()["queues"] if one["name"] == "yours")
    assert row["number"] == 2
    otto.delete("/api/session")
    assert begin(uma, "unknown")["count"] == len(NAMES) - 4
    ines.delete("/api/session")
    assert set(named(tiles(uma, begin(uma, "opinions")))) == set(names[:2])  # what was handed over and said is another's now
    entry = [one for one in (decode(body) for _, body in bench.case.custody.entries()) if one.act == "work.hand"][-1]
    assert (entry.details["stacks"], bench.case.custody.names(entry.seq)["to"]) == (3, "Otto")
