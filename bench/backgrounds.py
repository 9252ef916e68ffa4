"""What a background collection is worth: links of one thing with and without pictures of homes of no case.

usage: python bench/backgrounds.py --case CASE [--world world] [--json FILE]

CASE: a case of that world with all steps run. Every second owner makes a case, and the pictures of the others, one a stack,
stand for a collection, one place a room; then the other way round. Pairs are the sights of such a case: "same" where they
show one thing or surface, "different" where owner and thing differ. Nothing is chosen here.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import homeward
from common import DATA, report
from homeward.core.likelihood import cllr
from homeward.flow.clues.elsewhere import CANDIDATES, seen_in
from homeward.flow.clues.rarity import cameras, weakened
from homeward.flow.clues.sights import rows_key
from homeward.flow.features.boxes import parsed
from homeward.flow.features.gallery import Featured, Gallery
from homeward.links.rarity import Elsewhere, Seen, Things
from homeward.store import reads, sights, stacks
from homeward.store.backgrounds import Picture
from series_data import by_sha256
from sight_data import shown_things

Row = dict[str, str]


class Homes:
    """Pictures in the place of a collection."""

    def __init__(self, gallery: Featured, pictures: dict[int, Picture]) -> None:
        self.pictures = pictures
        self.features = gallery.features


class Weighed(NamedTuple):
    """Pairs of one half: whether they show one thing, and their log10 ratios by score, by the case, and with the collection."""

    same: NDArray[np.bool_]
    ratios: NDArray[np.float64]
    """(3, n)."""
    pictures: int
    places: int
    spent: float


def main() -> None:
    """Weigh the same links thrice, half by half."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--case", type=Path, required=True)
    asked.add_argument("--world", default="world")
    asked.add_argument("--json", type=Path)
    told = asked.parse_args()
    truth = by_sha256(DATA / told.world / "truth")
    owners = sorted({row["owner"] for row in truth.values()})
    with homeward.open(told.case) as case:
        halves = [half(case, truth, shown_things(told.world), set(owners[at::2])) for at in (0, 1)]
    same, ratios = np.concatenate([one.same for one in halves]), np.concatenate([one.ratios for one in halves], axis=1)
    table = [row("Cllr", [f"{cllr(some[same], some[~same]):.3f}" for some in ratios])]
    for caption, side in (("strangers", ~same), ("one thing", same)):
        for least, what in ((1, "10"), (0, "1")):
            table.append(row(f"{caption}, told above {what}", [f"{int((some[side] > least).sum())}" for some in ratios]))
    table.append(row("seconds a picture (processor)", ["", "", f"{np.mean([one.spent for one in halves]):.2f}"]))
    title = f"{same.sum()} sights of one thing and {(~same).sum()} of strangers in halves of {told.world}; collections of "
    title += " and ".join(f"{one.pictures} pictures ({one.places} rooms)" for one in halves)
    report(title, table, told.json)


def half(case: homeward.Case, truth: dict[str, Row], shown: dict[str, set[str]], owners: set[str]) -> Weighed:
    """The pairs of some owners, with the others' pictures as a collection."""
    names, gallery = reads.item_names(case), Gallery(case)
    copies = {one.item for one in stacks.members(case) if one.item != one.exemplar}
    known = {item: truth[names[item]] for item in gallery.items if item not in copies and names[item] in truth}
    ours = {item for item, row in known.items() if row["owner"] in owners}
    homes = Homes(gallery, {item: Picture(names[item], row["room"], None) for item, row in known.items() if item not in ours})
    rows = [row for row in sights.boxes(case, rows_key()) if row.a in ours and row.b in ours]
    items = sorted({item for row in rows for item in (row.a, row.b)})
    index = gallery.index()
    began, beyond = time.process_time(), []
    for item in items:
        found = index.search(gallery.features(item).codes, len(known)).id.tolist()
        near = [one for one in found if one in homes.pictures][:CANDIDATES]
        beyond += [Elsewhere(item, box, one.place) for one, box in seen_in(homes, gallery.features(item), near)]  # type: ignore[arg-type]
    spent = (time.process_time() - began) / max(1, len(items))
    seen = [Seen(row.a, row.b, parsed(row.box_a), parsed(row.box_b), row.place_lr / 1000) for row in rows]
    held = {item: camera for item, camera in cameras(case).items() if item in ours}
    places = len({one.place for one in homes.pictures.values()})
    alone, beside = Things(seen, held), Things(seen, held, beyond, places)
    pairs = [
        (related(known[row.a], known[row.b], shown), row.object_lr / 1000, one) for row, one in zip(rows, seen, strict=True)
    ]
    kept = [(bool(same), value, one) for same, value, one in pairs if same is not None]
    ratios = [(value, weakened(value, alone.common(one)), weakened(value, beside.common(one))) for _, value, one in kept]
    return Weighed(np.array([same for same, *_ in kept]), np.array(ratios).T, len(homes.pictures), places, spent)


def related(one: Row, other: Row, shown: dict[str, set[str]]) -> bool | None:
    """Whether two pictures show one thing; None for one owner's other things."""
    if shown.get(one["file_id"], set()) & shown.get(other["file_id"], set()):
        return True
    return None if one["owner"] == other["owner"] else False


def row(what: str, values: list[str]) -> Row:
    return {"figure": what, **dict(zip(("by the score", "by the case", "with the collection"), values, strict=True))}


if __name__ == "__main__":
    main()
