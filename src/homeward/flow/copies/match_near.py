"""What is new against the copy hashes of known lists: pictures against pictures, and clips against known clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from homeward.flow.copies.silence import Hit, Ranges, Silence
from homeward.flow.copies.views import EXIF, WAYS, Views, pieces
from homeward.flow.described import STILL
from homeward.known import NEGATIVE, NearTable, best_of
from homeward.known.match import NO_TIME, Hits
from homeward.links.clips import Moments, common_stretches, seen_in
from homeward.store import clips as stored_clips

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeward.flow.growing import Growth
    from homeward.known import ReadShelf
    from homeward.store import Case
    from homeward.store.models import KnownList

_GRID_MS = 200
"""Frames of a known clip within so much time are one: lists hold every frame, and a stretch is known no better."""


class Near:
    """Near hits of what is new, and what negative lists silence."""

    def __init__(self, case: Case, lists: dict[int, tuple[KnownList, ReadShelf]], exact: list[Hit], growth: Growth) -> None:
        self._case, self._growth = case, growth
        rows = {pk: row for pk, (row, _) in lists.items()}
        self.silence = Silence(rows, exact)
        by_name = sorted(lists, key=lambda pk: (rows[pk].name, pk))
        self._lengths: dict[int, int] = {}
        self._names = {pk: row.name for pk, row in rows.items()}
        self._table = _table(lists, [pk for pk in lists if rows[pk].purpose != NEGATIVE])
        self._against = _table(lists, [pk for pk in by_name if rows[pk].purpose == NEGATIVE])
        for value, owner in zip(self._against.values, self._against.owners.tolist(), strict=True):
            self.silence.holds(value.tobytes(), self._names[owner])

    def hits(self) -> Iterator[Hit]:
        """Near hits, of an item once by a hash or known clip, the best of each list."""
        if not len(self._table):
            return
        for views in pieces(self._case, self._growth.since.runs, self._growth.now.runs):
            clips = np.unique(views.items[views.times != STILL])
            self._lengths = stored_clips.durations(self._case, clips.tolist())
            for hits in self._against.hits(views.codes, views.qualities, views.items):
                self._note(views, hits)
            for hits in self._table.hits(views.codes, views.qualities, views.items):
                yield from self._told(views, hits)

    def _note(self, views: Views, hits: Hits) -> None:
        """Remember how near negative lists are to each picture."""
        items, times = views.items[hits.view], views.times[hits.view]
        order = np.lexsort((hits.row, hits.distance, times, items))
        first = np.append(True, (np.diff(items[order]) != 0) | (np.diff(times[order]) != 0))[: len(order)]
        for at in order[first].tolist():
            name = self._names[int(self._against.owners[hits.row[at]])]
            self.silence.nears(int(items[at]), int(times[at]), int(hits.distance[at]), name)

    def _told(self, views: Views, hits: Hits) -> Iterator[Hit]:
        times, ways = views.times[hits.view], views.ways[hits.view]
        # The nearest moment of a clip; but one that nothing speaks against goes before one that is silenced.
        best = best_of(hits, views.items, [self._silenced(views, hits), hits.distance, ways, times], self._table)
        columns = (best.first.view, best.first.row, best.first.distance, best.left_out)
        for (view, row, distance, left_out), every in zip(
            zip(*map(np.ndarray.tolist, columns), strict=True), best.every, strict=True
        ):
            said = int(self._table.qualities[row])
            ranges, share, known_share, way = self._ranges(views, every, int(views.ways[view]))
            yield Hit(
                int(views.items[view]),
                int(views.times[view]),
                int(self._table.owners[row]),
                int(self._table.refs[row]),
                "pdq",
                self._table.values[row].tobytes(),
                distance,
                min(int(views.qualities[view]), said),
                said if said <= 100 else None,
                way,
                ranges,
                share,
                known_share,
                left_out,
            )

    def _silenced(self, views: Views, hits: Hits) -> NDArray[np.bool_]:
        if not len(self._against):
            items = {item: self.silence.of_item(item) for item in np.unique(views.items[hits.view]).tolist()}
            return np.array([items[item] for item in views.items[hits.view].tolist()], np.bool_)
        told = zip(
            views.items[hits.view].tolist(),
            views.times[hits.view].tolist(),
            hits.row.tolist(),
            hits.distance.tolist(),
            strict=True,
        )
        return np.array(
            [
                self.silence.of_item(item)
                or self.silence.within(item, time) <= distance
                or self.silence.of_value(self._table.values[row].tobytes())
                for item, time, row, distance in told
            ],
            np.bool_,
        )

    def _ranges(self, views: Views, hits: Hits, way: int) -> tuple[Ranges, int | None, int | None, str]:
        """Which stretches of the item are which of the known clip, shares of both, and the orientation."""
        item = int(views.items[hits.view[0]])
        still, timed = int(views.times[hits.view[0]]) == STILL, int(self._table.times[hits.row[0]]) != NO_TIME
        if still and not timed:
            return [], None, None, WAYS[way]
        frames, ours = self._frames_of(views, item, hits.view)
        if not timed:
            same = views.ways[hits.view] == way
            return [[*run, None, None] for run in seen_in(frames, ours[same])], None, None, WAYS[way]
        known, theirs = _known_frames(self._table, hits.row)
        if still:
            same = views.ways[hits.view] == way
            return [[None, None, *run] for run in seen_in(known, theirs[same])], None, None, WAYS[way]
        turns = np.array(EXIF)[views.ways[hits.view]]
        match = common_stretches(frames, known, ours, theirs, turns, hits.distance)
        ranges: Ranges = [[s.a_from, s.a_to, s.b_from, s.b_to] for s in match.stretches]
        turned = way if EXIF[way] == match.orientation else EXIF.index(match.orientation)
        return ranges, match.share_a, match.share_b, WAYS[turned]

    def _frames_of(self, views: Views, item: int, chosen: NDArray[np.int64]) -> tuple[Moments, NDArray[np.int64]]:
        """The frames of a clip, and which of them these views show."""
        times = np.unique(views.times[slice(*np.searchsorted(views.items, [item, item + 1]))])
        ends = np.append(times[1:], max(self._lengths.get(item, 0), times[-1] + 1))
        return Moments(times, ends), np.searchsorted(times, views.times[chosen])


def _table(lists: dict[int, tuple[KnownList, ReadShelf]], chosen: list[int]) -> NearTable:
    return NearTable([(pk, lists[pk][1].near(), lists[pk][1].moments()) for pk in chosen])


def _known_frames(table: NearTable, chosen: NDArray[np.int64]) -> tuple[Moments, NDArray[np.int64]]:
    """The frames of a known clip on a grid, and on which of them these rows lie."""
    times = table.times[table.clip(int(table.units[chosen[0]]))]
    cells, first = np.unique(times // _GRID_MS, return_index=True)
    starts = times[first]
    usual = int(np.median(np.diff(times))) if len(times) > 1 else 1
    ends = np.append(starts[1:], times[-1] + max(1, usual))
    return Moments(starts, np.maximum(ends, starts + 1)), np.searchsorted(cells, table.times[chosen] // _GRID_MS)
