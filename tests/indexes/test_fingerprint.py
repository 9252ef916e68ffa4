"""Digests against plain arithmetic; exact agreement against shifts, crops, scales and turns that were really made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.descriptors import camera
from homeward.indexes import fingerprint, frames

seeds = st.integers(0, 2**32)


def residual(seed: int, shape: tuple[int, int] = (256, 300)) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def held(planes: list[NDArray[np.float32]]) -> fingerprint.Prints:
    return fingerprint.prints(np.stack([np.frombuffer(camera.digest(plane), np.uint8) for plane in planes]))


def told(plane: NDArray[np.float32]) -> NDArray[np.float64]:
    spread = np.sqrt(np.square(plane, dtype=np.float64).mean())
    return np.where(np.abs(plane) >= np.float32(camera.SURE * spread), np.sign(plane), 0).astype(np.float64)


@settings(max_examples=20)
@given(st.integers(128, 200), st.integers(128, 200), st.integers(1, 4), st.integers(1, 4), seeds)
def test_digests_are_compared_as_the_definition_says(high: int, wide: int, n: int, m: int, seed: int) -> None:
    ones = [residual(seed + at, (2 * high, 2 * wide)) for at in range(n)]
    others = [residual(seed + 100 + at, (2 * high, 2 * wide)) + ones[0] for at in range(m)]
    found = fingerprint.correlations(held(ones), held(others))
    for i, a in enumerate(map(told, ones)):
        for j, b in enumerate(map(told, others)):
            assert found[i, j] == pytest.approx(plain(a, b), abs=1e-6)


def plain(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float((a * b).sum() / np.sqrt(np.abs(a).sum() * np.abs(b).sum()))


def test_digests_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="two sizes"):
        fingerprint.correlations(held([residual(0)]), held([residual(1, (300, 300))]))
    with pytest.raises(ValueError, match="whole"):
        fingerprint.prints(np.zeros((2, 24), np.uint8))


def test_a_floor_from_a_few_values_is_rather_too_high_than_too_low() -> None:
    rng = np.random.default_rng(6)
    low = 0
    for _ in range(200):
        planes = rng.normal(0, 1, (8, 3000))
        planes /= np.linalg.norm(planes, axis=1, keepdims=True)
        low += fingerprint.floor((planes @ planes.T).astype(np.float32), 3000) < 3000**-0.5 * 1.1
    assert low <= 4


@pytest.mark.parametrize("mates", [0, 20, 40])
def test_the_floor_is_that_of_strangers_however_many_mates_there_are(mates: int) -> None:
    rng = np.random.default_rng(4)
    common = rng.normal(0, 1, 20_000)
    planes = rng.normal(0, 1, (60, 20_000))
    planes[:mates] += 0.15 * common
    planes /= np.linalg.norm(planes, axis=1, keepdims=True)
    measured = fingerprint.floor((planes @ planes.T).astype(np.float32), 20_000)
    assert measured == pytest.approx(20_000**-0.5, rel=0.15)


def test_a_bucket_of_one_device_has_no_strangers_to_measure() -> None:
    rng = np.random.default_rng(4)
    planes = rng.normal(0, 1, (30, 4000)) + 0.5 * rng.normal(0, 1, 4000)
    planes /= np.linalg.norm(planes, axis=1, keepdims=True)
    assert fingerprint.floor((planes @ planes.T).astype(np.float32), 4000) == pytest.approx(1.4 * 4000**-0.5)


def test_agreement_at_one_place() -> None:
    a, b, shared = residual(1), residual(2), residual(3)
    mate, stranger = a + 0.5 * shared, b + 0.5 * shared
    found = fingerprint.aligned(mate, stranger)
    expected = float((mate.astype(np.float64) * stranger).sum() / np.linalg.norm(mate) / np.linalg.norm(stranger))
    assert found.ncc == pytest.approx(expected, rel=1e-3)
    assert (found.places, found.down, found.right) == (1, 0, 0)
    assert found.pce == pytest.approx(expected**2 * a.size, rel=0.05)
    assert abs(fingerprint.aligned(a, b).pce) < 20


def frame(plane: NDArray[np.float32], grain: float = 1.0) -> frames.Frame:
    return frames.Frame(plane, round(plane.shape[1] / grain), round(plane.shape[0] / grain), grain)


def test_a_crop_is_found_where_it_was_cut() -> None:
    sensor = residual(8, (400, 520))
    crop = frame(sensor[61:261, 102:382] + 2 * residual(9, (200, 280)))
    found = fingerprint.search(frame(sensor), crop)
    assert found is not None
    assert (found.scale, found.turn) == (1.0, 0)
    assert (found.agreement.down, found.agreement.right) == (61, 102)
    assert fingerprint.covered(found, (520, 400), (280, 200)) == (102, 61, 280, 200)
    assert found.deviations > 8
    stranger = fingerprint.search(frame(residual(10, (400, 520))), crop)
    assert stranger is not None
    assert stranger.deviations < 4


@pytest.mark.parametrize(("turn", "mirrored"), [(0, True), (1, False), (2, False), (3, False), (1, True)])
def test_a_scaled_and_turned_picture_is_found(turn: int, mirrored: bool) -> None:
    sensor = residual(11, (400, 520))
    small = frames.resized(sensor, (200, 260)) / 0.5
    shown = small + residual(12, (200, 260))
    shown = np.rot90(shown[:, ::-1] if mirrored else shown, -turn)
    shown = np.ascontiguousarray(shown)
    found = fingerprint.search(frame(sensor), frame(shown))
    assert found is not None
    assert found.scale == 0.5
    assert found.deviations > 8
    assert found.agreement.places == 25  # the whole frame was scaled: it was looked for where it must lie
    assert (found.agreement.down, found.agreement.right) == (0, 0)
    assert fingerprint.covered(found, (520, 400), shown.shape[::-1]) == (0, 0, 520, 400)


def test_a_coarse_fingerprint_finds_and_a_fine_one_tells_better() -> None:
    sensor = residual(13, (800, 1040))
    coarse = frame(sensor[::2, ::2] + sensor[1::2, ::2] + sensor[::2, 1::2] + sensor[1::2, 1::2], 0.5)
    crop = frame(sensor[100:500, 200:760] + 3 * residual(14, (400, 560)))
    found = fingerprint.search(coarse, crop)
    assert found is not None
    assert (found.scale, found.turn, found.agreement.down, found.agreement.right) == (1.0, 0, 100, 200)
    finer = fingerprint.again(frame(sensor), crop, found, frames.Spectra())
    assert finer.deviations > 1.5 * found.deviations
    assert (finer.tried, finer.agreement.down, finer.agreement.right) == (found.tried, 100, 200)


@pytest.mark.parametrize("places", [1, 25, 10_000, 10**8])
def test_what_the_greatest_of_many_is_worth_does_not_depend_on_how_many_there_are(places: int) -> None:
    """The median of the greatest of n values of strangers is worth nothing, whatever n is."""
    from scipy.stats import norm

    middle = norm.isf(-np.expm1(np.log(0.5) / places))
    assert fingerprint.deviations(middle * abs(middle), places) == pytest.approx(0.0, abs=1e-6)
    levels = [fingerprint.deviations(pce, places) for pce in (-9.0, 0.0, 9.0, 60.0, 900.0, 1e5)]
    assert levels == sorted(levels)
    assert np.isfinite(levels).all()
    assert fingerprint.deviations(1e5, places) == pytest.approx(1e5**0.5, rel=0.01)


def test_digests_add_up_to_a_fingerprint() -> None:
    planes = [residual(at, (130, 150)) for at in range(3)]
    expected = sum(told(plane) for plane in planes)
    np.testing.assert_array_equal(fingerprint.summed(held(planes), np.arange(3), (130, 150)), expected)


def test_scaling_keeps_what_the_smaller_grid_can_hold() -> None:
    def wave(high: int, wide: int) -> NDArray[np.float32]:
        y, x = np.mgrid[:high, :wide]
        return np.cos(2 * np.pi * (3 * y / high + 5 * x / wide)).astype(np.float32)

    np.testing.assert_allclose(frames.resized(wave(240, 320), (121, 150)), wave(121, 150), atol=1e-4)
