"""Clips against clips and stills against clips: what they have in common, and which clips lie on one stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from homeward.descriptors.pdq import HASH_BYTES
from homeward.flow.described import STILL, copy_hashes
from homeward.flow.growing import Growth
from homeward.flow.steps import Step
from homeward.links.clips import ClipMatch, Frames, Stretch, clip_matches, stack_clips, still_matches
from homeward.store import clips as stored
from homeward.store import reads
from homeward.store.clips import ClipRow
from homeward.store.results import StackRow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from homeward.flow.progress import Progress
    from homeward.store import Case


def clips(case: Case, step: Step, progress: Progress) -> None:
    """Add what new clips and stills have in common with each other and with those before; nothing to do when nothing is new."""
    growth = Growth(case, step)
    if not growth.due:
        return
    progress.begin(step.caption, 1)
    frames = int((copy_hashes(case, "pdq", growth.since.runs, growth.now.runs, stills=False).times != STILL).sum())
    matches = _matches(case, growth, frames) if growth.since.frames or frames else []
    progress.advance()
    with growth.writing({"links": len(matches)}, growth.since.frames + frames) as rows:
        stored.add_clip_links(rows, list(map(_row, matches)))


def stacked_clips(case: Case) -> tuple[set[int], list[StackRow]]:
    """Clips that have something in common with another; and rows of those that are copies or excerpts of a better one, and of
    those better ones themselves.
    """
    matches = [_match(row) for row in stored.clip_rows(case)]
    compared = {clip for match in matches for clip in (match.a, match.b)}
    lengths = stored.durations(case, compared)
    about = reads.item_facts(case, compared)
    best_first = sorted(lengths, key=lambda clip: (about[clip].missing, -lengths[clip], about[clip].rank))
    rows = {}
    for clip, match in stack_clips(matches, best_first, lengths).items():
        exemplar = match.b if match.a == clip else match.a
        rows[clip] = StackRow(clip, exemplar, match.distance)
        rows[exemplar] = StackRow(exemplar, exemplar, 0)
    return compared, list(rows.values())


def _matches(case: Case, growth: Growth, fresh_frames: int) -> list[ClipMatch]:
    """Of each pair one side at least is fresh. Clips are numbered by their content, so that arrival plays no part."""
    since, now = growth.since.runs, growth.now.runs
    fresh = _pictures(case, since, now)
    before = _pictures(case, 0, since, stills=bool(fresh_frames)) if since else _only(fresh, fresh.starts < STILL)
    clips = np.unique(np.concatenate([_frames(fresh).clips, _frames(before).clips]))
    names = reads.item_names(case, clips.tolist())
    by_name = np.array(sorted(clips.tolist(), key=names.__getitem__), np.int64)
    place = dict(zip(by_name.tolist(), range(len(by_name)), strict=True))
    news, olds = (_numbered(_frames(pictures), place) for pictures in (fresh, before))
    both = Frames(*(np.concatenate([getattr(news, name), getattr(olds, name)]) for name in Frames.__struct_fields__))
    order = np.lexsort((both.starts, both.clips))
    both = _only(both, order)
    found = list(clip_matches(both, order < len(news.clips)))
    found = [msgspec.structs.replace(match, a=int(by_name[match.a]), b=int(by_name[match.b])) for match in found]
    seen = [*still_matches(_stills(fresh), both), *still_matches(_stills(before), news)]
    return found + [msgspec.structs.replace(match, b=int(by_name[match.b])) for match in seen]


def _pictures(case: Case, after: int, last: int, *, stills: bool = True) -> Frames:
    """Stills and frames of clips, or the latter alone, of some stretches."""
    plain, turned, trimmed = (
        copy_hashes(case, name, after, last, stills=stills) for name in ("pdq", "pdq_turned", "pdq_trimmed")
    )
    codes, qualities = plain.codes.copy(), plain.qualities.copy()
    if len(trimmed.items):
        at = np.searchsorted(_keys(plain.items, plain.times), _keys(trimmed.items, trimmed.times))
        codes[at], qualities[at] = trimmed.codes[:, :HASH_BYTES], trimmed.qualities
    starts = plain.times.astype(np.int64)
    lengths = stored.durations(case, np.unique(plain.items[plain.times != STILL]).tolist())
    ends = _ends(plain.items, starts, lengths)
    return Frames(plain.items, starts, ends, plain.codes, turned.codes, codes, plain.qualities, qualities)


def _stills(pictures: Frames) -> Frames:
    return _only(pictures, pictures.starts == STILL)


def _frames(pictures: Frames) -> Frames:
    return _only(pictures, pictures.starts != STILL)


def _numbered(frames: Frames, place: dict[int, int]) -> Frames:
    """Frames with clips by their places, in the order of these."""
    numbered = msgspec.structs.replace(frames, clips=np.array([place[clip] for clip in frames.clips.tolist()], np.int64))
    return _only(numbered, np.lexsort((numbered.starts, numbered.clips)))


def _keys(items: NDArray[np.int64], times: NDArray[np.int32]) -> NDArray[np.int64]:
    return (items << 32) + times.astype(np.int64) - STILL


def _ends(items: NDArray[np.int64], starts: NDArray[np.int64], durations: dict[int, int]) -> NDArray[np.int64]:
    """A frame stands until the next one of its clip, the last one to the end of the clip."""
    ends = np.append(starts[1:], 0)
    last = np.append(items[1:] != items[:-1], True)[: len(items)]
    for row in np.flatnonzero(last).tolist():
        ends[row] = durations.get(int(items[row]), 0)
    return np.asarray(np.maximum(ends[: len(items)], starts + 1))


def _only(frames: Frames, chosen: NDArray[Any]) -> Frames:
    return Frames(*(getattr(frames, name)[chosen] for name in Frames.__struct_fields__))


def _row(match: ClipMatch) -> ClipRow:
    stretches = [[s.a_from, s.a_to, s.b_from, s.b_to] for s in match.stretches]
    return ClipRow(match.a, match.b, match.orientation, stretches, match.share_a, match.share_b, match.distance)


def _match(row: ClipRow) -> ClipMatch:
    stretches = tuple(Stretch(*four) for four in row.stretches)
    return ClipMatch(row.a, row.b, row.orientation, stretches, row.share_a, row.share_b, row.distance)
