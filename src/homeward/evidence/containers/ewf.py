"""Expert Witness images (E01): segments, the hashes they state, and chunks whose own checksum fails.

Source: the format's public description by the libewf project ("Expert Witness Compression Format", sections 3 and 4).
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple, cast

import pyewf

from homeward.evidence.containers.images import Image, file_system_members, plain
from homeward.evidence.records import Claim
from homeward.evidence.streams import Seekable, Tee
from homeward.evidence.walk import ContainerBroken, Node
from homeward.sandbox import alive

_SECTION = struct.Struct("<16sQQ")
_SECTION_SIZE = 76
_FIRST_SECTION = 13
_TABLE = struct.Struct("<IIQ")
_TABLE_HEAD = 24
_COMPRESSED = 1 << 31
_MOST_SECTIONS = 1 << 20


class Ewf:
    """An E01 image with all its segments."""

    def members(self, node: Node, content: Seekable | Tee) -> Iterator[Node]:
        """Every file of every volume.

        Raises:
            ContainerBroken: a segment is missing, parts are damaged, or the image makes no sense.
        """
        segments = node.segments or (cast("Seekable", content),)
        if missing := missing_segment(segments):
            raise ContainerBroken(f"segment {missing} of {node.path.name} is missing: nothing inside could be listed")
        handle = pyewf.handle()
        try:
            handle.open_file_objects([plain(segment) for segment in segments])
            medium = _Medium(handle, segments)
            yield from file_system_members(node, Image(medium, handle.get_media_size()))
            if medium.damaged:
                raise ContainerBroken(f"{len(medium.damaged)} parts of the image are damaged: files on them are not readable")
        finally:
            handle.close()


def stored_hashes(segments: tuple[Seekable, ...]) -> tuple[Claim, ...]:
    """Hashes that an E01 states about the medium, beside those of the medium as it reads now."""
    handle = pyewf.handle()
    handle.open_file_objects([plain(segment) for segment in segments])
    try:
        stated = {name: handle.get_hash_value(name) for name in ("MD5", "SHA1")}
        running = {name: hashlib.new(name.lower(), usedforsecurity=False) for name, value in stated.items() if value}
        if not running:
            return ()
        while data := handle.read(1 << 20):
            for digest in running.values():
                digest.update(data)
            alive()
        return tuple(Claim(name.lower(), stated[name].lower(), digest.hexdigest()) for name, digest in running.items())
    finally:
        handle.close()


def missing_segment(segments: Sequence[Seekable]) -> int:
    """Number of the first missing segment, 0 when all are there."""
    for expected, segment in enumerate(segments, 1):
        segment.seek(9)
        number = struct.unpack("<H", segment.read(2).ljust(2, b"\0"))[0]
        if number != expected:
            return expected
    names = [name for name, _, _ in _sections(segments[-1])]
    return len(segments) + 1 if names and names[-1] == b"next" else 0


class _Medium:
    """The medium, read at random. libewf gives zeros for a damaged chunk and tells nobody; here its checksum is checked too."""

    def __init__(self, handle: Any, segments: Sequence[Seekable]) -> None:
        self._handle = handle
        self._tables = [table for segment in segments for table in _tables(segment)]
        self._ends = list(accumulate(table.chunks for table in self._tables))
        self._chunk: int = handle.get_chunk_size()
        self._at = 0
        self._checked: set[int] = set()
        self.damaged: list[tuple[int, int]] = []

    def seek(self, to: int) -> None:
        """Move."""
        self._at = to

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes from the position; damaged chunks are noted in :attr:`damaged` and stand as zeros."""
        self._handle.seek(self._at)
        data: bytes = self._handle.read(size)
        for number in range(self._at // self._chunk, (self._at + max(len(data), 1) - 1) // self._chunk + 1):
            if number not in self._checked:
                self._checked.add(number)
                if not self._is_sound(number):
                    self.damaged.append((number * self._chunk, (number + 1) * self._chunk))
        self._at += len(data)
        return data

    def _is_sound(self, number: int) -> bool:
        at = bisect_right(self._ends, number)
        if at == len(self._tables):
            return True  # beyond the tables: libewf itself decides what such an image holds
        return self._tables[at].is_sound(number - (self._ends[at - 1] if at else 0))


class _Table(NamedTuple):
    """Offsets of consecutive chunks, read from their segment when needed: in memory a terabyte's would take 128 MB."""

    segment: Seekable
    entries: int
    chunks: int
    base: int
    end: int

    def is_sound(self, number: int) -> bool:
        """Whether the chunk's checksum (zlib's, or the Adler-32 behind plain chunks) holds."""
        self.segment.seek(self.entries + 4 * number)
        held = min(2, self.chunks - number)
        entries = self.segment.read(4 * held)
        if len(entries) < 4 * held:
            return False  # the table is cut short
        here, *following = struct.unpack(f"<{held}I", entries)
        begin = self.base + (here & ~_COMPRESSED)
        end = self.base + (following[0] & ~_COMPRESSED) if following else self.end
        self.segment.seek(begin)
        stored = self.segment.read(max(0, min(end - begin, 1 << 26)))
        if not here & _COMPRESSED:
            return zlib.adler32(stored[:-4]) == int.from_bytes(stored[-4:], "little")
        try:
            inflate = zlib.decompressobj()
            inflate.decompress(stored, 1 << 26)
        except zlib.error:
            return False
        return inflate.eof


def _tables(segment: Seekable) -> Iterator[_Table]:
    """The chunk tables of one segment; the last chunk of a table ends where its section ``sectors`` does."""
    sectors_end = 0
    for name, at, size in _sections(segment):
        if name == b"sectors":
            sectors_end = at + size
        elif name == b"table":
            segment.seek(at + _SECTION_SIZE)
            head = segment.read(_TABLE.size)
            if len(head) == _TABLE.size:
                count, _, base = _TABLE.unpack(head)
                yield _Table(segment, at + _SECTION_SIZE + _TABLE_HEAD, count, base, sectors_end)


def _sections(segment: Seekable) -> Iterator[tuple[bytes, int, int]]:
    """Name, offset and size of each section of a segment file."""
    at = _FIRST_SECTION
    for _ in range(_MOST_SECTIONS):
        segment.seek(at)
        header = segment.read(_SECTION.size)
        if len(header) < _SECTION.size:
            return
        name, following, size = _SECTION.unpack(header)
        yield name.rstrip(b"\0"), at, size
        if following <= at:
            return
        at = following
