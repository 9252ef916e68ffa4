"""Pairs of pictures of a rendered world that the local index puts first, what a sight says of them, and the truth."""

from __future__ import annotations

import csv
import tempfile
from collections import defaultdict
from pathlib import Path

import msgspec
import numpy as np

from common import DATA
from homeward.descriptors import descriptor
from homeward.descriptors.scene import Features, unpack
from homeward.indexes.local import LocalIndex
from homeward.links.sights import sight
from homeward.media.stills import decode_still

CANDIDATES = 25
LEAST_FEATURES = 12
SEEN = 2000
"""Visible pixels from which a thing counts as shown."""
Row = dict[str, str]


class Pair(msgspec.Struct, frozen=True):
    """Two camera pictures and what is true of them; scores are 0 where nothing agrees."""

    rooms: tuple[str, str]
    places: tuple[str, str]
    twins: bool
    shared: bool
    """Whether one thing or surface is shown in both."""
    score: int
    deep: int
    spread: int

    def same(self, kind: str) -> bool | None:
        """Whether they show one ``place`` or one ``object``; None where the question does not arise.

        Two rooms of one home are one place that no picture can show.
        """
        if kind == "object":
            return self.shared
        if self.rooms[0] == self.rooms[1]:
            return True
        return None if self.places[0] == self.places[1] else False


def candidates(world: str) -> list[Pair]:
    """Every pair that the index puts among the first 25 of either picture; one picture a burst."""
    root = DATA / world / "truth"
    files = {row["file_id"]: row for row in _table(root / "files.csv")}
    shown = [row for row in _table(root / "originals.csv") if row["burst_of"] in {"", row["file_id"]}]
    features = [_features(DATA / world / files[row["file_id"]]["path"]) for row in shown]
    held = [at for at, found in enumerate(features) if found is not None and len(found) >= LEAST_FEATURES]
    twins = {row["room"]: row["twin_of"] for row in _table(root / "rooms.csv")}
    things = _things(root / "image_objects.csv")
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as folder:
        index = LocalIndex(Path(folder) / "index")
        index.add(np.array(held, np.int64), [features[at].codes for at in held])  # type: ignore[union-attr]
        pairs = {
            (min(at, other), max(at, other))
            for at in held
            for other in index.search(features[at].codes, CANDIDATES + 1).id.tolist()  # type: ignore[union-attr]
            if other != at
        }
    return [_pair(shown[a], shown[b], features[a], features[b], twins, things) for a, b in sorted(pairs)]


def _pair(
    a: Row, b: Row, here: Features | None, there: Features | None, twins: dict[str, str], things: dict[str, set[str]]
) -> Pair:
    found = sight(here, there) if here is not None and there is not None else None
    return Pair(
        rooms=(a["room"], b["room"]),
        places=(a["place"], b["place"]),
        twins=twins[a["room"]] == b["room"] or twins[b["room"]] == a["room"],
        shared=bool(things[a["file_id"]] & things[b["file_id"]]),
        score=found.score if found else 0,
        deep=found.deep if found else 0,
        spread=found.spread if found else 0,
    )


def _features(path: Path) -> Features | None:
    sound = decode_still(path.read_bytes()).sound()
    said = descriptor("scene").describe(sound) if sound is not None else None
    return unpack(said.value) if said is not None else None


def _things(table: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in _table(table):
        if int(row["visible_px"]) >= SEEN:
            found[row["file_id"]].add(row["object_id"])
    return found


def _table(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
