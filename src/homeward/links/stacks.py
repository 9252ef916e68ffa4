"""Putting copies of one picture on one stack, without a chain of small differences swallowing other pictures.

The rule: go through the pictures from the best to the least. Each joins the nearest exemplar so far that is within 31
bits, or becomes the exemplar of a new stack. So every member is within 31 bits of its exemplar, no two exemplars are,
the exemplar is the best picture of its stack, and the order in which pictures arrive plays no part.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.pdq import LEAST_QUALITY, RADIUS
from homeward.indexes import Pairs, TooManyPairs, hamming_index

_PIECE = 1 << 16
"""Pictures that founders are looked for among at a time, to begin with."""
_EDGES = 1 << 22
"""Pairs held at a time. Where more lie within the radius, many pictures are copies of few: pieces are made smaller, so that
most of them meet an exemplar that is known already and need not be compared with each other."""
_MEMBERS = 1 << 18
"""Pictures whose exemplars are looked for at a time."""


class Stacks(msgspec.Struct, frozen=True):
    """Where each of n pictures lies; a picture alone is its own exemplar. Two (n,) int64 arrays."""

    exemplar: NDArray[np.int64]
    """Row of the exemplar of the picture's stack."""
    distance: NDArray[np.int64]
    """Bits between the picture and its exemplar, 0..31."""


def best_first(areas: NDArray[np.int64], missing: NDArray[np.int64], names: Sequence[str]) -> NDArray[np.int64]:
    """Rows from the best picture to the least: the least damaged, then the largest, then by name.

    Args:
        areas: (n,) pixels of the full picture.
        missing: (n,) per mille of the area that is lost.
        names: n distinct names that do not depend on the order of arrival, such as SHA-256.
    """
    order: NDArray[np.int64] = np.lexsort((np.array(names, dtype=np.str_), -areas, missing)).astype(np.int64)
    return order


def stack(codes: NDArray[np.uint8], qualities: NDArray[np.uint8], order: NDArray[np.int64]) -> Stacks:
    """Put n pictures on stacks; those of quality below 50 stay alone.

    Args:
        codes: (n, 32) uint8 PDQ hashes.
        qualities: (n,) uint8, 0..100.
        order: (n,) rows from best to least, see :func:`best_first`.
    """
    exemplar = np.arange(len(codes), dtype=np.int64)
    distance = np.zeros(len(codes), np.int64)
    rows = order[qualities[order] >= LEAST_QUALITY]
    ranked = codes[rows]
    founders = founders_of(ranked)
    for ranks in np.split(np.flatnonzero(~founders), range(_MEMBERS, len(rows), _MEMBERS)):
        joined, bits = _nearest(ranked, founders, ranks)
        exemplar[rows[ranks]], distance[rows[ranks]] = rows[joined], bits
    return Stacks(exemplar, distance)


def founders_of(ranked: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which of the (n, 32) codes, from the best to the least, found a stack: those that no better founder is near to."""
    founders = np.zeros(len(ranked), np.bool_)
    start, size = 0, _PIECE
    while start < len(ranked):
        piece = ranked[start : start + size]
        known = np.flatnonzero(founders)
        free = np.ones(len(piece), np.bool_)
        free[hamming_index(known, ranked[known]).within(piece, RADIUS).query] = False
        left = np.flatnonzero(free)
        most = _EDGES if size * size > 2 * _EDGES else None
        try:
            edges = hamming_index(left, piece[left]).pairs(RADIUS, most)
        except TooManyPairs:
            size = max(1, size // 4)
            continue
        founders[start + _first_come(left, edges)] = True
        start, size = start + size, 2 * size
    return founders


def _first_come(ranks: NDArray[np.int64], edges: Pairs) -> NDArray[np.int64]:
    """Those of ``ranks`` that remain when each, from the first on, shuts out all later ones that an edge ties to it."""
    remains = np.zeros(int(ranks[-1]) + 1 if len(ranks) else 0, np.bool_)
    remains[ranks] = True
    order = np.argsort(edges.b, kind="stable")
    better = edges.a[order]
    later, begins = np.unique(edges.b[order], return_index=True)
    ends = np.append(begins[1:], len(better)) if len(later) else begins
    for rank, first, last in zip(later.tolist(), begins.tolist(), ends.tolist(), strict=True):
        remains[rank] = not remains[better[first:last]].any()
    return np.flatnonzero(remains)


def _nearest(
    ranked: NDArray[np.uint8], founders: NDArray[np.bool_], ranks: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each of ``ranks`` the rank of the nearest better founder (the better of two as near) and its distance."""
    among = np.flatnonzero(founders)
    found = hamming_index(among, ranked[among]).within(ranked[ranks], RADIUS)
    better = found.id < ranks[found.query]
    _, first = np.unique(found.query[better], return_index=True)
    return found.id[better][first], found.distance[better][first]
