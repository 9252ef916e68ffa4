"""Likelihood ratios of signals in noise: against the densities themselves, and calibrated where the model holds."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from homeward.core.likelihood import cllr, cllr_min
from homeward.core.signal import SignalCalibration

MADE = SignalCalibration("made up", 1.1, 5.0, 1.0, 6.0, 2.0, 0.02, 10**6, 1, 1)


@pytest.mark.parametrize("score", [-2.0, 0.0, 1.5, 3.0, 5.0])
def test_it_is_the_ratio_of_the_two_densities(score: float) -> None:
    strengths = stats.gamma(2.0, scale=5.0 / 2.0)

    def joint(strength: float) -> float:
        return float(strengths.pdf(strength) * stats.norm.pdf(score, strength, 1.1))

    mates = integrate.quad(joint, 0, 60, limit=200)[0] * 0.98 + 0.02 * stats.norm.pdf(score, 0, 1.1)
    expected = np.log10(mates / stats.norm.pdf(score, 0, 1.1))
    assert MADE.log10_lr(score) == pytest.approx(expected, abs=0.02)


@given(st.floats(-1e9, 1e9), st.one_of(st.none(), st.floats(-1e6, 1e6)), st.integers(0, 10**6))
def test_it_rises_with_the_score_and_stays_within_the_cap(score: float, expected: float | None, pairs: int) -> None:
    said = MADE.log10_lr(score, expected, pairs)
    assert -MADE.cap <= said <= MADE.log10_lr(score + 1.0, expected, pairs) <= MADE.cap
    assert said >= np.log10(MADE.lapse) - 1e-9  # a mate may be without a signal


def test_what_is_expected_moves_the_place_where_evidence_turns() -> None:
    turns = [next(z for z in np.linspace(0, 40, 4001) if MADE.log10_lr(z, mean, 50) > 0) for mean in (3.0, 8.0, 30.0)]
    assert turns == sorted(turns)
    assert turns[0] < 2.0 < turns[1] < turns[2]


def test_it_is_calibrated_where_the_model_holds() -> None:
    rng = np.random.default_rng(1)
    made = msgspec.structs.replace(MADE, lapse=1e-6)
    strengths = rng.gamma(2.0, 2.5, 4000)
    mates, strangers = strengths + rng.normal(0, 1.1, 4000), rng.normal(0, 1.1, 4000)
    same, different = (np.array([made.log10_lr(score) for score in side]) for side in (mates, strangers))
    assert cllr(same, different) - cllr_min(mates, strangers) < 0.02
