"""Likelihood ratios against closed forms and against other people's optimisers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from homeward.core import likelihood
from homeward.core.likelihood import Values

seeds = st.integers(0, 2**32)


def normal(mean: float, count: int, seed: int) -> Values:
    return np.random.default_rng(seed).normal(mean, 1, count)


def test_of_two_normal_distributions_the_exact_ratio_is_found() -> None:
    """Spread 1 around +d/2 and -d/2: the natural log LR is d times the score."""
    fitted = likelihood.fit("made up", normal(1.0, 20_000, 1), normal(-1.0, 20_000, 2), 10**9)
    assert fitted.slope == pytest.approx(2, rel=0.05)
    assert fitted.intercept == pytest.approx(0, abs=0.06)


@given(seeds, st.integers(2, 60), st.integers(2, 60))
def test_the_fit_is_what_another_optimiser_finds(seed: int, n: int, m: int) -> None:
    same, different = 3 * normal(0.5, n, seed) + 2, 3 * normal(-0.5, m, seed + 1) + 2
    fitted = likelihood.fit("made up", same, different, 10)
    both = np.concatenate([same, different])
    spread = both.std()

    def lost(at: Values) -> float:
        ones, others = at[0] * same + at[1], at[0] * different + at[1]
        return float(
            0.5 * np.logaddexp(0, -ones).mean() + 0.5 * np.logaddexp(0, others).mean() + 0.5e-3 * (at[0] * spread) ** 2
        )

    best = optimize.minimize(lost, np.zeros(2), tol=1e-12)
    if best.x[0] < 1e-6:
        assert fitted.slope < 1e-5  # a score that falls with the truth says nothing
        return
    assert lost(np.array([fitted.slope, fitted.intercept])) <= best.fun + 1e-9


def test_nothing_is_said_beyond_the_data() -> None:
    fitted = likelihood.fit("made up", normal(9, 50, 1), normal(-9, 50, 2), 50)
    assert fitted.log10_lr(1e6) == pytest.approx(np.log10(50))
    assert fitted.log10_lr(-1e6) == pytest.approx(-np.log10(50))
    assert np.isfinite(fitted.slope)


def test_a_calibration_needs_both_sides() -> None:
    for same, different, count in ((np.zeros(0), np.ones(3), 3), (np.ones(3), np.zeros(0), 3), (np.ones(3), np.zeros(3), 0)):
        with pytest.raises(ValueError, match="both kinds"):
            likelihood.fit("made up", same, different, count)


def test_the_cost_of_saying_nothing_is_one_bit_and_that_of_being_right_is_none() -> None:
    assert likelihood.cllr(np.zeros(5), np.zeros(9)) == pytest.approx(1)
    assert likelihood.cllr(np.full(5, 9.0), np.full(9, -9.0)) == pytest.approx(0, abs=1e-6)
    assert likelihood.cllr(np.full(5, -3.0), np.full(9, 3.0)) > 1
    assert likelihood.cllr(np.log10([3.0]), np.log10([0.5])) == pytest.approx((np.log2(4 / 3) + np.log2(1.5)) / 2)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=30), st.lists(st.integers(-5, 5), min_size=1, max_size=30))
def test_pooling_is_isotonic_regression(same: list[int], different: list[int]) -> None:
    scores = np.array(same + different, float)
    truth = np.r_[np.ones(len(same)), np.zeros(len(different))]
    values, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    means = np.bincount(place, truth) / counts
    expected = optimize.isotonic_regression(means, weights=counts).x[place]
    found = likelihood.isotonic(np.array(same, float), np.array(different, float))
    odds = 10.0**found * len(same) / len(different)
    with np.errstate(invalid="ignore"):
        chance = np.where(np.isinf(odds), 1, odds / (1 + odds))
    np.testing.assert_allclose(chance, expected, atol=1e-9)
    assert len(values) <= 11


@given(seeds, st.floats(0.0, 3.0))
def test_no_calibration_beats_the_least_cost(seed: int, apart: float) -> None:
    same, different = normal(apart, 80, seed), normal(0, 120, seed + 1)
    fitted = likelihood.fit("made up", same, different, 10**6)
    ones, others = (np.array([fitted.log10_lr(score) for score in side]) for side in (same, different))
    least = likelihood.cllr_min(same, different)
    assert 0 <= least <= likelihood.cllr(ones, others) + 1e-9
    assert likelihood.cllr_min(ones, others) <= least + 0.05  # a rising function changes nothing but ties


def test_curves_and_rates() -> None:
    same, different = np.array([-1.0, 1.0, 2.0, 3.0]), np.array([-3.0, -2.0, 0.5, 1.5])
    assert likelihood.misleading(same, different) == (0.5, 0.25)
    assert likelihood.misleading(same, different, 1.0) == (0.25, 0.0)
    curves = likelihood.tippett(same, different, 51)
    assert (curves.same[0], curves.different[0], curves.same[-1], curves.different[-1]) == (1, 1, 0, 0)
    assert np.all(np.diff(curves.same) <= 0)
    even = likelihood.cross_entropy(same, different, np.array([0.0]))
    assert even[0] == pytest.approx(likelihood.cllr(same, different))
    uninformed = likelihood.cross_entropy(np.zeros(3), np.zeros(3), np.array([-1.0, 0.0]))
    assert uninformed[1] == pytest.approx(1)
    assert uninformed[0] == pytest.approx(-(1 / 11) * np.log2(1 / 11) - (10 / 11) * np.log2(10 / 11))


ORACLE = json.loads(Path(__file__).with_name("lir_oracle.json").read_text())


@pytest.mark.parametrize("name", sorted(ORACLE))
def test_an_institute_says_the_same(name: str) -> None:
    """The figures of lir 1.3.1 (Netherlands Forensic Institute), written by ``make_lir_oracle.py``."""
    told = ORACLE[name]
    same, different = np.array(told["same"]), np.array(told["different"])
    assert likelihood.cllr(same, different) == pytest.approx(told["cllr"], rel=1e-9)
    assert likelihood.cllr_min(same, different) == pytest.approx(told["cllr_min"], rel=1e-6)
    assert likelihood.isotonic(same, different) == pytest.approx(np.array(told["isotonic"]), rel=1e-6, abs=1e-9)
    assert likelihood.cross_entropy(same, different, np.array(told["prior"])) == pytest.approx(told["ece"], rel=1e-9)
