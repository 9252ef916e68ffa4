from __future__ import annotations

import hashlib
import itertools

import numpy as np
import pdqhash
import pytest

from homeward.testing.scenes import border, brighten, crop, recompress, resize, room

SEEDS = 200
GOLDEN = ["e495fcb184daba1e", "bdd5f5fa283c2ab6", "7426a6b49c044063"]


def pdq(pixels: np.ndarray) -> tuple[np.ndarray, int]:
    bits, quality = pdqhash.compute(pixels)
    return bits.astype(bool), quality


@pytest.fixture(scope="module")
def hashed() -> list[tuple[np.ndarray, int]]:
    return [pdq(room(seed)) for seed in range(SEEDS)]


def test_rooms_are_far_apart(hashed) -> None:
    assert min(int(np.sum(a != b)) for (a, _), (b, _) in itertools.combinations(hashed, 2)) > 60


def test_rooms_hash_well(hashed) -> None:
    assert min(quality for _, quality in hashed) >= 80


def test_a_seed_gives_these_pixels_on_every_machine() -> None:
    digests = [hashlib.sha256(room(seed).tobytes()).hexdigest()[:16] for seed in (0, 1, 2**32 - 1)]
    assert digests == GOLDEN


def test_a_seed_shows_the_same_room_at_every_size(hashed) -> None:
    for seed in range(10):
        small, _ = pdq(room(seed, 320, 240))
        assert np.sum(small != hashed[seed][0]) <= 31


def test_shape_is_height_by_width() -> None:
    pixels = room(3, 64, 48)
    assert (pixels.shape, pixels.dtype) == ((48, 64, 3), np.uint8)


@pytest.mark.parametrize(("width", "height"), [(15, 16), (16, 15), (-1, 100)])
def test_too_small_is_refused(width: int, height: int) -> None:
    with pytest.raises(ValueError, match="at least 16"):
        room(1, width, height)


def test_seed_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError):
        room(2**32)


@pytest.mark.parametrize(
    "edit",
    [
        lambda p: resize(p, 0.5),
        lambda p: crop(p, 0.005),
        lambda p: border(p, 0.005),
        lambda p: brighten(p, 110),
        lambda p: recompress(p, 40),
    ],
    ids=["resize", "crop", "border", "brighten", "recompress"],
)
def test_light_edits_stay_near_copies(edit, hashed) -> None:
    for seed in range(5):
        edited = edit(room(seed))
        assert edited.dtype == np.uint8
        assert not np.array_equal(edited, room(seed))
        assert np.sum(pdq(edited)[0] != hashed[seed][0]) <= 31


def test_edits_change_the_size_as_told() -> None:
    pixels = room(1, 100, 80)
    assert resize(pixels, 0.5).shape == (40, 50, 3)
    assert crop(pixels, 0.1).shape == (64, 80, 3)
    assert border(pixels, 0.1).shape == (96, 116, 3)
    assert np.array_equal(border(pixels, 0.1)[8:-8, 8:-8], pixels)
