"""Which pictures may lie in which, by copy hashes that stacks leave aside: turned, mirrored, and inside a border or screen.

They only propose: whether two are copies is told by their features, so nothing is stacked by a hash of a part or a turn alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.pdq import LEAST_QUALITY, RADIUS
from homeward.descriptors.pdq_turned import ORIENTATIONS
from homeward.flow.copies.views import views
from homeward.indexes import hamming_index

if TYPE_CHECKING:
    from homeward.store import Case

MOST = 25
"""Proposals a picture, the nearest first."""
_AS_STORED, _TRIMMED = 0, 1
_MIRRORS = np.array([False, False, *(orientation in {2, 4, 5, 7} for orientation in ORIENTATIONS)])
"""By the way in which a picture is seen, whether a mirror is part of it."""


class HashCandidates:
    """Proposals among some stills of a case."""

    def __init__(self, case: Case, items: list[int]) -> None:
        seen = views(case, frames=False)
        usable = (seen.qualities >= LEAST_QUALITY) & np.isin(seen.items, items)
        rows = np.flatnonzero(usable)
        rows = rows[np.argsort(seen.items[rows], kind="stable")]
        self._items, self._ways, self._codes = seen.items[rows], seen.ways[rows], seen.codes[rows]
        held = np.flatnonzero(self._ways <= _TRIMMED)
        self._index = hamming_index(held, self._codes[held])

    def of(self, items: list[int]) -> dict[int, list[tuple[int, bool]]]:
        """By item, others to compare it with, and whether one of the two is to be seen in a mirror."""
        rows = self._rows(items)
        found = self._index.within(np.ascontiguousarray(self._codes[rows]), RADIUS)
        asked, other = rows[found.query], found.id
        new = (self._items[asked] != self._items[other]) & (self._ways[asked] + self._ways[other] > _AS_STORED)
        proposed: dict[int, list[tuple[int, bool]]] = {item: [] for item in items}
        for at in np.flatnonzero(new)[np.argsort(found.distance[new], kind="stable")].tolist():
            one = (int(self._items[other[at]]), bool(_MIRRORS[self._ways[asked[at]]]))
            some = proposed[int(self._items[asked[at]])]
            if len(some) < MOST and one not in some:
                some.append(one)
        return proposed

    def _rows(self, items: list[int]) -> NDArray[np.int64]:
        sought = np.array(items, np.int64)
        first, last = np.searchsorted(self._items, sought), np.searchsorted(self._items, sought, "right")
        return np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)], dtype=np.int64)
