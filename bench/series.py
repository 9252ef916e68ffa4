"""From files to series: who belongs together, how far the ratios can be believed, and how soon the decisive link is on screen.

usage: python bench/series.py [--world world] [--cases FOLDER] [--held NAME...] [--growth] [--json FILE]

The whole flow is run on what each agency of a rendered world holds (``agency_view.py``), and on all of it pooled. FOLDER holds
a case for each, ``pooled`` and ``agencyA`` to ``agencyD``; what is missing there is made (half an hour of processor time each).
Calibration and limits were chosen on another world. A unit is a stack of copies, or what lies alone; right is who made it.
Intervals: 95 % of 1,000 bootstrap draws of owners.

* B-cubed precision, recall and F1 of units, of what was joined by itself, and with the right ones of what was proposed.
* Cllr of every pair of units, owners weighed alike; beside it each single kind of cue, *fitted on the very pairs it is reported
  on*, by the same regression.
* Views: distinct pictures opened until a decisive link is on screen: two pictures of one owner, of two sittings, and of another
  home or by another camera. Ours: in the order of ``homeward series queue``, which takes all series in turn (no order can come
  to less than two pictures for each owner up to the middle one), and in the part of it that is about one series, the first in
  the list that holds pictures of that owner. Beside it all files in the order of folders, and that with one picture a stack.
  There a person sees a link once both pictures have been opened and show one room or one thing that was carried along; as if
  every two decisive pictures were seen to be linked, shown or not, is told too.
* A case of one agency that is missing in FOLDER is made of the pooled one, if that is there (``remembered.py``).
* Growth (``--growth``): processor time of ``ingest`` and ``process`` for three deliveries of 1 % of an agency's files, each
  for itself, over that for the 97 % before them; what a delivery costs depends on which files are in it.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations, pairwise
from pathlib import Path

import msgspec
import numpy as np

import homeward
from calibrate_fusion import FLOORS, cost, fitted, ratios
from common import DATA, HOMEWARD, report, run
from homeward.flow.series import fusing, listing, looking
from homeward.links.fuse import FAMILIES, calibration
from homeward.series.grouping import group
from homeward.store import Case, reads
from remembered import cases
from series_data import AGENCIES, Held, Pair, held

DRAWS = 1000
Groups = list[list[int]]


def main() -> None:
    """Print one table for what is held by whom."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--world", default="world")
    asked.add_argument("--cases", type=Path)
    asked.add_argument("--held", nargs="+", default=["pooled", *AGENCIES])
    asked.add_argument("--growth", action="store_true")
    asked.add_argument("--json", type=Path)
    told = asked.parse_args()
    made = cases(told.world, told.cases, told.held)
    rows = [row for name, folder in made.items() for row in _rows(name, told.world, folder)]
    if told.growth:
        rows.append(_growth(told.world))
    report("Series", rows, told.json)


def _rows(name: str, world: str, folder: Path) -> list[dict[str, str]]:
    had = held(world, folder)
    began = time.process_time()
    with homeward.open(folder) as case:
        pairs = list(fusing.fused_pairs(case))
        found = group(sorted(set(fusing.units(case).values())), pairs, crowds=fusing.crowds(case))
        spent = time.process_time() - began
        files, queue, about = _in_order(case), _queue(case), _about(case)
    owners = sorted(set(had.owner.values()))
    mixed = sum(len({had.owner[unit] for unit in one if unit in had.owner}) > 1 for one in found.series)
    right = [join.pair for join in found.proposed if had.owner.get(join.pair[0]) == had.owner.get(join.pair[1])]
    automatic, helped = _bcubed(had, found.series), _bcubed(had, _joined(found.series, right))
    fused, single = _costs(had)
    views = _views(had, queue, files)
    by_itself = _middle(had, _to_links_of_one(had, about), len(had.owner))[1]
    what = f"{name}: {len(had.owner)} units of {len(owners)} owners"
    lines = [
        ("B-cubed precision, automatic", automatic[0], "", "1"),
        ("B-cubed recall, automatic", automatic[1], "", ""),
        ("B-cubed F1, automatic", automatic[2], "", ""),
        ("B-cubed F1, with the right proposals", helped[2], "", ""),
        ("series with two owners", str(mixed), "", "0"),
        ("proposals, right of all", f"{len(right)} of {len(found.proposed)}", "", ""),
        ("Cllr, fused; best single cue fitted on these pairs", fused, single, "below"),
        ("views to the link, median; beside: folders", views[0], views[1], "10; 20 times"),
        ("views to the link, median; beside: one a stack", views[0], views[2], ""),
        ("views to the link, each series by itself, median", by_itself, "", ""),
        ("processor seconds of fusing and grouping", f"{spent:.2f}", "", ""),
    ]
    return [{"held by": what, "figure": line, "ours": ours, "beside": beside, "target": to} for line, ours, beside, to in lines]


