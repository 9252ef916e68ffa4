"""Things asked about with boxes: in stills, in parts of photographs, and in frames of clips."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from clue_rows import figures_row, found_among
from homeward.flow.features.gallery import thinned
from homeward.flow.finding.moments import of_clips
from homeward.flow.finding.regions import ask_region
from homeward.indexes.local import LocalIndex
from sight_data import Gallery, Query, clip_frames, crop_queries, thing_queries, windows

SHORTLIST = 50
QUERIES = 50
"""Questions about things in one band of sizes."""


def regions_part() -> Iterator[dict[str, str]]:
    """Boxes round things."""
    held, names = crop_queries()
    yield from _asked("places: boxes in the crop queries", held, names)
    gallery, _, bands = thing_queries("world", QUERIES)
    for band, queries in bands.items():
        yield from _asked(f"world: things of {band} of the picture", gallery, queries)


def windows_part() -> Iterator[dict[str, str]]:
    """Parts of photographs."""
    held, queries, groups = windows()
    yield from _asked(
        "places: windows of 8 to 15 % that hold most features", held, queries, [groups[one.at] for one in queries]
    )


def clips_part() -> Iterator[dict[str, str]]:
    """Boxes of things in stills, found in frames of clips among all stills of other things."""
    held, _, bands = thing_queries("world", 10_000)
    numbers, features, showing = clip_frames("world")
    frames = dict(zip(numbers, features, strict=True))
    index = LocalIndex(Path(tempfile.mkdtemp(prefix="homeward-bench-")) / "index")
    index.add(np.array(numbers), [one.codes for one in features])
    stills, ranked, wanted, start = held.index(), {}, {}, time.process_time()
    queries = [one for some in bands.values() for one in some if showing(one.thing)]
    chosen = np.random.default_rng(0).permutation(len(queries))[:QUERIES]
    for at in sorted(chosen.tolist()):
        one = queries[at]
        asked = held.features[one.at]
        seen = of_clips(ask_region(index, frames.__getitem__, asked, one.box, SHORTLIST, thinned))
        found = {-item: told.best for item, told in seen.items()}
        still = ask_region(stills, held.features.__getitem__, asked, one.box, SHORTLIST)
        found |= {item: told for item, told in still.items() if item not in one.partly | {one.at}}
        ranked[at] = sorted(found, key=lambda item: (-found[item].said.log10_lr, -found[item].said.score))
        wanted[at] = {-item for item in showing(one.thing)}
    spent = 1000 * (time.process_time() - start) / len(ranked)
    figures = {at: found_among(ranked[at], wanted[at]) for at in ranked}
    yield figures_row("world: things in boxes, found in clips", "ours", figures, [str(at) for at in range(len(queries))], spent)


def _asked(what: str, held: Gallery, queries: list[Query], groups: list[str] | None = None) -> Iterator[dict[str, str]]:
    """Boxes, answered as `find --by object --region` does; right is what shows the thing, or, in its own row, any of it.

    Each question is a group of its own unless ``groups`` names them.
    """
    if not queries:
        return
    index, start = held.index(), time.process_time()
    ranked = []
    for query in queries:
        found = ask_region(index, held.features.__getitem__, held.features[query.at], query.box, SHORTLIST)
        ranked.append(sorted(found.keys() - {query.at}, key=lambda one: (-found[one].said.log10_lr, -found[one].said.score)))
    spent = 1000 * (time.process_time() - start) / len(queries)
    for told, right in ((what, [q.wanted for q in queries]), (f"{what}, or any part of it", [q.partly for q in queries])):
        figures = {at: found_among(*pair) for at, pair in enumerate(zip(ranked, right, strict=True))}
        yield figures_row(told, "ours", figures, groups or [str(at) for at in range(len(queries))], spent)
        if all(q.wanted == q.partly for q in queries):
            return
    for told, chosen in (("seen from within 30 degrees", True), ("seen from aside alone", False)):
        figures = {at: found_among(ranked[at], q.wanted) for at, q in enumerate(queries) if bool(q.near) is chosen}
        yield figures_row(f"{what}, {told}", "ours", figures, [str(at) for at in range(len(queries))], spent)
