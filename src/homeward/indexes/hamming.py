"""The exact scan: every query against every code. Slow to nobody up to some hundred thousand codes, and never wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from homeward.indexes import kernels
from homeward.indexes.base import CODE_BYTES, Neighbours, Pairs
from homeward.indexes.kernels import Hits, Kernel, Words

_QUERIES = 2048
_CODES = 1024
"""Block sizes: two words of a block of codes stay in the first cache, and the hits of two blocks in 48 MB at worst."""
_WORTH_COMPILING = 1_000_000_000
"""Pairs after which the compiled kernel is fetched: about as much work again as compiling it."""


class ExactScan:
    """A :class:`~homeward.indexes.base.HammingIndex` that looks at everything. Memory: 40 bytes a code."""

    def __init__(self) -> None:
        self._ids = np.empty(0, np.int64)
        self._words = np.empty((4, 0), np.uint64)
        self._compared = 0

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> None:
        """Take in (n,) ids and their (n, 32) codes; nothing is added when one of them is held already.

        Raises:
            ValueError: wrong shapes or types, or an id twice.
        """
        words = _words_of(codes)
        if ids.shape != (words.shape[1],) or ids.dtype != np.int64:
            raise ValueError(f"ids must be int64 of shape ({words.shape[1]},), not {ids.dtype} of {ids.shape}")
        if len(np.unique(ids)) != len(ids) or np.isin(ids, self._ids).any():
            raise ValueError("an id may be added once only")
        self._ids = np.concatenate([self._ids, ids])
        self._words = np.concatenate([self._words, words], axis=1)

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Forget codes; an id that is not held is no error."""
        kept = ~np.isin(self._ids, ids)
        self._ids = self._ids[kept]
        self._words = np.ascontiguousarray(self._words[:, kept])

    def within(self, codes: NDArray[np.uint8], radius: int) -> Neighbours:
        """Everything at most ``radius`` bits from each of the (m, 32) query codes.

        Raises:
            ValueError: wrong shape or type, or a radius outside 0..256.
        """
        _check(radius)
        found = list(self._scan(_words_of(codes), radius, from_query=False))
        query, position, distance = _joined(found)
        ids = self._ids[position]
        order = np.lexsort((ids, distance, query))
        return Neighbours(query[order], ids[order], distance[order])

    def pairs(self, radius: int) -> Pairs:
        """All pairs of held codes at most ``radius`` bits apart.

        Raises:
            ValueError: a radius outside 0..256.
        """
        _check(radius)
        found = []
        for row, column, distance in self._scan(self._words, radius, from_query=True):
            once = column > row
            found.append((row[once], column[once], distance[once]))
        row, column, distance = _joined(found)
        a, b = np.sort(np.stack([self._ids[row], self._ids[column]]), axis=0)
        order = np.lexsort((b, a))
        return Pairs(a[order], b[order], distance[order])

    def _scan(self, queries: Words, radius: int, *, from_query: bool) -> Iterator[Hits]:
        """Hits block by block; with ``from_query`` only the blocks of codes that do not lie wholly before the query's."""
        count = len(self)
        for first in range(0, queries.shape[1], _QUERIES):
            some = np.ascontiguousarray(queries[:, first : first + _QUERIES])
            for start in range(first if from_query else 0, count, _CODES):
                block = np.ascontiguousarray(self._words[:, start : start + _CODES])
                row, column, distance = self._kernel(some.shape[1] * block.shape[1])(some, block, radius)
                if len(row):
                    yield row + first, column + start, distance

    def _kernel(self, pairs: int) -> Kernel:
        """The compiled kernel as soon as this index has done enough to be worth it."""
        self._compared += pairs
        if self._compared < _WORTH_COMPILING:
            return kernels.compare
        from homeward.indexes import compiled

        return compiled.compare


def _words_of(codes: NDArray[np.uint8]) -> Words:
    if codes.ndim != 2 or codes.shape[1] != CODE_BYTES or codes.dtype != np.uint8:
        raise ValueError(f"codes must be uint8 of shape (n, {CODE_BYTES}), not {codes.dtype} of {codes.shape}")
    return kernels.to_words(codes)


def _check(radius: int) -> None:
    if not 0 <= radius <= 8 * CODE_BYTES:
        raise ValueError(f"a radius lies between 0 and {8 * CODE_BYTES} bits, not {radius}")


def _joined(found: list[Hits]) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[np.int64]]:
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.intp), np.empty(0, np.int64)
    rows, columns, distances = zip(*found, strict=True)
    return np.concatenate(rows).astype(np.int64), np.concatenate(columns), np.concatenate(distances)
