"""Comparing one block of codes with another, with numpy: starts at once, about 0.3 billion pairs a second.

A code is four uint64 words, and blocks are stored word by word, (4, n): neighbours in memory are then the same word of
different codes, which is what vector instructions want. Two unrelated codes differ in 64 +- 6 of the first 128 bits, so
at copy radii those two words settle nearly every pair and the other two are hardly ever read.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
"""(4, n) uint64, C order."""
Hits = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]]
"""Column of the first block, column of the second, distance in bits; three (k,) arrays in any order."""
Kernel = Callable[[Words, Words, int], Hits]
"""``kernel(queries, codes, radius)``; every kernel gives the same hits."""


def to_words(codes: NDArray[np.uint8]) -> Words:
    """(n, 32) uint8 codes as (4, n) words."""
    return np.ascontiguousarray(np.ascontiguousarray(codes).view(np.uint64).T)


def compare(queries: Words, codes: Words, radius: int) -> Hits:
    """All pairs of a query and a code at most ``radius`` bits apart."""
    half = np.bitwise_count(queries[0][:, None] ^ codes[0])
    half += np.bitwise_count(queries[1][:, None] ^ codes[1])
    row, column = np.nonzero(half <= radius)
    distance = np.bitwise_count(queries[:, row] ^ codes[:, column]).sum(axis=0, dtype=np.int64)
    near = distance <= radius
    return row[near], column[near], distance[near]
