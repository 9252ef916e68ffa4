"""Runs one command in a process of its own and kills it; says what a case holds, apart from times and the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from homeward.store import Case, known, reads, series, stacks
from homeward.store.models import Job, Media
from warm import start

POINTS = {
    "after a segment is written, before its row": ("homeward.store.segments", "Segments.append", "after"),
    "before the ledger entry": ("homeward.store.batch", "Batch._record", "before"),
    "after the ledger entry, before the commit": ("homeward.store.batch", "Batch._record", "after"),
    "after the commit": ("homeward.store.batch", "Batch.__exit__", "after"),
    "after jobs are leased": ("homeward.store.jobs", "Jobs.lease", "after"),
    "before the ledger is published": ("homeward.store.custody", "Custody.publish", "before"),
    "after a known list's files are in place, before its row": ("homeward.store.known_files", "NewShelf.keep", "after"),
    "while matches are written": ("homeward.store.known", "add_matches", "after"),
    "after occurrences are written": ("homeward.store.intake", "_write", "after"),
    "while stacks are written": ("homeward.flow.copies.stack", "_write", "after"),
    "before the indexes of stacks follow": ("homeward.flow.copies.standing", "CaseStacks.__init__", "before"),
    "while verdicts on pairs are written": ("homeward.store.results", "write_kin", "after"),
    "while sights are written": ("homeward.store.sights", "write_sights", "after"),
    "after lines are written": ("homeward.store.texts", "write_lines", "after"),
    "while series are replaced": ("homeward.store.series", "_replace", "after"),
    "while copies are replaced": ("homeward.store.results", "replace_copies", "after"),
}
"""Where a process can be killed: module, function, and on which side of the call."""


READING = "after lines are written"
"""The only one of them that lies where words are read."""


def run(arguments: list[str], *, wordless: bool = False) -> None:
    """Run ``homeward`` undisturbed."""
    done = start(arguments, wordless=wordless).end()
    assert done.code == 0, done.err


def state(folder: Path) -> dict[str, Any]:
    """Everything a case says, without times of work, row numbers or the ledger."""
    with Case.open(folder) as case:
        names = dict(reads.Item.objects.using(case.alias).values_list("id", "sha256"))
        segments: dict[str, list[tuple[Any, ...]]] = {}
        for descriptor in sorted(path.name for path in (folder / "segments").iterdir()):
            records = np.concatenate(list(case.segments.read(descriptor)))
            listed = [(names[r["item"]], int(r["time_ms"]), int(r["quality"]), r["value"].tobytes()) for r in records]
            segments[descriptor] = sorted(listed)
        jobs = Job.objects.using(case.alias).values_list("step", "version", "item__sha256", "state", "reason")
        return {
            "occurrences": list(reads.occurrences(case)),
            "media": sorted(map(str, Media.objects.using(case.alias).values_list("item__sha256", "format", "facts", "damage"))),
            "stacks": stacks.stacks(case),
            "series": {names[item]: name for item, name in series.members(case).items()},
            "matches": known.matches(case),
            "findings": reads.findings(case),
            "jobs": sorted(jobs),
            "segments": segments,
        }


def commands(case: Path, material: Path, listed: Path) -> list[list[str]]:
    """From an empty case to answers."""
    return [
        ["ingest", str(case), str(material), "--exhibit", "A", "--authority", "W"],
        ["known", "add", str(case), str(listed)],
        ["process", str(case)],
    ]
