"""The index for every day: codes in memory, equal ones together, and the quickest engine for each question."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from homeward.indexes.base import HammingIndex, Neighbours, Pairs
from homeward.indexes.engines import hits
from homeward.indexes.exact import ExactScan, as_neighbours, as_pairs, check_radius, refuse
from homeward.indexes.planes import Distinct, Hits, distinct, equal_pairs, joined, spread, to_planes


def hamming_index(ids: NDArray[np.int64], codes: NDArray[np.uint8], threads: int = 1) -> HammingIndex:
    """An index that holds these codes, for as long as it is needed.

    Args:
        ids: (n,) int64, each once.
        codes: (n, 32) uint8.
        threads: how many to share the work among.

    Raises:
        ValueError: wrong shapes or types, or an id twice.
    """
    index = HammingTable(threads)
    index.add(ids, codes)
    return index


class HammingTable(ExactScan):
    """A :class:`~homeward.indexes.base.HammingIndex`. Memory: 40 bytes a code, while working 16 more for each thread."""

    def __init__(self, threads: int = 1) -> None:
        super().__init__()
        self._threads = threads
        self._distinct: Distinct | None = None

    def add(self, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> None:
        """Take in (n,) ids and their (n, 32) codes; nothing is added when one of them is held already.

        Raises:
            ValueError: wrong shapes or types, or an id twice.
        """
        super().add(ids, codes)
        self._distinct = None

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Forget codes; an id that is not held is no error."""
        super().remove(ids)
        self._distinct = None

    def within(self, codes: NDArray[np.uint8], radius: int) -> Neighbours:
        """Everything at most ``radius`` bits from each of the (m, 32) query codes.

        Raises:
            ValueError: wrong shape or type, or a radius outside 0..256.
        """
        check_radius(radius)
        asked = distinct(to_planes(codes), np.arange(len(codes), dtype=np.int64))
        held = self._held()
        found = hits(asked.planes, held.planes, radius, threads=self._threads)
        return as_neighbours(joined([spread(some, asked, held) for some in found]))

    def pairs(self, radius: int, most: int | None = None) -> Pairs:
        """All pairs of held codes at most ``radius`` bits apart.

        Raises:
            TooManyPairs: there are more than ``most``.
            ValueError: a radius outside 0..256.
        """
        check_radius(radius)
        return as_pairs(joined(list(self._pairs(radius, most))))

    def _pairs(self, radius: int, most: int | None) -> Iterator[Hits]:
        held = self._held()
        sizes = np.diff(held.starts)
        count = int((sizes * (sizes - 1) // 2).sum())
        refuse(count, most)
        yield equal_pairs(held)
        for some in hits(held.planes, held.planes, radius, later=True, threads=self._threads):
            count += int((sizes[some[0]] * sizes[some[1]]).sum())
            refuse(count, most)
            yield spread(some, held, held)

    def _held(self) -> Distinct:
        if self._distinct is None:
            self._distinct = distinct(self._planes, self._ids)
        return self._distinct
