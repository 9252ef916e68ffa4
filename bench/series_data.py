"""A case of a rendered world with all steps run, the truth about its units, and their evidence, for benchmarks of series."""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

import homeward
from common import DATA, HOMEWARD, run
from homeward.flow.series import fusing
from homeward.links.fuse import Cue
from homeward.links.fuse_traces import Trace, cues, silence
from homeward.store import reads

AGENCIES = ("agencyA", "agencyB", "agencyC", "agencyD")
MAPPING = """
columns: {id: post_id, site: site, thread: thread, handle: handle, time: time}
time: {zone: UTC}
attachments: {in: attachments, name: name, start: file, after: f, captured: file}
"""
"""Which column of a rendered world's captures is what."""
Pair = tuple[int, int]
Values = NDArray[np.float64]


class Held(msgspec.Struct, frozen=True):
    """Units of a case: who made each, in which situation, and what pairs say."""

    owner: dict[int, str]
    place: dict[int, str]
    room: dict[int, str]
    session: dict[int, str]
    device: dict[int, str]
    items: dict[int, list[int]]
    """The items of each unit."""
    carried: dict[int, frozenset[str]]
    """Things that travel with an owner and are shown in each unit."""
    evidence: dict[Pair, list[Cue]]

    def only(self, owners: set[str]) -> Held:
        """The part of some owners."""
        units = {unit for unit, owner in self.owner.items() if owner in owners}
        parts = ({unit: value for unit, value in side.items() if unit in units} for side in self._sides())
        return Held(*parts, {pair: said for pair, said in self.evidence.items() if units.issuperset(pair)})

    def _sides(self) -> tuple[dict[int, Any], ...]:
        return self.owner, self.place, self.room, self.session, self.device, self.items, self.carried

    def shows(self, a: int, b: int) -> bool:
        """Whether both show one room, or one thing that was carried along."""
        return self.room[a] == self.room[b] or not self.carried[a].isdisjoint(self.carried[b])

    def pairs(self) -> list[Pair]:
        """Every pair of units."""
        return list(combinations(sorted(self.owner), 2))

    def weighed(self) -> tuple[NDArray[np.bool_], Values]:
        """For each pair whether it is of one owner, and its weight: both answers alike, in each every owner (or two) alike."""
        who = [tuple(sorted((self.owner[a], self.owner[b]))) for a, b in self.pairs()]
        often = Counter(who)
        same = np.array([a == b for a, b in who], np.bool_)
        weights = np.array([1 / often[pair] for pair in who])
        for side in (same, ~same):
            weights[side] /= weights[side].sum()
        return same, weights

    def independent(self) -> int:
        """Different pairs of rooms with different owners: pictures of the same two are no independent non-matches."""
        rooms = sorted({(self.owner[unit], self.room[unit]) for unit in self.owner})
        return sum(a[0] != b[0] for a, b in combinations(rooms, 2))


def prepared(world: str, agencies: tuple[str, ...]) -> Path:
    """The folder of a case with all steps run, an exhibit for each agency, made in a temporary folder."""
    root = Path(tempfile.mkdtemp(prefix="homeward-series-"))
    made = root / "case"
    run([*HOMEWARD, "init", str(made), "--agency", "Bench"])
    for agency in agencies:
        view = [sys.executable, str(DATA / world / "agency_view.py"), str(DATA / world), agency, str(root / agency)]
        subprocess.run(view, check=True, stdout=subprocess.DEVNULL)
        run([*HOMEWARD, "ingest", str(made), str(root / agency), "--exhibit", agency, "--authority", "bench"])
        add_captures(made, root / agency)
    run([*HOMEWARD, "process", str(made), "--jobs", "1"])
    return made


def add_captures(case: Path, view: Path) -> None:
    """Take in what an agency captured of boards."""
    mapping = view / "mapping.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    days = ["--from", "2000-01-01", "--to", "2025-12-31", "--completeness", "50%", "--retain-until", "2099-12-31"]
    why = ["--authority", "bench", "--purpose", "a benchmark", "--acquirer", "nobody", "--method", "other"]
    for file in sorted(view.glob("cap-*.jsonl")):
        run([*HOMEWARD, "capture", "add", str(case), str(file), "--label", file.stem, "--mapping", str(mapping), *why, *days])


def held(world: str, folder: Path) -> Held:
    """What a case of ``world`` holds."""
    truth = by_sha256(DATA / world / "truth")
    with homeward.open(folder) as case:
        home = fusing.units(case)
        names = reads.item_names(case)
        traces = fusing.all_traces(case, home)
        evidence = fusing.evidence(case, home)
    items: dict[int, list[int]] = {}
    for item, unit in sorted(home.items()):
        if names[unit] in truth:
            items.setdefault(unit, []).append(item)
    for a, b in combinations(sorted(items), 2):  # what meets nowhere can lie in one folder, or be silent
        if (a, b) not in evidence:
            ends = traces.get(a, Trace(a)), traces.get(b, Trace(b))
            evidence[a, b] = [*cues(*ends), *silence(*ends, cues(*ends))]
    told = ({unit: truth[names[unit]][column] for unit in items} for column in ("owner", "place", "room", "session", "device"))
    shown = _carried(DATA / world / "truth")
    carried = {unit: frozenset(shown.get(truth[names[unit]]["file_id"], ())) for unit in items}
    return Held(*told, items, carried, evidence)


def by_sha256(folder: Path) -> dict[str, dict[str, str]]:
    """By SHA-256, what is true of the camera picture or clip behind a file."""
    shot = {row["file_id"]: row for name in ("originals", "videos") for row in table(folder / f"{name}.csv")}
    return {row["sha256"]: shot[row["root"]] for row in table(folder / "files.csv") if row["root"] in shot}


def _carried(folder: Path) -> dict[str, set[str]]:
    """By camera picture, the carried things of which 2000 pixels are shown."""
    carried = {row["object_id"] for row in table(folder / "objects.csv") if row["carried"] == "1"}
    found: dict[str, set[str]] = defaultdict(set)
    for row in table(folder / "image_objects.csv"):
        if row["object_id"] in carried and int(row["visible_px"]) >= 2000:
            found[row["file_id"]].add(row["object_id"])
    return found


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
