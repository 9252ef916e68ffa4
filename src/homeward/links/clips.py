"""Which stretch of one clip is which stretch of another, by the copy hashes of their frames.

Two frames are alike within 31 bits, both of quality 50 or more, the one as stored or trimmed of its border, the other so or
turned. One pair of alike frames says little about moving pictures; what is looked for is a run of them at one distance in time,
so a copy may be re-encoded, trimmed, cut together, letterboxed, mirrored or turned, but keeps its speed. A frame stands for the
time until the next one that was looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.pdq import HASH_BYTES, LEAST_QUALITY, RADIUS
from homeward.descriptors.pdq_turned import ORIENTATIONS
from homeward.indexes import hamming_index

SLACK_MS = 120
"""By how much two frames of one moment may miss each other: three frames at 25 a second."""
GAP_MS = 1500
"""Time without a match that does not end a stretch: a few frames that strong compression has changed too much."""
LEAST_FRAMES = 2
"""Different frames of both clips that a stretch needs, unless one of them has no more."""
LEAST_MS = 500
"""Length of a further stretch: a moment at which both rest is no part that was cut in."""
MOST_STRETCHES = 32
STACKED = 900
"""Per mille of a clip that must lie in another for the two to be looked at as one; what may be new is also bounded in time."""
MOST_NEW_MS = 5000
_MOST_SHIFTS = 64
_SHIFT_MS = 40
_AT_ONCE = 4096
"""Frames looked for at a time: enough that the library's buckets are made for many, and few enough for what they find."""


class Frames(msgspec.Struct, frozen=True, eq=False):
    """Hashes of n frames, sorted by clip and time.

    ``clips`` (n,) int64 ids; ``starts``, ``ends`` (n,) int64 milliseconds, the time for which the frame stands; ``codes``
    (n, 32) and ``turned`` (n, 224) uint8; ``trimmed`` (n, 32) uint8, equal to ``codes`` where nothing was trimmed;
    ``qualities`` and ``trimmed_qualities`` (n,) uint8 0..100.
    """

    clips: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    codes: NDArray[np.uint8]
    turned: NDArray[np.uint8]
    trimmed: NDArray[np.uint8]
    qualities: NDArray[np.uint8]
    trimmed_qualities: NDArray[np.uint8]


class Stretch(msgspec.Struct, frozen=True, order=True):
    """``a_from`` to ``a_to`` of one clip is ``b_from`` to ``b_to`` of the other; milliseconds."""

    a_from: int
    a_to: int
    b_from: int
    b_to: int


class ClipMatch(msgspec.Struct, frozen=True):
    """What two clips, or a still and a clip, have in common."""

    a: int
    b: int
    orientation: int
    """EXIF orientation 1..8 that turns ``a`` so that it looks as ``b`` does."""
    stretches: tuple[Stretch, ...]
    share_a: int
    """Per mille of ``a`` that is found in ``b``; 1000 for a still."""
    share_b: int
    distance: int
    """Median bits between the frames that match."""


