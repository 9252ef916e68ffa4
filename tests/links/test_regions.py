"""Boxes asked about by their own features and by what is around them: bounded, monotone, and carried to the right place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from homeward.descriptors.scene import Features
from homeward.links.geometry import Matches
from homeward.links.regions import Shared, around, carried_box, inside_box, region_score, weigh_region
from homeward.links.sight_evidence import calibrations, weigh
from homeward.links.sights import Sight

counts = st.integers(0, 200)
spreads = st.integers(1, 64)
shares = st.builds(Shared, st.floats(0, 1), st.floats(0, 1))
NOTHING = Shared()


def seen(score: int, deep: int = 0, spread: int = 1) -> Sight | None:
    rows = np.arange(score, dtype=np.int64)
    return Sight(score, deep, spread, Matches(rows, rows), None) if score else None


def placed(points: np.ndarray, width: int = 1024, height: int = 768, grow: int = 1) -> Features:
    places = np.zeros((len(points), 4), np.float32)
    places[:, :2], places[:, 2] = points, 6
    return Features(np.zeros((len(points), 128), np.uint8), places, width, height, grow * width, grow * height)


@given(counts, counts, spreads, counts, shares, st.integers(0, 50), st.floats(0, 1))
def test_more_agreement_never_speaks_less_for_it(
    own: int, deep: int, spread: int, score: int, shared: Shared, more: int, share: float
) -> None:
    least = weigh_region(seen(own), seen(score, deep, spread), shared).log10_lr
    assert weigh_region(seen(own + more), seen(score, deep, spread), shared).log10_lr >= least
    assert weigh_region(seen(own), seen(score + more, deep + more, spread), shared).log10_lr >= least
    assert weigh_region(seen(own), seen(score, deep + more, spread), shared).log10_lr >= least
    for larger in (Shared(shared.whole + share, shared.box), Shared(shared.whole, shared.box + share)):
        assert weigh_region(seen(own), seen(score, deep, spread), larger).log10_lr >= least


@given(counts, counts, counts, spreads, shares)
def test_nothing_is_said_beyond_what_the_strangers_support(
    own: int, score: int, deep: int, spread: int, shared: Shared
) -> None:
    said = weigh_region(seen(own), seen(score, deep, spread), shared)
    made = calibrations()
    assert abs(said.log10_lr) <= max(made["region"].cap, made["object"].cap) <= 4
    assert said.kind == "object"
    assert said.reason
    assert said.caveat


@given(counts)
def test_a_thing_that_was_carried_elsewhere_speaks_for_itself(own: int) -> None:
    alone = seen(own)
    if alone is not None:
        assert weigh_region(alone, None, NOTHING).log10_lr >= weigh(alone, "object").log10_lr


def test_a_print_in_one_part_is_no_surroundings() -> None:
    assert around(seen(80, 0, 3)) == 0
    assert around(seen(80, 60, 20)) == 76
    assert around(None) == 0
    assert region_score(0, 0, NOTHING) == 0


def test_a_room_all_around_supports_a_thing_without_features() -> None:
    assert weigh_region(None, seen(60, 60, 25), Shared(0.002, 0.0)).log10_lr > 1
    assert weigh_region(None, None, NOTHING).log10_lr < 0


@given(st.integers(0, 2**31), st.floats(-3, 3), st.floats(0.3, 3), st.floats(-60, 60), st.floats(-60, 60), st.integers(1, 3))
def test_a_box_goes_where_its_surroundings_go(
    seed: int, turn: float, size: float, right: float, down: float, grow: int
) -> None:
    here = np.random.default_rng(seed).uniform([100, 100], [900, 700], (12, 2))
    linear = size * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    there = (here - [512, 384]) @ linear + [512 + right, 384 + down]
    whole = seen(12)
    assert whole is not None
    middle = (np.array([500.0, 400.0]) - [512, 384]) @ linear + [512 + right, 384 + down]
    assume(((middle > 5) & (middle < [1019, 763])).all())
    found = carried_box(placed(here, grow=grow), placed(there), whole, tuple(grow * side for side in (400, 330, 200, 140)))
    assert found is not None
    corners = np.array([[400, 330], [600, 330], [400, 470], [600, 470]])
    corners = ((corners - [512, 384]) @ linear + [512 + right, 384 + down]).clip(0, [1024, 768])
    low, high = np.array(found[:2]), np.array(found[:2]) + found[2:]
    np.testing.assert_allclose(low, corners.min(axis=0), atol=1.5)
    np.testing.assert_allclose(high, corners.max(axis=0), atol=1.5)


def test_a_thing_beyond_the_frame_is_not_in_the_picture() -> None:
    here = np.random.default_rng(1).uniform([500, 100], [900, 700], (12, 2))
    whole = seen(12)
    assert whole is not None
    assert carried_box(placed(here), placed(here - np.array([450, 0])), whole, (100, 300, 80, 60)) is None


@pytest.mark.parametrize("count", [1, 2, 12])
def test_features_in_one_point_carry_a_box_as_it_is(count: int) -> None:
    here, there = np.full((count, 2), 300.0), np.tile([400.0, 350.0], (count, 1))
    whole = seen(count)
    assert whole is not None
    assert carried_box(placed(here), placed(there), whole, (280, 280, 40, 40)) == (380, 330, 40, 40)


def test_a_box_holds_the_features_whose_middle_lies_in_it() -> None:
    points = np.array([[10.0, 10], [19.9, 19.9], [20, 20], [30, 10]])
    assert inside_box(placed(points, grow=2), (20, 20, 20, 20)).tolist() == [0, 1]
