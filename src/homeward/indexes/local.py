"""The local-feature index: which pictures share the most local features with this one, or with this region of it.

An aggregated selective match kernel on 128-bit signatures (ASMK*; Tolias, Avrithis and Jegou, ICCV 2013): a picture is a
set of signed words, two pictures are as similar as the words that they share, each counted by the cube of the agreement
of its signatures, over the root of the number of words of the stored picture. No words are weighted by their rarity.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.indexes.base import Ranked
from homeward.indexes.codebook import CodeBook, SignedWords, check_codes, code_book
from homeward.indexes.postings import MOST_PICTURES, UNIT, Postings, build, merge, merged_shape, scores
from homeward.indexes.segment_files import (
    IndexDamaged,
    Manifest,
    Part,
    delete_others,
    open_segment,
    read_manifest,
    read_removed,
    write_manifest,
    write_removed,
    write_segment,
)

ASKED_WORDS = 5
"""Words that each feature of a question is counted for: a feature near a border between words is found on either side."""
STORED_FEATURES = 500
"""Features of a picture that are stored, its first ones: 8 KB. Twice as many take twice the room and find little more."""
_AT_ONCE = 8192
"""Pictures that are described before they are written: about 100 MB."""


class _Segment(msgspec.Struct, frozen=True):
    part: Part
    postings: Postings
    alive: NDArray[np.bool_]


class LocalIndex:
    """Pictures by id, asked with the local features of another; see :class:`~homeward.indexes.base.PictureIndex`.

    Lives in a folder. One process writes at a time (``flock``); others go on reading what they opened until they
    :meth:`refresh`. Everything in it can be rebuilt from stored features.
    """

    def __init__(self, folder: Path, book: CodeBook | None = None) -> None:
        """Open the index in ``folder``, which is created by the first :meth:`add`.

        Raises:
            IndexDamaged: its files are not what they should be, or it was made with another code book.
        """
        self._folder = folder
        self._book = book or code_book()
        self._manifest = Manifest(self._book.id)
        self._segments: tuple[_Segment, ...] = ()
        self.refresh()

    def __len__(self) -> int:
        return sum(int(segment.alive.sum()) for segment in self._segments)

    def ids(self) -> NDArray[np.int64]:
        """(n,) ids held, ascending."""
        held = [segment.postings.ids[segment.alive] for segment in self._segments]
        return np.sort(np.concatenate([np.empty(0, np.int64), *held]))

    def refresh(self) -> None:
        """See what writers have done since.

        Raises:
            IndexDamaged: as in the constructor.
        """
        while (manifest := read_manifest(self._folder)) not in (None, self._manifest):
            if manifest.book != self._book.id:
                raise IndexDamaged(f"an index was made with code book {manifest.book}, not {self._book.id}: build it again")
            known = {segment.part: segment for segment in self._segments}
            try:
                self._segments = tuple(known.get(part) or self._open(part) for part in manifest.parts)
            except FileNotFoundError as error:
                if read_manifest(self._folder) == manifest:
                    raise IndexDamaged(f"an index lacks its file {error.filename}") from error
                continue  # a writer was quicker
            self._manifest = manifest

    def add(self, ids: NDArray[np.int64], pictures: Sequence[NDArray[np.uint8]]) -> None:
        """Take in pictures by their first 500 features, each (k, 128) uint8; see :meth:`add_described`."""
        for codes in pictures:
            check_codes(codes)
        self._check_ids(ids, len(pictures))
        for start in range(0, len(ids), _AT_ONCE):
            some = [self._book.describe(codes[:STORED_FEATURES]) for codes in pictures[start : start + _AT_ONCE]]
            self.add_described(ids[start : start + _AT_ONCE], some)

    def add_described(self, ids: NDArray[np.int64], pictures: Sequence[SignedWords]) -> None:
        """Take in pictures that were described elsewhere by the same book; they are on the disk when this returns.

        Args:
            ids: (n,) int64, none of them held.
            pictures: n descriptions, ``book.describe(codes[:STORED_FEATURES])``.

        Raises:
            ValueError: wrong shapes or types, or an id twice; then nothing was added.
            OSError: the disk is full; then nothing was added.
        """
        with self._writing():
            self._check_ids(ids, len(pictures))
            for start in range(0, len(ids), MOST_PICTURES):
                fresh = build(ids[start : start + MOST_PICTURES], pictures[start : start + MOST_PICTURES])
                self._append(fresh)

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Forget pictures: no answer names them any more. :meth:`compact` takes them off the disk too.

        An id that is not held is no error, so that a removal can be repeated.
        """
        with self._writing():
            parts = []
            for number, segment in enumerate(self._segments):
                alive = segment.alive & ~np.isin(segment.postings.ids, ids)
                if (alive == segment.alive).all():
                    parts.append(segment.part)
                    continue
                name = f"{self._manifest.generation + 1:010d}-{number}.gone"
                write_removed(self._folder / name, np.flatnonzero(~alive).astype(np.uint16))
                parts.append(Part(segment.part.file, name))
            self._commit(parts)

    def compact(self) -> None:
        """Write removed pictures out of the files, and as few files as there can be."""
        with self._writing():
            groups: list[list[_Segment]] = []
            for segment in self._segments:
                size = int(segment.alive.sum())
                if groups and sum(int(other.alive.sum()) for other in groups[-1]) + size <= MOST_PICTURES:
                    groups[-1].append(segment)
                else:
                    groups.append([segment])
            parts = []
            for number, group in enumerate(groups):
                if len(group) == 1 and group[0].alive.all():
                    parts.append(group[0].part)
                elif any(segment.alive.any() for segment in group):
                    parts.append(self._merged(group, number))
            self._commit(parts)

    def search(self, codes: NDArray[np.uint8], top: int) -> Ranked:
        """The pictures that share the most with the features asked for, those of a whole picture or of a region.

        Args:
            codes: (k, 128) uint8; choose those inside a box with :func:`~homeward.indexes.base.inside`.
            top: at most so many answers; pictures that share nothing are not among them.

        Raises:
            ValueError: wrong shape or type, or ``top`` below 1.
        """
        if top < 1:
            raise ValueError(f"at least one answer must be asked for, not {top}")
        query = self._book.describe(codes, ASKED_WORDS)
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
            found = list(threads.map(lambda segment: _best(query, segment, top), self._segments))
        ids = np.concatenate([np.empty(0, np.int64), *(some.id for some in found)])
        score = np.concatenate([np.empty(0), *(some.score for some in found)])
        order = np.lexsort((ids, -score))[:top]
        return Ranked(ids[order], score[order])

    def _check_ids(self, ids: NDArray[np.int64], count: int) -> None:
        if ids.shape != (count,) or ids.dtype != np.int64:
            raise ValueError(f"ids must be int64 of shape ({count},), not {ids.dtype} of {ids.shape}")
        if len(np.unique(ids)) != len(ids) or np.isin(ids, self.ids()).any():
            raise ValueError("an id may be added once only")

    def _open(self, part: Part) -> _Segment:
        postings = open_segment(self._folder / part.file)
        alive = np.ones(len(postings.ids), np.bool_)
        if part.removed:
            alive[read_removed(self._folder / part.removed, len(alive))] = False
        return _Segment(part, postings, alive)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Be the only writer, and know what the last one did."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.refresh()
            delete_others(self._folder, self._manifest)
            yield

    def _append(self, fresh: Postings) -> None:
        """Write a new segment, and join segments at the end as long as the last is at least half the one before.

        So a picture is written again a number of times that grows with the logarithm of their number.
        """
        joined: list[_Segment] = []
        before = list(self._segments)
        size = len(fresh.ids)
        while before and 2 * size >= (last := int(before[-1].alive.sum())) and size + last <= MOST_PICTURES:
            joined.insert(0, before.pop())
            size += last
        fresh_segment = _Segment(Part(""), fresh, np.ones(len(fresh.ids), np.bool_))
        self._commit([*(segment.part for segment in before), self._merged([*joined, fresh_segment], 0)])

    def _merged(self, group: Sequence[_Segment], number: int) -> Part:
        """Write what lives of a group of segments as one."""
        name = f"{self._manifest.generation + 1:010d}-{number}.seg"
        parts = [segment.postings for segment in group]
        kept = [segment.alive for segment in group]
        write_segment(self._folder / name, merged_shape(parts, kept), lambda out: merge(parts, kept, out))
        return Part(name)

    def _commit(self, parts: Sequence[Part]) -> None:
        if tuple(parts) != self._manifest.parts:
            write_manifest(self._folder, Manifest(self._book.id, self._manifest.generation + 1, tuple(parts)))
            self.refresh()


def _best(query: SignedWords, segment: _Segment, top: int) -> Ranked:
    """The best of one segment, in any order; of equal scores at the end all are kept, so that ids can decide."""
    raw = scores(query, segment.postings)
    possible = np.sqrt(np.maximum(segment.postings.lengths, 1) * max(len(query.word), 1))
    score = np.where(segment.alive, raw / (UNIT * possible), 0)
    least = np.partition(score, len(score) - top)[len(score) - top] if len(score) > top else 0
    rows = np.flatnonzero((score >= least) & (score > 0))
    return Ranked(segment.postings.ids[rows], score[rows])