def _bcubed(had: Held, groups: Groups) -> tuple[str, str, str]:
    """Precision, recall and F1 with intervals."""
    home = {unit: at for at, one in enumerate(groups) for unit in one}
    by_owner: dict[str, list[int]] = defaultdict(list)
    for unit, owner in had.owner.items():
        by_owner[owner].append(unit)
    told: dict[str, list[tuple[float, float]]] = {}
    for owner, units in by_owner.items():
        for unit in units:
            mates = [other for other in groups[home[unit]] if other in had.owner]
            common = sum(had.owner[other] == owner for other in mates)
            told.setdefault(owner, []).append((common / len(mates), common / len(units)))
    owners = sorted(told)
    sums = {owner: np.array([*np.sum(told[owner], axis=0), len(told[owner])]) for owner in owners}

    def figures(drawn: Sequence[str]) -> tuple[float, float, float]:
        total = sum(sums[owner] for owner in drawn)
        precision, recall = total[:2] / total[2]
        return precision, recall, 2 * precision * recall / (precision + recall)

    rng = np.random.default_rng(0)
    draws = np.array([figures(list(rng.choice(owners, len(owners)))) for _ in range(DRAWS)])
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    values = figures(owners)
    return tuple(f"{values[at]:.3f} ({low[at]:.3f} to {high[at]:.3f})" for at in range(3))  # type: ignore[return-value]


def _costs(had: Held) -> tuple[str, str]:
    """Cllr of the fused ratio with its interval, and the best single kind's."""
    same, weights = had.weighed()
    if same.all() or not same.any():
        return "-", "-"
    values = ratios(had, calibration())
    ten = np.log(10)
    lost = np.logaddexp(0, np.where(same, -ten, ten) * values) / (2 * np.log(2))
    by: dict[frozenset[str], list[float]] = defaultdict(list)
    for (a, b), one in zip(had.pairs(), lost, strict=True):
        by[frozenset((had.owner[a], had.owner[b]))].append(float(one))
    mean = {who: float(np.mean(some)) for who, some in by.items()}
    owners = sorted({owner for who in mean if len(who) == 1 for owner in who})
    rng, draws = np.random.default_rng(0), []
    for _ in range(DRAWS):
        drawn = rng.choice(owners, len(owners))
        other = [mean[who] for a, b in combinations(drawn, 2) if a != b and (who := frozenset((a, b))) in mean]
        if other:
            draws.append(np.mean([mean[frozenset((owner,))] for owner in drawn]) + np.mean(other))
    low, high = np.percentile(draws, [2.5, 97.5])
    best, kind = min((_alone(had, kind), kind) for kind in FAMILIES)
    return f"{cost(values, same, weights):.3f} ({low:.3f} to {high:.3f})", f"{best:.3f} ({kind})"


def _alone(had: Held, kind: str) -> float:
    """Cllr of one kind of cue, fitted on the very pairs."""
    kept = {pair: [cue for cue in cues if cue.kind == kind] for pair, cues in had.evidence.items()}
    only = msgspec.structs.replace(had, evidence={pair: cues for pair, cues in kept.items() if cues})
    same, weights = had.weighed()
    return cost(ratios(only, fitted([only], FLOORS, {FAMILIES[kind]})), same, weights)


def _joined(groups: Groups, pairs: Iterable[Pair]) -> Groups:
    """What stands when a person accepts some proposals."""
    units = [unit for one in groups for unit in one]
    chains = [pair for one in groups for pair in pairwise(one)]
    return group(units, [], [*chains, *pairs]).series


def _views(had: Held, queue: Sequence[Pair], files: Sequence[tuple[int, int]]) -> tuple[str, str, str]:
    """Median over owners of views by our queue, by folders, and by folders with one picture a stack."""
    single = [(unit, unit) for unit in dict.fromkeys(unit for _, unit in files)]
    ours = _to_links(had, queue)
    middle, said = _middle(had, ours, len(single))
    beside = []
    for shown in (files, single):
        end = len({item for item, _ in shown})
        seen, any_two = (_middle(had, _to_pairs(had, shown, visible=visible), end) for visible in (True, False))
        beside.append(f"{seen[1]} ({seen[0] / middle:.1f} times); any two: {any_two[0]:g}")
    return said, *beside  # type: ignore[return-value]


def _middle(had: Held, views: dict[str, int], end: int) -> tuple[float, str]:
    """Median over owners who have a decisive link, ``end`` where it is never shown, and that in words."""
    owners = sorted(owner for owner in set(had.owner.values()) if any(_decisive(had, *pair) for pair in _of(had, owner)))
    middle = statistics.median(views.get(owner, end) for owner in owners)
    missed = sum(owner not in views for owner in owners)
    return middle, f"{middle:g}" + (f", {missed} of {len(owners)} never" if missed else f", all {len(owners)}")


