"""Pictures of one world under the bar of one program: how many pairs of one room are still linked as one place."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from clue_rows import told_row
from homeward.flow.clues.sights import standing_keys
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.store import Case, reads, sights
from sight_data import SAME_ROOM, Row, relation, world

LONGEST = 1024
"""Pixels of the longest side to which a site scales what it shows."""
BAR = (9, 100)
"""Rows and columns of random grey that make up the bar, each of six by six pixels."""
DISTANCE = 6
"""Pixels between the bar and the lower left corner."""


def marks_part() -> Iterator[dict[str, str]]:
    """The camera pictures of ``world-tune``, one a burst: linked as they are, and under a bar at one distance from the edge."""
    held, shown = world("world-tune")
    for what, marked in (("as they are", False), ("under one bar", True)):
        with tempfile.TemporaryDirectory(prefix="homeward-bench-") as root:
            files = Path(root, "files")
            files.mkdir()
            for number, grey in enumerate(held.greys):
                if grey is not None:
                    cv2.imwrite(str(files / f"{number}.png"), under_a_bar(grey.pixels) if marked else grey.pixels)
            linked = _linked(Path(root, "case"), files, shown)
        told = "; ".join(f"{rooms}: {linked[rooms]}" for rooms in (*SAME_ROOM, "other home", "twin room"))
        yield told_row(f"world-tune, {what}: pairs with place LR > 1", str(len(shown)), told)


def under_a_bar(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture (h, w) as a site shows it: scaled to one longest side, with one bar in its corner."""
    scale = LONGEST / max(pixels.shape)
    marked = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    bar = np.random.default_rng(5).integers(0, 256, BAR, dtype=np.uint8).repeat(6, axis=0).repeat(6, axis=1)
    high, wide = bar.shape
    marked[-high - DISTANCE : -DISTANCE, DISTANCE : wide + DISTANCE] = bar
    return np.asarray(marked, np.uint8)


def _linked(folder: Path, files: Path, shown: list[Row]) -> Counter[str]:
    """Pairs of pictures with a place LR above 1, by the relation of their rooms."""
    with Case.create(folder, "Bench") as case:
        ingest(case, [Delivery("A", files, "bench", "")], Quiet(), jobs=2)
        process(case, "processes", 2, Quiet(), until="sights")
        paths = reads.stacked_paths(case, reads.item_names(case))
        rows = [row for row in sights.boxes(case, standing_keys(case)) if row.place_lr > 0]
        numbers = {item: int(paths[item][0].rpartition("> ")[2].removesuffix(".png")) for item in paths}
        return Counter(relation(shown[numbers[row.a]], shown[numbers[row.b]]) for row in rows)
