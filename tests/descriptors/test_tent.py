"""The matrices against the definition: box filters one pixel at a time, as upstream writes them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.descriptors.tent import SIDE, decimate

sides = st.integers(5, 700)


def box(line: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    ahead = (window + 2) // 2
    return np.array([line[max(0, at + ahead - window) : at + ahead].mean() for at in range(len(line))])


def reference(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    blurred = picture.astype(np.float64)
    windows = [-(-side // (2 * SIDE)) for side in picture.shape]
    for _ in range(2):
        for axis in (0, 1):
            blurred = np.apply_along_axis(box, axis, blurred, windows[axis])
    rows, columns = (((np.arange(SIDE) + 0.5) * side / SIDE).astype(int) for side in picture.shape)
    return blurred[np.ix_(rows, columns)]


@settings(deadline=None, max_examples=40)
@given(sides, sides, st.integers(0, 2**32))
@example(128, 129, 0)
@example(64, 64, 1)
@example(5, 700, 2)
def test_full_size_is_the_definition(height: int, width: int, seed: int) -> None:
    # Separable, so two thin pictures say as much as a large one and cost less.
    rng = np.random.default_rng(seed)
    for shape in ((height, 5), (5, width)):
        picture = rng.integers(0, 256, shape, dtype=np.uint8)
        np.testing.assert_allclose(decimate(picture, 1, *shape), reference(picture), atol=2e-3)


@given(sides, sides, st.sampled_from([2, 4, 8]), st.integers(0, 2**32))
def test_reduced_pixels_stand_for_the_full_ones_under_them(height: int, width: int, reduction: int, seed: int) -> None:
    shape = (-(-height // reduction), -(-width // reduction))
    small = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    full = small.repeat(reduction, 0).repeat(reduction, 1)[:height, :width]
    np.testing.assert_allclose(decimate(small, reduction, height, width), decimate(full, 1, height, width), atol=2e-3)


@given(sides, sides, st.sampled_from([1, 2, 4, 8]), st.integers(0, 255))
def test_one_shade_stays_that_shade(height: int, width: int, reduction: int, shade: int) -> None:
    flat = np.full((-(-height // reduction), -(-width // reduction)), shade, np.uint8)
    np.testing.assert_allclose(decimate(flat, reduction, height, width), shade, atol=1e-3)


def test_the_longest_sides_are_measured_in_little_memory() -> None:
    strip = np.tile(np.arange(8, dtype=np.uint8), (1, 8192))[:, :65_535].repeat(5, 0)
    np.testing.assert_allclose(decimate(strip, 1, 5, 65_535), 3.5, atol=0.02)


def test_pixels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="not 1/2 of 301"):
        decimate(np.zeros((150, 151), np.uint8), 2, 301, 301)
