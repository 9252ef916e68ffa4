"""Looking hashes up in a shelf: a few cache lines each, whatever the size of the list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.known.records import WIDTHS, KnownListRefused
from homeward.known.shelf import EXACT, VALUE, place_bits, words

MOST_EQUAL = 1_000
"""Rows with one hash that are told of; a list that holds more of them says nothing more."""
_BATCH = 1 << 16


class Found(msgspec.Struct, frozen=True):
    """Answers in the order of query, then reference; two (k,) arrays."""

    query: NDArray[np.int64]
    """Row of the query."""
    ref: NDArray[np.uint64]


class ExactHashes:
    """The hashes of one exact kind of one list, mapped."""

    def __init__(self, path: Path, kind: str, count: int) -> None:
        """Map ``path``, which holds ``count`` rows.

        Raises:
            KnownListRefused: the file has another size than that needs.
        """
        self._width = WIDTHS[kind]
        self._bits = place_bits(count)
        mapped = np.memmap(path, np.uint8, mode="r")
        at, table = count * EXACT.itemsize, 4 * ((1 << self._bits) + 1)
        if len(mapped) != at + table:
            raise KnownListRefused(f"the {kind} hashes of a known list are damaged")
        self._rows = np.asarray(mapped[:at]).view(EXACT)
        self._places = np.asarray(mapped[at:]).view("<u4")

    def __len__(self) -> int:
        return len(self._rows)

    def look_up(self, values: NDArray[np.uint8]) -> Found:
        """Every row whose hash equals one of the (m, width) ``values``, at most :data:`MOST_EQUAL` a value.

        Raises:
            ValueError: hashes of another width.
        """
        if values.shape[1:] != (self._width,):
            raise ValueError(f"hashes of {values.shape[1:]} bytes cannot be those of {self._width}")
        wanted = np.zeros((len(values), VALUE), np.uint8)
        wanted[:, : min(self._width, VALUE)] = values[:, :VALUE]
        heads = words(wanted)
        order = np.lexsort(heads[::-1])
        found: list[tuple[NDArray[np.int64], NDArray[np.uint64]]] = []
        for first in range(0, len(order), _BATCH):
            some = order[first : first + _BATCH]
            found += self._equal(some, [column[some] for column in heads])
        query = np.concatenate([q for q, _ in found]) if found else np.empty(0, np.int64)
        ref = np.concatenate([r for _, r in found]) if found else np.empty(0, np.uint64)
        tidy = np.lexsort((ref, query))
        return Found(query[tidy], ref[tidy])

    def _equal(self, queries: NDArray[Any], wanted: list[NDArray[np.uint64]]) -> list[tuple[Any, Any]]:
        at = self._first(wanted)
        found = []
        left = np.arange(len(queries))
        for _ in range(MOST_EQUAL):
            left = left[at[left] < len(self._rows)]
            rows = self._rows[at[left]]
            same = np.logical_and.reduce([a == b[left] for a, b in zip(words(rows["value"]), wanted, strict=True)])
            left, refs = left[same], rows["ref"][same]
            if not len(left):
                break
            found.append((queries[left].astype(np.int64), refs.astype(np.uint64)))
            at[left] += 1
        return found

    def _first(self, wanted: list[NDArray[np.uint64]]) -> NDArray[np.int64]:
        """The first row that is not below each wanted value: bisection inside the place its leading bits lead to."""
        low: NDArray[np.int64]
        high: NDArray[np.int64]
        if self._bits:
            place = (wanted[0] >> np.uint64(64 - self._bits)).astype(np.int64)
            # A table that lies is damage, which verify names; here it must lead nowhere.
            ends = np.minimum(np.stack([self._places[place], self._places[place + 1]]), len(self._rows))
            low, high = ends.astype(np.int64)
        else:
            low, high = np.zeros(len(wanted[0]), np.int64), np.full(len(wanted[0]), len(self._rows), np.int64)
        left = np.flatnonzero(low < high)
        while len(left):
            middle = (low[left] + high[left]) // 2
            a, b, c = words(self._rows["value"][middle])
            x, y, z = (column[left] for column in wanted)
            below = (a < x) | ((a == x) & ((b < y) | ((b == y) & (c < z))))
            low[left[below]] = middle[below] + 1
            high[left[~below]] = middle[~below]
            left = left[low[left] < high[left]]
        return low
