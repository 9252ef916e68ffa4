"""Asking a case with a picture from outside: which of its pictures are copies of it, and where it lies in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from homeward.core import WrongUse
from homeward.descriptors.pdq import RADIUS
from homeward.descriptors.scene import Features, unpack
from homeward.flow.copies.near_hashes import Near, near_hashes
from homeward.flow.described import STILL
from homeward.flow.features.comparing import CANDIDATES, MIRRORED
from homeward.flow.features.gallery import LEAST_TO_COMPARE, Gallery
from homeward.flow.finding.asking import Picture, TooLittle, asked, at_work
from homeward.flow.steps import COPIES, DESCRIBE, SCENE
from homeward.flow.units import Described
from homeward.links.geometry import box_around, compose, inverse
from homeward.links.verification import Kinship, Verdict, verify, would_agree
from homeward.store import reads, results, stacks

if TYPE_CHECKING:
    from homeward.store import Case
    from homeward.store.reads import Facts


def find_copies(case: Case, picture: Picture, top: int) -> list[dict[str, Any]]:
    """Copies of ``picture`` in the case and pictures that look alike, best first; see the command reference for the shape.

    Stills are told by local features; moments of clips, and stills that show too little for features, by copy hashes.

    Raises:
        WrongUse: the pictures of the case have not been compared yet.
        TooLittle: the picture cannot be read, or shows too little.
        OSError: the file cannot be opened.
    """
    gallery = Gallery(case)
    if not len(gallery) and not results.step_key(case, COPIES.name):
        raise WrongUse(f"no pictures of this case have been compared yet (run: homeward process {case.folder})")
    with at_work() as crew:
        shown = _features(asked(crew, picture, SCENE.function)[1])
        near = near_hashes(case, asked(crew, picture, DESCRIBE.function)[1])
    if shown is None and not near:
        raise TooLittle(f"{picture.name} shows too little to find copies by")
    found = _asked(gallery, shown, max(top, CANDIDATES), near) if shown is not None else {}
    facts = reads.item_facts(case)
    rows = [_row(item, verdict, verdict.lie.map, shown, facts[item]) for item, verdict in found.items() if shown is not None]
    for member in stacks.members(case):
        if member.item in found or member.item in gallery or member.exemplar not in found or shown is None:
            continue
        verdict = found[member.exemplar]
        there = compose(inverse(member.matrix), verdict.lie.map)
        rows.append(_row(member.item, verdict, there, shown, facts[member.item]))
    told = {row["item"] for row in rows}
    for item, hit in near.items():
        if item not in told and not (shown is not None and item in gallery and would_agree(shown, gallery.features(item))):
            rows.append(_near_row(item, hit, facts[item]))
    best = sorted(rows, key=lambda row: (row["kind"] != Kinship.COPY, -row["score"], row["sha256"]))[:top]
    paths = reads.stacked_paths(case, {row["item"] for row in best})
    return [{"sha256": row["sha256"], "paths": paths.get(row.pop("item"), []), **row} for row in best]


def measured(picture: Picture) -> Features:
    """The local features of a picture file, measured behind the lock.

    Raises:
        TooLittle: it cannot be read, or shows too little.
        OSError: it cannot be opened.
    """
    with at_work() as crew:
        found = _features(asked(crew, picture, SCENE.function)[1])
    if found is None:
        raise TooLittle(f"{picture.name} shows too little to find anything by")
    return found


def _features(said: Described) -> Features | None:
    found = unpack(said.pictures[0].values["scene"][1]) if said.pictures else None
    return found if found is not None and len(found) >= LEAST_TO_COMPARE else None


def _asked(gallery: Gallery, shown: Features, most: int, near: dict[int, Near]) -> dict[int, Verdict]:
    """Verdicts on what shares the most features, and on what hashes name."""
    index = gallery.index()
    found: dict[int, Verdict] = {}
    for codes, count, mirrored in ((shown.codes, most, False), (shown.mirrored().codes, MIRRORED, True)):
        for item in index.search(codes, count).id.tolist():
            _compare(found, item, verify(shown, gallery.features(item), mirrored=mirrored))
    for item in near:
        if item in gallery and item not in found:
            _compare(found, item, verify(shown, gallery.features(item)))
    return found


def _compare(found: dict[int, Verdict], item: int, verdict: Verdict | None) -> None:
    if verdict is not None:
        found.setdefault(item, verdict)


def _row(item: int, verdict: Verdict, there: NDArray[np.float64], shown: Features, facts: Facts) -> dict[str, Any]:
    return {
        "item": item,
        "sha256": facts.sha256,
        "time": None,
        "score": round(verdict.score, 3),
        "log10_lr": None,
        "region": _region(there, shown, facts),
        "kind": verdict.kinship.value,
        "evidence": "features",
        "map": [float(f"{value:.9g}") for value in there.ravel()],
    }


def _near_row(item: int, near: Near, facts: Facts) -> dict[str, Any]:
    """A picture that only hashes name: 1 for equal hashes, one half at 31 bits."""
    left, top, right, bottom = np.rint(np.array(near.box) * [facts.width, facts.height, facts.width, facts.height]).astype(int)
    return {
        "item": item,
        "sha256": facts.sha256,
        "time": None if near.time_ms == STILL else near.time_ms / 1000,
        "score": round(1 - near.distance / (2 * RADIUS), 3),
        "log10_lr": None,
        "region": [int(left), int(top), int(right - left), int(bottom - top)],
        "kind": Kinship.COPY.value,
        "evidence": "hash",
        "map": None,
    }


def _region(there: NDArray[np.float64], shown: Features, facts: Facts) -> list[int]:
    """x, y, width, height in full-size pixels: the part of the found picture in which the picture asked with lies."""
    whole = (0, 0, shown.full_width, shown.full_height)
    low, high = np.rint(box_around(whole, there).clip(0, [facts.width, facts.height])).astype(int)
    return [int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])]
