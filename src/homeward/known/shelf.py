"""Where the hashes of a list go: sorted arrays that are mapped and looked up without being loaded.

One shelf holds one list and never changes once it stands. Its files:

* ``md5``, ``sha1``, ``sha256``: :data:`EXACT` rows, 32 bytes each, in the order of their bytes, followed by a table of where
  each leading bit pattern begins (32-bit, about half a byte a row);
* ``pdq``: :data:`NEAR` rows in any order;
* ``frames``: :data:`FRAME` rows: which rows of ``pdq`` are frames of a known clip, and when they are seen in it;
* ``windows``: :data:`WINDOW` rows: stretches of ``text`` that hold whole records;
* ``text``: the records as JSON, for a list that is JSON already the delivered file itself.

A reference is ``window << 24 | number of the record in the window``; for a list whose rows are not kept, the row's number.
Memory is bounded however long a list is: rows go to disk unsorted, are dealt out by their leading bits and sorted so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.known.records import EXACT_KINDS, WIDTHS

VALUE = 24
"""Bytes of a hash that are compared: all of an MD5 and a SHA-1, 192 bits of a SHA-256, which nobody can make collide."""
EXACT = np.dtype([("value", "u1", (VALUE,)), ("ref", "<u8")])
NEAR = np.dtype([("value", "u1", (32,)), ("quality", "u1"), ("ref", "<u8")])
FRAME = np.dtype([("row", "<u4"), ("clip", "<u8"), ("time", "<u4")])
WINDOW = np.dtype([("offset", "<u8"), ("length", "<u4"), ("line", "<u4")])
FILES = ("text", "windows", "md5", "sha1", "sha256", "pdq", "frames")
NUMBER_BITS = 24
"""Bits of a reference that number a record in its window."""
NOT_SAID = 255
"""In a column of qualities: the list does not say."""
DEAL = 1 << 18
"""Rows that are sorted at a time: 8 MB, and about three times that while they are."""
_ROWS_A_PLACE = 8
_TOGETHER = 4096
"""Hashes that came one by one and are written together."""


class ShelfFiles(msgspec.Struct, frozen=True):
    """Open, writable descriptors of a shelf's files and of one for scratch."""

    text: int
    windows: int
    md5: int
    sha1: int
    sha256: int
    pdq: int
    frames: int
    scratch: int


class Moment(msgspec.Struct, frozen=True):
    """When the picture of a PDQ hash is seen in a known clip."""

    clip: int
    """64 bits that stand for the clip within its list."""
    time: int
    """Milliseconds, below 2**32."""


