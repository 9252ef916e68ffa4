"""Small measures that the benchmark of communities shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Ranked(NamedTuple):
    """Answers of one world: how sure, whether right, and how many right ones there are in truth."""

    score: Values
    right: Flags
    exist: int


def average_precision(worlds: Sequence[Ranked]) -> float:
    score, right, exist = pooled(worlds)
    ordered = right[np.argsort(-score, kind="stable")]
    precision = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    return float((precision * ordered).sum() / max(exist, 1))


def recall_at(worlds: Sequence[Ranked], least: float) -> float:
    """The greatest recall at which the answers down to there are right with this precision."""
    score, right, exist = pooled(worlds)
    ordered = np.cumsum(right[np.argsort(-score, kind="stable")])
    good = np.flatnonzero(ordered / np.arange(1, len(ordered) + 1) >= least)
    return float(ordered[good[-1]] / max(exist, 1)) if len(good) else 0.0


def calibration_error(worlds: Sequence[Ranked], least: float = 0.05) -> float:
    """Expected calibration error of answers that anybody would look at, those from ``least`` on.

    The mean distance of probability and share of right ones, over ten bins of equal width.
    """
    score, right, _ = pooled(worlds)
    told, true = score[score >= least], right[score >= least]
    bins = np.minimum((told * 10).astype(np.int64), 9)
    apart = np.bincount(bins, told, 10) - np.bincount(bins, true, 10)
    return float(np.abs(apart).sum() / max(len(told), 1))


def chance_error(worlds: Sequence[Ranked], draws: int = 200) -> float:
    """The calibration error that as many probabilities show by chance where each is exactly the frequency of right answers."""
    random = np.random.default_rng(0)
    score = pooled(worlds).score
    drawn = [Ranked(score, random.random(len(score)) < score, 0) for _ in range(draws)]
    return float(np.mean([calibration_error([one]) for one in drawn]))


def pooled(worlds: Sequence[Ranked]) -> Ranked:
    scores, rights, exist = zip(*worlds, strict=True)
    return Ranked(np.concatenate(scores), np.concatenate(rights), sum(exist))


def interval(parts: Sequence[Ranked], figure: Callable[[Sequence[Ranked]], float], draws: int = 200) -> str:
    """A figure with its 95 % bootstrap interval over ``parts`` (worlds, or persons and boards within them)."""
    random = np.random.default_rng(0)
    drawn = [figure([parts[i] for i in random.integers(0, len(parts), len(parts))]) for _ in range(draws)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{figure(parts):.3f} ({low:.3f} to {high:.3f})"
