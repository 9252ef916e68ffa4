"""Likelihood ratios of scores that are a signal in noise of known spread, where the strength of the signal is known roughly.

Of strangers a score is normal around 0. Of mates it is normal around a strength, and strengths differ: a reference that
agrees well with itself lets a mate agree well too. So the ratio is anchored at what the reference lets expect (Reinders et
al., "Score-based likelihood ratios to evaluate forensic pattern evidence", Forensic Science International 2022: anchored
scores tell more than general ones), with strengths spread around it as a gamma distribution. Two normal densities of one
spread s and a distance a apart have the log ratio (z a - a^2 / 2) / s^2; its mean over strengths rises with the score, which
no ratio of two fitted densities would promise. Now and then a mate has no signal at all, which bounds what counts against it.
"""

from __future__ import annotations

import math
from functools import cache

import msgspec
import numpy as np
import scipy.special

from homeward.core.likelihood import Values

_POINTS = 96  # strengths, equally likely, that stand for the distribution


class SignalCalibration(msgspec.Struct, frozen=True):
    """See the module; fitted by ``bench/calibrate_camera.py``."""

    name: str
    """Names the validation data."""
    spread: float
    """Standard deviation of the scores of strangers."""
    typical: float
    """Strength of a mate's signal for a reference that says nothing of itself."""
    doubt: float
    """Pairs inside a reference that are worth as much as that."""
    shape: float
    """Of the gamma distribution of strengths where something is expected: they spread by the root of 1 / shape."""
    vague: float
    """The same where nothing is expected."""
    lapse: float
    """Share of mates without any signal."""
    independent: int
    """Non-matches of the validation data that are independent of each other: pictures that met a stranger, each once."""
    same: int
    different: int
    """Comparisons that it was fitted on."""

    @property
    def cap(self) -> float:
        """Greatest log10 LR, of either sign: no more than there are independent non-matches."""
        return math.log10(self.independent)

    def log10_lr(self, score: float, expected: float | None = None, pairs: int = 0) -> float:
        """The log10 likelihood ratio of a score, within -cap..cap.

        Args:
            score: in units in which strangers have about the spread 1.
            expected: what the reference lets expect of a mate; None where that is not known.
            pairs: comparisons inside the reference from which that is known.
        """
        trust = pairs / (pairs + self.doubt) if expected is not None else 0.0
        told = np.log(max(expected or 0.0, 1.0))
        mean = float(np.exp(trust * told + (1 - trust) * np.log(self.typical)))
        shape = self.vague + trust * (self.shape - self.vague)
        strengths = mean * _relative(round(shape, 2))
        logs = (score * strengths - strengths**2 / 2) / self.spread**2
        natural = np.logaddexp(np.log(self.lapse), np.log1p(-self.lapse) + scipy.special.logsumexp(logs) - np.log(_POINTS))
        return max(-self.cap, min(self.cap, float(natural) / float(np.log(10))))


@cache
def _relative(shape: float) -> Values:
    """Equally likely values of a gamma distribution of mean 1."""
    found: Values = scipy.special.gammaincinv(shape, (np.arange(_POINTS) + 0.5) / _POINTS) / shape
    return found
