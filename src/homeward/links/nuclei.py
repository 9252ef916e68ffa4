"""Groups too weak for any pair of theirs to be trusted, found because so many pairs agree a little.

Sixteen pictures of one device whose pairs agree by 1.3 deviations have no pair that chance would not give in a large set, but
120 pairs that agree on average by 1.3 are beyond chance, even after paying for all the groups of sixteen that could have been
picked. Every merge of the whole tree is weighed so, and the tree is cut where the evidence of its branches is greatest.
The tree is that of Bloy, "Blind camera fingerprinting and image clustering", IEEE TPAMI 2008; the price of a choice is
that of a scan statistic (Arias-Castro, Candes and Durand, "Detection of an anomalous cluster in a network", Annals of
Statistics 2011).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from homeward.links.merging import Merging, merge

SURE = 7.0
"""Evidence that a group must leave after paying for the choice, as a natural logarithm: a thousand to one."""
SEVERAL = 3
"""Pictures from which a group is judged as a whole."""
BELONGS = 3.5
"""Standard deviations of strangers by which each picture must agree with the fingerprint of the others."""
_LEAST = 1.0  # agreement below which merging on cannot lead to a group


def nuclei(matrix: NDArray[np.float32], apart: NDArray[np.bool_], strangers: float) -> list[list[int]]:
    """Disjoint groups of at least three pictures that chance does not explain; whoever is in none is in no list.

    Two pictures are a pair and no group: whether they merge is for a threshold that no third one lowers.

    Args:
        matrix: (n, n) correlations of all with all.
        apart: (n, n) pictures that are known to be of different devices.
        strangers: standard deviation of correlations where two devices meet.
    """
    size = len(matrix)
    state = Merging(matrix, apart, strangers)
    best: list[tuple[float, list[list[int]]]] = [(0.0, []) for _ in range(size)]

    def joined(a: int, b: int) -> None:
        parts = best[a][0] + best[b][0]
        members = state.members[a]
        whole = evidence(state.inner(a), len(members), size) - SURE if len(members) >= SEVERAL else -math.inf
        best[a] = (whole, [sorted(members)]) if whole > parts else (parts, best[a][1] + best[b][1])

    merge(state, _LEAST, joined)
    found = [group for at in range(size) if state.live[at] for group in best[at][1]]
    return [kept for group in found if len(kept := _belonging(matrix, group, strangers)) >= SEVERAL]


def evidence(inner: float, pictures: int, among: int) -> float:
    """Log-likelihood that the pairs of a group share a pattern, less the logarithm of the number of groups of its size.

    Args:
        inner: sum of the agreements of its pairs, in deviations of strangers.
        pictures: how many there are in the group.
        among: how many there are in all.
    """
    pairs = pictures * (pictures - 1) / 2
    choices = math.lgamma(among + 1) - math.lgamma(pictures + 1) - math.lgamma(among - pictures + 1)
    return max(0.0, inner) ** 2 / (2 * pairs) - choices


def strengths(matrix: NDArray[np.float32], members: list[int], strangers: float) -> NDArray[np.float64]:
    """(k,) agreement of each of at least two pictures with the fingerprint of the others, in deviations of strangers."""
    block = matrix[np.ix_(members, members)].astype(np.float64)
    np.fill_diagonal(block, 1.0)
    rest = np.sqrt(np.maximum(block.sum() - 2 * block.sum(1) + 1, 1e-30))
    found: NDArray[np.float64] = (block.sum(1) - 1) / (rest * strangers)
    return found


def expected(matrix: NDArray[np.float32], members: list[int], strangers: float) -> NDArray[np.float64]:
    """(k,) strength that the others of at least three pictures, by how they agree with each other, let expect of each one."""
    block = matrix[np.ix_(members, members)].astype(np.float64)
    np.fill_diagonal(block, 1.0)
    others = len(members) - 1
    rest = block.sum() - 2 * block.sum(1) + 1
    return hoped(rest, others, strangers)


def hoped(total: NDArray[np.float64], pictures: int, strangers: float) -> NDArray[np.float64]:
    """Agreement that a mate is expected to have with a fingerprint of ``pictures`` residuals of norm 1.

    Args:
        total: square of the fingerprint's norm: how many pictures it has, and the sum of all their correlations.
        pictures: at least two.
        strangers: standard deviation of correlations where two devices meet.
    """
    mean = (total - pictures) / (pictures * (pictures - 1))
    found: NDArray[np.float64] = mean * pictures / (np.sqrt(np.maximum(total, 1e-30)) * strangers)
    return found


def _belonging(matrix: NDArray[np.float32], group: list[int], strangers: float) -> list[int]:
    """Without those that do not agree with the others, the weakest first."""
    kept = list(group)
    while len(kept) >= SEVERAL:
        said = strengths(matrix, kept, strangers)
        weakest = int(np.argmin(said))
        if said[weakest] >= BELONGS:
            break
        kept.pop(weakest)
    return kept
