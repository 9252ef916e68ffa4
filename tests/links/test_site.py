"""Marks at one spot: found over different rooms, taken out of what two pictures have in common, and no place seen again."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.descriptors.scene import Features, extract
from homeward.links.sights import sight
from homeward.links.site import LEAST, look
from homeward.media.records import Grey
from homeward.testing import scenes

LOGO = cv2.resize(
    np.random.default_rng(5).integers(0, 256, (9, 24), dtype=np.uint8), (120, 45), interpolation=cv2.INTER_NEAREST
)


def features(pixels: NDArray[np.uint8], logo: bool = True, at: tuple[int, int] = (12, 10)) -> Features:
    """Of a picture with the logo at a distance from its lower right corner."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    if logo:
        bottom, right = height - at[1], width - at[0]
        grey[bottom - 45 : bottom, right - 120 : right] = LOGO
    found = extract(Grey(grey, 1, width, height))
    assert found is not None
    return found


@pytest.mark.parametrize("size", [(640, 480), (560, 420), (480, 640)])
def test_a_logo_over_two_rooms_is_a_mark_and_no_sight(size: tuple[int, int]) -> None:
    a, b = features(scenes.room(1)), features(scenes.room(2, *size))
    alone = sight(a, b)
    assert alone is not None
    assert alone.score >= 6
    seen, mark = look(a, b)
    assert mark is not None
    assert mark.score >= LEAST
    assert seen is None or seen.score < 6
    there = a.places[mark.agreeing.a, :2]
    assert (there > [640 - 140, 480 - 70]).all()


def test_one_logo_over_pictures_of_several_sizes_is_a_mark_and_no_sight() -> None:
    found = []
    for seed, size in ((1, (2048, 1536)), (2, (1536, 1152))):
        pixels = cv2.cvtColor(scenes.room(seed, *size), cv2.COLOR_RGB2GRAY)
        pixels[-110:-20, -260:-20] = cv2.resize(LOGO, (240, 90), interpolation=cv2.INTER_NEAREST)
        features = extract(Grey(pixels, 1, *size))
        assert features is not None
        found.append(features)
    seen, mark = look(*found)
    assert mark is not None
    assert mark.score >= LEAST
    assert seen is None or seen.score < 6


def test_a_logo_that_lies_elsewhere_is_a_thing() -> None:
    seen, mark = look(features(scenes.room(1)), features(scenes.room(2), at=(300, 200)))
    assert mark is None
    assert seen is not None
    assert seen.score >= 6


def test_a_camera_that_stands_still_leaves_no_mark() -> None:
    a, b = features(scenes.room(1), logo=False), features(scenes.brighten(scenes.room(1), 80), logo=False)
    seen, mark = look(a, b)
    assert mark is None
    assert seen is not None
    assert seen.spread > 10


def test_one_room_under_one_logo_is_seen_again_all_the_same() -> None:
    moved = np.roll(scenes.room(1), (9, 14), (0, 1))
    seen, _ = look(features(scenes.room(1)), features(moved))
    assert seen is not None
    assert seen.spread > 10


def test_nothing_in_common_is_nothing() -> None:
    assert look(features(scenes.room(1), logo=False), features(scenes.room(2), logo=False))[1] is None
