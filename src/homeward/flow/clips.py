"""Clips against clips and stills against clips: what they have in common, and which clips lie on one stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from homeward.core.canonical import Plain
from homeward.descriptors.pdq import HASH_BYTES
from homeward.flow.described import copy_hashes, set_key
from homeward.flow.steps import Step
from homeward.links.clips import ClipMatch, Frames, Stretch, clip_matches, stack_clips, still_matches
from homeward.store import clips as stored
from homeward.store import reads, results, vouching
from homeward.store.clips import ClipRow
from homeward.store.results import StackRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from homeward.flow.progress import Progress
    from homeward.store import Case

STILL = -1


def clips(case: Case, step: Step, progress: Progress) -> None:
    """Put what clips have in common in the place of what was known before; nothing to do when nothing has changed."""
    key = set_key(case, step)
    if results.step_key(case, step.name) == key:
        return
    progress.begin(step.caption, 1)
    rows = [_row(match) for match in _matches(case)]
    progress.advance()
    details: dict[str, Plain] = {"step": step.name, "version": step.version, "params": step.params_digest, "links": len(rows)}
    with case.batch("step.set", details) as batch:
        stored.replace_clip_links(case, rows)
        results.write_step_key(case, step.name, key)
        batch.details["rows"] = vouching.set_digest(case, step.name)


def stacked_clips(case: Case) -> Iterator[StackRow]:
    """Clips that are copies or excerpts of a better one, and those better ones themselves."""
    matches = [_match(row) for row in stored.clip_rows(case)]
    if not matches:
        return
    lengths = stored.durations(case)
    about = reads.item_facts(case)
    best_first = sorted(lengths, key=lambda clip: (about[clip].missing, -lengths[clip], about[clip].rank))
    for clip, match in stack_clips(matches, best_first, lengths).items():
        exemplar = match.b if match.a == clip else match.a
        yield StackRow(clip, exemplar, match.distance)
        yield StackRow(exemplar, exemplar, 0)


def _matches(case: Case) -> Iterator[ClipMatch]:
    stills, frames = _frames(case)
    if len(frames.clips):
        yield from clip_matches(frames)
        yield from still_matches(stills, frames)


def _frames(case: Case) -> tuple[Frames, Frames]:
    """Stills and frames of clips."""
    plain, turned, trimmed = copy_hashes(case), copy_hashes(case, "pdq_turned"), copy_hashes(case, "pdq_trimmed")
    codes, qualities = plain.codes.copy(), plain.qualities.copy()
    if len(trimmed.items):
        at = np.searchsorted(_keys(plain.items, plain.times), _keys(trimmed.items, trimmed.times))
        codes[at], qualities[at] = trimmed.codes[:, :HASH_BYTES], trimmed.qualities
    starts = plain.times.astype(np.int64)
    ends = _ends(plain.items, starts, stored.durations(case))
    whole = Frames(plain.items, starts, ends, plain.codes, turned.codes, codes, plain.qualities, qualities)
    still = plain.times == STILL
    return _only(whole, still), _only(whole, ~still)


def _keys(items: NDArray[np.int64], times: NDArray[np.int32]) -> NDArray[np.int64]:
    return (items << 32) + times.astype(np.int64) - STILL


def _ends(items: NDArray[np.int64], starts: NDArray[np.int64], durations: dict[int, int]) -> NDArray[np.int64]:
    """A frame stands until the next one of its clip, the last one to the end of the clip."""
    ends = np.append(starts[1:], 0)
    last = np.append(items[1:] != items[:-1], True)[: len(items)]
    for row in np.flatnonzero(last).tolist():
        ends[row] = durations.get(int(items[row]), 0)
    return np.asarray(np.maximum(ends[: len(items)], starts + 1))


def _only(frames: Frames, chosen: NDArray[np.bool_]) -> Frames:
    return Frames(*(getattr(frames, name)[chosen] for name in Frames.__struct_fields__))


def _row(match: ClipMatch) -> ClipRow:
    stretches = [[s.a_from, s.a_to, s.b_from, s.b_to] for s in match.stretches]
    return ClipRow(match.a, match.b, match.orientation, stretches, match.share_a, match.share_b, match.distance)


def _match(row: ClipRow) -> ClipMatch:
    stretches = tuple(Stretch(*four) for four in row.stretches)
    return ClipMatch(row.a, row.b, row.orientation, stretches, row.share_a, row.share_b, row.distance)
