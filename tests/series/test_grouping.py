"""Grouping: no chain joins what does not agree, what is held apart stays apart, and order plays no part."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.links.fuse import Cue, Fused
from homeward.series.grouping import AUTOMATIC, Grouping, group


def pair(a: int, b: int, value: float) -> Fused:
    cue = Cue("camera", value, value, f"why {value}", "made up")
    return Fused(min(a, b), max(a, b), value, (cue,), "made up", ())


def full(units: range, value: float) -> list[Fused]:
    return [pair(a, b, value) for a, b in combinations(units, 2)]


UNITS = list(range(8))
pairs = st.lists(
    st.tuples(st.sampled_from(UNITS), st.sampled_from(UNITS), st.floats(-2, 2.3)).filter(lambda row: row[0] != row[1]),
    max_size=25,
    unique_by=lambda row: frozenset(row[:2]),
)
constraints = st.lists(
    st.tuples(st.sampled_from(UNITS), st.sampled_from(UNITS)).filter(lambda row: row[0] != row[1]), max_size=4
)


@settings(max_examples=150)
@given(pairs, constraints, constraints, st.randoms())
def test_order_plays_no_part(
    rows: list[tuple[int, int, float]], together: list[tuple[int, int]], apart: list[tuple[int, int]], random: object
) -> None:
    fused = [pair(*row) for row in rows]
    first = group(UNITS, fused, together, apart)
    shuffled = [UNITS[:], fused[:], [row[::-1] for row in together], [row[::-1] for row in apart]]
    for part in shuffled:
        random.shuffle(part)  # type: ignore[attr-defined]
    assert group(*shuffled) == first


@given(pairs, constraints, constraints)
def test_every_unit_is_in_one_series_and_what_is_apart_stays_apart(
    rows: list[tuple[int, int, float]], together: list[tuple[int, int]], apart: list[tuple[int, int]]
) -> None:
    found = group(UNITS, [pair(*row) for row in rows], together, apart)
    assert sorted(unit for series in found.series for unit in series) == UNITS
    home = _home(found)
    assert all(home[a] != home[b] for a, b in apart)
    if not apart:
        assert all(home[a] == home[b] for a, b in together)


@given(pairs)
def test_joins_and_proposals_name_their_decisive_pair(rows: list[tuple[int, int, float]]) -> None:
    values = {frozenset(row[:2]): row[2] for row in rows}
    found = group(UNITS, [pair(*row) for row in rows])
    home = _home(found)
    for join in found.joined:
        assert join.log10_lr >= 1.0
        assert home[join.a] == home[join.b]
    for join in found.proposed:
        assert {home[unit] for unit in join.pair} == {join.a, join.b}
        crossing = [value for ends, value in values.items() if {home[unit] for unit in ends} == {join.a, join.b}]
        assert values[frozenset(join.pair)] == max(crossing) >= 0.0
        assert join.why == (f"why {max(crossing)}" if max(crossing) > 0 else "")
    assert len(found.joined) == len(UNITS) - len(found.series)


def test_a_chain_whose_ends_do_not_agree_is_proposed() -> None:
    found = group(range(10), [*full(range(5), 2.0), *full(range(5, 10), 2.0), pair(4, 5, 2.2)])
    assert found.series == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    assert [join.pair for join in found.proposed] == [(4, 5)]


def test_a_bridge_that_many_agree_on_joins() -> None:
    across = [pair(a, b, 2.2) for a in range(5) for b in range(5, 10) if (a + b) % 3 == 0]
    assert group(range(10), [*full(range(5), 2.0), *full(range(5, 10), 2.0), *across]).series == [list(range(10))]


def test_evidence_against_holds_a_group_back() -> None:
    strong = [pair(0, 1, AUTOMATIC + 0.01)]
    assert group(range(2), strong).series == [[0, 1]]
    assert group(range(2), [pair(0, 1, -1.0)]).series == [[0], [1]]
    assert group(range(2), [pair(0, 1, -1.0)]).proposed == []


def test_contradicting_people_leave_what_is_apart_apart() -> None:
    found = group(range(3), [], together=[(0, 1), (1, 2)], apart=[(0, 2)])
    assert found.series == [[0, 1], [2]]


def test_a_crowd_is_one_series_and_a_picture_in_two_crowds_joins_them_not() -> None:
    here, there = [0, *range(2, 40)], [1, 3, *range(40, 70)]
    stars = [pair(0, unit, 2.0) for unit in here[1:]] + [pair(1, unit, 2.0) for unit in there[1:]]
    found = group(range(71), stars, crowds=[there, here])
    assert found.series == [here, sorted({1, *there} - {3}), [70]]
    assert found == group(range(71), stars[::-1], crowds=[here, there])
    assert len(found.joined) == 71 - len(found.series)
    assert {join.pair for join in found.proposed} == {(1, 3)}


def test_who_is_weak_in_a_crowd_or_held_apart_stays_out() -> None:
    crowd = list(range(10))
    stars = [pair(0, unit, 2.0 if unit < 8 else 0.5) for unit in crowd[1:]]
    found = group(crowd, stars, apart=[(4, 5)], crowds=[crowd])
    assert found.series == [[0, 1, 2, 3, 4, 6, 7], [5], [8], [9]]


def test_no_units_and_one_unit() -> None:
    assert group([], []) == Grouping([], [], [])
    assert group([7], [pair(7, 8, 2.0)]).series == [[7]]


def test_what_is_proposed_is_weaker_than_what_is_joined() -> None:
    with pytest.raises(ValueError, match="stronger"):
        group([], [], automatic=0.5, proposal=1.0)


def _home(found: Grouping) -> dict[int, int]:
    return {unit: series[0] for series in found.series for unit in series}
