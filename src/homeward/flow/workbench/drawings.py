"""What two pictures have in common as a drawing for a report: edges of both, and lines between what agrees."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.core import WrongUse
from homeward.flow.features.gallery import Gallery, Moments
from homeward.flow.workbench.people import DRAWING, Person
from homeward.flow.workbench.viewing import Look, NotSeen, Viewer
from homeward.links.site import look
from homeward.report.overlay import overlay, png, turned
from homeward.store import copies, reads

if TYPE_CHECKING:
    from homeward.core.canonical import Plain
    from homeward.descriptors.scene import Features
    from homeward.store import Case

STILL = -1
HELD = 256
"""Drawings that are kept for the links that follow; one that is needed again later is asked for again."""
Pixels = NDArray[np.uint8]


class Drawn(msgspec.Struct, frozen=True):
    """A drawing that was written, or why there is none."""

    a: str
    b: str
    file: str = ""
    refused: str = ""


def draw(case: Case, links: Sequence[Mapping[str, Any]], folder: Path, person: Person, reason: str) -> Iterator[Drawn]:
    """Write a drawing for each link that a sight supports, as ``homeward links`` tells them.

    An edge drawing is the gentlest step of seeing a picture clearly: it is handed out by the one function that hands out clear
    pixels, to a person who may, for a reason, after the ledger knows. The ledger also knows each file that was written.

    Args:
        case: the case.
        links: of kind ``place`` or ``object``.
        folder: where they are written, made if it is not there; a file that is there is not overwritten.
        person: who asks.
        reason: why; it is kept.

    Raises:
        NotAllowed: the person may not see drawings.
        WrongUse: no reason.
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    features, viewer = _Features(case), Viewer(case)
    items = copies.ids(case, sorted({str(link[side]) for link in links for side in "ab"}))
    held: dict[tuple[str, int], Pixels] = {}
    facts = reads.item_facts(case)
    turns = copies.orientations(case, list(items.values()))
    try:
        for link in links:
            a, b = str(link["a"]), str(link["b"])
            ends = [(str(link[side]), STILL if (at := link[f"{side}_time"]) is None else round(1000 * at)) for side in "ab"]
            here, there = (features.of(items[sha256], time_ms) for sha256, time_ms in ends)
            if here is None or there is None:
                yield Drawn(a, b, refused=f"an older version measured what it goes by (run: homeward process {case.folder})")
                continue
            try:
                drawings = [_drawing(viewer, held, *end, person, reason) for end in ends]
            except NotSeen as error:
                yield Drawn(a, b, refused=str(error))
                continue
            seen, _ = look(here, there)  # as links are: a mark of a site is not what they say
            if seen is None:
                yield Drawn(a, b, refused="nothing in them agrees any more")
                continue
            points = [
                _shares(shown, rows, facts[items[sha256]], turns.get(items[sha256], 1))
                for shown, rows, sha256 in ((here, seen.agreeing.a, a), (there, seen.agreeing.b, b))
            ]
            yield _written(case, link, folder, png(overlay(drawings[0], drawings[1], points[0], points[1])), person, reason)
    finally:
        viewer.close()


class _Features:
    """Features of stills and of measured frames, as this version measures them."""

    def __init__(self, case: Case) -> None:
        self._stills, self._moments = Gallery(case), Moments(case)

    def of(self, item: int, time_ms: int) -> Features | None:
        gallery, number = (self._stills, item) if time_ms == STILL else (self._moments, self._moments.number(item, time_ms))
        return gallery.features(number) if number in gallery else None


def _drawing(
    viewer: Viewer, held: dict[tuple[str, int], Pixels], sha256: str, time_ms: int, person: Person, reason: str
) -> Pixels:
    """(h, w) uint8 of one picture or frame, asked for once while it is held."""
    if (sha256, time_ms) not in held:
        look = Look(sha256, time_ms, DRAWING, reason)
        view = viewer.begin(person, look)
        try:
            seen = viewer.show(look)
        except NotSeen:
            viewer.end(person, view, 0, "not seen")
            raise
        viewer.end(person, view, 0, "drawn")
        if len(held) >= HELD:
            del held[next(iter(held))]
        held[sha256, time_ms] = np.frombuffer(seen.pixels, np.uint8).reshape(seen.height, seen.width)
    return held[sha256, time_ms]


def _shares(features: Features, rows: NDArray[np.int64], facts: reads.Facts, orientation: int) -> NDArray[np.float64]:
    grow = features.full_width / features.width
    return turned(features.places[rows, :2].astype(np.float64) * grow, facts.width, facts.height, orientation)


def _written(case: Case, link: Mapping[str, Any], folder: Path, data: bytes, person: Person, reason: str) -> Drawn:
    a, b, kind = str(link["a"]), str(link["b"]), str(link["kind"])
    path = folder / f"{kind}-{a[:12]}-{b[:12]}.png"
    try:
        file = path.open("xb")  # neither what is there already nor what a link there leads to is written over
    except FileExistsError as error:
        raise WrongUse(f"{path} is there already: give a new folder") from error
    about: dict[str, Plain] = {
        "format": "drawing", "kind": kind, "a": a, "b": b, "sha256": hashlib.sha256(data).hexdigest(), "person": person.key,
    }  # fmt: skip
    with file:
        with case.leaving(about, {"who": person.name, "reason": reason}):
            pass
        file.write(data)
    return Drawn(a, b, str(path))
