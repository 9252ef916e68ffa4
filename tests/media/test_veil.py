"""The veil is 432 bytes of averages, upright, centred, and neutral where there is no picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageOps
from still_files import scene

from homeward.media.veil import HEIGHT, NEUTRAL, WIDTH, upright, veil

sides = st.integers(1, 400)


def _shown(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.uint8).reshape(HEIGHT, WIDTH)


@given(height=sides, width=sides, level=st.integers(0, 255), orientation=st.integers(1, 8))
def test_a_flat_picture_keeps_its_level_and_its_shape(height: int, width: int, level: int, orientation: int) -> None:
    shown = _shown(veil(np.full((height, width), level, np.uint8), orientation, (height, width)))
    if orientation >= 5:
        height, width = width, height
    across = min(WIDTH, max(1, round(width * min(WIDTH / width, HEIGHT / height))))
    down = min(HEIGHT, max(1, round(height * min(WIDTH / width, HEIGHT / height))))
    top, left = (HEIGHT - down) // 2, (WIDTH - across) // 2
    expected = np.full((HEIGHT, WIDTH), NEUTRAL, np.uint8)
    expected[top : top + down, left : left + across] = level
    np.testing.assert_array_equal(shown, expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_what_pillow_makes_of_it(orientation: int) -> None:
    stored = scene(5, 320, 200).convert("L")
    stored.getexif()[0x0112] = orientation
    turned = np.asarray(ImageOps.exif_transpose(stored))
    pixels = np.asarray(stored)
    np.testing.assert_array_equal(upright(pixels, orientation), turned)
    ours, theirs = _shown(veil(pixels, orientation, pixels.shape)), _shown(veil(turned, 1, turned.shape))
    assert np.abs(ours.astype(int) - theirs).max() <= 6  # the same averages, boxes laid from the other side


@given(height=st.integers(18, 300), width=st.integers(24, 300), seed=st.integers(0, 99))
def test_the_mean_survives(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)
    pixels[: height // 2] //= 3
    shown = _shown(veil(pixels, 1, pixels.shape)).astype(float)
    rows, columns = (shown != NEUTRAL).any(axis=1), (shown != NEUTRAL).any(axis=0)
    assert abs(shown[np.ix_(rows, columns)].mean() - pixels.mean()) < 6


def test_it_is_the_average_of_each_cell() -> None:
    pixels = np.asarray(scene(6, 480, 360).convert("L"))
    means = pixels.reshape(18, 20, 24, 20).mean(axis=(1, 3))  # boxes of 2 divide the cells of 20
    assert np.abs(_shown(veil(pixels, 1, pixels.shape)) - means).max() <= 1


@pytest.mark.parametrize("rows", [0, 1, 90, 180])
def test_lost_rows_are_neutral(rows: int) -> None:
    pixels = np.full((180, 240), 250, np.uint8)
    shown = _shown(veil(pixels[:rows], 1, pixels.shape))
    assert (shown[: rows // 10] == 250).all()
    assert (shown[-(-rows // 10) :] == NEUTRAL).all()


def test_it_is_small_whatever_the_shape() -> None:
    for shape in ((1, 1), (1, 30_000), (30_000, 1), (8192, 8192)):
        assert len(veil(np.zeros(shape, np.uint8), 6, shape)) == 432
