"""What a sight says of one place and of one thing: bounded, monotone, and different questions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.links.geometry import Matches
from homeward.links.sight_evidence import KINDS, calibrations, weigh
from homeward.links.sights import Sight

counts = st.integers(0, 200)


def seen(score: int, deep: int, spread: int) -> Sight:
    rows = np.arange(max(1, score), dtype=np.int64)
    return Sight(max(1, score), deep, spread, Matches(rows, rows), None)


@given(counts, counts, st.integers(1, 64), st.integers(0, 50), st.sampled_from(KINDS))
def test_more_agreement_never_speaks_less_for_it(score: int, deep: int, spread: int, more: int, kind: str) -> None:
    less = weigh(seen(score, deep, spread), kind).log10_lr
    assert weigh(seen(score + more, deep + more, spread), kind).log10_lr >= less


@given(counts, counts, st.integers(1, 64), st.sampled_from(KINDS))
def test_nothing_is_said_beyond_what_the_strangers_support(score: int, deep: int, spread: int, kind: str) -> None:
    said = weigh(seen(score, deep, spread), kind)
    assert abs(said.log10_lr) <= calibrations()[kind].cap <= 3
    assert said.calibration
    assert said.caveat


def test_a_poster_is_a_thing_and_no_place() -> None:
    poster = seen(40, 6, 3)
    assert weigh(poster, "object").log10_lr > 1
    assert weigh(poster, "place").log10_lr < 0


def test_a_room_all_over_the_picture_is_a_place() -> None:
    assert weigh(seen(45, 45, 20), "place").log10_lr > 1


@pytest.mark.parametrize("kind", KINDS)
def test_calibrations_know_how_many_they_rest_on(kind: str) -> None:
    made = calibrations()[kind]
    assert made.same > 100
    assert made.different > 1000
    assert made.slope > 0
