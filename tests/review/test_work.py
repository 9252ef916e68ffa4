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
from shown_case import fill, sha

from homeward.core.time import utc_now
from homeward.flow.progress import Quiet
from homeward.flow.series.settling import settle
from homeward.flow.steps import SERIES
from homeward.flow.workbench import handing, people
from homeward.flow.workbench.grading import scheme
from homeward.flow.workbench.tiles import RECORD, TAKEN
from homeward.review.application import application
from homeward.review.bench import Workbench
from homeward.store import Case, leases, series
from homeward.store.ledger import decode
from homeward.store.models import Grade, Lease

NAMES = [f"p{at}" for at in range(12)]


@pytest.fixture(scope="module")
def items(case: Case) -> dict[str, int]:
    return fill(case, "A", NAMES, {}, {"p0": "1", "p1": "1", "p2": "2", "p3": "2"})


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
    assert given_out(otto, "unknown") == [(len(NAMES) - 5, 5)]
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
            return set(stacks) - handing.take_stacks(bench.case, persons[at], stacks if at else stacks[::-1])
        finally:
            connections[bench.case.alias].close()

    with ThreadPoolExecutor(2) as threads:
        for _ in range(20):
            Lease.objects.using(bench.case.alias).all().delete()
            one, other = threads.map(reach, range(2))
            assert not one & other
            assert sorted(one | other) == stacks


