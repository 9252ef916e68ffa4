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

BAR = (12, 100)
"""Rows and columns of the bar, of random grey, which is enlarged over the width of a picture and a tenth of its height."""
DISTANCE = 6
"""Pixels between the bar and the lower edge."""


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
    """A picture (h, w) with the bar over its lower edge; pictures of one width get the same bar."""
    height, width = pixels.shape
    high = round(0.1 * min(height, width))
    bar = np.random.default_rng(5).integers(0, 256, BAR, dtype=np.uint8)
    marked = pixels.copy()
    size = (width - 2 * DISTANCE, high)
    marked[-high - DISTANCE : -DISTANCE, DISTANCE:-DISTANCE] = cv2.resize(bar, size, interpolation=cv2.INTER_NEAREST)
    return marked


def _linked(folder: Path, files: Path, shown: list[Row]) -> Counter[str]:
    """Pairs of pictures with a place LR above 1, by the relation of their rooms."""
    with Case.create(folder, "Bench") as case:
        ingest(case, [Delivery("A", files, "bench", "")], Quiet(), jobs=2)
        process(case, "processes", 2, Quiet(), until="sights")
        paths = reads.stacked_paths(case, reads.item_names(case))
        rows = [row for row in sights.boxes(case, standing_keys(case)) if row.place_lr > 0]
        numbers = {item: int(paths[item][0].rpartition("> ")[2].removesuffix(".png")) for item in paths}
        return Counter(relation(shown[numbers[row.a]], shown[numbers[row.b]]) for row in rows)
