"""Clocks that are set anew: told where counters are sure of it, and the true offset lies inside every epoch that is told."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.series.clocks import FIRST, Reading, clocks
from homeward.series.epochs import NEAR, Frame, epochs

DAY = 86_400.0
FACTORY = 1_325_376_000.0
"""2012-01-01: what the clock says after its battery was empty."""


@st.composite
def cameras(draw: st.DrawFn) -> list[tuple[Frame, Reading, float]]:
    """Pictures of one camera in the order of its counter, with the true offset of each.

    Its clock runs with one offset, until it begins again at its first day and, after a pause, is set right, some times.
    """
    when, number = 1.4e9 + draw(st.integers(0, 10**7)), draw(st.integers(1, 5000))
    right = float(draw(st.integers(-12, 14))) * 3600
    offset, found = right, []
    for event in draw(st.lists(st.sampled_from(["go on", "go on", "begin again", "set right"]), max_size=6)):
        when += DAY + draw(st.integers(1, 200)) * DAY
        if event == "begin again":
            offset = FACTORY + draw(st.integers(0, 3600)) - when
        elif event == "set right":
            offset = right
        for _ in range(draw(st.integers(1, 5))):
            when += draw(st.integers(1, 3600))
            number += draw(st.integers(1, 4))
            name = f"{number:04d}"
            there = draw(st.lists(st.integers(1, 10**7), max_size=1))
            known = tuple((when + wait, "posted") for wait in there)
            found.append((Frame("a", number, when + offset, name), Reading(name, when + offset, known, None, FIRST), offset))
    return found


@given(cameras(), st.data(), st.randoms(use_true_random=False))
def test_the_true_offset_of_a_clock_that_was_set_anew_lies_inside_its_epoch(
    made: list[tuple[Frame, Reading, float]], data: st.DataObject, dice: random.Random
) -> None:
    held = [one for one in made if data.draw(st.integers(0, 3))]
    frames = [frame for frame, _, _ in held]
    parts = epochs(frames)
    dice.shuffle(frames)
    assert epochs(frames) == parts
    if not any(after[0].taken < before[0].taken - 60 for before, after in pairwise(held)):
        assert parts == []
    truth = {frame.picture: offset for frame, _, offset in held}
    said = {reading.picture: reading for _, reading, _ in held}
    if parts and len({truth[picture] for picture in parts[0]}) == 1:  # otherwise it went forward, as no counter tells
        told = {"first": [said[picture] for picture in parts[0]]}
        told |= {picture: [said[picture]] for part in parts[1:] for picture in part}
        for name, found in clocks(told, (), [list(told)]).items():
            true = truth[told[name][0].picture]
            assert not found.contradiction
            assert found.least is None or found.least <= true
            assert found.most is not None
            assert found.most >= true


def frames(*told: tuple[int, float]) -> list[Frame]:
    return [Frame("a", number, days * DAY, f"{number} {days}") for number, days in told]


def test_a_clock_that_begins_again_has_another_epoch_every_time() -> None:
    run = frames((1, 900), (2, 901), (3, 0), (4, 1), (5, 902), (6, 0.5), (9, 0.7))
    assert epochs(run) == [("1 900", "2 901"), ("3 0", "4 1", "5 902"), ("6 0.5", "9 0.7")]


def test_an_order_bounds_epochs_by_each_other() -> None:
    """Pictures of the second were taken after those of the first, whose clock is known: it is behind by more than it says."""
    first = [Reading("a", 900 * DAY, (), 900 * DAY)]
    found = clocks({"x": first, "y": [Reading("b", 2 * DAY)]}, (), [["x", "y"]])
    assert found["y"].most == 2 * DAY - 900 * DAY + 60
    assert "counted" in found["y"].decisive[0].reason


@pytest.mark.parametrize(
    "run",
    [
        frames((1, 900), (2, 901), (3, 902)),
        frames((1, 900), (2, 901), (3, 0)),
        frames((1, 900), (2, 901), (3 + NEAR, 0), (4 + NEAR, 1)),
        frames((1, 0), (2, 1), (9998, -100), (9999, -99)),
        frames((1, 900), (2, 901), (2, 903), (3, 0), (4, 1)),
        [*frames((1, 900), (2, 901)), Frame("b", 3, 0.0, "c"), Frame("b", 4, DAY, "d")],
        [*frames((1, 900), (2, 901), (3, 0), (4, 1)), Frame("a", 5, 1.5 * DAY, "1 900")],
        frames((1, 1.0), (2, 1.0 - 30 / DAY), (3, 2), (4, 3)),
        [],
    ],
    ids=[
        "none",
        "one picture",
        "gap",
        "wrapped",
        "one number twice",
        "two folders",
        "one picture twice",
        "a moment",
        "nothing",
    ],
)
def test_what_counters_cannot_tell_for_sure_they_do_not_tell(run: list[Frame]) -> None:
    assert epochs(run) == []
