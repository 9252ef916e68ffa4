"""``homeward firsthand``: which pictures were first-hand where, worked out when it is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from homeward.core import StackedPath
from homeward.flow.series.fusing import units
from homeward.links.firsthand import CAVEAT, FirstHand, Held, How, Standing, firsthand
from homeward.store import copies, reads, series, traces

if TYPE_CHECKING:
    from homeward.store import Case


def sources(case: Case) -> list[dict[str, Any]]:
    """One dictionary a source, those with the most pictures straight from a camera first; each with all its pictures."""
    told = [
        {**_counts(one), "caveat": CAVEAT, "items": [_item(standing) for standing in one.standings]}
        for one in firsthand(held(case))
    ]
    return sorted(told, key=lambda one: (-one["counts"][How.STRAIGHT], one["exhibit"], one["folder"]))


def circulation(case: Case, items: Collection[int]) -> list[dict[str, Any]]:
    """The same of some items alone, without the pictures."""
    return [_counts(one) for one in firsthand(held(case, items))]


def held(case: Case, items: Collection[int] | None = None) -> Iterator[Held]:
    """Every still of every source; only of ``items``, where they are given."""
    home, kinds, names, straight = units(case), traces.kinds(case), reads.item_names(case), series.straight(case)
    wanted = None if items is None else set(items)
    facts = {row.item: row for row in copies.still_copies(case)}
    for item, label, path in traces.places(case):
        if kinds[item] == "still" and (wanted is None or item in wanted):
            known = facts.get(item)
            what = (known.named, known.width * known.height, known.size) if known else (False, 0, 0)
            yield Held((label, folder(path)), names[home[item]], names[item], item in straight, *what)


def folder(path: str) -> str:
    """The name at the top that a stacked path lies under; empty where it lies under none."""
    layers = StackedPath.parse(path).layers
    head, slash, _ = layers[0].lstrip("/").partition("/")
    return head if slash or len(layers) > 1 else ""


def _counts(one: FirstHand) -> dict[str, Any]:
    exhibit, name = one.source
    counts = {how.value: one.count(how) for how in How}
    return {"exhibit": exhibit, "folder": name, "pictures": len(one.standings), "counts": counts}


def _item(standing: Standing) -> dict[str, Any]:
    return {
        "sha256": standing.sha256,
        "how": standing.how.value,
        "elsewhere": standing.elsewhere,
        "pixels_ahead": standing.pixels_ahead,
        "names_ahead": standing.names_ahead,
    }
