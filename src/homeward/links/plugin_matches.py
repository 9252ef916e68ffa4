"""Which features of a plug-in are each other's nearest in two pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.plugin_features import Codes
from homeward.links.geometry import Matches

NEARER = 0.9
"""The nearest must be at most so far as the second: codes of networks lie close together, and geometry decides."""


def mutual(a: Codes, b: Codes) -> Matches:
    """Rows of ``a`` and ``b`` that are each other's nearest, and nearer than the second: by the angle of int8 codes, by the
    differing bits of uint8 ones.

    Args:
        a: (n, d) codes of one picture.
        b: (m, d) codes of the other, by the same plug-in.
    """
    if min(len(a), len(b)) < 2:
        none = np.zeros(0, np.int64)
        return Matches(none, none)
    apart = _bits(a, b) if a.dtype == np.uint8 else _angles(a, b)
    nearest = apart.argmin(axis=1)
    first, second = np.partition(apart, 1, axis=1)[:, :2].T
    kept = np.flatnonzero((apart.argmin(axis=0)[nearest] == np.arange(len(a))) & (first < NEARER * second))
    return Matches(kept.astype(np.int64), nearest[kept].astype(np.int64))


def _angles(a: Codes, b: Codes) -> NDArray[np.float32]:
    """Distances of vectors of length 1."""
    left, right = (codes.astype(np.float32) for codes in (a, b))
    left, right = (codes / np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1) for codes in (left, right))
    return np.asarray(np.sqrt(np.maximum(2 - 2 * (left @ right.T), 0)), np.float32)


def _bits(a: Codes, b: Codes) -> NDArray[np.float32]:
    left, right = (np.unpackbits(np.asarray(codes, np.uint8), axis=1).astype(np.float32) for codes in (a, b))
    return np.asarray(left.sum(axis=1)[:, None] + right.sum(axis=1) - 2 * (left @ right.T), np.float32)
