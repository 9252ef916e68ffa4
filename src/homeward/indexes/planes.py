"""Codes as the engines want them: eight planes of 32 bits, equal codes once.

Planes are (8, n) uint32, C order: neighbours in memory are the same word of different codes, which is what vector
instructions want, and a filter that looks at three words reads three planes and no more.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.indexes.base import CODE_BYTES

Planes = NDArray[np.uint32]
"""(8, n) uint32, C order."""
Hits = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Column of the first planes, column of the second, distance in bits; three (k,) arrays in any order."""

CHUNKS = 16
"""A code is 16 chunks of 16 bits: the lower and the upper half of each plane."""
_ODD = np.random.default_rng(256).integers(0, 1 << 63, 8, dtype=np.uint64) * np.uint64(2) + np.uint64(1)


class Distinct(msgspec.Struct, frozen=True, eq=False):
    """Codes, each once: column c of ``planes`` (8, n) belongs to ``members[starts[c]:starts[c + 1]]`` of m codes or ids.

    ``starts`` (n + 1,) and ``members`` (m,) are int64.
    """

    planes: Planes
    starts: NDArray[np.int64]
    members: NDArray[np.int64]

    def sizes(self, columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many codes each of these columns stands for."""
        return np.asarray(self.starts[columns + 1] - self.starts[columns])

    @property
    def has_equal(self) -> bool:
        """Whether any two codes are equal."""
        return bool(self.planes.shape[1] < len(self.members))


def to_planes(codes: NDArray[np.uint8]) -> Planes:
    """(n, 32) uint8 codes as planes.

    Raises:
        ValueError: wrong shape or type.
    """
    if codes.ndim != 2 or codes.shape[1] != CODE_BYTES or codes.dtype != np.uint8:
        raise ValueError(f"codes must be uint8 of shape (n, {CODE_BYTES}), not {codes.dtype} of {codes.shape}")
    return np.ascontiguousarray(np.ascontiguousarray(codes).view(np.uint32).T)


def distinct(planes: Planes, names: NDArray[np.int64]) -> Distinct:
    """Each code once; ``names`` (m,) are what the m codes are called.

    Equal codes are brought together by sorting a 64-bit mixture. Two different codes with one mixture may keep equal codes
    apart: these are then compared twice, and nothing is lost.
    """
    count = planes.shape[1]
    mixed = np.zeros(count, np.uint64)
    for plane, factor in zip(planes, _ODD, strict=True):
        mixed += plane * factor
        mixed ^= mixed >> np.uint64(29)
    order = np.argsort(mixed, kind="stable")
    mixed = mixed[order]
    same = np.flatnonzero(mixed[1:] == mixed[:-1])
    same = same[(planes[:, order[same]] == planes[:, order[same + 1]]).all(axis=0)]
    if not len(same):
        return Distinct(planes, np.arange(count + 1, dtype=np.int64), names)
    begins = np.ones(count, np.bool_)
    begins[same + 1] = False
    first = np.flatnonzero(begins)
    return Distinct(np.ascontiguousarray(planes[:, order[first]]), np.append(first, count).astype(np.int64), names[order])


def chunk_values(planes: Planes, chunk: int) -> NDArray[np.uint16]:
    """(n,) uint16: chunk 0..15 of each code."""
    half: NDArray[np.uint16] = (planes[chunk >> 1] >> np.uint32(16 * (chunk & 1))).astype(np.uint16)
    return half


def spread(hits: Hits, first: Distinct, second: Distinct) -> Hits:
    """Hits between columns as hits between all that these stand for, by name."""
    one, other, bits = hits
    if not first.has_equal and not second.has_equal:
        return first.members[one], second.members[other], bits
    width = second.sizes(other)
    times = first.sizes(one) * width
    within = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    width = np.repeat(width, times)
    left = first.members[np.repeat(first.starts[one], times) + within // np.maximum(width, 1)]
    return left, second.members[np.repeat(second.starts[other], times) + within % np.maximum(width, 1)], np.repeat(bits, times)


def equal_pairs(codes: Distinct) -> Hits:
    """All pairs of names that have one code, in any order, at distance 0."""
    sizes = np.diff(codes.starts)
    found = [np.empty((2, 0), np.int64)]
    for size in np.unique(sizes[sizes > 1]).tolist():
        places = codes.starts[:-1][sizes == size]
        one, other = np.triu_indices(size, 1)
        found.append(np.stack([codes.members[places[:, None] + one].ravel(), codes.members[places[:, None] + other].ravel()]))
    one, other = np.concatenate(found, axis=1)
    return one, other, np.zeros(len(one), np.int64)


def joined(found: list[Hits]) -> Hits:
    """Hits of several runs as one."""
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64)
    one, other, bits = zip(*found, strict=True)
    return np.concatenate(one), np.concatenate(other), np.concatenate(bits)
