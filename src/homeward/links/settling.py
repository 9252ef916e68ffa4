"""Joining pictures by verified links, without a chain of them swallowing pictures that are no copies of each other.

The rule is that of :mod:`homeward.links.stacks` with other evidence: go through the pictures from the least processed to the
most. Each joins the exemplar so far to which its direct link is the strongest, or becomes the exemplar of a new stack. So every
member is linked to its exemplar itself, and the order of arrival plays no part.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray


class Links(msgspec.Struct, frozen=True, eq=False):
    """k links between n pictures that are numbered from the least processed to the most; three (k,) arrays."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    strength: NDArray[np.float64]


def settle(count: int, links: Links) -> NDArray[np.int64]:
    """(count,) int64: the exemplar of each picture; an exemplar is its own.

    Of two links as strong, the one to the less processed exemplar counts.
    """
    later, earlier = np.maximum(links.a, links.b), np.minimum(links.a, links.b)
    order = np.lexsort((earlier, -links.strength, later))
    later, earlier = later[order], earlier[order]
    ends = np.searchsorted(later, np.arange(count + 1))
    exemplar = np.arange(count, dtype=np.int64)
    for row in range(count):
        near = earlier[ends[row] : ends[row + 1]]
        founders = near[exemplar[near] == near]
        if len(founders) and founders[0] != row:
            exemplar[row] = founders[0]
    return exemplar


def hearsay(links: Links, exemplar: NDArray[np.int64]) -> NDArray[np.int64]:
    """(m, 2) pairs of a picture and an exemplar that only a third picture, on the exemplar's stack, links.

    Whether they are copies of each other is to be seen from the two themselves. Ordered, each pair once.
    """
    ends = np.concatenate([np.stack([links.a, links.b], axis=1), np.stack([links.b, links.a], axis=1)])
    pairs = np.stack([ends[:, 0], exemplar[ends[:, 1]]], axis=1)
    other = pairs[exemplar[pairs[:, 0]] != pairs[:, 1]]
    return np.unique(np.sort(other, axis=1), axis=0)
