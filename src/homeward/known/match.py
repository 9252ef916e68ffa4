"""Naming pictures by the copy hashes of known lists: pure functions over arrays; ids are the caller's.

A *unit* is what a list names nearly: one of its hashes, or one known clip, whose frames are many hashes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.pdq import LEAST_QUALITY, RADIUS
from homeward.indexes import hamming_index
from homeward.known.shelf import NEAR

MOST_NEAR = 20
"""Units of one list that are told of one item, the best first: a hash of a plain pattern is near to thousands."""
_HITS = 1 << 22
"""Hits that are expected in memory at a time."""
_SAMPLE = 64
NO_TIME = -1
Ids = NDArray[np.int64]


class Hits(msgspec.Struct, frozen=True, eq=False):
    """Views near hashes: places of both, and bits; three (k,) int64 arrays."""

    view: Ids
    row: Ids
    distance: Ids

    def only(self, chosen: NDArray[Any]) -> Hits:
        """Some of them."""
        return Hits(self.view[chosen], self.row[chosen], self.distance[chosen])


class NearTable:
    """The PDQ hashes of several lists, ready to be asked. An entry of quality below 50 is left out; one that says none stays,
    for lists are gated by their makers.
    """

    def __init__(self, lists: Sequence[tuple[int, NDArray[Any], NDArray[Any]]]) -> None:
        """``lists``: id, rows and moments, see :meth:`homeward.known.reading.ReadShelf.near` and ``moments``."""
        rows = np.concatenate([np.zeros(0, NEAR), *(near for _, near, _ in lists)])
        sizes = [len(near) for _, near, _ in lists]
        owners = np.repeat(np.array([one for one, _, _ in lists], np.int64), sizes)
        clips, times = np.zeros(len(rows), np.uint64), np.full(len(rows), NO_TIME, np.int64)
        for first, (_, _, moments) in zip(np.cumsum([0, *sizes]), lists, strict=False):
            at = first + moments["row"].astype(np.int64)
            clips[at], times[at] = moments["clip"], moments["time"]
        usable = np.flatnonzero(rows["quality"] >= LEAST_QUALITY)
        self.owners, self.times, self.qualities = owners[usable], times[usable], rows["quality"][usable]
        self.refs = rows["ref"][usable].astype(np.int64)
        self.values = np.ascontiguousarray(rows["value"][usable])
        self.units = _units(self.owners, clips[usable], self.times)
        self._index = hamming_index(np.arange(len(usable), dtype=np.int64), self.values)

    def __len__(self) -> int:
        return len(self.values)

    def clip(self, unit: int) -> Ids:
        """Rows of a known clip in the order of their times."""
        rows = np.flatnonzero(self.units == unit)
        return rows[np.argsort(self.times[rows], kind="stable")]

    def hits(self, codes: NDArray[np.uint8], qualities: NDArray[np.uint8], items: Ids) -> Iterator[Hits]:
        """Every one of the (m, 32) codes of quality 50 or more within 31 bits of a hash, those of one item together.

        ``items`` (m,) ascend.
        """
        asked = np.flatnonzero(qualities >= LEAST_QUALITY)
        if not len(asked) or not len(self):
            return
        probe = asked[::_SAMPLE]
        most = len(self._index.within(codes[probe], RADIUS).id) // len(probe) + 1
        begins = np.flatnonzero(np.diff(items[asked])) + 1
        cuts = np.searchsorted(begins, np.arange(_HITS // most, len(asked), max(1, _HITS // most)))
        for some in np.split(asked, np.unique(begins[cuts[cuts < len(begins)]])):
            found = self._index.within(codes[some], RADIUS)
            yield Hits(some[found.query], found.id, found.distance.astype(np.int64))


class Best(msgspec.Struct, frozen=True, eq=False):
    """What is told of items: the best hit of each unit, and all hits of those units."""

    first: Hits
    left_out: Ids
    """(k,) units of the same list that are near the same item and not told of."""
    every: list[Hits]
    """All hits of the item and unit of each of ``first``."""


def best_of(hits: Hits, items: Ids, order: Sequence[NDArray[Any]], table: NearTable) -> Best:
    """Of each item and list the :data:`MOST_NEAR` best units, each by its best hit.

    Args:
        hits: all hits of some items.
        items: (m,) the item of each view.
        order: arrays (k,), the most important first: the smaller the better hit.
        table: whose hashes were hit.
    """
    item, unit, owner = items[hits.view], table.units[hits.row], table.owners[hits.row]
    grouped = np.lexsort((hits.row, *order[::-1], unit, item))
    edges = _edges(item[grouped], unit[grouped])
    best, ends = grouped[edges], np.append(edges[1:], len(grouped))
    ranked = np.lexsort((hits.row[best], *(keys[best] for keys in order[::-1]), owner[best], item[best]))
    groups = _edges(item[best][ranked], owner[best][ranked])
    sizes = np.diff(np.append(groups, len(ranked)))
    told = np.arange(len(ranked)) - np.repeat(groups, sizes) < MOST_NEAR
    chosen = ranked[told]
    left_out = np.repeat(np.maximum(sizes - MOST_NEAR, 0), sizes)[told]
    every = [hits.only(grouped[begin:end]) for begin, end in zip(edges[chosen], ends[chosen], strict=True)]
    return Best(hits.only(best[chosen]), left_out, every)


def _units(owners: Ids, clips: NDArray[np.uint64], times: Ids) -> Ids:
    """(n,) the first row of each row's unit."""
    units = np.arange(len(owners), dtype=np.int64)
    frames = np.flatnonzero(times != NO_TIME)
    _, first, back = np.unique(
        np.stack([owners[frames].astype(np.uint64), clips[frames]]), axis=1, return_index=True, return_inverse=True
    )
    units[frames] = frames[first[back.ravel()]] if len(frames) else units[frames]
    return units


def _edges(*keys: Ids) -> Ids:
    """Places at which one of the sorted keys changes, 0 included."""
    if not len(keys[0]):
        return np.empty(0, np.int64)
    changes = np.logical_or.reduce([np.diff(key) != 0 for key in keys])
    return np.append(0, np.flatnonzero(changes) + 1)
