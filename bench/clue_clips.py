"""Clips linked with stills by what they show, in a case that is processed as any other."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from clue_rows import told_row
from common import DATA
from homeward.core import likelihood
from homeward.flow.clues.sights import standing_keys
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.store import Case, reads, sights
from sight_data import SAME_ROOM, Row, relation, table

STRANGERS = ("other home", "twin room")


def links_part() -> Iterator[dict[str, str]]:
    """Every clip of ``world`` among its camera pictures, one a burst, copies left out: ratios by relation of the rooms."""
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as root:
        clips, stills = _laid_out("world", Path(root, "files"))
        with Case.create(Path(root, "case"), "Bench") as case:
            ingest(case, [Delivery("A", Path(root, "files"), "bench", "")], Quiet(), jobs=1)
            process(case, "inline", 1, Quiet(), until="moments_index")
            start = time.process_time()
            process(case, "inline", 1, Quiet(), until="clip_sights")
            spent = (time.process_time() - start) / len(clips)
            found = dict(_ratios(case))
    yield from _told(clips, stills, found)
    yield told_row("world: a clip among stills and clips", str(len(clips)), f"{spent:.1f} s CPU to be linked")


def _laid_out(name: str, folder: Path) -> tuple[dict[str, Row], dict[str, Row]]:
    """Files by their number in a folder; what is true of the clips, and of the stills."""
    root = DATA / name / "truth"
    paths = {row["file_id"]: DATA / name / row["path"] for row in table(root / "files.csv")}
    twins = {row["room"]: row["twin_of"] for row in table(root / "rooms.csv")}
    shown = [row for row in table(root / "originals.csv") if row["burst_of"] in {"", row["file_id"]}]
    clips, stills = (
        {row["file_id"]: row | {"twin_of": twins[row["room"]]} for row in rows} for rows in (table(root / "videos.csv"), shown)
    )
    folder.mkdir()
    for file_id in (*clips, *stills):
        shutil.copyfile(paths[file_id], folder / file_id)
    return clips, stills


def _ratios(case: Case) -> Iterator[tuple[frozenset[str], float]]:
    """log10 place LR of each pair with a clip that was found to show something together."""
    paths = reads.stacked_paths(case, reads.item_names(case))
    for row in sights.boxes(case, standing_keys(case)):
        if max(row.time_a, row.time_b) >= 0:
            yield frozenset(paths[item][0].rpartition("> ")[2] for item in (row.a, row.b)), row.place_lr / 1000


def _told(clips: dict[str, Row], stills: dict[str, Row], found: dict[frozenset[str], float]) -> Iterator[dict[str, str]]:
    every: dict[str, int] = defaultdict(int)
    ratios: dict[str, list[float]] = defaultdict(list)
    for clip, shown in clips.items():
        for still, seen in stills.items():
            every[relation(shown, seen)] += 1
            if frozenset((clip, still)) in found:
                ratios[relation(shown, seen)].append(found[frozenset((clip, still))])
    for name, count in sorted(every.items()):
        told = np.array(ratios[name])
        yield told_row(
            f"world: clip and still, {name}",
            str(count),
            f"{len(told)} with a sight; place LR > 1: {(told > 0).sum()}, > 10: {(told > 1).sum()}",
        )
    same = np.array([value for name in SAME_ROOM for value in ratios[name]])
    strangers = np.array([value for name in STRANGERS for value in ratios[name]])
    yield told_row(
        "world: clip and still, place ratios of those with a sight",
        f"{len(same)} + {len(strangers)}",
        f"Cllr {likelihood.cllr(same, strangers):.3f}, least {likelihood.cllr_min(same, strangers):.3f}",
    )
