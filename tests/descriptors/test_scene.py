"""Local features: the same for the same pixels, exact in storage, spread over the picture, right in a mirror."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.descriptors.scene import MOST, WIDTH, Features, Scene, extract, unpack
from homeward.media.records import Grey
from homeward.testing import scenes


def grey(pixels: NDArray[np.uint8]) -> Grey:
    flat = np.ascontiguousarray(pixels if pixels.ndim == 2 else pixels.mean(axis=2).astype(np.uint8))
    return Grey(flat, 1, flat.shape[1], flat.shape[0])


def measured(pixels: NDArray[np.uint8]) -> Features:
    found = extract(grey(pixels))
    assert found is not None
    return found


def found_again(a: Features, b: Features) -> float:
    """Share of a's features that lie within a pixel of a feature of b that is described alike and points the same way."""
    alike = a.codes.astype(np.float32) @ b.codes.astype(np.float32).T / 512**2
    nearest = alike.argmax(axis=1)
    apart = np.hypot(*(a.places[:, :2] - b.places[nearest, :2]).T)
    turned = np.abs((a.places[:, 3] - b.places[nearest, 3] + 180) % 360 - 180)
    return float(np.mean((apart < 1) & (turned < 3) & (alike.max(axis=1) > 0.9)))


@pytest.mark.parametrize("seed", range(3))
def test_a_mirror_needs_no_second_measurement(seed: int) -> None:
    room = scenes.room(seed)
    assert found_again(measured(room[:, ::-1]), measured(room).mirrored()) > 0.85
    assert found_again(measured(room[:, ::-1]), measured(room)) < 0.1


def test_mirroring_twice_is_nothing() -> None:
    once = measured(scenes.room(4))
    twice = once.mirrored().mirrored()
    assert np.array_equal(once.codes, twice.codes)
    assert np.allclose(once.places[:, :3], twice.places[:, :3], atol=1e-3)


def test_places_follow_a_turned_picture() -> None:
    room = scenes.room(5)
    upright, turned = measured(room), measured(np.rot90(room, 2))
    expected = upright.places.copy()
    expected[:, 0], expected[:, 1] = upright.width - expected[:, 0], upright.height - expected[:, 1]
    expected[:, 3] = (expected[:, 3] + 180) % 360
    there = Features(upright.codes, expected, upright.width, upright.height, upright.full_width, upright.full_height)
    assert found_again(turned, there) > 0.75


def test_places_do_not_move_with_the_size() -> None:
    """A shift of half a pixel between sizes would show as a small turn or move of every copy."""
    room = scenes.room(6, 1024, 768)
    large, small = measured(room), measured(scenes.resize(room, 0.5))
    alike = small.codes.astype(np.float32) @ large.codes.astype(np.float32).T / 512**2
    sure = alike.max(axis=1) > 0.97
    moved = 2 * small.places[sure, :2] - large.places[alike.argmax(axis=1)[sure], :2]
    assert sure.sum() > 50
    assert np.abs(np.median(moved, axis=0)).max() < 0.15


def test_large_pictures_are_measured_reduced_and_say_their_full_size() -> None:
    pixels = np.asarray(scenes.room(7, 1500, 1000).mean(axis=2), np.uint8)
    found = extract(Grey(pixels, 2, 2999, 2000))
    assert found is not None
    assert (found.width, found.height, found.full_width, found.full_height) == (1024, 683, 2999, 2000)
    assert found.places[:, 0].max() < 1024


def test_a_pattern_in_front_leaves_features_to_what_is_behind() -> None:
    """More than half of what the room has there by itself, though the pattern alone has more than a thousand."""
    room = scenes.room(8, 960, 720)
    covered = room.copy()
    rng = np.random.default_rng(1)
    covered[200:600, 300:800] = rng.integers(0, 2, (80, 100, 1), dtype=np.uint8).repeat(5, 0).repeat(5, 1) * 255

    def behind(pixels: NDArray[np.uint8]) -> int:
        x, y = measured(pixels).places[:, :2].T
        return int(np.sum((x < 300) | (x > 800) | (y < 200) | (y > 600)))

    assert len(measured(covered)) == MOST
    assert behind(covered) > 0.5 * behind(room)


@given(st.integers(0, MOST), st.integers(0, 2**32 - 1))
def test_storage_keeps_codes_exactly_and_places_to_a_hundredth(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = np.stack(
        [rng.uniform(0, 1023, count), rng.uniform(0, 700, count), rng.uniform(1, 300, count), rng.uniform(0, 360, count)], 1
    ).astype(np.float32)
    before = Features(rng.integers(0, 256, (count, 128), np.uint8), places, 1024, 700, 4000, 2734)
    value = before.packed()
    assert len(value) == WIDTH <= 140_000
    after = unpack(value)
    assert np.array_equal(before.codes, after.codes)
    assert np.allclose(before.places[:, :2], after.places[:, :2], atol=0.01)
    assert np.allclose(before.places[:, 2], after.places[:, 2], rtol=0.001)
    assert np.allclose(np.cos(np.radians(before.places[:, 3] - after.places[:, 3])), 1, atol=1e-6)
    assert (after.width, after.height, after.full_width, after.full_height) == (1024, 700, 4000, 2734)
    assert unpack(np.frombuffer(value, np.uint8)).packed() == after.packed()


@pytest.mark.parametrize("value", [b"", b"\xff" * WIDTH, bytes(WIDTH - 1), bytes(WIDTH)])
def test_what_is_no_stored_value_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match=r"bytes|fit|pixels"):
        unpack(value)


def test_the_same_pixels_give_the_same_bytes() -> None:
    room = grey(scenes.room(9))
    first, second = Scene().describe(room), Scene().describe(room)
    assert first is not None
    assert first == second


@pytest.mark.parametrize("pixels", [np.zeros((300, 400), np.uint8), np.full((16, 16), 255, np.uint8)])
def test_a_plain_picture_has_nothing_to_find(pixels: NDArray[np.uint8]) -> None:
    said = Scene().describe(grey(pixels))
    assert said is not None
    assert said.quality == 0
    assert len(unpack(said.value)) == 0


def test_a_strip_is_too_small() -> None:
    assert extract(grey(np.zeros((15, 400), np.uint8))) is None
