"""Intervals of clocks on a rendered world: how many hold the true offset, how many are closed, how wide they are.

usage: python bench/clocks.py CASE [--world NAME] [--json FILE]

CASE holds what all agencies of the world hold, with every step run. The true offset of a device is the median of what its
pictures say less the true time; a device is that of the picture that sets an end.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from statistics import median

import homeward
from common import DATA, report
from homeward.flow.series.clocks import clocks


def main(case: Path, world: str, out: Path | None) -> None:
    """Measure, print, and write."""
    device, offset = _truth(world)
    with homeward.open(case) as opened:
        told = clocks(opened)
    held = [(*one["offset"], device[one["decisive"][0]["sha256"]]) for one in told if one["decisive"]]
    bounded = [(least, most, offset[name]) for least, most, name in held if least is not None or most is not None]
    inside = [(least is None or least <= true) and (most is None or most >= true) for least, most, true in bounded]
    widths = [(most - least) / 3600 for least, most, _ in bounded if least is not None and most is not None]
    below = [(true - least) / 3600 for least, _, true in bounded if least is not None]
    row = {
        "what": "clock offsets",
        "on": f"{len(told)} devices, {len(bounded)} bounded, {len(held) - len(bounded)} contradictory",
        "true offset inside": f"{sum(inside)} of {len(inside)}",
        "closed, median width": f"{len(widths)}, {median(widths):.0f} h" if widths else "0",
        "truth above the least, median": f"{median(below):.0f} h ({min(below):.0f}-{max(below):.0f})" if below else "",
    }
    report(f"Clocks of cameras ({world})", [row], out)


def _truth(world: str) -> tuple[dict[str, str], dict[str, float]]:
    """Device by SHA-256 of a picture, and seconds by which each clock is ahead."""
    with (DATA / world / "truth" / "originals.csv").open(encoding="utf-8", newline="") as file:
        taken = {row["file_id"]: row for row in csv.DictReader(file)}
    with (DATA / world / "truth" / "files.csv").open(encoding="utf-8", newline="") as file:
        device = {row["sha256"]: taken[row["root"]]["device"] for row in csv.DictReader(file) if row["root"] in taken}
    ahead: dict[str, list[float]] = defaultdict(list)
    for row in taken.values():
        if row["exif_time"]:
            said, true = datetime.fromisoformat(row["exif_time"]), datetime.fromisoformat(row["true_time"])
            ahead[row["device"]].append((said - true).total_seconds())
    return device, {name: median(values) for name, values in ahead.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path)
    parser.add_argument("--world", default="world")
    parser.add_argument("--json", type=Path, dest="out")
    asked = parser.parse_args()
    main(asked.case, asked.world, asked.out)
