"""Clues as the workbench shows them: every box where it lies on a veil, and what is drawn on a veil as a clue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core import WrongUse
from homeward.flow.clues import clue_ledger as clues
from homeward.flow.finding.sights import Region, sights_of
from homeward.flow.workbench.on_veils import VeilBox, from_veil, on_veil
from homeward.store import reads, stacks
from homeward.store import tiles as store
from homeward.store.facts import shapes

if TYPE_CHECKING:
    from homeward.series.clues import Clue
    from homeward.store import Case

TOP = 100
"""Answers to one question, copies counted."""
PAGE = 500


class Place(msgspec.Struct, frozen=True):
    """A picture, a moment of it in milliseconds or -1, and what was drawn on its veil."""

    picture: str
    time_ms: int = -1
    veil_box: VeilBox | None = None


def listed(case: Case) -> list[dict[str, Any]]:
    """As ``homeward clues --json``, each sighting with its ``veil_box``."""
    found = clues.listed(case)
    on_veils(case, [one for clue in found for one in clue["sightings"]], "picture", "box")
    return found


def shown(case: Case, name: str) -> dict[str, Any]:
    """As ``homeward clues show --json``, each sighting and each place where it may be too with its ``veil_box``.

    Raises:
        WrongUse: there is no such clue.
    """
    found = clues.shown(case, clues.find_clue(case, name))
    on_veils(case, [*found["sightings"], *found["also"]], "picture", "box")
    return found


def draw(case: Case, kind: str, value: str, place: Place, who: str, why: str) -> Clue:
    """Record a clue that a person sees in a picture, where they drew a box on its veil.

    Raises:
        WrongUse: no such picture, nothing of it in the box, or a value that is none of its kind.
    """
    box = _stored(case, place.picture, place.veil_box)
    return clues.sight(case, kind, value, place.picture, None if place.time_ms < 0 else place.time_ms / 1000, box, who, why)


def draw_too(case: Case, name: str, place: Place, who: str, why: str) -> Clue:
    """Record that a clue that there is stands in one more picture.

    Raises:
        WrongUse: as above, or no such clue.
    """
    clue = clues.find_clue(case, name)
    box = _stored(case, place.picture, place.veil_box)
    return clues.seen_too(case, clue, place.picture, place.time_ms, box, who, why)


def elsewhere(case: Case, place: Place, kind: str) -> list[dict[str, Any]]:
    """Where else the place or thing in a box of a picture is seen, as ``homeward find --json``, each with its ``veil_box``.

    Of each stack the best answer alone, with ``copies``, how many more there are; the stack of the picture itself is left out.

    Raises:
        WrongUse: no such picture, nothing of it in the box, or its features have not been measured.
        TooLittle: the box shows too little.
    """
    item = store.number(case, place.picture)
    if item is None:
        raise WrongUse("there is no such picture")
    box = _stored(case, place.picture, place.veil_box)
    asked = sights_of(case, item, kind, Region(*box) if box else None, TOP, place.time_ms)
    found = _one_a_stack(case, item, asked)
    on_veils(case, found, "sha256", "region")
    return found


def _one_a_stack(case: Case, asked: int, found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    names = reads.item_names(case)
    home = {names[row.item]: names[row.exemplar] for row in stacks.members(case)}
    best: dict[str, dict[str, Any]] = {}
    for row in found:
        first = best.setdefault(home.get(row["sha256"], row["sha256"]), {**row, "copies": -1})
        first["copies"] += 1
    best.pop(home.get(names[asked], names[asked]), None)
    return list(best.values())


def on_veils(case: Case, rows: Iterable[dict[str, Any]], picture: str, box: str) -> None:
    """Give each row its ``veil_box``: where on the veil of the picture that it names the box lies that it names."""
    told = list(rows)
    names = sorted({row[picture] for row in told})
    items = {
        name: item for at in range(0, len(names), PAGE) for name, item in store.numbers(case, names[at : at + PAGE]).items()
    }
    known = shapes(case, items.values())
    for row in told:
        row["veil_box"] = on_veil(known.get(items.get(row[picture], -1)), row[box] and tuple(row[box]))


def _stored(case: Case, picture: str, drawn: VeilBox | None) -> tuple[int, int, int, int] | None:
    if drawn is None:
        return None
    item = store.number(case, picture)
    return from_veil(shapes(case, [item]).get(item) if item else None, drawn)