class _Hits(msgspec.Struct, frozen=True, eq=False):
    """Pairs of alike frames: rows, orientation of the first, bits; four (k,) int64 arrays."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    orientation: NDArray[np.int64]
    distance: NDArray[np.int64]

    def only(self, chosen: NDArray[np.bool_]) -> _Hits:
        return _Hits(self.a[chosen], self.b[chosen], self.orientation[chosen], self.distance[chosen])


class _Library:
    """Frames that can be asked for what is alike; as stored, and trimmed where that is another hash."""

    def __init__(self, frames: Frames, held: NDArray[np.bool_]) -> None:
        other = (frames.trimmed != frames.codes).any(axis=1)
        plain = np.flatnonzero(held & (frames.qualities >= LEAST_QUALITY))
        inside = np.flatnonzero(held & other & (frames.trimmed_qualities >= LEAST_QUALITY))
        self._rows = np.concatenate([plain, inside])
        codes = np.concatenate([frames.codes[plain], frames.trimmed[inside]])
        self._index = hamming_index(np.arange(len(codes), dtype=np.int64), codes)

    def alike(self, frames: Frames, rows: NDArray[np.int64]) -> _Hits:
        """Every pair of one of ``rows`` of ``frames`` and a frame held here, once an orientation, at the least distance."""
        queries, owners, turns = _queries(frames, rows)
        found = self._index.within(queries, RADIUS)
        a, b, turn = owners[found.query], self._rows[found.id], turns[found.query]
        order = np.lexsort((found.distance, turn, b, a))
        first = np.ones(len(order), np.bool_)
        keys = np.stack([a, b, turn])[:, order]
        first[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
        kept = order[first]
        return _Hits(a[kept], b[kept], turn[kept], found.distance[kept])


def _queries(frames: Frames, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Every hash by which ``rows`` are looked for, the row it belongs to, and its orientation."""
    plain = rows[frames.qualities[rows] >= LEAST_QUALITY]
    other = (frames.trimmed[rows] != frames.codes[rows]).any(axis=1)
    inside = rows[other & (frames.trimmed_qualities[rows] >= LEAST_QUALITY)]
    turned = frames.turned[plain].reshape(len(plain) * len(ORIENTATIONS), HASH_BYTES)
    return (
        np.concatenate([frames.codes[plain], frames.trimmed[inside], turned]),
        np.concatenate([plain, inside, np.repeat(plain, len(ORIENTATIONS))]),
        np.concatenate([np.ones(len(plain) + len(inside), np.int64), np.tile(np.array(ORIENTATIONS), len(plain))]),
    )


def clip_matches(frames: Frames, fresh: NDArray[np.bool_] | None = None) -> Iterator[ClipMatch]:
    """Every pair of clips that share a stretch, each once, ``a`` before ``b`` in order of id.

    With ``fresh``, (n,), only pairs of which one clip at least is fresh.
    """
    everything = np.ones(len(frames.clips), np.bool_)
    fresh = everything if fresh is None else fresh
    spans = _spans(frames)
    for asking, held in ((fresh, everything), (~fresh, fresh)):
        if not asking.any() or not held.any():
            continue
        library = _Library(frames, held)
        for rows in _in_pieces(np.flatnonzero(asking), frames.clips):
            hits = library.alike(frames, rows)
            hits = hits.only(frames.clips[hits.b] > frames.clips[hits.a])
            for ours in _apart(hits, frames.clips[hits.a], frames.clips[hits.b]):
                a, b = (int(frames.clips[side[0]]) for side in (ours.a, ours.b))
                found = _best_orientation(frames, ours, spans[a], spans[b])
                if found is not None:
                    yield found


def still_matches(stills: Frames, frames: Frames) -> Iterator[ClipMatch]:
    """Every still (its ``clips`` is its id) that is seen in a clip, with the stretches in which it is."""
    if not len(stills.clips) or not len(frames.clips):
        return
    library = _Library(frames, np.ones(len(frames.clips), np.bool_))
    spans = _spans(frames)
    for rows in _in_pieces(np.arange(len(stills.clips)), stills.clips):
        hits = library.alike(stills, rows)
        for ours in _apart(hits, hits.a, frames.clips[hits.b]):
            turn = int(ours.orientation[np.lexsort((ours.orientation, ours.distance))[0]])
            some = ours.only(ours.orientation == turn)
            runs = _runs(frames.starts[some.b], frames.ends[some.b])
            stretches = tuple(Stretch(0, 0, begin, end) for begin, end in runs)
            still, clip = int(stills.clips[some.a[0]]), int(frames.clips[some.b[0]])
            share = _share(stretches, frames, spans[clip], of_b=True)
            yield ClipMatch(still, clip, turn, stretches, 1000, share, int(np.median(some.distance)))


