"""Exact correlations of packed residuals against plain arithmetic, marks left out; which residuals are worth it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.descriptors import camera
from homeward.flow.noise.digests import together
from homeward.flow.noise.exact import MOST_OF_A_SIZE, SEVERAL, correlations, worth
from homeward.store.noise import Shot


def kept(planes: list[NDArray[np.float64]]) -> tuple[list[NDArray[np.uint8]], NDArray[np.float64]]:
    """Packed residuals, and what they say, of norm 1."""
    packed = [np.frombuffer(camera.packed(plane.astype(np.float32)), np.uint8) for plane in planes]
    whole = np.stack([camera.unpacked(values, planes[0].shape) for values in packed]).astype(np.float64)
    return packed, whole / np.sqrt(np.square(whole).sum(axis=(1, 2), keepdims=True))


def test_correlations_in_blocks_are_those_of_plain_arithmetic() -> None:
    rng = np.random.default_rng(1)
    packed, whole = kept([rng.normal(0, 1, (50, 70)) + rng.normal(0, 0.3, (50, 70)) for _ in range(19)])
    found = correlations(packed, (50, 70))
    expected = np.einsum("ihw,jhw->ij", whole, whole)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_array_equal(found, found.T)


def test_a_mark_is_left_out_with_what_is_beside_it_and_the_rest_is_plain_arithmetic() -> None:
    """An upright mark in three of five pictures; the other two lose nothing between them."""
    rng = np.random.default_rng(2)
    mark = 3 * rng.normal(0, 1, (96, 10))
    planes = [rng.normal(0, 1, (160, 160)) for _ in range(5)]
    for plane in planes[:3]:
        plane[32:128, 60:70] = mark
    packed, whole = kept(planes)
    found = correlations(packed, (160, 160))
    left = np.ones((160, 160))
    left[20:140, 50:80] = 0
    for i in range(5):
        for j in range(i):
            mask = left if j < 3 else np.ones_like(left)
            norms = [np.sqrt((np.square(whole[at]) * mask).sum()) for at in (i, j)]
            expected = (whole[i] * whole[j] * mask).sum() / norms[0] / norms[1] * np.sqrt(mask.mean())
            assert found[i, j] == pytest.approx(expected, abs=1e-5)
            assert abs(found[i, j]) * 160 < 4


@given(st.integers(0, 9), st.integers(0, 40), st.integers(0, 2**32))
def test_what_is_worth_a_residual_is_bounded_and_does_not_depend_on_the_order(size: int, left: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.normal(0, 1, (size, size)).astype(np.float32)
    matrix = np.maximum(matrix, matrix.T)
    chosen = worth(matrix, 1.0, left)
    assert len(chosen) <= min(left, MOST_OF_A_SIZE)
    assert not chosen or len(chosen) >= SEVERAL
    order = rng.permutation(size)
    other = worth(matrix[np.ix_(order, order)], 1.0, left)
    best = np.where(np.eye(size, dtype=bool), -1, matrix).max(axis=1, initial=-1)
    assert sorted(best[chosen]) == sorted(best[order[other]])  # two that agree best with each other are worth the same


def test_copies_of_one_picture_are_not_worth_a_residual_for_each_other() -> None:
    """Two copies agree by hundreds of deviations, and that says nothing of a sensor; those that agree with others go first."""
    strangers = 1 / 700
    matrix = np.zeros((8, 8), np.float32)
    matrix[6, 7] = matrix[7, 6] = 0.9
    matrix[:4, :4] = 5 * strangers
    matrix[4, 5] = matrix[5, 4] = 2 * strangers
    np.fill_diagonal(matrix, 1)
    assert sorted(worth(matrix, strangers, 4)) == [0, 1, 2, 3]
    assert sorted(worth(matrix, strangers, 100)) == [0, 1, 2, 3, 4, 5]
    matrix[0, 7] = matrix[7, 0] = 6 * strangers  # a copy that belongs to the device is worth what others are
    assert sorted(worth(matrix, strangers, 2)) == []
    assert sorted(worth(matrix, strangers, 3)) == [0, 1, 7]


@given(
    st.lists(st.tuples(st.sampled_from(["", "Canon", "Nikon"]), st.sampled_from(["", "a", "b"])), max_size=40),
    st.integers(1, 9),
)
def test_pictures_of_a_size_are_compared_in_bounded_parts_of_one_model(models: list[tuple[str, str]], most: int) -> None:
    shots = [Shot(at, f"{at:064x}", 640, 480, *model, "") for at, model in enumerate(models)]
    parts = list(together(shots, most))
    assert sorted(shot.item for part in parts for shot in part) == list(range(len(shots)))
    assert all(0 < len(part) <= most for part in parts)
    assert all(part == sorted(part, key=lambda shot: shot.sha256) for part in parts)
    if len(shots) <= most:
        assert len(parts) <= 1
    else:
        assert all(len({(shot.make, shot.model) for shot in part}) == 1 for part in parts)


def test_a_residual_of_nothing_agrees_with_nothing() -> None:
    packed = [np.frombuffer(camera.packed(np.zeros((4, 4), np.float32)), np.uint8) for _ in range(2)]
    np.testing.assert_array_equal(correlations(packed, (4, 4)), np.eye(2))