def _about(case: Case) -> list[tuple[set[int], list[Pair]]]:
    """Of each series, in the order of work, its units and the part of the queue that is about it."""
    items = {sha256: item for item, sha256 in reads.item_names(case).items()}
    home, rows = fusing.units(case), looking.queue(case)
    pairs = [(home[items[one["a"]]], home[items[one["b"]]]) for one in rows]
    found = []
    for series in listing.listed(case):
        name = series["id"]
        own = [pair for one, pair in zip(rows, pairs, strict=True) if name in {one["series"], one["other"]}]
        found.append(({home[items[item["sha256"]]] for item in series["items"]}, own))
    return found


def _to_links_of_one(had: Held, about: Iterable[tuple[set[int], list[Pair]]]) -> dict[str, int]:
    """For each owner the pictures opened in the first series of theirs until a decisive link of theirs is shown."""
    found: dict[str, int] = {}
    begun: set[str] = set()
    for units, pairs in about:
        views = _to_links(had, pairs)
        for owner in {had.owner[unit] for unit in units if unit in had.owner} - begun:
            begun.add(owner)
            found |= {owner: views[owner]} if owner in views else {}
    return found


def _queue(case: Case) -> list[Pair]:
    """Pairs of units in the order of ``homeward series queue``."""
    items = {sha256: item for item, sha256 in reads.item_names(case).items()}
    home = fusing.units(case)
    return [(home[items[one["a"]]], home[items[one["b"]]]) for one in looking.queue(case)]


def _to_links(had: Held, queue: Iterable[Pair]) -> dict[str, int]:
    """For each owner the pictures opened until a decisive link of theirs is shown."""
    opened: set[int] = set()
    found: dict[str, int] = {}
    for a, b in queue:
        opened |= {a, b}
        if _decisive(had, a, b):
            found.setdefault(had.owner[a], len(opened))
    return found


def _to_pairs(had: Held, shown: Iterable[tuple[int, int]], *, visible: bool) -> dict[str, int]:
    """For each owner the files opened until two of units that are a decisive link, and show it, have been."""
    opened: set[int] = set()
    units: dict[str, set[int]] = defaultdict(set)
    found: dict[str, int] = {}
    for item, unit in shown:
        opened.add(item)
        owner = had.owner.get(unit, "")
        if owner and owner not in found:
            if any(_decisive(had, unit, other) and (not visible or had.shows(unit, other)) for other in units[owner]):
                found[owner] = len(opened)
            units[owner].add(unit)
    return found


def _decisive(had: Held, a: int, b: int) -> bool:
    """Whether two units of one owner are of two sittings, and of another home or another camera."""
    if had.owner.get(a) != had.owner.get(b) or a not in had.owner or had.session[a] == had.session[b]:
        return False
    return had.place[a] != had.place[b] or had.device[a] != had.device[b]


def _of(had: Held, owner: str) -> Iterable[Pair]:
    return combinations(sorted(unit for unit, one in had.owner.items() if one == owner), 2)


def _in_order(case: Case) -> list[tuple[int, int]]:
    """Item and unit of every file that can be looked at, in the order of exhibits and folders."""
    home = fusing.units(case)
    placed = sorted((path, item) for item, paths in reads.stacked_paths(case, home).items() for path in paths)
    return [(item, home[item]) for _, item in placed if item in home]


def _growth(world: str) -> dict[str, str]:
    """What a hundredth of an agency's files costs that comes last."""
    root = Path(tempfile.mkdtemp(prefix="homeward-growth-"))
    view = [sys.executable, str(DATA / world / "agency_view.py"), str(DATA / world), AGENCIES[0], str(root / "view")]
    subprocess.run(view, check=True, stdout=subprocess.DEVNULL)
    files = sorted(path for path in (root / "view").rglob("*") if path.is_file())
    deliveries = {f"new{begin}": files[begin::100] for begin in (0, 33, 66)}
    for name, new in deliveries.items():
        for path in new:
            target = root / name / path.relative_to(root / "view")
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
    case = str(root / "case")
    run([*HOMEWARD, "init", case, "--agency", "Bench"])
    spent = []
    for exhibit in ("view", *deliveries):
        first = run([*HOMEWARD, "ingest", case, str(root / exhibit), "--exhibit", exhibit, "--authority", "bench"])
        spent.append(first.cpu + run([*HOMEWARD, "process", case, "--jobs", "1"]).cpu)
    shutil.rmtree(root)
    each = ", ".join(f"{len(new)} files {cpu:.1f} s" for new, cpu in zip(deliveries.values(), spent[1:], strict=True))
    return {
        "held by": f"{AGENCIES[0]}: {len(files)} files",
        "figure": "processor time for 1 % new files, mean of three deliveries, over that for the rest",
        "ours": f"{statistics.mean(spent[1:]) / spent[0]:.3f} ({each}; {spent[0]:.0f} s)",
        "beside": "",
        "target": "0.03",
    }


if __name__ == "__main__":
    main()
