"""Which stills are copies by their copy hashes alone: what the verification of copies starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from homeward.flow.copies.clips import stacked_clips
from homeward.flow.copies.standing import CaseStacks, alone, usable_stills
from homeward.flow.growing import Growth
from homeward.flow.steps import CLIPS, Step
from homeward.links.restacking import Moves, restack
from homeward.links.stacks import stack as group
from homeward.store import reads, stacks
from homeward.store.results import StackRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homeward.flow.described import CopyHashes
    from homeward.flow.progress import Progress
    from homeward.store import Case
    from homeward.store.kept import Kept


def stack(case: Case, step: Step, progress: Progress) -> None:
    """Put what is new on the stacks that there are; nothing to do when nothing has changed."""
    if not _growth(case, step).due:
        return
    progress.begin(step.caption, 1)
    with alone(case):
        growth = _growth(case, step)  # another run may have done it meanwhile
        if growth.due:
            _stack(case, growth)
    progress.advance()


def _growth(case: Case, step: Step) -> Growth:
    return Growth(case, step, [CLIPS.version, CLIPS.params_digest], after=CLIPS.name)


def _stack(case: Case, growth: Growth) -> None:
    fresh = usable_stills(case, growth.since.runs, growth.now.runs)
    standing = CaseStacks(case, growth.since) if growth.since.runs else None
    moves = restack(fresh.items, fresh.codes, standing) if standing else _from_nothing(case, fresh)
    compared, clips = stacked_clips(case)
    with growth.writing({}) as rows:
        _write(case, rows, moves)
        _replace(rows, compared, clips)
    if standing:
        standing.follow(moves, fresh, growth.written)
    else:
        CaseStacks(case, growth.written)


def _from_nothing(case: Case, fresh: CopyHashes) -> Moves:
    """All stacks at once."""
    facts = reads.item_facts(case)
    items = fresh.items
    order = np.array(sorted(range(len(items)), key=lambda row: facts[int(items[row])].rank), np.int64)
    found = group(fresh.codes, fresh.qualities, order)
    joined = found.exemplar != np.arange(len(items))
    none = np.empty(0, np.int64)
    return Moves(items[~joined], items[joined], items[found.exemplar[joined]], found.distance[joined], none, none)


def _write(case: Case, rows: Kept, moves: Moves) -> None:
    """Members as they lie now, and an exemplar's own row where others lie with it."""
    joined = [
        StackRow(*row) for row in zip(moves.joined.tolist(), moves.exemplar.tolist(), moves.distance.tolist(), strict=True)
    ]
    changed = [row.item for row in joined] + moves.promoted.tolist()
    before = stacks.hash_stacks(case, changed)
    touched = {row.exemplar for row in before} | {row.exemplar for row in joined}
    _replace(rows, changed, joined)
    sizes = stacks.stack_sizes(case, sorted(touched))
    _replace(rows, touched - {row.item for row in joined}, [StackRow(item, item, 0) for item in sorted(sizes)])


def _replace(rows: Kept, items: Iterable[int], by: list[StackRow]) -> None:
    rows.drop(items)
    rows.add(("item", "exemplar", "distance"), [msgspec.structs.astuple(row) for row in by])
