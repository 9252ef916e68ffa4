"""Reports of platforms that cannot wait: how many are among the first that are read, beside the flag alone and arrival.

usage: python bench/reports.py [--sets N] [--json FILE]

Sets are made up (``homeward.testing.communities.platform_reports``): 100,000 reports each, with those of 200 urgent incidents
among them. An incident is found when any of its reports is read; of a folded entry every report costs one reading. The
points were set by what the flags mean, before any set was made; that known files join nobody was found on set 1000, which is
not reported.
Intervals: bootstrap over incidents of all sets.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterable
from pathlib import Path

from common import report
from homeward.communities.triage import LOW, Clock, triage
from homeward.testing.communities.platform_reports import NOW, Made, make

FIRST = 0.05
CLOCK = Clock(NOW, 90)
_DRAWS = 1000


def measured(sets: int) -> dict[str, str]:
    """The row of the table."""
    found: dict[str, list[bool]] = {"ours": [], "flag": [], "fifo": []}
    seconds, missed, stated = [], [], []
    for seed in range(sets):
        made = make(2000 + seed)
        began = time.process_time()
        folds = triage([one.report for one in made], [one.local for one in made], CLOCK, seed.to_bytes(32, "big"))
        seconds.append(time.process_time() - began)
        ours = [at for fold in folds for at in fold.members]
        flagged = sorted(range(len(made)), key=lambda at: not made[at].report.escalated)
        for name, order in (("ours", ours), ("flag", flagged), ("fifo", range(len(made)))):
            found[name] += _found(made, order)
        low = [any(made[at].incident >= 0 for at in fold.members) for fold in folds if fold.queue == LOW]
        audited = [any(made[at].incident >= 0 for at in fold.members) for fold in folds if fold.audit]
        missed.append(sum(low) / len(low))
        stated.append(sum(audited) / len(audited))
    best = max(sum(found["flag"]), sum(found["fifo"])) / len(found["ours"])
    return {
        "what": "urgent incidents in the first 5 % that are read",
        "on": f"{sets} sets of 100,000 reports, 200 incidents each",
        "ours": _share(found["ours"]),
        "priority flag alone": _share(found["flag"]),
        "first in, first out": _share(found["fifo"]),
        "ratio": f"{sum(found['ours']) / len(found['ours']) / best:.2f}",
        "target": ">= 0.90",
        "urgent left in the low queue": f"{sum(missed) / sets:.5f} of it; told by the audit: {sum(stated) / sets:.5f}",
        "seconds of processor a set": f"{sum(seconds) / sets:.1f}",
    }


def _found(made: list[Made], order: Iterable[int]) -> list[bool]:
    """For each incident whether it is among the first."""
    least = {one.incident: False for one in made if one.incident >= 0}
    for read, at in enumerate(order):
        if read >= FIRST * len(made):
            break
        if made[at].incident >= 0:
            least[made[at].incident] = True
    return list(least.values())


def _share(found: list[bool]) -> str:
    draw = random.Random(1)
    shares = sorted(sum(draw.choices(found, k=len(found))) / len(found) for _ in range(_DRAWS))
    return f"{sum(found) / len(found):.3f} ({shares[24]:.3f}-{shares[974]:.3f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=5)
    parser.add_argument("--json", type=Path, default=None)
    asked = parser.parse_args()
    report("Reports of platforms: what cannot wait", [measured(asked.sets)], asked.json)
