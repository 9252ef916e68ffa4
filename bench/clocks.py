"""Intervals of clocks on a rendered world: how many hold the true offset, how many are closed, how wide they are.

usage: python bench/clocks.py CASE [--world NAME] [--json FILE]

CASE holds what all agencies of the world hold, with every step run; it is copied, and what people say is said in the copy. The
true offset of a device is the median of what its pictures say less the true time; a device is that of its first picture. People
say of a random fifth of the originals: where each was taken and what light there was outside, called by the sun's true height
as the table of daylight has it; and, of those that two devices made at one place within a day, that they are of one session.
"""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import homeward
from common import DATA, report
from homeward.flow.clues.clue_ledger import sight
from homeward.flow.series.clocks import clocks
from homeward.series.daylight import HEIGHTS, LIGHTS, elevation
from homeward.store import Case, reads

SHARE = 5
DAY = 86_400.0
SEED = 20_261_129


def main(folder: Path, world: str, out: Path | None) -> None:
    """Measure, print, and write."""
    device, offset, when = _truth(world)
    dice = random.Random(SEED)
    with tempfile.TemporaryDirectory() as root:
        shutil.copytree(folder, Path(root) / "case")
        with homeward.open(Path(root) / "case") as case:
            shots = _chosen(case, world, dice)
            rows = [_row("files alone", clocks(case), device, offset, when)]
            lit = _say_light(case, shots, dice)
            rows.append(_row(f"and light in {lit} pictures", clocks(case), device, offset, when))
            sessions = _say_sessions(case, shots)
            rows.append(_row(f"and {sessions} sessions", clocks(case), device, offset, when))
    report(f"Clocks of cameras ({world})", rows, out)


def _row(
    what: str, told: Sequence[dict[str, Any]], device: dict[str, str], offset: dict[str, float], when: dict[str, float]
) -> dict[str, Any]:
    held = [(one, offset[device[one["epochs"][0]["first"]]]) for one in told]
    bounded = [(*one["offset"], true) for one, true in held if one["offset"] != [None, None]]
    inside = [(least is None or least <= true) and (most is None or most >= true) for least, most, true in bounded]
    widths = [(most - least) / 3600 for least, most, _ in bounded if least is not None and most is not None]
    below = [(true - least) / 3600 for least, _, true in bounded if least is not None]
    zoned = [(one["in_zones"], true) for one, true in held if -12 * 3600 <= true <= 14 * 3600]
    hours = [sum(end - begin for begin, end in zones) / 3600 for zones, _ in zoned]
    asked = [
        abs(when[row["sha256"]] - when[row["other"]])
        for one in told
        for row in one["questions"]
        if row["sha256"] < row["other"]
    ]
    in_zones = [any(begin <= true <= end for begin, end in zones) for zones, true in zoned]
    return {
        "what": what,
        "on": f"{len(told)} devices, {len(bounded)} bounded, {len(held) - len(bounded)} contradictory",
        "true offset inside": f"{sum(inside)} of {len(inside)}",
        "closed, median width": f"{len(widths)}, {median(widths):.0f} h" if widths else "0",
        "truth above the least, median": f"{median(below):.0f} h ({min(below):.0f}-{max(below):.0f})" if below else "",
        "hours left if right in a zone, of 26: median": f"{median(hours):.1f} ({min(hours):.1f}-{max(hours):.1f})"
        if hours
        else "",
        "truth inside these": f"{sum(in_zones)} of {len(in_zones)}",
        "asked: taken together?": f"{len(asked)}, {sum(apart <= DAY for apart in asked)} within a day",
        "told wrong in every zone": str(sum(one["right_somewhere"] is False for one in told)),
    }


def _chosen(case: Case, world: str, dice: random.Random) -> list[dict[str, str]]:
    """A random share of the originals that the case holds, with where and when each was taken."""
    held = set(reads.item_names(case).values())
    with (DATA / world / "truth" / "places.csv").open(encoding="utf-8", newline="") as file:
        where = {row["place"]: (row["lat"], row["lon"]) for row in csv.DictReader(file)}
    with (DATA / world / "truth" / "files.csv").open(encoding="utf-8", newline="") as file:
        sha256 = {row["file_id"]: row["sha256"] for row in csv.DictReader(file)}
    shots = []
    with (DATA / world / "truth" / "originals.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if sha256[row["file_id"]] in held and row["exif_time"]:
                latitude, longitude = where[row["place"]]
                shots.append({**row, "sha256": sha256[row["file_id"]], "lat": latitude, "lon": longitude})
    return dice.sample(shots, len(shots) // SHARE)


def _say_light(case: Case, shots: list[dict[str, str]], dice: random.Random) -> int:
    for shot in shots:
        place = np.radians([[float(shot["lat"])], [float(shot["lon"])]])
        height = elevation(_seconds(shot["true_time"]), *place)[0]
        shares = [np.interp(height, HEIGHTS, those) for those in LIGHTS.values()]
        light = dice.choices(list(LIGHTS), shares)[0]
        sight(case, "attribute", f"daylight: {light}", shot["sha256"], None, None, "bench", "light outside")
        sight(case, "coordinate", f"{shot['lat']},{shot['lon']}", shot["sha256"], None, None, "bench", "known home")
    return len(shots)


def _say_sessions(case: Case, shots: list[dict[str, str]]) -> int:
    told = 0
    for place in sorted({shot["place"] for shot in shots}):
        by_time = sorted((shot for shot in shots if shot["place"] == place), key=lambda shot: shot["true_time"])
        while by_time:
            first = _seconds(by_time[0]["true_time"])
            day = [shot for shot in by_time if _seconds(shot["true_time"]) <= first + DAY]
            by_time = by_time[len(day) :]
            if len({shot["device"] for shot in day}) > 1:
                told += 1
                for shot in day:
                    sight(case, "attribute", f"session: {place} {told}", shot["sha256"], None, None, "bench", "same day")
    return told


def _seconds(words: str) -> float:
    return datetime.fromisoformat(words).replace(tzinfo=UTC).timestamp()


def _truth(world: str) -> tuple[dict[str, str], dict[str, float], dict[str, float]]:
    """Device by SHA-256 of a picture, seconds by which each clock is ahead, and when each picture was taken."""
    with (DATA / world / "truth" / "originals.csv").open(encoding="utf-8", newline="") as file:
        taken = {row["file_id"]: row for row in csv.DictReader(file)}
    with (DATA / world / "truth" / "files.csv").open(encoding="utf-8", newline="") as file:
        shot = {row["sha256"]: taken[row["root"]] for row in csv.DictReader(file) if row["root"] in taken}
    ahead: dict[str, list[float]] = defaultdict(list)
    for row in taken.values():
        if row["exif_time"]:
            ahead[row["device"]].append(_seconds(row["exif_time"]) - _seconds(row["true_time"]))
    device, when = ({name: row[column] for name, row in shot.items()} for column in ("device", "true_time"))
    offset = {name: median(values) for name, values in ahead.items()}
    return device, offset, {name: _seconds(time) for name, time in when.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path)
    parser.add_argument("--world", default="world")
    parser.add_argument("--json", type=Path, dest="out")
    asked = parser.parse_args()
    main(asked.case, asked.world, asked.out)