class Shelf:
    """A shelf being filled; :meth:`finish` puts everything in order."""

    def __init__(self, files: ShelfFiles) -> None:
        self._files = files
        self._windows = 0
        self._text = 0
        self._ends = dict.fromkeys((*WIDTHS, "frames"), 0)
        self._waiting: dict[str, list[tuple[bytes, int, int, Moment | None]]] = {kind: [] for kind in WIDTHS}

    def window(self, offset: int, length: int, line: int) -> int:
        """Note a stretch of records; the reference of its first one."""
        row = np.array([(offset, length, min(line, 0xFFFFFFFF))], WINDOW)
        _write(self._files.windows, row.tobytes(), self._windows * WINDOW.itemsize)
        self._windows += 1
        return (self._windows - 1) << NUMBER_BITS

    def records(self, bodies: list[bytes], line: int) -> int:
        """Keep records that are JSON already as one stretch of ``text``; the reference of the first one."""
        body = b",\n".join(bodies)
        offset = self.keep(body + b"\n")
        return self.window(offset, len(body), line)

    def keep(self, body: bytes) -> int:
        """Add to ``text``; where it lies."""
        offset = self._text
        _write(self._files.text, body, offset)
        self._text += len(body)
        return offset

    def exact(self, kind: str, values: NDArray[np.uint8], refs: NDArray[np.uint64]) -> None:
        """Add (n, width) hashes of one exact kind."""
        rows = np.zeros(len(values), EXACT)
        rows["value"][:, : min(values.shape[1], VALUE)] = values[:, :VALUE]
        rows["ref"] = refs
        self._add(kind, rows)

    def near(self, values: NDArray[np.uint8], qualities: NDArray[np.uint8], refs: NDArray[np.uint64]) -> None:
        """Add (n, 32) PDQ hashes with their qualities, 0..100 or :data:`NOT_SAID`."""
        rows = np.zeros(len(values), NEAR)
        rows["value"], rows["quality"], rows["ref"] = values, qualities, refs
        self._add("pdq", rows)

    def one(self, hashes: list[tuple[str, bytes]], ref: int, quality: int = NOT_SAID, moment: Moment | None = None) -> None:
        """Add the hashes of one record, given as (kind, value)."""
        for kind, value in hashes:
            self._waiting[kind].append((value, quality, ref, moment))
            if len(self._waiting[kind]) >= _TOGETHER:
                self._flush(kind)

    def finish(self, *, once: bool = False) -> dict[str, int]:
        """Sort every exact kind and return the number of hashes by kind; ``once``: of equal ones only the first is kept."""
        for kind in self._waiting:
            self._flush(kind)
        counts = {}
        for kind in EXACT_KINDS:
            counts[kind] = self._sort(getattr(self._files, kind), self._ends[kind] // EXACT.itemsize, once)
        counts["pdq"] = self._ends["pdq"] // NEAR.itemsize
        return {kind: count for kind, count in counts.items() if count}

    def _flush(self, kind: str) -> None:
        waiting, self._waiting[kind] = self._waiting[kind], []
        if not waiting:
            return
        values = np.frombuffer(b"".join(one[0] for one in waiting), np.uint8).reshape(len(waiting), -1)
        refs = np.array([one[2] for one in waiting], np.uint64)
        if kind == "pdq":
            first = self._ends["pdq"] // NEAR.itemsize
            frames = [(first + at, one[3].clip, one[3].time) for at, one in enumerate(waiting) if one[3] is not None]
            self._add("frames", np.array(frames, FRAME))
            self.near(values, np.array([one[1] for one in waiting], np.uint8), refs)
        else:
            self.exact(kind, values, refs)

    def _add(self, kind: str, rows: NDArray[Any]) -> None:
        body = rows.tobytes()
        _write(getattr(self._files, kind), body, self._ends[kind])
        self._ends[kind] += len(body)

    def _sort(self, fd: int, count: int, once: bool) -> int:
        if not count:
            return 0
        bits = place_bits(count)
        places = np.zeros((1 << bits) + 1, np.int64)
        written = 0
        for deal in self._dealt(fd, count):
            rows = _in_order(deal)
            rows = rows[_first_of_equals(rows)] if once else rows
            if bits:
                np.add.at(places, (leading(rows["value"]) >> np.uint64(64 - bits)).astype(np.int64) + 1, 1)
            _write(fd, rows.tobytes(), written * EXACT.itemsize)
            written += len(rows)
        places = np.cumsum(places) if bits else np.array([0, written], np.int64)
        if once and place_bits(written) != bits:
            places = places[:: 1 << (bits - place_bits(written))]
        os.ftruncate(fd, written * EXACT.itemsize)
        _write(fd, places.astype("<u4").tobytes(), written * EXACT.itemsize)
        return written

    def _dealt(self, fd: int, count: int) -> Iterator[NDArray[Any]]:
        """All rows in stretches that follow each other in order, each small enough to be sorted in memory."""
        if count <= DEAL:
            yield _read(fd, 0, count)
            return
        bits = min(16, (count // DEAL).bit_length() + 1)
        shift = np.uint64(64 - bits)
        sizes = np.zeros(1 << bits, np.int64)
        for first in range(0, count, DEAL):
            heads = leading(_read(fd, first, min(DEAL, count - first))["value"]) >> shift
            sizes += np.bincount(heads.astype(np.int64), minlength=1 << bits)
        starts = np.concatenate([[0], np.cumsum(sizes)])
        filled = starts[:-1].copy()
        for first in range(0, count, DEAL):
            rows = _read(fd, first, min(DEAL, count - first))
            heads = (leading(rows["value"]) >> shift).astype(np.uint16)
            order = np.argsort(heads, kind="stable")  # of 16 bits: by counting
            rows, heads = rows[order], heads[order]
            edges = np.concatenate([[0], np.flatnonzero(np.diff(heads)) + 1])
            for begin, end in zip(edges.tolist(), [*edges[1:].tolist(), len(rows)], strict=True):
                deal = int(heads[begin])
                _write(self._files.scratch, rows[begin:end].tobytes(), int(filled[deal]) * EXACT.itemsize)
                filled[deal] += end - begin
        for start, size in zip(starts.tolist(), sizes.tolist(), strict=False):
            if size:
                yield _read(self._files.scratch, start, size)
        os.ftruncate(self._files.scratch, 0)


def place_bits(count: int) -> int:
    """Leading bits by which the places of ``count`` rows are looked up: some eight rows share a place."""
    return max(0, (count // _ROWS_A_PLACE).bit_length() - 1)


def leading(values: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """First eight bytes of (n, w) values as numbers in the order of bytes."""
    return np.ascontiguousarray(values[:, :8]).view(">u8").ravel().astype(np.uint64)


def words(values: NDArray[np.uint8]) -> list[NDArray[np.uint64]]:
    """(n, 24) values as three columns of numbers, the most significant first."""
    found = np.ascontiguousarray(values).view(">u8").reshape(-1, VALUE // 8)
    return [found[:, at].astype(np.uint64) for at in range(VALUE // 8)]


def _in_order(rows: NDArray[Any]) -> NDArray[Any]:
    """Rows by value, then reference. Leading words settle nearly everything; only what ties there is compared further."""
    first = leading(rows["value"])
    order = np.argsort(first)
    same = first[order][1:] == first[order][:-1]
    tied = np.concatenate([same, [False]]) | np.concatenate([[False], same])
    if tied.any():
        some = order[tied]
        high, middle, low = words(rows["value"][some])
        order[tied] = some[np.lexsort((rows["ref"][some], low, middle, high))]
    return rows[order]


def _first_of_equals(rows: NDArray[Any]) -> NDArray[np.bool_]:
    values = rows["value"]
    return np.concatenate([[True], (values[1:] != values[:-1]).any(axis=1)])


def _read(fd: int, first: int, count: int) -> NDArray[Any]:
    size, at = count * EXACT.itemsize, first * EXACT.itemsize
    body = bytearray()
    while len(body) < size:
        body += os.pread(fd, size - len(body), at + len(body))
    return np.frombuffer(bytes(body), EXACT)


def _write(fd: int, body: bytes, at: int) -> None:
    view = memoryview(body)
    while view:
        done = os.pwrite(fd, view, at)
        view, at = view[done:], at + done
