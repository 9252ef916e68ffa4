"""The order in which a person looks: what it never does, and what it does first."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from series_case import deliver, hold, see, series_of, sha

from homeward.flow.series import looking
from homeward.flow.series.deciding import answer, undo
from homeward.flow.series.listing import shown
from homeward.flow.series.looking import queue
from homeward.store import Case, results
from homeward.store.models import Item
from homeward.store.results import CopyRow

CAMERAS = {"a": "1", "b": "1", "c": "1", "d": "2", "e": "2", "f": "3", "g": "3", "h": "", "i": "", "j": ""}
"""Pictures by the serial number of their camera: series of three, two and two, and three that lie alone; j is a copy of a."""
SEEN = {
    ("a", "d"): 3200,
    ("b", "e"): 2600,
    ("a", "f"): 2200,
    ("d", "g"): 1900,
    ("f", "h"): 3400,
    ("e", "i"): 3000,
    ("h", "i"): 900,
}
"""Sights, in thousandths of a log10 ratio: between the same two series more than one of them."""
KINDS = ("joins situations", "proposed", "what else there is")
Row = dict[str, Any]


@pytest.fixture
def seen(case: Case) -> Case:
    """A case in which sights speak for joins of several strengths."""
    deliver(case, "X", CAMERAS)
    items = {name: Item.objects.using(case.alias).get(sha256=sha(name)).pk for name in CAMERAS}
    see(case, SEEN)
    copies = [CopyRow(items["a"], items["a"], "itself", None, None, ""), CopyRow(items["j"], items["a"], "hash", 4, None, "")]
    with case.batch("step.part", {"step": "copies"}):
        results.replace_copies(case, copies)
    hold(case)
    return case


def ends(row: Row) -> frozenset[str]:
    """The two series, or pictures that lie alone, that a row is about."""
    return frozenset((row["series"] or row["a"], row["other"] or row["b"]))


def check(case: Case, rows: list[Row]) -> None:
    """What holds of every queue."""
    assert all(row["a"] != row["b"] for row in rows)
    told = [frozenset((row["a"], row["b"])) for row in rows]
    assert len(set(told)) == len(told)
    assert sha("j") not in frozenset().union(*told)  # of a stack the one that names it
    asked = [ends(row) for row in rows if row["why"] != "joins situations"]
    assert len(set(asked)) == len(asked)
    places = [KINDS.index(row["why"]) for row in rows]
    assert places.index(1) < places.index(2)
    sizes = {series_of(case, name): list(CAMERAS.values()).count(serial) for name, serial in CAMERAS.items() if serial}
    for kind, worth in (
        ("proposed", lambda row: looking._gain(row, sizes)),
        ("what else there is", lambda row: row["log10_lr"]),
    ):
        some = [worth(row) for row in rows if row["why"] == kind]
        assert some == sorted(some, reverse=True)


def test_no_pair_is_told_twice_and_nothing_weaker_of_its_kind_comes_first(seen: Case) -> None:
    rows = queue(seen)
    check(seen, rows)
    assert queue(seen) == rows


def test_what_was_refused_is_not_asked_again_between_the_same_two(seen: Case) -> None:
    """Also not by the weaker sight that rests on the same two series."""
    first = next(row for row in queue(seen) if row["why"] == "proposed" and row["series"] and row["other"])
    answer(seen, first["id"], False, "P", "two children")
    rows = queue(seen)
    check(seen, rows)
    assert ends(first) not in map(ends, rows)


def test_what_was_accepted_is_asked_no_more_and_the_rest_is_about_what_stands(seen: Case) -> None:
    first = next(row for row in queue(seen) if row["why"] == "proposed" and row["series"] and row["other"])
    name = answer(seen, first["id"], True, "P", "one child")
    rows = queue(seen)
    gone = ends(first) - {name}
    assert gone
    assert all(gone.isdisjoint(ends(row)) for row in rows)


def test_what_was_accepted_is_not_asked_again_as_what_joins_situations(case: Case) -> None:
    deliver(case, "X", {"a": "1", "b": "1", "c": "2", "d": "2"})
    see(case, {("a", "c"): 3500}, place=False)
    hold(case)
    (asked,) = queue(case)
    name = answer(case, asked["id"], True, "P", "one child")
    (joint,) = shown(case, name)["timeline"]
    assert {joint["a"], joint["b"]} == {asked["a"], asked["b"]}
    assert queue(case) == []
    (decided,) = shown(case, name)["history"]
    undo(case, decided["event"], "P", "a slip")
    assert queue(case) == [asked]


@given(st.integers(1, 9), st.integers(1, 9), st.floats(-9, 9), st.floats(0, 3), st.integers(0, 9))
def test_a_stronger_join_and_one_of_more_pictures_is_never_worth_less(
    small: int, large: int, ratio: float, more: float, pictures: int
) -> None:
    row = {"series": "one", "other": "two", "log10_lr": ratio}
    worth = looking._gain(row, {"one": small, "two": large})
    assert worth <= looking._gain({**row, "log10_lr": ratio + more}, {"one": small, "two": large})
    assert worth <= looking._gain(row, {"one": small + pictures, "two": large + pictures})
    assert 0 <= worth <= min(small, large)


@given(st.lists(st.lists(st.integers(), max_size=5), max_size=5))
def test_every_series_has_its_turn(parts: list[list[int]]) -> None:
    rows = [[{"part": part, "at": at} for at, _ in enumerate(some)] for part, some in enumerate(parts)]
    turns = list(looking._in_turn(rows))
    assert sorted((row["part"], row["at"]) for row in turns) == [
        (p, at) for p, some in enumerate(parts) for at in range(len(some))
    ]
    assert [row["at"] for row in turns] == sorted(row["at"] for row in turns)
    for one, other in pairwise(turns):
        assert one["at"] < other["at"] or one["part"] < other["part"]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda pair: pair[0] != pair[1]), max_size=12))
def test_what_leads_on_reaches_a_situation_more_and_nothing_is_lost(joints: list[tuple[int, int]]) -> None:
    timeline = [
        {"from": one, "to": other, "a": str(at), "b": "b", "log10_lr": 1.0, "reason": ""}
        for at, (one, other) in enumerate(joints)
    ]
    leading, confirming = looking._joints("s", timeline)
    assert sorted(int(row["a"]) for row in (*leading, *confirming)) == list(range(len(joints)))
    reached: set[int] = set()
    for row in leading:
        new = set(joints[int(row["a"])])
        assert not new <= reached
        reached |= new
    assert reached == {end for pair in joints for end in pair}
