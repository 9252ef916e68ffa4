"""Rows of the table of places and things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set

import numpy as np
from numpy.typing import NDArray

RANKS = (1, 10, 100)


def found_among(ranked: list[int], wanted: Set[int]) -> tuple[float, ...]:
    """Average precision, and whether one is among the first 1, 10 and 100."""
    hits, total = 0, 0.0
    for rank, one in enumerate(ranked, 1):
        if one in wanted:
            hits += 1
            total += hits / rank
    return (total / len(wanted), *(float(bool(wanted & set(ranked[:rank]))) for rank in RANKS))


def figures_row(what: str, name: str, found: dict[int, tuple[float, ...]], groups: list[str], spent: float) -> dict[str, str]:
    by_group: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for at, figures in found.items():
        by_group[groups[at]].append(figures)
    means = np.array([np.mean(figures, axis=0) for figures in by_group.values()])
    low, high = _interval(means[:, 0])
    return {
        "what": what,
        "by": name,
        "queries": str(len(found)),
        "mAP": f"{means[:, 0].mean():.3f} ({low:.2f} to {high:.2f})",
        **{f"R@{rank}": f"{means[:, 1 + at].mean():.3f}" for at, rank in enumerate(RANKS)},
        "ms a query": f"{spent:.0f}",
        "result": "",
    }


def told_row(what: str, queries: str, result: str) -> dict[str, str]:
    nothing = dict.fromkeys(("mAP", "R@1", "R@10", "R@100", "ms a query"), "")
    return {"what": what, "by": "ours", "queries": queries, **nothing, "result": result}


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """95 % of 1,000 bootstrap draws of the mean."""
    draws = np.random.default_rng(0).choice(values, (1000, len(values))).mean(axis=1)
    return float(np.quantile(draws, 0.025)), float(np.quantile(draws, 0.975))
