"""The local features of a case, and the index that finds the pictures which share them."""

from __future__ import annotations

import contextlib
import shutil
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.scene import WIDTH, Features, unpack
from homeward.flow.process import segment_folder
from homeward.flow.steps import SCENE
from homeward.indexes.local import LocalIndex
from homeward.indexes.segment_files import IndexDamaged

if TYPE_CHECKING:
    from homeward.store import Case

_HELD = 512
"""Pictures whose features are kept at hand: about 70 MB."""
_AT_ONCE = 512
LEAST_TO_COMPARE = 12
"""Features below which a picture says too little to be compared."""


class Gallery:
    """Features by item, in the order in which they were committed; read from mapped segments."""

    def __init__(self, case: Case) -> None:
        folder = segment_folder("scene", WIDTH, SCENE)
        self._runs: list[NDArray[Any]] = list(case.segments.read(folder))
        starts = np.cumsum([0, *(len(run) for run in self._runs)])
        self.items: list[int] = [int(item) for run in self._runs for item in run["item"]]
        self._where = {item: row for row, item in enumerate(self.items)}
        self._starts = starts
        self._held: OrderedDict[int, Features] = OrderedDict()
        self._folder = case.folder / "indexes" / folder
        self._spare = case.scratch / folder if case.read_only else None

    def __len__(self) -> int:
        return len(self.items)

    def __contains__(self, item: int) -> bool:
        return item in self._where

    def features(self, item: int) -> Features:
        """The features of one item.

        Raises:
            KeyError: none were measured.
        """
        if item in self._held:
            self._held.move_to_end(item)
            return self._held[item]
        row = self._where[item]
        run = int(np.searchsorted(self._starts, row, "right")) - 1
        found = unpack(self._runs[run]["value"][row - self._starts[run]])
        self._held[item] = found
        if len(self._held) > _HELD:
            self._held.popitem(last=False)
        return found

    def index(self) -> LocalIndex:
        """The index over everything in the gallery; built anew where its files are damaged."""
        if self._spare:
            return self._read_only(self._spare)
        try:
            return self._complete(LocalIndex(self._folder))
        except IndexDamaged:
            shutil.rmtree(self._folder)
            return self._complete(LocalIndex(self._folder))

    def _read_only(self, spare: Path) -> LocalIndex:
        """The case's own index if it says all that there is, otherwise one that is made for this once."""
        with contextlib.suppress(IndexDamaged):
            index = LocalIndex(self._folder)
            if set(index.ids().tolist()) == self._where.keys():
                return index
        return self._complete(LocalIndex(spare))

    def _complete(self, index: LocalIndex) -> LocalIndex:
        held = set(index.ids().tolist())
        if held - self._where.keys():  # features measured by another version
            index.remove(np.array(sorted(held - self._where.keys()), np.int64))
        missing = [item for item in self.items if item not in held]
        for start in range(0, len(missing), _AT_ONCE):
            some = missing[start : start + _AT_ONCE]
            index.add(np.array(some, np.int64), [self.features(item).codes for item in some])
        return index
