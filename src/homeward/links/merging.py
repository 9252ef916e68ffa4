"""Merging fingerprints by their correlations alone: always the two that agree best.

Because a fingerprint is a sum of residuals, all that is needed of the pictures is the matrix of their correlations; no
residual is touched again when one joins.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


class Merging:
    """Sums of correlations between groups of pictures; a group that was put into another one is no longer ``live``."""

    def __init__(self, matrix: NDArray[np.float32], apart: NDArray[np.bool_], strangers: float) -> None:
        """Every picture by itself.

        Args:
            matrix: (n, n) correlations of all with all.
            apart: (n, n) pictures that are known to be of different devices.
            strangers: standard deviation of correlations where two devices meet.
        """
        self.sums = matrix.astype(np.float64)
        np.fill_diagonal(self.sums, 1.0)
        self.apart = apart.copy()
        self.strangers = strangers
        self.members = [[at] for at in range(len(matrix))]
        self.live = np.ones(len(matrix), bool)

    def row(self, at: int) -> NDArray[np.float64]:
        """Agreement of group ``at`` with each other one; -inf where it is gone, itself, or known to be another device."""
        own = np.sqrt(np.maximum(self.sums.diagonal() * self.sums[at, at], 1e-30))
        agreement: NDArray[np.float64] = self.sums[at] / (own * self.strangers)
        agreement[~self.live | self.apart[at]] = -np.inf
        agreement[at] = -np.inf
        return agreement

    def inner(self, at: int) -> float:
        """Sum of the agreements of all pairs inside a group, each in standard deviations of strangers."""
        return float(self.sums[at, at] - len(self.members[at])) / (2 * self.strangers)

    def join(self, a: int, b: int) -> None:
        """Put group ``b`` into group ``a``."""
        self.members[a] += self.members[b]
        self.members[b] = []
        self.sums[a] += self.sums[b]
        self.sums[:, a] = self.sums[a]
        self.sums[a, a] += self.sums[b, a]
        self.apart[a] |= self.apart[b]
        self.apart[:, a] |= self.apart[:, b]
        self.live[b] = False


def merge(state: Merging, least: float, joined: Callable[[int, int], None] | None = None) -> None:
    """Merge the two groups that agree best until none agree by ``least``. Ties go to the first: the result has no luck in it.

    ``joined`` is told of each merge, after it: the group that stays and the one that went into it.
    """
    size = len(state.members)
    if size < 2:
        return
    best = np.zeros(size, np.int64)
    value = np.full(size, -np.inf)
    for at in map(int, np.flatnonzero(state.live)):
        row = state.row(at)
        best[at], value[at] = int(np.argmax(row)), row.max()
    while True:
        a = int(np.argmax(value))
        if value[a] < least:
            return
        a, b = sorted((a, int(best[a])))
        state.join(a, b)
        value[b] = -np.inf
        if joined is not None:
            joined(a, b)
        stale = np.flatnonzero(state.live & ((best == a) | (best == b)))
        fresh = state.row(a)
        for at in {int(other) for other in stale} | {a}:
            row = state.row(at)
            best[at], value[at] = int(np.argmax(row)), row.max()
        better = state.live & (fresh > value)
        best[better], value[better] = a, fresh[better]
