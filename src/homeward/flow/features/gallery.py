"""The local features of a case and of its background collections, and the index that finds the pictures which share them."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.scene import WIDTH, Features, unpack
from homeward.flow.process import segment_folder
from homeward.flow.steps import MOMENTS, SCENE, Step
from homeward.flow.units import MOMENT
from homeward.indexes.local import LocalIndex
from homeward.indexes.segment_files import IndexDamaged
from homeward.store import backgrounds
from homeward.store.backgrounds import Picture
from homeward.store.errors import CaseDamaged

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case

_HELD = 512
"""Pictures whose features are kept at hand: about 70 MB."""
_AT_ONCE = 512
MOST_TOGETHER = 4096
"""Pictures of a background collection that are added together at most."""
_BACKGROUNDS = "backgrounds"
_TIME_BITS = 31
"""Of a time in milliseconds, as segments keep it."""
OF_A_CLIP = 4
"""Frames of one clip that are looked at for one question."""
LEAST_TO_COMPARE = 12
"""Features below which a picture says too little to be compared."""


class Featured:
    """Features of pictures by number, in a fixed order; read from mapped files."""

    def __init__(self, items: list[int], runs: Sequence[NDArray[np.uint8]], folder: Path, spare: Path | None) -> None:
        """``runs``: one after the other the packed features of ``items``, each (n, WIDTH); ``folder``: of their index, in the
        place of which ``spare`` is used where it cannot be written.
        """
        self._runs = runs
        self.items = items
        self._where = {item: row for row, item in enumerate(items)}
        self._starts = np.cumsum([0, *(len(run) for run in runs)])
        self._held: OrderedDict[int, Features] = OrderedDict()
        self._folder, self._spare = folder, spare

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
        found = unpack(self._runs[run][row - self._starts[run]])
        self._held[item] = found
        if len(self._held) > _HELD:
            self._held.popitem(last=False)
        return found

    def thinned(self, ranked: Iterable[int]) -> Iterable[int]:
        """Of items as they rank those that are worth looking at: all."""
        return ranked

    def index(self) -> LocalIndex:
        """The index over everything in the gallery; built anew where its files are damaged."""
        if self._spare:
            return self._read_only(self._spare)
        try:
            return self._complete(self._folder)
        except IndexDamaged:
            shutil.rmtree(self._folder)
            return self._complete(self._folder)

    def _read_only(self, spare: Path) -> LocalIndex:
        """The case's own index if it says all that there is, otherwise one that is made for this once."""
        with contextlib.suppress(IndexDamaged):
            index = LocalIndex(self._folder)
            if set(index.ids().tolist()) == self._where.keys():
                return index
        return self._complete(spare)

    def _complete(self, folder: Path) -> LocalIndex:
        index = LocalIndex(folder)
        if set(index.ids().tolist()) == self._where.keys():
            return index
        with _alone(folder):  # many may ask at once: who comes second finds it done
            index.refresh()
            held = set(index.ids().tolist())
            if held - self._where.keys():  # features measured by another version
                index.remove(np.array(sorted(held - self._where.keys()), np.int64))
            missing = [item for item in self.items if item not in held]
            for start in range(0, len(missing), _AT_ONCE):
                some = missing[start : start + _AT_ONCE]
                index.add(np.array(some, np.int64), [self.features(item).codes for item in some])
        return index


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Gallery(Featured):
    """The pictures of a case, by item, in the order in which their features were committed."""

    def __init__(self, case: Case) -> None:
        folder = segment_folder("scene", WIDTH, SCENE)
        runs: list[NDArray[Any]] = list(case.segments.read(folder))
        items = [int(item) for run in runs for item in run["item"]]
        spare = case.scratch / folder if case.read_only else None
        super().__init__(items, [run["value"] for run in runs], case.folder / "indexes" / folder, spare)


class Moments(Featured):
    """The measured frames of the clips of a case, by a number that names clip and time for good: see :meth:`named`."""

    def __init__(self, case: Case) -> None:
        folder = segment_folder(MOMENT, WIDTH, MOMENTS)
        runs: list[NDArray[Any]] = list(case.segments.read(folder))
        items = [
            self.number(int(item), int(time)) for run in runs for item, time in zip(run["item"], run["time_ms"], strict=True)
        ]
        spare = case.scratch / folder if case.read_only else None
        super().__init__(items, [run["value"] for run in runs], case.folder / "indexes" / folder, spare)

    def thinned(self, ranked: Iterable[int]) -> Iterator[int]:
        """The first of each clip."""
        return thinned(ranked)

    @staticmethod
    def number(item: int, time_ms: int) -> int:
        """What names a frame."""
        return item << _TIME_BITS | time_ms

    @staticmethod
    def named(number: int) -> tuple[int, int]:
        """The item and the time in milliseconds of a frame."""
        return number >> _TIME_BITS, number & (1 << _TIME_BITS) - 1


def complete_moments(case: Case, _step: Step, _progress: Progress) -> None:
    """Complete the index of the moments, so that no question waits for it; nothing is done where it says all that there is."""
    Moments(case).index()


class Backgrounds(Featured):
    """The pictures of all background collections of a case; one that lies in several is there once."""

    def __init__(self, case: Case) -> None:
        self.pictures: dict[int, Picture] = {}
        items, runs, held = list[int](), list[NDArray[np.uint8]](), set[str]()
        for part in backgrounds.parts(case):
            some = backgrounds.pictures(case, part)
            runs.append(backgrounds.features(case, part, WIDTH))
            if len(some) != len(runs[-1]) or len(some) > MOST_TOGETHER:
                raise CaseDamaged("the files of a background collection do not belong together")
            for row, picture in enumerate(some):
                items.append(part.number * MOST_TOGETHER + row)
                if picture.sha256 not in held:
                    held.add(picture.sha256)
                    self.pictures[items[-1]] = picture
        spare = case.scratch / _BACKGROUNDS if case.read_only else None
        super().__init__(items, runs, case.folder / "indexes" / _BACKGROUNDS, spare)
        self._where = {item: row for item, row in self._where.items() if item in self.pictures}
        self.items = list(self._where)

    @property
    def places(self) -> int:
        """Different places that they show."""
        return len({picture.place for picture in self.pictures.values()})


def thinned(numbers: Iterable[int]) -> Iterator[int]:
    """The first :data:`OF_A_CLIP` frames of each clip: they are much alike, and one clip would be all that is looked at."""
    seen = Counter[int]()
    for number in numbers:
        item, _ = Moments.named(number)
        seen[item] += 1
        if seen[item] <= OF_A_CLIP:
            yield number
