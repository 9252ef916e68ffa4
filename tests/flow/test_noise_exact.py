"""Exact correlations of packed residuals against plain arithmetic."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from homeward.descriptors import camera
from homeward.flow.noise_exact import correlations


def test_correlations_in_blocks_are_those_of_plain_arithmetic() -> None:
    rng = np.random.default_rng(1)
    shape = (24, 30)
    planes = [rng.normal(0, 1, shape).astype(np.float32) + rng.normal(0, 0.3, shape) for _ in range(19)]
    packed = [np.frombuffer(camera.packed(plane.astype(np.float32)), np.uint8) for plane in planes]
    found = correlations(packed, shape)
    whole = np.stack([camera.unpacked(values, shape).ravel() for values in packed]).astype(np.float64)
    whole /= np.linalg.norm(whole, axis=1, keepdims=True)
    edges = np.linspace(0, whole.shape[1], 17).astype(int)
    strips = np.sort([whole[:, first:last] @ whole[:, first:last].T for first, last in pairwise(edges)], axis=0)
    expected = strips[2:-2].sum(axis=0) * 16 / 12
    np.fill_diagonal(expected, 1)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_array_equal(found, found.T)


def test_a_residual_of_nothing_agrees_with_nothing() -> None:
    packed = [np.frombuffer(camera.packed(np.zeros((4, 4), np.float32)), np.uint8) for _ in range(2)]
    np.testing.assert_array_equal(correlations(packed, (4, 4)), np.eye(2))