def test_nobody_waits_for_ever(bench: Workbench, items: dict[str, int], analysts: list[Any]) -> None:
    """Two windows of each of two people take the same and let go of it, in different orders and all at once."""
    persons = [people.find(bench.case, name) for name in ("Ines", "Otto")] * 2
    stacks = sorted(items.values())

    def work(at: int) -> int:
        mine = 0
        try:
            for turn in range(15):
                mine += len(stacks) - len(handing.take_stacks(bench.case, persons[at], stacks[:: 1 - 2 * (turn + at // 2 & 1)]))
                leases.release(bench.case, persons[at].key, *((handing.STACK, list(map(str, stacks))) if turn & 1 else ()))
        finally:
            connections[bench.case.alias].close()
        return mine

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(work, range(4))) > 0
    assert not leases.others(bench.case, handing.STACK, "")


def test_hands_hold_so_much_and_no_more(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "MOST", 6)
    names = [f"{at:x}" for at in range(9)]
    until = utc_now() + handing.HELD
    assert leases.take(bench.case, "clue", names[:4], "one", until).mine == names[:4]
    assert leases.take(bench.case, "clue", names[4:], "one", until + handing.HELD).mine == names[4:]
    assert leases.of(bench.case, "clue", "one") == names[3:]
    # Of another kind the same names are other work.
    assert leases.take(bench.case, "series", names[:1], "two", until).mine == names[:1]
    assert leases.take(bench.case, "clue", names[2:5], "two", until, 1) == leases.Taken(["2"], {"3": "one", "4": "one"})


def two_series(case: Case, items: dict[str, int]) -> None:
    """Two of two pictures, and a proposal to hold them together."""
    settle(case, SERIES, Quiet())  # so that no decision finds something to do
    members = {items[f"p{at}"]: sha(f"p{at & 2}")[:12] for at in range(4)}
    join = series.JoinRow(items["p0"], items["p2"], True, 900, 1100, "64 features agree")
    series.write(case, [], series.Standing(members, [join]), {}, {}, seen=series.count(case))


def reach(browser: Any, kind: str, *names: str, most: int = 1) -> Any:
    return browser.post("/api/work/take", {"kind": kind, "names": names, "most": most}, "application/json").json()


def decide(browser: Any, path: str, **body: Any) -> tuple[int, str]:
    answer = browser.post(f"/api{path}", body, "application/json")
    return answer.status_code, answer.json().get("detail", "")


IN_HAND = (409, "Ines has this in hand: leave it to them, or ask them")


def given_out(browser: Any, *queues: str) -> list[tuple[int, int]]:
    """Of each queue how much is there for somebody, and how much is others' work."""
    told = {one["name"]: (one["count"], one["elsewhere"]) for one in browser.get("/api/queues").json()["queues"]}
    return [told[queue] for queue in queues]


def leave(browser: Any, kind: str, name: str) -> None:
    assert browser.post("/api/work/leave", {"kind": kind, "names": [name]}, "application/json").status_code == 204


def test_proposals_are_given_out_once(
    bench: Workbench, items: dict[str, int], analysts: list[Any], client: Callable[..., Any]
) -> None:
    ines, otto, _ = analysts
    two_series(bench.case, items)
    (proposal,) = [one["id"] for one in otto.get("/api/proposals").json()]
    assert given_out(otto, "proposals") == [(1, 0)]
    assert reach(ines, "proposal", proposal) == {"mine": [proposal], "others": {}}
    assert reach(otto, "proposal", proposal) == {"mine": [], "others": {proposal: "Ines"}}
    assert reach(client("viewer"), "proposal", proposal) == {"mine": [], "others": {proposal: "Ines"}}
    assert (given_out(otto, "proposals"), given_out(ines, "proposals")) == ([(0, 1)], [(1, 0)])
    assert decide(otto, f"/proposals/{proposal[:6].upper()}", accept=True, why="x") == IN_HAND
    leave(otto, "proposal", proposal)  # what is hers
    assert given_out(otto, "proposals") == [(0, 1)]
    leave(ines, "proposal", proposal)
    assert given_out(otto, "proposals") == [(1, 0)]
    other = max(one["id"] for one in otto.get("/api/series").json())
    assert reach(ines, "series", other)["mine"] == [other]  # accepted, it would be held together with what she works on
    assert decide(otto, f"/proposals/{proposal[:6]}", accept=True, why="x") == IN_HAND
    assert decide(otto, f"/proposals/{proposal}", accept=False, why="another wallpaper") == (200, "")


def test_series_leads_and_clues_are_given_out_once(
    bench: Workbench, items: dict[str, int], analysts: list[Any], client: Callable[..., Any]
) -> None:
    ines, otto, _ = analysts
    two_series(bench.case, items)
    name, other = sorted(one["id"] for one in otto.get("/api/series").json())
    drawn = {"picture": sha("p5"), "kind": "serial", "value": "H2-1", "why": "seen"}
    clue = otto.post("/api/clues", drawn, "application/json").json()["clue"]
    assert decide(ines, "/leads", series=name, task="ask the shop", why="it sold the lamp", clue=clue[:12])[0] == 200
    assert given_out(otto, "clues", "leads") == [(1, 0), (1, 0)]
    (lead,) = client("viewer").get(f"/api/leads?series={name}").json()
    assert (lead["task"], lead["clue"]) == ("ask the shop", clue)

    # She has them open: they are in nobody else's queue, and nobody else decides about them.
    for kind, one in (("series", name), ("clue", clue)):
        assert reach(ines, kind, one) == {"mine": [one], "others": {}}
        assert reach(otto, kind, one) == {"mine": [], "others": {one: "Ines"}}
    assert given_out(otto, "clues", "leads") == [(0, 1), (0, 1)]
    assert given_out(ines, "clues", "leads") == [(1, 0), (1, 0)]
    assert decide(otto, f"/series/{name}/facts", field="note", value="x", why="x") == IN_HAND
    assert decide(otto, f"/series/{other}/merge", other=name.upper(), why="x") == IN_HAND
    assert decide(otto, f"/series/{name}/split", pictures=[sha("p0")], why="x") == IN_HAND
    assert decide(otto, f"/series/{name}/seen") == IN_HAND
    assert decide(otto, "/leads", series=name, task="x", why="x") == IN_HAND
    assert decide(otto, f"/leads/{lead['id']}/told", field="state", value="done", why="x") == IN_HAND
    assert decide(otto, f"/clues/{clue}/told", field="status", value="dead", why="x") == IN_HAND
    assert decide(otto, f"/clues/{clue}/sightings", picture=sha("p6"), why="x") == IN_HAND
    assert decide(otto, f"/series/{other}/facts", field="note", value="x", why="x")[0] == 200

    # She says whose the lead is, and goes: that stays said.
    assert decide(ines, f"/leads/{lead['id']}/told", field="owner", value="Ines", why="she knows them")[0] == 200
    leave(ines, "series", name)
    assert given_out(otto, "clues", "leads") == [(0, 1), (0, 1)]
    ines.delete("/api/session")
    assert given_out(otto, "clues", "leads") == [(1, 0), (0, 1)]
    assert decide(otto, f"/leads/{lead['id']}/told", field="outcome", value="nothing found", why="they keep no books")[0] == 200
    assert given_out(otto, "leads") == [(0, 0)]


def test_each_of_two_gets_a_portion_of_their_own(analysts: list[Any]) -> None:
    ines, otto, _ = analysts
    names = [f"{at:012x}" for at in range(5)]
    assert reach(ines, "proposal", *names, most=2)["mine"] == names[:2]
    assert reach(otto, "proposal", *names, most=2) == {"mine": names[2:4], "others": dict.fromkeys(names[:2], "Ines")}


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
