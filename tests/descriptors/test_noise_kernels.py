"""The compiled loops against their definitions, written plainly."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from homeward.descriptors import noise_kernels as kernels

even = st.integers(8, 120).map(lambda half: 2 * half)
seeds = st.integers(0, 2**32)


def made(height: int, width: int, seed: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    return (rng.normal(0, 3, (height, width)) * np.exp(rng.normal(0, 1, (height, width)))).astype(np.float32)


def split(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    half, whole = np.empty_like(plane), np.empty_like(plane)
    kernels.split_rows(plane, half)
    kernels.split_columns(half, whole)
    return whole


@settings(max_examples=25)
@given(even, even, seeds)
def test_the_wavelet_keeps_energy_and_comes_back(height: int, width: int, seed: int) -> None:
    plane = made(height, width, seed)
    parts = split(plane)
    assert np.square(parts, dtype=np.float64).sum() == pytest.approx(np.square(plane, dtype=np.float64).sum(), rel=1e-5)
    half, back = np.empty_like(plane), np.empty_like(plane)
    kernels.join_columns(parts, half)
    kernels.join_rows(half, back)
    np.testing.assert_allclose(back, plane, atol=1e-4 * np.abs(plane).max())


def test_the_filter_is_daubechies_with_eight_vanishing_moments() -> None:
    """Orthonormal to itself moved by two, blind to polynomials up to the seventh degree, energy first: that is only db8."""
    low, high = (np.array(taps, np.float64) for taps in (kernels._L, kernels._H))
    for moved in range(0, 16, 2):
        assert (low[moved:] * low[: 16 - moved]).sum() == pytest.approx(float(moved == 0), abs=1e-6)
        assert (low[moved:] * high[: 16 - moved]).sum() == pytest.approx(0, abs=1e-6)
    for degree in range(8):
        assert ((np.arange(16) - 7.5) ** degree * high).sum() == pytest.approx(0, abs=1e-7 * 8.0**degree)
    assert np.square(low[:8]).sum() > 0.98


def test_the_split_is_a_filter_and_a_choice_of_every_other_sample() -> None:
    plane = made(64, 96, 3)
    half = np.empty_like(plane)
    kernels.split_rows(plane, half)
    around = np.concatenate([plane, plane[:, :16]], 1).astype(np.float64)
    for taps, block in ((kernels._L, half[:, :48]), (kernels._H, half[:, 48:])):
        expected = sum(float(tap) * around[:, at : at + 96 : 2] for at, tap in enumerate(taps))
        np.testing.assert_allclose(block, expected, atol=1e-4)
    split_down = np.empty_like(plane)
    kernels.split_columns(plane, split_down)
    across = np.empty((96, 64), np.float32)
    kernels.split_rows(np.ascontiguousarray(plane.T), across)
    np.testing.assert_allclose(split_down, across.T, atol=1e-5)


def least_energy(energy: NDArray[np.float64], mode: str) -> NDArray[np.float64]:
    return np.min([uniform_filter(energy, window, mode=mode) for window in (3, 5, 7, 9)], axis=0)


@settings(max_examples=25)
@given(st.integers(1, 130), st.integers(1, 90), seeds)
def test_shrinking_is_the_local_wiener_filter(height: int, width: int, seed: int) -> None:
    plane = made(height + 3, width + 5, seed)
    inside = plane[2 : 2 + height, 4 : 4 + width].astype(np.float64)
    energy = np.pad(np.square(inside), 9)
    least = least_energy(energy, "constant")[9:-9, 9:-9]
    before = plane.copy()
    kernels.shrink(plane, 2, 4, height, width, np.float32(25))
    np.testing.assert_allclose(plane[2 : 2 + height, 4 : 4 + width], inside * 25 / np.maximum(least, 25), rtol=1e-4, atol=1e-5)
    before[2 : 2 + height, 4 : 4 + width] = plane[2 : 2 + height, 4 : 4 + width]
    np.testing.assert_array_equal(plane, before)


@settings(max_examples=25)
@given(st.integers(10, 130), st.integers(10, 90), seeds)
def test_the_spectrum_is_flattened_by_the_same_filter(height: int, width: int, seed: int) -> None:
    spectrum = scipy.fft.rfft2(made(height, width, seed))
    power = np.square(np.abs(spectrum.astype(np.complex128)))
    floor = float(np.median(power))
    around = np.pad(np.pad(power, ((9, 9), (0, 0)), "wrap"), ((0, 0), (9, 9)))
    gain = floor / np.maximum(least_energy(around, "constant")[9:-9, 9:-9], floor)
    left_over = power * gain**2
    gain[left_over >= 9 * floor] = 0
    ours = spectrum.copy()
    kernels.flatten(ours.view(np.float32), np.float32(floor), np.float32(9))
    clear = np.abs(left_over / (9 * floor) - 1) > 1e-3
    np.testing.assert_allclose(ours[clear], (spectrum * gain)[clear], rtol=1e-3, atol=1e-3 * np.sqrt(floor))


@given(st.integers(2, 40), st.integers(2, 40), seeds)
def test_every_row_and_column_of_a_phase_has_mean_nothing(height: int, width: int, seed: int) -> None:
    plane = made(height, width, seed)
    kernels.centre_phases(plane)
    scale = 1e-5 * max(1.0, float(np.abs(plane).max()))
    for y in (0, 1):
        for x in (0, 1):
            np.testing.assert_allclose(plane[y::2, x::2].mean(0), 0, atol=scale)
            np.testing.assert_allclose(plane[y::2, x::2].mean(1), 0, atol=scale)


@settings(max_examples=25)
@given(st.integers(4, 70), st.integers(4, 70), seeds)
def test_weights_follow_brightness_and_the_variance_around(height: int, width: int, seed: int) -> None:
    plane = made(height, width, seed)
    grey = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)
    rows, columns = -(-height // 4), -(-width // 4)
    spread = np.empty((rows, columns), np.float32)
    mean = kernels.block_energy(plane, spread)
    blocks = np.array(
        [[np.square(plane[4 * j : 4 * j + 4, 4 * i : 4 * i + 4]).mean() for i in range(columns)] for j in range(rows)]
    )
    np.testing.assert_allclose(spread, blocks, rtol=1e-4)
    assert mean == pytest.approx(blocks.mean(), rel=1e-4)
    near = np.array(
        [[blocks[max(0, j - 2) : j + 3, max(0, i - 2) : i + 3].mean() for i in range(columns)] for j in range(rows)]
    )
    weights = np.linspace(0, 1, 256, dtype=np.float32)
    expected = plane * weights[grey] / (near + 0.5).repeat(4, 0).repeat(4, 1)[:height, :width]
    kernels.balance(plane, grey, spread, weights, np.float32(0.5))
    np.testing.assert_allclose(plane, expected, rtol=1e-3, atol=1e-5)
