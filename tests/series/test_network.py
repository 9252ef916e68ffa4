"""Ends of offsets against all offsets tried one by one; contradictions told with their facts; no order, no widening."""

from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from homeward.series.network import UTC, Ends, Fact, Step, ends

CLOCKS = ("a", "b", "c")
REACH = 6
VALUES = range(-REACH, REACH + 1)
BOX = [fact for clock in CLOCKS for fact in (Fact(clock, UTC, REACH, "", "box"), Fact(UTC, clock, REACH, "", "box"))]
"""Bounds within which every offset is tried."""


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    clock, other = draw(st.permutations([UTC, *CLOCKS]))[:2]
    return Fact(clock, other, draw(st.integers(-4, 8)), draw(st.sampled_from("xyz")), "said")


networks = st.lists(facts(), max_size=8)
holes = st.dictionaries(st.sampled_from(CLOCKS), st.frozensets(st.sampled_from(VALUES), min_size=1), max_size=3)


def allowing(values: frozenset[int]) -> object:
    """What steps to the next of ``values``."""

    def step(offset: int, down: bool) -> Step:
        left = [one for one in values if (one <= offset if down else one >= offset)]
        return Step((max if down else min)(left) if left else None, "lit", "light")

    return step


def tried(known: list[Fact], allowed: dict[str, frozenset[int]]) -> list[dict[str, int]]:
    """Every choice of offsets that breaks no fact: the slow reference."""
    found = []
    for values in itertools.product(*(sorted(allowed.get(clock, VALUES)) for clock in CLOCKS)):
        offset = {UTC: 0, **dict(zip(CLOCKS, values, strict=True))}
        if all(offset[fact.clock] <= offset[fact.other] + fact.seconds for fact in known):
            found.append(offset)
    return found


def solved(known: list[Fact], allowed: dict[str, frozenset[int]]) -> dict[str, Ends]:
    return ends(known, {clock: allowing(values) for clock, values in allowed.items()})  # type: ignore[misc]


def interval(told: Ends) -> tuple[int, int]:
    assert told.least is not None
    assert told.most is not None
    return told.least.offset, told.most.offset


@given(networks, holes)
def test_ends_are_those_of_all_that_is_possible(some: list[Fact], allowed: dict[str, frozenset[int]]) -> None:
    known = [*BOX, *some]
    possible, found = tried(known, allowed), solved(known, allowed)
    assert any(one.clash for one in found.values()) == (not possible)
    if possible:
        for clock in CLOCKS:
            assert interval(found[clock]) == (min(one[clock] for one in possible), max(one[clock] for one in possible))


@given(networks, holes)
def test_a_contradiction_is_one_without_all_other_facts(some: list[Fact], allowed: dict[str, frozenset[int]]) -> None:
    found = solved([*BOX, *some], allowed)
    for clock, one in found.items():
        if one.clash:
            assert one.least is None
            assert one.most is None
            named = {name for fact in one.clash for name in (fact.clock, fact.other)}
            assert clock in named
            assert not tried([*BOX, *one.clash], {name: allowed[name] for name in named & allowed.keys()})


@given(networks, networks, holes, st.randoms(use_true_random=False))
def test_more_facts_never_widen_and_no_order_counts(
    some: list[Fact], more: list[Fact], allowed: dict[str, frozenset[int]], dice: random.Random
) -> None:
    before, after = solved([*BOX, *some], allowed), solved([*BOX, *some, *more], allowed)
    turned = [*BOX, *more, *some, *more]
    dice.shuffle(turned)
    assert solved(turned, allowed) == after
    if not any(one.clash for one in after.values()):
        for clock in CLOCKS:
            (least, most), (later_least, later_most) = interval(before[clock]), interval(after[clock])
            assert least <= later_least <= later_most <= most


@given(networks)
def test_an_end_opens_into_facts_that_add_up_to_it(some: list[Fact]) -> None:
    for clock, one in solved([*BOX, *some], {}).items():
        for end, sign in ((one.least, -1), (one.most, 1)):
            if end is not None:
                assert end.offset == sign * sum(fact.seconds for fact in end.chain)
                assert clock in {end.chain[0].clock, end.chain[0].other}
                assert UTC in {end.chain[-1].clock, end.chain[-1].other}


def test_a_clock_that_contradicts_itself_bounds_no_other() -> None:
    known = [Fact("a", UTC, 1, "", "late"), Fact(UTC, "a", -5, "", "early"), Fact("b", "a", 0, "", "together"), BOX[3]]
    found = solved(known, {})
    assert [fact.reason for fact in found["a"].clash] == ["early", "late"]
    assert found["b"].most is None
    assert found["b"].least is not None


def test_facts_between_clocks_alone_can_contradict() -> None:
    found = solved([Fact("a", "b", -3, "", "after"), Fact("b", "a", 2, "", "together"), Fact("c", "c", -1, "", "itself")], {})
    assert {clock: {fact.reason for fact in one.clash} for clock, one in found.items()} == {
        "a": {"after", "together"},
        "b": {"after", "together"},
        "c": {"itself"},
    }
