"""How much of a board a capture has seen, from captures that overlap.

Sources: Chapman, "Some properties of the hypergeometric distribution with applications to zoological sample censuses",
1951 (the nearly unbiased two-sample estimate and its variance, as in Seber, "The Estimation of Animal Abundance", 1982,
§3.1); Chao, "Nonparametric estimation of the number of classes in a population", Scandinavian Journal of Statistics 1984
(the lower bound from those seen once and twice; with Chao's correction for small numbers, and its variance, as Colwell gives
them in the guide of EstimateS 9.1, appendix B). Soska and Christin (USENIX Security 2015) use the same census methods on
incomplete captures of markets.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Census(NamedTuple):
    """An estimate of how many there are, with its 95 % interval; never below what was seen."""

    total: float
    low: float
    high: float


def recaptured(first: int, second: int, both: int) -> Census:
    """Estimate how many there are from two independent captures of the same board and time.

    Args:
        first: handles in the first capture.
        second: handles in the second.
        both: handles in both.

    Raises:
        ValueError: a count is negative or ``both`` is beyond one of the captures.
    """
    if min(first, second, both) < 0 or both > min(first, second):
        raise ValueError("handles in both captures cannot be more than in either")
    seen = first + second - both
    count = (first + 1) * (second + 1) / (both + 1) - 1
    variance = (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
    return _census(seen, count, variance)


def at_least(seen: int, once: int, twice: int) -> Census:
    """Estimate from below how many there are, from one capture in which some were seen only once or twice.

    Args:
        seen: handles seen at all.
        once: of them, with a single post.
        twice: of them, with two posts.

    Raises:
        ValueError: a count is negative, or more were seen once and twice than at all.
    """
    if min(seen, once, twice) < 0 or once + twice > seen:
        raise ValueError("handles seen once and twice cannot be more than all seen")
    missed = once * (once - 1) / (2 * (twice + 1))
    variance = (
        missed
        + once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
        + once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
    )
    return _census(seen, seen + missed, variance)


def _census(seen: int, count: float, variance: float) -> Census:
    """The interval is log-normal in what was missed, so that it never falls below what was seen (Chao 1987)."""
    missed = max(count - seen, 0.0)
    if missed == 0.0:
        return Census(float(seen), float(seen), float(seen))
    spread = math.exp(1.96 * math.sqrt(math.log1p(variance / (missed * missed))))
    return Census(seen + missed, seen + missed / spread, seen + missed * spread)
