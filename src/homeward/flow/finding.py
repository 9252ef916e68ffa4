"""Asking a case with a picture from outside: which of its pictures are copies of it, and where it lies in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from homeward.core import WrongUse
from homeward.descriptors.scene import Features, unpack
from homeward.flow.asking import TooLittle, asked
from homeward.flow.comparing import CANDIDATES, MIRRORED
from homeward.flow.executors import Processes
from homeward.flow.gallery import LEAST_TO_COMPARE, Gallery
from homeward.flow.steps import SCENE
from homeward.flow.units import Described
from homeward.links.geometry import compose, inverse, moved
from homeward.links.verification import Kinship, Verdict, verify
from homeward.store import reads, stacks

if TYPE_CHECKING:
    from homeward.store import Case
    from homeward.store.reads import Facts


def find_copies(case: Case, picture: Path, top: int) -> list[dict[str, Any]]:
    """Copies of ``picture`` in the case and pictures that look alike, best first; see the command reference for the shape.

    Raises:
        WrongUse: local features of the case have not been measured yet.
        TooLittle: the picture cannot be read, or shows too little.
        OSError: the file cannot be opened.
    """
    gallery = Gallery(case)
    if not len(gallery):
        raise WrongUse(f"no pictures of this case have been compared yet (run: homeward process {case.folder})")
    shown = measured(picture)
    found = _asked(gallery, shown, max(top, CANDIDATES))
    facts = reads.item_facts(case)
    rows = [_row(item, verdict, verdict.lie.map, shown, facts[item]) for item, verdict in found.items()]
    for member in stacks.members(case):
        if member.item in found or member.item in gallery or member.exemplar not in found:
            continue
        verdict = found[member.exemplar]
        there = compose(inverse(member.matrix), verdict.lie.map)
        rows.append(_row(member.item, verdict, there, shown, facts[member.item]))
    best = sorted(rows, key=lambda row: (row["kind"] != Kinship.COPY, -row["score"], row["sha256"]))[:top]
    paths = reads.stacked_paths(case, {row["item"] for row in best})
    return [{"sha256": row["sha256"], "time": None, "paths": paths.get(row.pop("item"), []), **row} for row in best]


def measured(picture: Path) -> Features:
    """The local features of a picture file, measured behind the lock.

    Raises:
        TooLittle: it cannot be read, or shows too little.
        OSError: it cannot be opened.
    """
    with Processes(1) as crew:
        return _features(picture, asked(crew, picture, SCENE.function)[1])


def _features(picture: Path, said: Described) -> Features:
    found = unpack(said.pictures[0].values["scene"][1]) if said.pictures else None
    if found is None or len(found) < LEAST_TO_COMPARE:
        raise TooLittle(f"{picture.name} shows too little to find copies by")
    return found


def _asked(gallery: Gallery, asked: Features, most: int) -> dict[int, Verdict]:
    index = gallery.index()
    found: dict[int, Verdict] = {}
    for codes, count, mirrored in ((asked.codes, most, False), (asked.mirrored().codes, MIRRORED, True)):
        for item in index.search(codes, count).id.tolist():
            verdict = verify(asked, gallery.features(item), mirrored=mirrored)
            if verdict is not None and item not in found:
                found[item] = verdict
    return found


def _row(item: int, verdict: Verdict, there: NDArray[np.float64], asked: Features, facts: Facts) -> dict[str, Any]:
    return {
        "item": item,
        "sha256": facts.sha256,
        "score": round(verdict.score, 3),
        "log10_lr": None,
        "region": _region(there, asked, facts),
        "kind": verdict.kinship.value,
        "map": [float(f"{value:.9g}") for value in there.ravel()],
    }


def _region(there: NDArray[np.float64], asked: Features, facts: Facts) -> list[int]:
    """x, y, width, height in full-size pixels: the part of the found picture in which the picture asked with lies."""
    corners = np.array([[0, 0], [asked.full_width, 0], [asked.full_width, asked.full_height], [0, asked.full_height]], float)
    places = moved(corners, there).clip(0, [facts.width, facts.height])
    low, high = np.rint(places.min(axis=0)).astype(int), np.rint(places.max(axis=0)).astype(int)
    return [int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])]
