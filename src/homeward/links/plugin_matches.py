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
    bits = a.dtype == np.uint8
    left, right = _vectors(a, bits=bits), _vectors(b, bits=bits)
    alike = left @ right.T
    back = alike.argmax(axis=0)
    nearest = alike.argmax(axis=1)
    rows = np.arange(len(a))
    first = alike[rows, nearest]
    alike[rows, nearest] = -np.inf
    second = alike.max(axis=1)
    near, next_best = (1 - first, 1 - second) if bits else (_chord(first), _chord(second))
    kept = np.flatnonzero((back[nearest] == rows) & (near < NEARER * next_best))
    return Matches(kept.astype(np.int64), nearest[kept].astype(np.int64))


def _vectors(codes: Codes, *, bits: bool) -> NDArray[np.float32]:
    """Rows of length 1: their product is the cosine, or one minus twice the share of bits that differ."""
    if bits:
        found = np.unpackbits(np.asarray(codes, np.uint8), axis=1).astype(np.float32) * 2 - 1
        return np.asarray(found / np.sqrt(np.float32(found.shape[1])), np.float32)
    found = codes.astype(np.float32)
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1), np.float32)


def _chord(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """Distance between the ends of two vectors of length 1."""
    return np.asarray(np.sqrt(np.maximum(2 - 2 * cosines, 0)), np.float32)
