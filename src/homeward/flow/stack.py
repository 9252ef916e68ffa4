"""Which stills are copies by their copy hashes alone: what the verification of copies starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from homeward.core.canonical import Plain
from homeward.flow.clips import stacked_clips
from homeward.flow.described import copy_hashes, set_key
from homeward.flow.steps import Step
from homeward.links.stacks import stack as group
from homeward.store import reads, results, vouching
from homeward.store.results import StackRow

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case

STILL = -1


def stack(case: Case, step: Step, progress: Progress) -> None:
    """Put the stacks of everything that is there in the place of the old ones; nothing to do when nothing has changed."""
    key = set_key(case, step)
    if results.step_key(case, step.name) == key:
        return
    progress.begin(step.caption, 1)
    rows = _stacks(case)
    progress.advance()
    details: dict[str, Plain] = {"step": step.name, "version": step.version, "params": step.params_digest, "members": len(rows)}
    with case.batch("step.set", details) as batch:
        results.replace_stacks(case, rows)
        results.write_step_key(case, step.name, key)
        batch.details["rows"] = vouching.set_digest(case, step.name)


def _stacks(case: Case) -> list[StackRow]:
    members = {row.item: row for row in stacked_clips(case)}
    hashes = copy_hashes(case)
    still = hashes.times == STILL
    items = hashes.items[still]
    if len(items):
        facts = reads.item_facts(case)
        order = np.array(sorted(range(len(items)), key=lambda row: facts[int(items[row])].rank), np.int64)
        found = group(hashes.codes[still], hashes.qualities[still], order)
        sizes = np.bincount(found.exemplar, minlength=len(items))
        for row in np.flatnonzero(sizes[found.exemplar] > 1):
            exemplar = int(items[found.exemplar[row]])
            members[int(items[row])] = StackRow(int(items[row]), exemplar, int(found.distance[row]))
    return [members[item] for item in sorted(members)]
