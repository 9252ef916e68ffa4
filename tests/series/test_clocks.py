"""Clocks: the interval holds the truth, narrows with evidence, and is not told where evidence contradicts."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.series.clocks import EXIF, FIX_AHEAD, SLACK, STALE, Reading, clock

HOUR = 3600.0


@st.composite
def true_readings(draw: st.DrawFn, offset: float) -> Reading:
    """A picture whose evidence is true, of a camera with this offset."""
    when = float(draw(st.integers(10**9, 2 * 10**9)))
    later = draw(st.lists(st.integers(0, 10**8), max_size=2))
    old = draw(st.none() | st.integers(0, int(STALE)))
    there = tuple((when + wait, "posted") for wait in later)
    year = datetime.fromtimestamp(when, UTC).year
    exif = draw(st.sampled_from(["", "0100", *(version for version, since in EXIF.items() if since - 1 <= year)]))
    return Reading(str(when), when + offset, there, None if old is None else when - old, exif)


offsets = st.integers(-(10**8), 10**8).map(float)


@given(st.data(), offsets, st.randoms(use_true_random=False))
def test_the_truth_lies_inside_and_more_evidence_never_widens(data: st.DataObject, offset: float, dice: random.Random) -> None:
    some = data.draw(st.lists(true_readings(offset), max_size=6))
    more = data.draw(st.lists(true_readings(offset), max_size=4))
    before, after = clock(some), clock([*some, *more])
    assert not after.contradiction
    assert after.least is None or after.least <= offset
    assert after.most is None or after.most >= offset
    assert before.least is None or (after.least is not None and after.least >= before.least)
    assert before.most is None or (after.most is not None and after.most <= before.most)
    turned = [*some, *more, *some]
    dice.shuffle(turned)
    assert clock(turned) == after


def test_a_post_bounds_from_below_and_says_so() -> None:
    found = clock([Reading("a", 100 * HOUR, ((90 * HOUR, "posted"),)), Reading("b", 100 * HOUR, ((95 * HOUR, "posted"),))])
    assert found.least == 10 * HOUR - SLACK
    assert found.most is None
    assert [one.picture for one in found.decisive] == ["a"]
    assert found.right_somewhere


def test_a_fix_bounds_from_both_sides() -> None:
    found = clock([Reading("a", 100 * HOUR, (), 98 * HOUR)])
    assert (found.least, found.most) == (2 * HOUR - STALE, 2 * HOUR + FIX_AHEAD)


def test_a_file_is_not_older_than_the_standard_that_it_names() -> None:
    begun = datetime(2001, 1, 1, tzinfo=UTC).timestamp()
    drafted = datetime(2015, 1, 1, tzinfo=UTC).timestamp()
    found = clock([Reading("a", begun, ((begun + 10**9, "posted"),), None, "0231")])
    assert (found.least, found.most) == (-(10.0**9) - SLACK, begun - drafted)
    assert found.right_somewhere is False
    assert "Exif 2.31" in found.decisive[1].reason
    assert clock([Reading("a", begun, (), None, "02\x0031")]).most is None


@pytest.mark.parametrize(("offset", "fits"), [(-2000, False), (0, True), (13, True), (20, False)])
def test_a_clock_that_is_wrong_in_every_zone_is_told(offset: int, fits: bool) -> None:
    assert clock([Reading("a", (5000 + offset) * HOUR, (), 5000 * HOUR)]).right_somewhere is fits


def test_contradicting_bounds_give_no_interval() -> None:
    found = clock([Reading("a", 0.0, (), 0.0), Reading("b", 100 * HOUR, ((0.0, "posted"),))])
    assert (found.least, found.most, found.right_somewhere) == (None, None, None)
    assert "posted" in found.contradiction
    assert {one.picture for one in found.decisive} == {"a", "b"}


def test_nothing_known_bounds_nothing() -> None:
    assert clock([]).readings == 0
    found = clock([Reading("a", 5.0)])
    assert (found.least, found.most, found.bounds) == (None, None, 0)
