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
from homeward.indexes import ExactScan, HammingIndex, Neighbours

_BLOCK = 1024
"""Pictures compared with each other at a time: memory stays bounded when all of them are copies of one."""


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
    exemplars = ExactScan()  # ids are ranks in `order`, so that a smaller id is a better picture
    compared = np.flatnonzero(qualities[order] >= LEAST_QUALITY)
    for start in range(0, len(compared), _BLOCK):
        ranks = compared[start : start + _BLOCK].astype(np.int64)
        block = codes[order[ranks]]
        joined, bits = _nearest(exemplars, block)
        founders = _settle(ranks, _among(block, np.flatnonzero(joined < 0)), joined, bits)
        exemplars.add(ranks[founders], block[founders])
        exemplar[order[ranks]] = order[joined]
        distance[order[ranks]] = bits
    return Stacks(exemplar, distance)


def _nearest(exemplars: HammingIndex, block: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rank of the nearest exemplar (the better of two as near) and its distance; -1 and RADIUS + 1 where none is near."""
    joined = np.full(len(block), -1, np.int64)
    bits = np.full(len(block), RADIUS + 1, np.int64)
    found = exemplars.within(block, RADIUS)
    rows, first = np.unique(found.query, return_index=True)
    joined[rows], bits[rows] = found.id[first], found.distance[first]
    return joined, bits


def _among(block: NDArray[np.uint8], alone: NDArray[np.int64]) -> Neighbours:
    """Which of the rows that no exemplar is near to yet are near to which rows of the block."""
    index = ExactScan()
    index.add(alone.astype(np.int64), block[alone])
    return index.within(block, RADIUS)


def _settle(
    ranks: NDArray[np.int64], among: Neighbours, joined: NDArray[np.int64], bits: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Complete ``joined`` and ``bits`` with the exemplars that arise inside the block; return which rows those are."""
    founders = np.zeros(len(ranks), np.bool_)
    before = among.id < among.query
    row_of, better, distance = among.query[before], among.id[before], among.distance[before]
    ends = np.searchsorted(row_of, np.arange(len(ranks) + 1))
    for row in range(len(ranks)):
        near = slice(ends[row], ends[row + 1])  # the nearest first, and of two as near the better one
        candidates = np.flatnonzero(founders[better[near]])
        if candidates.size and distance[near][candidates[0]] < bits[row]:
            joined[row] = ranks[better[near][candidates[0]]]
            bits[row] = distance[near][candidates[0]]
        elif joined[row] < 0:
            founders[row], joined[row], bits[row] = True, ranks[row], 0
    return founders
