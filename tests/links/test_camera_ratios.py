"""Evidence from sensor noise: capped, with its limits said, and nothing where agreement is only somewhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.descriptors import camera as noise
from homeward.indexes import fingerprint
from homeward.links import camera


def test_there_is_a_calibration_for_each_size_of_reference() -> None:
    held = camera.calibrations()
    assert [made.name.rpartition("references of ")[2] for made in held] == [words for _, words in camera.BINS]
    for made in held:
        assert made.slope > 0
        assert made.cap <= np.log10(made.different)
        assert 0 < made.cap < 3


@given(st.floats(-1e6, 1e6), st.integers(1, 1000))
def test_evidence_rises_with_the_score_and_never_beyond_the_cap(score: float, pictures: int) -> None:
    said = camera.weigh(score, pictures, make="Canon")
    more = camera.weigh(score + 1, pictures, make="Canon")
    assert said.log10_lr <= more.log10_lr
    assert abs(said.log10_lr) <= max(made.cap for made in camera.calibrations())
    assert "the same camera" not in said.reason


def test_evidence_against_counts_too() -> None:
    assert camera.weigh(-1.0, 10).log10_lr < -1
    assert "support for different devices" in camera.weigh(-1.0, 10).reason
    assert "support for the same device" in camera.weigh(12.0, 10).reason


@pytest.mark.parametrize("make", ["SAMSUNG", "samsung electronics", "HUAWEI", "Xiaomi"])
def test_makes_with_shared_artefacts_are_named(make: str) -> None:
    assert "uniqueness not established" in camera.weigh(9.0, 5, make=make).caveats[0]
    assert "uniqueness not established" in camera.uniqueness({"Canon", make})


def test_uniqueness_needs_a_known_make() -> None:
    assert "do not say" in camera.uniqueness(set())
    assert not camera.uniqueness({"Canon"})


def test_agreement_in_a_corner_counts_as_nothing() -> None:
    """An overlay that two pictures share is strong, and somewhere; a sensor is weak, and everywhere."""
    rng = np.random.default_rng(1)
    shape = (256, 512)
    pattern, overlay = rng.normal(0, 1, shape), np.zeros(shape)
    overlay[:32] = 4 * rng.normal(0, 1, (32, 512))
    planes = [rng.normal(0, 1, shape) + part for part in (0.5 * pattern, 0.5 * pattern, overlay, overlay)]
    held = fingerprint.prints(np.stack([np.frombuffer(noise.digest(plane.astype(np.float32)), np.uint8) for plane in planes]))
    true, false = (camera.by_band(held, a, np.array([b])) for a, b in ((0, 1), (2, 3)))
    score = float(fingerprint.correlations(held, held)[2, 3]) * 256 * 2**0.5
    assert score > 20
    spurious = camera.weigh(score, 5, false, "Canon")
    assert spurious.log10_lr == 0
    assert "local" in spurious.caveats[0]
    assert camera.weigh(score, 5, true, "Canon").log10_lr > 1


def test_weak_agreement_that_is_everywhere_is_seldom_taken_for_local() -> None:
    rng = np.random.default_rng(2)
    bands = rng.normal(5 / 8**0.5, 1, (2000, camera.BANDS))  # five deviations in all
    strong = bands[bands.sum(1) > 3 * 8**0.5]
    taken = [bool(camera.weigh(5.0, 5, row, "Canon").caveats) for row in strong]
    assert np.mean(taken) < 0.1
