"""The same comparison as in :mod:`homeward.indexes.kernels`, compiled: some twenty times faster once it runs.

Importing this module loads the compiler and compiles (about two seconds of CPU), so it is imported when there is enough
to compare. Nothing is cached on disk: a case machine may have no place to write to.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from homeward.indexes.kernels import Hits, Words


@njit("u8(u8)", inline="always")
def _ones(word):  # type: ignore[no-untyped-def]
    """Bits set: the classic ladder, which LLVM turns into the machine's own population count, vectors included."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)


@njit("i8(u8[:, ::1], u8[:, ::1], u8, i4[::1], i4[::1], i2[::1])", nogil=True)
def _scan(queries, codes, radius, row, column, distance):  # type: ignore[no-untyped-def]
    """Write the hits of every query among all codes; return how many. The outputs hold every pair in the worst case."""
    count = 0
    half = np.empty(codes.shape[1], np.uint64)
    for i in range(queries.shape[1]):
        lowest = np.uint64(256)
        for j in range(codes.shape[1]):  # no branch in here: this is the loop that becomes vector instructions
            half[j] = _ones(queries[0, i] ^ codes[0, j]) + _ones(queries[1, i] ^ codes[1, j])
            lowest = min(lowest, half[j])
        if lowest > radius:
            continue
        for j in range(codes.shape[1]):
            if half[j] <= radius:
                bits = half[j] + _ones(queries[2, i] ^ codes[2, j]) + _ones(queries[3, i] ^ codes[3, j])
                if bits <= radius:
                    row[count], column[count], distance[count] = i, j, bits
                    count += 1
    return count


def compare(queries: Words, codes: Words, radius: int) -> Hits:
    """All pairs of a query and a code at most ``radius`` bits apart."""
    most = queries.shape[1] * codes.shape[1]
    row, column = np.empty(most, np.int32), np.empty(most, np.int32)
    distance = np.empty(most, np.int16)
    count = _scan(queries, codes, np.uint64(radius), row, column, distance)
    return row[:count].astype(np.intp), column[:count].astype(np.intp), distance[:count].astype(np.int64)
