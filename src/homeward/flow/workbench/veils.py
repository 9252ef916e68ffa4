"""The veils of a case, found by item: the only picture that is shown by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from homeward.flow.process import segment_folder
from homeward.flow.units import VEIL

if TYPE_CHECKING:
    from homeward.store import Case

NOTHING = 128
"""Grey where there is no veil."""


class Veils:
    """Veils as they lie in the mapped segments; ``items`` (n,) int64 ascending are those that have one."""

    def __init__(self, case: Case) -> None:
        self._runs: list[NDArray[Any]] = list(case.segments.read(segment_folder("veil", VEIL)))
        sizes = [len(run) for run in self._runs]
        item = np.concatenate([np.zeros(0, np.int64), *(run["item"] for run in self._runs)])
        time = np.concatenate([np.zeros(0, np.int32), *(run["time_ms"] for run in self._runs)])
        order = np.lexsort((time, item))
        self._times = time[order]
        self._run = np.repeat(np.arange(len(sizes)), sizes)[order]
        self._row = np.concatenate([np.zeros(0, np.int64), *(np.arange(size) for size in sizes)])[order]
        self.items, self._first, self._count = np.unique(item[order], return_index=True, return_counts=True)

    def of(self, items: NDArray[np.int64]) -> NDArray[np.uint8]:
        """(k, 432) uint8: one veil an item; of a clip that of the frame in the middle, as the first is often black."""
        at = np.searchsorted(self.items, items)
        found = np.full((len(items), VEIL), NOTHING, np.uint8)
        for row, (item, place) in enumerate(zip(items.tolist(), at.tolist(), strict=True)):
            if place < len(self.items) and self.items[place] == item:
                found[row] = self._veil(int(self._first[place] + self._count[place] // 2))
        return found

    def frames(self, item: int) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """Times (k,) in milliseconds and veils (k, 432) of every picture of one item, in order of time."""
        at = int(np.searchsorted(self.items, item))
        if at == len(self.items) or self.items[at] != item:
            return np.zeros(0, np.int32), np.zeros((0, VEIL), np.uint8)
        first, count = int(self._first[at]), int(self._count[at])
        return self._times[first : first + count], np.array([self._veil(first + one) for one in range(count)], np.uint8)

    def nearest(self, item: int, time_ms: int) -> NDArray[np.uint8] | None:
        """(432,) uint8 of the frame nearest to a moment; None where the item has none."""
        times, veils = self.frames(item)
        return np.asarray(veils[np.abs(times - time_ms).argmin()]) if len(times) else None

    def _veil(self, place: int) -> NDArray[np.uint8]:
        return np.asarray(self._runs[self._run[place]]["value"][self._row[place]])
