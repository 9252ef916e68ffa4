"""Scores to likelihood ratios, and how good those are.

A log10 likelihood ratio says how much better a score fits "the same" than "different". Calibration is a logistic
regression with equal weight for both sides; nothing is said beyond what the validation data can support: an LR is never
beyond the number of independent comparisons on which it rests.

Sources: Brümmer and du Preez, "Application-independent evaluation of speaker detection", Computer Speech & Language 2006
(Cllr, Cllr_min); Ramos and Gonzalez-Rodriguez, "Reliable support", Forensic Science International 2013 (empirical
cross-entropy); van Houten, Alberink and Geradts, "Implementation of the likelihood ratio framework for camera
identification based on sensor noise patterns", Law, Probability and Risk 2011 (why a fit must not be extrapolated).
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
_STEPS = 100
_RIDGE = 1e-3  # of a separable set, the slope would grow without end


class Calibration(msgspec.Struct, frozen=True):
    """Log-odds that are linear in the score, cut at what the data support."""

    name: str
    """Names the validation data."""
    slope: float
    intercept: float
    cap: float
    """Greatest log10 LR, of either sign."""
    same: int
    different: int
    """Comparisons that it was fitted on."""

    def log10_lr(self, score: float) -> float:
        """The log10 likelihood ratio of a score, within -cap..cap."""
        return max(-self.cap, min(self.cap, (self.slope * score + self.intercept) / float(np.log(10))))


class Tippett(msgspec.Struct, frozen=True, eq=False):
    """Shares of comparisons with a log10 LR above each of ``thresholds``; all three (k,) float64."""

    thresholds: Values
    same: Values
    different: Values


def fit(name: str, same: Values, different: Values, independent: int) -> Calibration:
    """Fit a calibration.

    Args:
        name: of the validation data.
        same: (n,) scores of comparisons where the truth is "the same".
        different: (m,) scores where it is "different".
        independent: comparisons of ``different`` that are independent of each other: caps the LR at its logarithm.

    Raises:
        ValueError: a side is empty, or ``independent`` is not positive.
    """
    if not len(same) or not len(different) or independent < 1:
        raise ValueError("a calibration needs comparisons of both kinds")
    scores = np.concatenate([same, different]).astype(np.float64)
    centre, spread = float(scores.mean()), float(scores.std()) or 1.0
    x = (scores - centre) / spread
    truth = np.r_[np.ones(len(same)), np.zeros(len(different))]
    weights = np.r_[np.full(len(same), 0.5 / len(same)), np.full(len(different), 0.5 / len(different))]
    slope, intercept = _logistic(x, truth, weights)
    slope, intercept = slope / spread, intercept - slope * centre / spread
    if slope <= 0:
        slope, intercept = 0.0, 0.0  # a score that falls with the truth says nothing
    return Calibration(name, slope, intercept, float(np.log10(independent)), len(same), len(different))


def _logistic(x: Values, truth: Values, weights: Values) -> tuple[float, float]:
    """Newton's method on the weighted log-likelihood."""
    at = np.zeros(2)
    design = np.stack([x, np.ones_like(x)], 1)
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ at, -500, 500)))
        slope = design.T @ (weights * (chance - truth)) + _RIDGE * np.array([at[0], 0])
        curve = (design * (weights * chance * (1 - chance))[:, None]).T @ design + np.diag([_RIDGE, 1e-12])
        step = np.linalg.solve(curve, slope)
        at -= step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-10:
            break
    return float(at[0]), float(at[1])


def cllr(same: Values, different: Values) -> float:
    """Cost of log10 likelihood ratios in bits: 0 is perfect, 1 says nothing, more than 1 misleads."""
    natural = np.log(10.0)
    lost = np.logaddexp(0, -natural * same).mean() + np.logaddexp(0, natural * different).mean()
    return float(lost / (2 * np.log(2)))


def cllr_min(same: Values, different: Values) -> float:
    """The least Cllr that any rising function of these scores could reach: what is left is lack of discrimination."""
    best = isotonic(same, different)
    return cllr(best[: len(same)], best[len(same) :])


def isotonic(same: Values, different: Values) -> Values:
    """(n + m,) log10 LRs of the best rising function of the scores, by pooling adjacent violators; first ``same``.

    Infinite where it separates completely: a check of a calibration's shape, never a calibration.
    """
    scores = np.concatenate([same, different])
    truth = np.r_[np.ones(len(same)), np.zeros(len(different))]
    values, place = np.unique(scores, return_inverse=True)
    total = np.bincount(place, minlength=len(values)).astype(np.float64)
    hits = np.bincount(place, truth, minlength=len(values))
    pools: list[list[float]] = []
    for hit, count in zip(hits, total, strict=True):
        pools.append([hit, count, 1])
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] >= pools[-1][0] * pools[-2][1]:
            last = pools.pop()
            pools[-1] = [one + other for one, other in zip(pools[-1], last, strict=True)]
    chance = np.repeat([pool[0] / pool[1] for pool in pools], [int(pool[2]) for pool in pools])[place]
    with np.errstate(divide="ignore"):
        odds: Values = np.log10(chance) - np.log10(1 - chance) - np.log10(len(same) / len(different))
    return odds


def misleading(same: Values, different: Values, threshold: float = 0.0) -> tuple[float, float]:
    """Shares of misleading evidence: different with a log10 LR above ``threshold``, same with one below minus that."""
    return float(np.mean(different > threshold)), float(np.mean(same < -threshold))


def tippett(same: Values, different: Values, points: int = 201) -> Tippett:
    """The curves of a Tippett plot over all finite log10 LRs."""
    both = np.concatenate([same, different])
    finite = both[np.isfinite(both)]
    ends = (float(finite.min()) - 0.5, float(finite.max()) + 0.5) if finite.size else (-1.0, 1.0)
    thresholds = np.linspace(*ends, points)
    return Tippett(thresholds, *((side[None] > thresholds[:, None]).mean(1) for side in (same, different)))


def cross_entropy(same: Values, different: Values, prior: Values) -> Values:
    """(k,) empirical cross-entropy in bits at each prior log10 odds: the curve of an ECE plot."""
    natural = np.log(10.0)
    chance = 1 / (1 + np.exp(-natural * prior))
    missed = np.logaddexp(0, -natural * (same[None] + prior[:, None])).mean(1)
    false = np.logaddexp(0, natural * (different[None] + prior[:, None])).mean(1)
    lost: Values = (chance * missed + (1 - chance) * false) / np.log(2)
    return lost
