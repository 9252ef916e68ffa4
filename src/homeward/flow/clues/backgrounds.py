"""Background collections of a case: taken in from folders, listed, taken out.

They tell how common a thing or a word is where nobody is looked for. Their pictures are read behind the lock; features
and words are kept, no picture, no name of a file, and nothing is linked to them.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from homeward.core import WrongUse, wording
from homeward.core.errors import said
from homeward.descriptors import text_models
from homeward.descriptors.scene import Features, unpack
from homeward.evidence import Source, sources
from homeward.flow.executors import TEXT, Processes
from homeward.flow.features.gallery import LEAST_TO_COMPARE, Backgrounds
from homeward.flow.steps import SCENE
from homeward.flow.units import Described, Lost, Unit
from homeward.indexes.local import LocalIndex
from homeward.links import sight_evidence
from homeward.links.rarity import ONE_PLACE
from homeward.links.sights import sight
from homeward.links.text import SHORTEST
from homeward.store import backgrounds, reads
from homeward.store.backgrounds import Picture

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case

TOGETHER = 256
"""Pictures committed together: a kill loses at most this much reading."""
NEIGHBOURS = 8
"""Pictures most alike that are looked at to tell whether a new one is of the same place."""
MINE = "it is a picture of this case"
LITTLE = "it shows too little to be compared"


class Taken(msgspec.Struct):
    """What came of the files of some folders."""

    added: int = 0
    before: int = 0
    """Files whose pictures the collection holds already."""
    skipped: list[tuple[str, str]] = []
    """Files that were not taken in, and why."""


def add(case: Case, folders: Sequence[Path], name: str, progress: Progress, jobs: int = 1) -> Taken:
    """Take every picture in ``folders`` into the collection ``name``; one that it holds is not read again.

    Raises:
        WrongUse: there is no such folder, or no name.
        Overtaken: somebody else changes the collections at the same time.
    """
    name = said(name, "the name of the collection")
    taken = Taken()
    units = list(_units(case, folders, name, taken))
    if units:
        progress.begin("Reading the background", len(units))
    left = iter(units)
    with Processes(jobs) as crew:
        while some := list(islice(left, TOGETHER)):
            _take(case, crew, some, name, taken)
            progress.advance(len(some))
    return taken


def remove(case: Case, name: str, reason: str) -> None:
    """Take a collection out; nothing that it says counts from then on.

    Raises:
        WrongUse: there is none of that name.
    """
    reason = said(reason, "the reason")
    names = sorted({part.name for part in backgrounds.parts(case)})
    if name not in names:
        raise WrongUse(f"this case has no background collection {name!r}; there are: {', '.join(names) or 'none'}")
    backgrounds.remove(case, name, reason)


def listed(case: Case) -> list[dict[str, Any]]:
    """What is known of each collection."""
    held: dict[str, list[Picture]] = {}
    for part in backgrounds.parts(case):
        held.setdefault(part.name, []).extend(backgrounds.pictures(case, part))
    return [
        {
            "name": name,
            "pictures": len(some),
            "places": len({one.place for one in some}),
            "read": sum(one.words is not None for one in some),
            "words": len({word for one in some for word in one.words or ()}),
        }
        for name, some in held.items()
    ]


def _units(case: Case, folders: Sequence[Path], name: str, taken: Taken) -> Iterator[Unit]:
    """The files of the folders that are to be read, by the SHA-256 of their bytes."""
    mine = set(reads.item_names(case).values())
    seen = {one.sha256 for part in backgrounds.parts(case) if part.name == name for one in backgrounds.pictures(case, part)}
    number = 0
    for folder in folders:
        if not folder.is_dir():
            raise WrongUse(f"there is no folder {folder}")
        for source in sources(folder):
            sha256, reason = _sha256(source)
            if reason or sha256 in mine:
                taken.skipped.append((f"{folder.name}/{source.path}", reason or MINE))
            elif sha256 in seen:
                taken.before += 1
            else:
                seen.add(sha256)
                path = str(source.stacked)
                yield Unit(number, sha256, source.size, "still", "", str(folder), path, source.stamp, path)
                number += 1


def _sha256(source: Source) -> tuple[str, str]:
    """SHA-256 of a file, or why there is none."""
    if len(source.files) != 1:
        return "", source.reason or "it is one of several parts"
    try:
        (fd,) = source.open()
        with os.fdopen(fd, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), ""
    except OSError as error:
        return "", f"it cannot be read: {(error.strerror or 'unknown').lower()}"


def _take(case: Case, crew: Processes, units: list[Unit], name: str, taken: Taken) -> None:
    """Read some files and keep what they show."""
    found = _features(crew, units, taken)
    words = _words(crew, [unit for unit in units if unit.item in found]) if text_models.available() else {}
    before = backgrounds.parts(case)
    held = Backgrounds(case)
    numbers = sorted(found)
    places = _places(held, {number: found[number][1] for number in numbers})
    names = {unit.item: unit.sha256 for unit in units}
    some = [
        Picture(names[number], place if isinstance(place, str) else names[place], words.get(number))
        for number, place in zip(numbers, places, strict=True)
    ]
    if some:
        backgrounds.add(case, name, before, b"".join(found[number][0] for number in numbers), some)
        taken.added += len(some)


def _features(crew: Processes, units: list[Unit], taken: Taken) -> dict[int, tuple[bytes, Features]]:
    """Packed and plain features of every file that shows enough."""
    found = {}
    names = {unit.item: f"{Path(unit.location).name}/{unit.path}" for unit in units}
    for outcome in crew.measure(SCENE.function, units):
        value = b"" if isinstance(outcome, Lost) or not outcome.pictures else outcome.pictures[0].values["scene"][1]
        features = unpack(value) if value else None
        if features is not None and len(features) >= LEAST_TO_COMPARE:
            found[outcome.item] = value, features
        else:
            taken.skipped.append((names[outcome.item], _why(outcome)))
    return found


def _why(outcome: Described | Lost) -> str:
    return outcome.reason if isinstance(outcome, Lost) else outcome.failure or LITTLE


def _words(crew: Processes, units: list[Unit]) -> dict[int, tuple[str, ...]]:
    """Keys of the lines and words in each picture that could be read, none of them short."""
    found = {}
    for outcome in crew.measure(TEXT, units):
        if isinstance(outcome, Described) and not outcome.failure:
            texts = [text for line in outcome.lines for text in (line.text, *(word for word, _ in line.words))]
            found[outcome.item] = tuple(sorted({key for key in map(wording.key, texts) if len(key) >= SHORTEST}))
    return found


def _places(held: Backgrounds, new: dict[int, Features]) -> Iterator[str | int]:
    """Of each new picture the place that it shows: that of one that is held, or the first new picture of it."""
    earlier = held.index()
    found: dict[int, str | int] = {}
    with tempfile.TemporaryDirectory() as folder:
        among = LocalIndex(Path(folder) / "index")
        if new:
            among.add(np.array(list(new), np.int64), [one.codes for one in new.values()])
        for number, features in new.items():
            for other in earlier.search(features.codes, NEIGHBOURS).id.tolist() if len(held) else ():
                if _one_place(features, held.features(other)):
                    found[number] = held.pictures[other].place
                    break
            else:
                near = among.search(features.codes, NEIGHBOURS + 1).id.tolist()
                same = (other for other in sorted(near) if other < number and _one_place(features, new[other]))
                first = next(same, number)
                found[number] = found.get(first, first)
            yield found[number]


def _one_place(a: Features, b: Features) -> bool:
    seen = sight(a, b)
    return seen is not None and sight_evidence.weigh(seen, "place").log10_lr >= ONE_PLACE
