"""The cases of single agencies, each made of what that agency holds alone, and what is true of their series."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from common import DATA, HOMEWARD, run
from homeward.store import Case, reads, series

DRAWS = 1000
Row = dict[str, str]


def made(world: str, agency: str, prepared: Path | None, scratch: Path) -> Path:
    """The case of ``agency``, to be written in: a copy of the one below ``prepared``, or made by the commands."""
    target = scratch / agency
    if prepared is not None:
        shutil.copytree(prepared / agency, target)
        return target
    view = [sys.executable, str(DATA / world / "agency_view.py"), str(DATA / world), agency, str(scratch / f"{agency}-held")]
    subprocess.run(view, check=True, stdout=subprocess.DEVNULL)
    run([*HOMEWARD, "init", str(target), "--agency", agency])
    run([*HOMEWARD, "ingest", str(target), str(scratch / f"{agency}-held"), "--exhibit", agency, "--authority", "bench"])
    run([*HOMEWARD, "process", str(target), "--jobs", "1"])
    return target


def owners(case: Case, truth: dict[str, dict[str, str]]) -> dict[str, Counter[str]]:
    """Series -> how many of its files are of which owner."""
    names = reads.item_names(case)
    found: dict[str, Counter[str]] = {}
    for item, name in series.members(case).items():
        if names[item] in truth:
            found.setdefault(name, Counter())[truth[names[item]]["owner"]] += 1
    return found


def edits(files: Iterable[dict[str, str]]) -> dict[str, frozenset[tuple[str, str]]]:
    """By file, the edits since its original, each with the file that it made: what two files do not share lies between them."""
    rows = {row["file_id"]: row for row in files}
    found: dict[str, frozenset[tuple[str, str]]] = {}
    for name in rows:
        made, at = set(), name
        while at in rows and rows[at]["parent"]:
            made |= {(at, str(one["op"])) for one in json.loads(rows[at]["transform"] or "[]")} or {(at, "saved again")}
            at = rows[at]["parent"]
        found[name] = frozenset(made)
    return found


def most_of(counts: Counter[str]) -> set[str]:
    """Who made most, all of them where several did."""
    return {name for name, count in counts.items() if count == max(counts.values())}


def interval(rows: list[tuple[str, bool]]) -> tuple[float, float]:
    """Of a share, by draws of groups."""
    if not rows:
        return 0.0, 1.0
    groups: dict[str, list[bool]] = defaultdict(list)
    for group, hit in rows:
        groups[group].append(hit)
    sums = np.array([(sum(some), len(some)) for some in groups.values()])
    drawn = np.random.default_rng(0).integers(0, len(sums), (DRAWS, len(sums)))
    totals = sums[drawn].sum(axis=1)
    low, high = np.quantile(totals[:, 0] / totals[:, 1], (0.025, 0.975))
    return float(low), float(high)


def row(what: str, ours: str, peer: str, limit: str) -> Row:
    return {"what": what, "ours": ours, "beside it": peer, "limit": limit}