def _in_pieces(rows: NDArray[np.int64], clips: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """``rows``, some thousands at a time, those of one clip together."""
    begins = np.flatnonzero(np.diff(clips[rows])) + 1
    cuts = np.unique(np.searchsorted(begins, np.arange(_AT_ONCE, len(rows), _AT_ONCE)))
    return np.split(rows, begins[cuts[cuts < len(begins)]])


def _apart(hits: _Hits, one: NDArray[np.int64], other: NDArray[np.int64]) -> Iterator[_Hits]:
    """Hits by what they are about: those with the same two numbers together, in the order of these."""
    order = np.lexsort((other, one))
    changes = np.flatnonzero((np.diff(one[order]) != 0) | (np.diff(other[order]) != 0)) + 1
    for some in np.split(order, changes) if len(order) else ():
        yield _Hits(hits.a[some], hits.b[some], hits.orientation[some], hits.distance[some])


def _spans(frames: Frames) -> dict[int, tuple[int, int]]:
    clips, first = np.unique(frames.clips, return_index=True)
    ends = np.append(first[1:], len(frames.clips))
    return {int(clip): (int(a), int(b)) for clip, a, b in zip(clips, first, ends, strict=True)}


def _best_orientation(
    frames: Frames, hits: _Hits, a: tuple[int, int], b: tuple[int, int], least: int = LEAST_FRAMES
) -> ClipMatch | None:
    """The orientation in which the two clips share most; as stored where several share as much."""
    best: ClipMatch | None = None
    for turn in np.unique(hits.orientation).tolist():
        some = hits.only(hits.orientation == turn)
        stretches, distance = _stretches(frames, some, min(least, a[1] - a[0], b[1] - b[0]))
        if not stretches:
            continue
        shares = _share(stretches, frames, a, of_b=False), _share(stretches, frames, b, of_b=True)
        if best is None or sum(shares) > best.share_a + best.share_b:
            best = ClipMatch(int(frames.clips[a[0]]), int(frames.clips[b[0]]), turn, stretches, *shares, distance)
    return best


def _stretches(frames: Frames, hits: _Hits, least: int) -> tuple[tuple[Stretch, ...], int]:
    """Runs of alike frames at one shift in time, the longest found first, no frame twice; and their median bits."""
    found: list[Stretch] = []
    bits: list[NDArray[np.int64]] = []
    while len(found) < MOST_STRETCHES and len(hits.a):
        fits, shift = _at_best_shift(frames, hits)
        here = hits.only(fits)
        runs = list(_paired_runs(frames, here, shift))
        if found and sum(run.a_to - run.a_from for run in runs) < LEAST_MS:
            break
        if min(len(np.unique(here.a)), len(np.unique(here.b))) < least:
            break
        found += runs
        bits.append(here.distance)
        hits = hits.only(~np.isin(hits.a, here.a) & ~np.isin(hits.b, here.b))
    distance = int(np.median(np.concatenate(bits))) if bits else 0
    return tuple(sorted(found)), distance


def _at_best_shift(frames: Frames, hits: _Hits) -> tuple[NDArray[np.bool_], int]:
    """The shift of ``b`` against ``a`` in milliseconds that explains the longest part of ``a``, and which hits hold at it."""
    a0, a1, b0, b1 = _times(frames, hits)
    candidates = _shifts(np.sort(np.concatenate([b0 - a0, b1 - a1])))
    _, rows = np.unique(hits.a, return_inverse=True)
    best, chosen, most = np.zeros(len(hits.a), np.bool_), 0, -1
    for shift in candidates.tolist():
        together = np.minimum(a1, b1 - shift) - np.maximum(a0, b0 - shift) + SLACK_MS
        explained = np.zeros(rows.max() + 1, np.int64)
        np.maximum.at(explained, rows, together)
        if (total := int(explained.sum())) > most:
            best, chosen, most = together > 0, shift, total
    return best, chosen


def _shifts(observed: NDArray[np.int64]) -> NDArray[np.int64]:
    """The shifts most often observed (sorted), each the median of those within some milliseconds of it."""
    _, first, votes = np.unique(observed // _SHIFT_MS, return_index=True, return_counts=True)
    often = np.lexsort((first, -votes))[:_MOST_SHIFTS]
    return np.asarray(observed[first[often] + votes[often] // 2])


def _times(frames: Frames, hits: _Hits) -> tuple[NDArray[np.int64], ...]:
    """Start and end of the first frames, start and end of the second."""
    return frames.starts[hits.a], frames.ends[hits.a], frames.starts[hits.b], frames.ends[hits.b]


def _paired_runs(frames: Frames, hits: _Hits, shift: int) -> Iterator[Stretch]:
    """Stretches in which a frame of ``a`` and the one of ``b`` stand at once, and at least an instant of each."""
    a0, a1, b0, b1 = _times(frames, hits)
    begin = np.maximum(a0, b0 - shift)
    end = np.maximum(np.minimum(a1, b1 - shift), begin + 1)
    first, last = int(b0.min()), int(b1.max())
    for start, stop in _runs(begin, end):
        yield Stretch(start, min(stop, int(a1.max())), max(start + shift, first), min(stop + shift, last))


def _runs(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Intervals joined where less than :data:`GAP_MS` lies between them."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(zip(starts.tolist(), ends.tolist(), strict=True)):
        if joined and start - joined[-1][1] <= GAP_MS:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _share(stretches: tuple[Stretch, ...], frames: Frames, span: tuple[int, int], *, of_b: bool) -> int:
    """Per mille of a clip that lies in its side of the stretches."""
    sides = [(s.b_from, s.b_to) if of_b else (s.a_from, s.a_to) for s in stretches]
    begin, end = int(frames.starts[span[0]]), int(frames.ends[span[1] - 1])
    starts, ends = np.array(sides, np.int64).T
    covered = sum(b - a for a, b in _runs(starts, ends))
    return min(1000, 1000 * covered // max(1, end - begin))


class Moments(msgspec.Struct, frozen=True, eq=False):
    """When n frames of one clip stand, by their places: ``starts``, ``ends`` (n,) int64 milliseconds."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def common_stretches(
    a: Moments,
    b: Moments,
    a_frames: NDArray[np.int64],
    b_frames: NDArray[np.int64],
    orientations: NDArray[np.int64],
    distances: NDArray[np.int64],
) -> ClipMatch:
    """What two clips have in common, by pairs of frames that are alike (four (k,) arrays, k > 0), be it one pair."""
    starts, ends = np.concatenate([a.starts, b.starts]), np.concatenate([a.ends, b.ends])
    size, none, unseen = len(a.starts), np.zeros((len(starts), 0), np.uint8), np.zeros(len(starts), np.uint8)
    clips = (np.arange(len(starts)) >= size).astype(np.int64)
    frames = Frames(clips, starts, ends, none, none, none, unseen, unseen)
    order = np.lexsort((distances, orientations, b_frames, a_frames))
    keys = np.stack([a_frames, b_frames, orientations])[:, order]
    kept = order[np.append(True, (np.diff(keys) != 0).any(axis=0))]
    hits = _Hits(a_frames[kept], b_frames[kept] + size, orientations[kept], distances[kept])
    found = _best_orientation(frames, hits, (0, size), (size, len(clips)), least=1)
    assert found is not None, "one pair of frames is a stretch"
    return found


def seen_in(clip: Moments, frames: NDArray[np.int64]) -> list[tuple[int, int]]:
    """The stretches of a clip in which these of its frames stand, gaps bridged."""
    return _runs(clip.starts[frames], clip.ends[frames])


def stack_clips(matches: Iterable[ClipMatch], best_first: Sequence[int], lengths: Mapping[int, int]) -> dict[int, ClipMatch]:
    """Which clips are copies or excerpts of a better one, and by which match; the others are absent.

    From the best to the least, each joins the exemplar so far that holds most of it, if that holds at least 90 % and all but
    five seconds: who has seen the exemplar has then seen the member.

    Args:
        matches: what :func:`clip_matches` says.
        best_first: every clip's id.
        lengths: milliseconds of every clip.
    """
    known: dict[int, list[tuple[int, int, ClipMatch]]] = {}
    for match in matches:
        known.setdefault(match.a, []).append((match.b, match.share_a, match))
        known.setdefault(match.b, []).append((match.a, match.share_b, match))
    rank = {clip: at for at, clip in enumerate(best_first)}
    joined: dict[int, ClipMatch] = {}
    for clip in best_first:
        held = [
            (-share, rank[other], match)
            for other, share, match in known.get(clip, [])
            if rank[other] < rank[clip] and other not in joined and _seen_in(share, lengths[clip])
        ]
        if held:
            joined[clip] = min(held, key=lambda one: one[:2])[2]
    return joined


def _seen_in(share: int, length: int) -> bool:
    return share >= STACKED and (1000 - share) * length <= 1000 * MOST_NEW_MS
