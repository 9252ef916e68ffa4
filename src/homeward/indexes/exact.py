"""The exact scan: every query against every code, with numpy. Starts at once, slow for many, and what the others must equal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from homeward.indexes.base import CODE_BYTES, Neighbours, Pairs, TooManyPairs
from homeward.indexes.planes import Hits, Planes, joined, to_planes

_QUERIES = 2048
_CODES = 1024
"""Block sizes: three planes of a block of codes stay in the first cache, and what is between in 40 MB."""


def compare(queries: Planes, codes: Planes, radius: int) -> Hits:
    """All pairs of a query and a code at most ``radius`` bits apart.

    Four of eight planes settle nearly every pair: two unrelated codes differ there in 64 +- 6 bits.
    """
    half = np.bitwise_count(queries[0][:, None] ^ codes[0])
    for plane in (2, 4, 6):
        half += np.bitwise_count(queries[plane][:, None] ^ codes[plane])
    row, column = np.nonzero(half <= radius)
    distance = np.bitwise_count(queries[:, row] ^ codes[:, column]).sum(axis=0, dtype=np.int64)
    near = distance <= radius
    return row[near], column[near], distance[near]


def compare_all(queries: Planes, codes: Planes, radius: int, *, later: bool) -> Iterator[Hits]:
    """The same block by block; with ``later`` only pairs in which the code has the greater column."""
    for first in range(0, queries.shape[1], _QUERIES):
        some = np.ascontiguousarray(queries[:, first : first + _QUERIES])
        for start in range(first - first % _CODES if later else 0, codes.shape[1], _CODES):
            row, column, distance = compare(some, np.ascontiguousarray(codes[:, start : start + _CODES]), radius)
            row, column = row + first, column + start
            keep = column > row if later else slice(None)
            yield row[keep], column[keep], distance[keep]


class ExactScan:
    """A :class:`~homeward.indexes.base.HammingIndex` that looks at everything. Memory: 40 bytes a code."""

    def __init__(self) -> None:
        self._ids = np.empty(0, np.int64)
        self._planes: Planes = np.empty((CODE_BYTES // 4, 0), np.uint32)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> None:
        """Take in (n,) ids and their (n, 32) codes; nothing is added when one of them is held already.

        Raises:
            ValueError: wrong shapes or types, or an id twice.
        """
        planes = checked(ids, codes)
        if has_repeats(ids) or np.isin(ids, self._ids).any():
            raise ValueError("an id may be added once only")
        self._ids = np.concatenate([self._ids, ids])
        self._planes = np.concatenate([self._planes, planes], axis=1)

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Forget codes; an id that is not held is no error."""
        kept = ~np.isin(self._ids, ids)
        self._ids = self._ids[kept]
        self._planes = np.ascontiguousarray(self._planes[:, kept])

    def within(self, codes: NDArray[np.uint8], radius: int) -> Neighbours:
        """Everything at most ``radius`` bits from each of the (m, 32) query codes.

        Raises:
            ValueError: wrong shape or type, or a radius outside 0..256.
        """
        check_radius(radius)
        row, column, distance = joined(list(compare_all(to_planes(codes), self._planes, radius, later=False)))
        return as_neighbours((row, self._ids[column], distance))

    def pairs(self, radius: int, most: int | None = None) -> Pairs:
        """All pairs of held codes at most ``radius`` bits apart.

        Raises:
            TooManyPairs: there are more than ``most``.
            ValueError: a radius outside 0..256.
        """
        check_radius(radius)
        found, count = [], 0
        for hits in compare_all(self._planes, self._planes, radius, later=True):
            found.append(hits)
            count += len(hits[0])
            refuse(count, most)
        row, column, distance = joined(found)
        return as_pairs((self._ids[row], self._ids[column], distance))


def checked(ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> Planes:
    """The codes' planes.

    Raises:
        ValueError: wrong shapes or types.
    """
    planes = to_planes(codes)
    if ids.shape != (planes.shape[1],) or ids.dtype != np.int64:
        raise ValueError(f"ids must be int64 of shape ({planes.shape[1]},), not {ids.dtype} of {ids.shape}")
    return planes


def has_repeats(ids: NDArray[np.int64]) -> bool:
    """Whether an id occurs twice."""
    if (ids[1:] > ids[:-1]).all():
        return False
    ordered = np.sort(ids)
    return bool((ordered[1:] == ordered[:-1]).any())


def check_radius(radius: int) -> None:
    """Refuse what is no radius.

    Raises:
        ValueError: it lies outside 0..256.
    """
    if not 0 <= radius <= 8 * CODE_BYTES:
        raise ValueError(f"a radius lies between 0 and {8 * CODE_BYTES} bits, not {radius}")


def refuse(count: int, most: int | None) -> None:
    """Give up on more pairs than are wanted.

    Raises:
        TooManyPairs: ``count`` is more than ``most``.
    """
    if most is not None and count > most:
        raise TooManyPairs(f"more than {most} pairs lie within the radius")


def as_neighbours(hits: Hits) -> Neighbours:
    """(Query, id, distance) in the order that is promised."""
    query, ids, distance = hits
    order = np.lexsort((ids, distance, query))
    return Neighbours(query[order], ids[order], distance[order])


def as_pairs(hits: Hits) -> Pairs:
    """(Id, id, distance) in the form and order that is promised."""
    one, other, distance = hits
    a, b = np.minimum(one, other), np.maximum(one, other)
    order = np.lexsort((b, a))
    return Pairs(a[order], b[order], distance[order])
