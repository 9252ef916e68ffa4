"""The compiled scale space beside the slow definitions, and the features beside OpenCV's SIFT."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.descriptors import scale_space, surroundings
from homeward.descriptors.scale_space import LAYERS, RIM, Level, extremes, octaves
from homeward.testing import scenes


def blurred_slowly(source: Level, taps: NDArray[np.float32]) -> NDArray[np.float64]:
    """Filter by the definition, with what lies outside mirrored at the first and the last sample."""
    whole = np.concatenate([taps[:0:-1], taps]).astype(np.float64)
    reach = len(taps) - 1
    down = np.pad(source.astype(np.float64), ((reach, reach), (0, 0)), "reflect")
    columns = sum(tap * down[at : at + len(source)] for at, tap in enumerate(whole))
    across = np.pad(np.asarray(columns), ((0, 0), (reach, reach)), "reflect")
    return np.asarray(sum(tap * across[:, at : at + source.shape[1]] for at, tap in enumerate(whole)))


@settings(max_examples=30)
@given(st.integers(2, 40), st.integers(2, 40), st.floats(0.4, 4), st.integers(0, 99))
def test_a_blur_is_a_filter_with_mirrored_edges(height: int, width: int, sigma: float, seed: int) -> None:
    source = np.random.default_rng(seed).uniform(0, 255, (height, width)).astype(np.float32)
    taps = scale_space._gauss(sigma)
    out = np.empty_like(source)
    scale_space._blur(source, taps, out)
    np.testing.assert_allclose(out, blurred_slowly(source, taps), atol=1e-3)


def candidates_slowly(levels: Level, least: float) -> list[tuple[int, int, int]]:
    apart = levels[1:] - levels[:-1]
    found = []
    for layer in range(1, LAYERS + 1):
        for row in range(RIM, levels.shape[1] - RIM):
            for column in range(RIM, levels.shape[2] - RIM):
                near = apart[layer - 1 : layer + 2, row - 1 : row + 2, column - 1 : column + 2]
                here = apart[layer, row, column]
                if abs(here) > least and here == (near.max() if here > 0 else near.min()):
                    found.append((layer, row, column))
    return found


@settings(max_examples=20)
@given(st.integers(0, 99), st.sampled_from([1, 4, 40]))
def test_candidates_are_what_no_neighbour_exceeds(seed: int, coarse: int) -> None:
    """With few different values many neighbours are as great."""
    levels = np.random.default_rng(seed).integers(0, 200 // coarse, (LAYERS + 3, 14, 19)).astype(np.float32) * coarse
    found = scale_space._candidates(levels, 1.0)
    assert list(map(tuple, found.tolist())) == candidates_slowly(levels, 1.0)


@given(st.lists(st.tuples(st.floats(-500, 500, width=32), st.floats(-500, 500, width=32)), min_size=1, max_size=40))
def test_angles_are_good_to_a_thousandth_of_a_degree(steps: list[tuple[float, float]]) -> None:
    x, y = np.array(steps, np.float32).T.copy()
    length, angle = x.copy(), np.empty_like(x)
    surroundings._polar(length, y, angle, len(x))
    sure = np.hypot(x, y) > 1e-3
    apart = (angle - np.degrees(np.arctan2(y, x)) + 180) % 360 - 180
    assert np.abs(apart[sure]).max(initial=0) < 2e-3
    np.testing.assert_allclose(length, np.hypot(x, y), rtol=1e-5, atol=1e-6)
    assert ((angle >= 0) & (angle <= 360)).all()


def held_against_opencv(pixels: NDArray[np.uint8]) -> tuple[float, float, NDArray[np.float64]]:
    """Share of our points that OpenCV has, and of its points that we have; how far apart descriptions of the same are."""
    built = octaves(pixels, doubled=True)
    points = extremes(built, 0.01, doubled=True)
    rows, angles = surroundings.directions(built, points)
    points = points[rows]
    codes = surroundings.descriptions(built, points, angles)
    seen, described = cv2.SIFT.create(contrastThreshold=0.01, enable_precise_upscale=True).detectAndCompute(pixels, None)
    theirs = np.array([(*point.pt, point.size, point.angle) for point in seen])
    ours = np.column_stack([points.facts[:, :3], angles])
    near = np.abs(ours[:, None, :2] - theirs[None, :, :2]).max(axis=2) < 0.1
    near &= np.abs(np.log(ours[:, None, 2] / theirs[None, :, 2])) < 0.02
    near &= np.abs((ours[:, None, 3] - theirs[None, :, 3] + 180) % 360 - 180) < 1
    both = np.flatnonzero(near.any(axis=1))
    apart = np.linalg.norm(codes[both] - described[near[both].argmax(axis=1)], axis=1)
    return float(near.any(axis=1).mean()), float(near.any(axis=0).mean()), apart


@pytest.mark.parametrize("seed", [1, 2])
def test_features_are_those_of_opencv(seed: int) -> None:
    ours, theirs, apart = held_against_opencv(np.asarray(scenes.room(seed, 400, 300).mean(axis=2), np.uint8))
    assert min(ours, theirs) > 0.98
    assert np.median(apart) <= 1
    assert np.percentile(apart, 99) < 10


@pytest.mark.data
def test_features_of_photographs_are_those_of_opencv(shared_data: Path) -> None:
    pixels = cv2.imread(str(shared_data / "places/img/office_03.jpg"), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    ours, theirs, apart = held_against_opencv(np.asarray(pixels, np.uint8))
    assert min(ours, theirs) > 0.98
    assert np.median(apart) <= 1
    assert np.percentile(apart, 99) < 10


@pytest.mark.parametrize("shape", [(16, 16), (16, 300), (301, 17)])
@pytest.mark.parametrize("doubled", [True, False])
def test_narrow_pictures_have_octaves_and_perhaps_points(shape: tuple[int, int], doubled: bool) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    points = extremes(octaves(pixels, doubled=doubled), 0.01, doubled=doubled)
    assert (points.facts[:, :2] >= 0).all()
    assert (points.facts[:, :2] < (shape[1], shape[0])).all()
