"""Clocks: the interval holds the truth, narrows with evidence, and is not told where evidence contradicts."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.series import clocks as series_clocks
from homeward.series import network
from homeward.series.clocks import EXIF, FIRST, FIX_AHEAD, SLACK, STALE, Clock, Reading, Session, clocks
from homeward.series.daylight import HEIGHTS, LIGHTS, elevation
from homeward.series.lit import Light
from homeward.series.network import Ends, Fact

HOUR = 3600.0


def clock(readings: Iterable[Reading]) -> Clock:
    """Of one camera alone."""
    return clocks({"it": readings})["it"]


@st.composite
def true_readings(draw: st.DrawFn, offset: float) -> Reading:
    """A picture whose evidence is true, of a camera with this offset."""
    when = float(draw(st.integers(10**9, 2 * 10**9)))
    later = draw(st.lists(st.integers(0, 10**8), max_size=2))
    old = draw(st.none() | st.integers(0, int(STALE)))
    there = tuple((when + wait, "posted") for wait in later)
    year = datetime.fromtimestamp(when, UTC).year
    exif = draw(st.sampled_from(["", "0001", *(version for version, since in EXIF.items() if since - 1 <= year)]))
    lights = draw(st.lists(true_lights(when), max_size=1))
    return Reading(str(when), when + offset, there, None if old is None else when - old, exif, tuple(lights))


@st.composite
def true_lights(draw: st.DrawFn, when: float) -> Light:
    """What an honest person calls the light at a place that is known within a degree."""
    latitude, longitude = draw(st.floats(-70, 70)), draw(st.floats(-179, 179))
    height = elevation(when, *np.radians([[latitude], [longitude]]))[0]
    names = [name for name, shares in LIGHTS.items() if np.interp(height, HEIGHTS, shares) > 0]
    return Light(draw(st.sampled_from(names)), latitude + draw(st.floats(-0.9, 0.9)), longitude, 1.0)


offsets = st.integers(-(10**8), 10**8).map(float)


@st.composite
def true_cameras(draw: st.DrawFn) -> tuple[dict[str, float], dict[str, list[Reading]], list[Session]]:
    """Two cameras with their offsets, and sessions of pictures that were taken within an hour."""
    truth = {"a": draw(offsets), "b": draw(offsets)}
    held = {name: draw(st.lists(true_readings(offset), max_size=3)) for name, offset in truth.items()}
    told = []
    for number in range(draw(st.integers(0, 2))):
        when = float(draw(st.integers(10**9, 2 * 10**9)))
        some = {name: Reading(f"{name}{number}", when + draw(st.integers(0, 3600)) + offset) for name, offset in truth.items()}
        for name, one in some.items():
            held[name].append(one)
        told.append(Session(f"s{number}", HOUR, frozenset(one.picture for one in some.values())))
    return truth, held, told


@given(true_cameras(), st.data(), st.randoms(use_true_random=False))
def test_clocks_of_a_session_bound_each_other_around_the_truth(
    made: tuple[dict[str, float], dict[str, list[Reading]], list[Session]], data: st.DataObject, dice: random.Random
) -> None:
    truth, held, sessions = made
    drawn = {name: data.draw(st.lists(st.sampled_from([*readings, None]))) for name, readings in held.items()}
    fewer = {name: [one for one in readings if one is not None] for name, readings in drawn.items()}
    before, after = clocks(fewer, sessions[:1]), clocks(held, sessions)
    for name, offset in truth.items():
        assert not after[name].contradiction
        assert _narrower(before[name], after[name])
        assert after[name].least is None or after[name].least <= offset
        assert after[name].most is None or after[name].most >= offset
    turned = {name: dice.sample(readings, len(readings)) for name, readings in reversed(held.items())}
    assert clocks(turned, [*reversed(sessions), *sessions]) == after


def _narrower(before: Clock, after: Clock) -> bool:
    below = before.least is None or (after.least is not None and after.least >= before.least)
    return below and (before.most is None or (after.most is not None and after.most <= before.most))


@given(st.data(), offsets, st.randoms(use_true_random=False))
def test_the_truth_lies_inside_and_more_evidence_never_widens(data: st.DataObject, offset: float, dice: random.Random) -> None:
    some = data.draw(st.lists(true_readings(offset), max_size=6))
    more = data.draw(st.lists(true_readings(offset), max_size=4))
    before, after = clock(some), clock([*some, *more])
    assert not after.contradiction
    assert after.least is None or after.least <= offset
    assert after.most is None or after.most >= offset
    assert _narrower(before, after)
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


def test_a_session_carries_a_bound_to_another_camera_and_tells_the_way() -> None:
    fixed = Reading("a", 100 * HOUR, (), 98 * HOUR)
    found = clocks({"x": [fixed], "y": [Reading("b", 500 * HOUR)]}, [Session("garden", 3 * HOUR, frozenset("ab"))])
    assert (found["x"].least, found["x"].most) == (2 * HOUR - STALE, 2 * HOUR + FIX_AHEAD)
    assert (found["y"].least, found["y"].most) == (402 * HOUR - STALE - 3 * HOUR, 402 * HOUR + FIX_AHEAD + 3 * HOUR)
    assert [[picture for picture, _ in one.chain] for one in found["y"].decisive] == [["a", "a"], ["b", "a"]]
    assert "garden" in found["y"].decisive[1].reason


def test_a_session_that_cannot_be_leaves_both_clocks_untold_and_a_third_one_told() -> None:
    fixed = {name: [Reading(name, when * HOUR, (), when * HOUR)] for name, when in (("a", 0), ("b", 100), ("c", 0))}
    found = clocks(fixed, [Session("garden", 3 * HOUR, frozenset("ab")), Session("house", 3 * HOUR, frozenset("ac"))])
    assert "garden" in found["a"].contradiction
    assert found["a"].contradiction == found["b"].contradiction
    assert {one.picture for one in found["b"].decisive} == {"a", "b"}
    assert (found["b"].least, found["a"].most) == (None, None)
    assert found["c"].least == -STALE


def test_one_camera_that_says_days_between_pictures_of_a_session_contradicts_it() -> None:
    readings = [Reading("a", 0.0), Reading("b", 100 * HOUR)]
    assert clocks({"x": readings}, [Session("garden", 200 * HOUR, frozenset("ab"))])["x"].contradiction == ""
    assert "garden" in clocks({"x": readings}, [Session("garden", 24 * HOUR, frozenset("ab"))])["x"].contradiction


readings_of_hours = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 9), min_size=2)


@given(st.lists(readings_of_hours, min_size=2, max_size=4), st.lists(st.frozensets(st.sampled_from("abcdef")), max_size=4))
def test_a_session_bounds_each_two_clocks_as_if_it_were_told_of_these_two_alone(
    told: list[dict[str, int]], several: list[frozenset[str]]
) -> None:
    """One session of many clocks against one of each two of them."""
    held = {
        str(at): [Reading(f"{name}{at}", hour * HOUR, (), hour * HOUR if name == "a" else None) for name, hour in one.items()]
        for at, one in enumerate(told)
    }
    sessions = [Session("it", 3 * HOUR, frozenset(f"{name}{at}" for name in names for at in held)) for names in several]
    by_twos = [
        Session("it", one.seconds, frozenset(picture for picture in one.pictures if picture[1:] in pair))
        for one in sessions
        for pair in itertools.combinations(held, 2)
    ]
    found, expected = (
        {name: (one.least, one.most) for name, one in clocks(held, some).items()} for some in (sessions, by_twos)
    )
    wrong = [any(one.contradiction for one in clocks(held, some).values()) for some in (sessions, by_twos)]
    assert wrong[0] == wrong[1]
    assert wrong[0] or found == expected  # of several that cannot all be, either leaves out some


def test_a_session_of_many_clocks_costs_what_each_of_them_does(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {f"{at:04d}": [Reading(f"p{at}", at * HOUR, (), 0.0 if at == 0 else None)] for at in range(500)}
    given: list[int] = []

    def counted(facts: Iterable[Fact], *others: Any) -> dict[str, Ends]:
        facts = list(facts)
        given.append(len(facts))
        return network.ends(facts, *others)

    monkeypatch.setattr(series_clocks, "ends", counted)
    found = clocks(held, [Session("garden", HOUR, frozenset(f"p{at}" for at in range(500)))])
    assert found["0499"].most == 499 * HOUR + HOUR + FIX_AHEAD
    assert [picture for picture, _ in found["0499"].decisive[1].chain] == ["p499", "p0"]
    assert given[0] <= 3 * len(held)


def test_light_moves_an_end_to_where_the_sun_stood_so() -> None:
    """At night in Lisbon a clock said noon: it is ahead or behind by hours, not right to the hour."""
    noon = datetime(2015, 6, 21, 12, tzinfo=UTC).timestamp()
    lisbon = Light("night", 38.72, -9.14, 1.0)
    posted = Reading("b", noon, ((noon - SLACK, "posted"),))
    found = clock([posted, Reading("a", noon, (), None, FIRST, (lisbon,))])
    assert found.least is not None
    assert 4 * HOUR < found.least < 7 * HOUR  # three degrees above the horizon a quarter of an hour after sunrise, at 05:27
    assert [one.picture for one in found.decisive] == ["a", "a"]
    assert [picture for picture, _ in found.decisive[0].chain] == ["a", "b"]
    both = clock([posted, Reading("a", noon, (), None, "", (lisbon, Light("day", 38.72, -9.14, 1.0)))])
    assert both.contradiction == ""  # sun and moon: a low sun is called either
    zones = [(begin / HOUR, end / HOUR) for begin, end in found.zones]
    assert found.right_somewhere
    assert 4 < zones[0][0] < 7
    assert zones[-1][1] == 14
    dusk = Light("dusk", 0.0, -9.14, 1.0)
    twice = [Reading(name, noon + hours * HOUR, (), None, "", (dusk,)) for name, hours in (("c", 0), ("d", 6))]
    assert "it shows dusk" in clock([posted, *twice]).contradiction
