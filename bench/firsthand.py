"""Whether what a seized disk holds first-hand is by its owner's cameras, on a rendered world.

usage: python bench/firsthand.py CASE [--world NAME] [--json FILE]

CASE holds what all agencies of the world hold, one exhibit an agency. Beside it: the same with headers unread, so that only
pixels and bytes order the files. Intervals: 95 %, by drawing sources with replacement.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

import homeward
from common import DATA, report
from homeward.flow.series.firsthand import held
from homeward.links.firsthand import FirstHand, How, firsthand

DRAWS = 1000
Mine = Callable[[FirstHand, str], bool]


def main(case: Path, world: str, out: Path | None) -> None:
    """Measure, print, and write."""
    truth = DATA / world / "truth"
    files = {row["sha256"]: row["root"] for row in _rows(truth / "files.csv")}
    owner = {row["file_id"]: row["owner"] for row in _rows(truth / "originals.csv")}
    actor = {row["seizure"]: row["actor"] for row in _rows(truth / "seizures.csv")}

    def mine(source: FirstHand, sha256: str) -> bool:
        return owner.get(files.get(sha256, ""), "?") == actor.get(source.source[1])

    with homeward.open(case) as opened:
        all_files = [file for file in held(opened) if file.sha256 in files]
    bare = [msgspec.structs.replace(file, straight=False, named=False) for file in all_files]
    ours, plain = firsthand(all_files), firsthand(bare)
    rows = [
        _row("straight, only here", ours, {How.STRAIGHT}, mine),
        _row("straight", ours, {How.STRAIGHT, How.STRAIGHT_TOO}, mine),
        _row("straight or least processed here", ours, {How.STRAIGHT, How.STRAIGHT_TOO, How.LEAST}, mine),
        _row("most pixels, then bytes", plain, {How.LEAST, How.ALONE}, mine),
    ]
    report(f"First-hand by the owner of what was seized ({world})", rows, out)


def _row(name: str, sources: list[FirstHand], hows: set[How], mine: Mine) -> dict[str, object]:
    counts = [_count(source, hows, mine) for source in sources]
    said, right, true = (sum(column) for column in zip(*counts, strict=True))
    on = f"{len(sources)} sources; {said} said, {true} true"
    return {
        "what": name,
        "on": on,
        "precision": _interval(counts, 1, 0),
        "recall": _interval(counts, 1, 2),
        "right": str(right),
    }


def _count(source: FirstHand, hows: set[How], mine: Mine) -> tuple[int, int, int]:
    """Pictures said, those of them by a camera of the owner, and all by a camera of the owner."""
    said = [one for one in source.standings if one.how in hows]
    true = [one for one in source.standings if mine(source, one.sha256)]
    return len(said), sum(mine(source, one.sha256) for one in said), len(true)


def _interval(counts: list[tuple[int, int, int]], over: int, under: int) -> str:
    draw = random.Random(1)

    def share(some: list[tuple[int, int, int]]) -> float:
        return sum(one[over] for one in some) / max(1, sum(one[under] for one in some))

    values = sorted(share(draw.choices(counts, k=len(counts))) for _ in range(DRAWS))
    return f"{share(counts):.3f} ({values[int(0.025 * DRAWS)]:.3f}-{values[int(0.975 * DRAWS)]:.3f})"


def _rows(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path)
    parser.add_argument("--world", default="world")
    parser.add_argument("--json", type=Path, dest="out")
    told = parser.parse_args()
    main(told.case, told.world, told.out)
