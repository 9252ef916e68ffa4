"""Pictures inside blobs and documents, found by signature and followed by their own structure to their true end.

JPEG: ISO/IEC 10918-1, annex B. PNG: ISO/IEC 15948, section 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from homeward.evidence.limits import CARVED, EMBEDDED_LARGEST
from homeward.evidence.streams import Seekable

if TYPE_CHECKING:
    from homeward.evidence.walk import Node

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
CANDIDATES = 4 * CARVED
"""Places in one blob that are looked at; random bytes have one in 16 MiB."""
SMALLEST = 256
"""Shorter finds are chance or icons of no use."""


class Carver:
    """Fed with a blob in chunks, remembers where a picture may begin."""

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.gave_up = False
        self._at = 0
        self._tail = b""

    def _begins(self, place: int) -> None:
        if len(self.starts) < CANDIDATES:
            self.starts.append(place)
        else:
            self.gave_up = True

    def feed(self, chunk: bytes) -> None:
        """The next bytes."""
        data = self._tail + chunk
        begin = self._at - len(self._tail)
        keep = len(PNG) - 1
        values = np.frombuffer(data, np.uint8)
        for signature in (JPEG, PNG):
            # Two whole-array comparisons cost a third of bytes.find with a needle as short and common as this.
            places = np.flatnonzero((values[:-1] == signature[0]) & (values[1:] == signature[1]))
            for place in map(int, places):
                # What ends in the chunk before was seen with it.
                if data.startswith(signature, place) and begin + place + len(signature) > self._at:
                    self._begins(begin + place)
        self._at += len(chunk)
        self._tail = data[-keep:]


def embedded_pictures(node: Node, content: Seekable, starts: Sequence[int]) -> Iterator[Node]:
    """A node for each picture that truly begins at one of ``starts``; those inside another are part of it."""
    from homeward.evidence.walk import Node

    beyond = -1
    taken = 0
    for start in sorted(starts):
        if start < beyond or taken >= CARVED:
            continue
        content.seek(start)
        extension, length = _measure(_Window(content, start))
        if length < SMALLEST:
            continue
        beyond = start + length
        taken += 1
        yield Node(
            node.path / f"@{start}.{extension}",
            length,
            partial(_Slice, content, start, length),
            deleted=node.deleted,
            embedded=True,
            address=f"offset {start}",
        )


class _Slice:
    """A stretch of seekable content, read forward."""

    def __init__(self, content: Seekable, start: int, length: int) -> None:
        self._content, self._at, self._left = content, start, length

    def read(self, count: int, /) -> bytes:
        self._content.seek(self._at)
        data = self._content.read(min(count, self._left))
        self._at += len(data)
        self._left -= len(data)
        return data


class _Window:
    """Bytes from ``start`` on, by position, through one buffered block."""

    BLOCK = 1 << 16

    def __init__(self, content: Seekable, start: int) -> None:
        self._content, self._start = content, start
        self._block, self._block_at = b"", 0

    def get(self, at: int, count: int) -> bytes:
        """``count`` bytes from ``at``, fewer at the end."""
        inside = at - self._block_at
        if inside < 0 or inside + count > len(self._block):
            self._content.seek(self._start + at)
            self._block, self._block_at, inside = self._content.read(max(self.BLOCK, count)), at, 0
        return self._block[inside : inside + count]

    def find(self, byte: bytes, at: int) -> int:
        """Position of the next ``byte`` from ``at`` on, -1 at the end or past the longest picture."""
        while at < EMBEDDED_LARGEST:
            block = self.get(at, 1) and self._block[at - self._block_at :]
            if not block:
                return -1
            place = block.find(byte)
            if place >= 0:
                return at + place
            at += len(block)
        return -1


def _measure(window: _Window) -> tuple[str, int]:
    return ("png", _png_length(window)) if window.get(0, 8) == PNG else ("jpg", _jpeg_length(window))


def _png_length(window: _Window) -> int:
    """Bytes to the end of IEND, 0 where the chunks make no sense."""
    at = len(PNG)
    while at < EMBEDDED_LARGEST:
        header = window.get(at, 8)
        if len(header) < 8 or not header[4:].isalpha() or (at == len(PNG) and header[4:] != b"IHDR"):
            return 0
        at += 12 + int.from_bytes(header[:4], "big")
        if header[4:] == b"IEND":
            return at
    return 0


def _jpeg_length(window: _Window) -> int:
    """Bytes to the end of EOI, 0 where the segments make no sense or no scan follows a frame."""
    at = 2
    frame = scan = False
    while at < EMBEDDED_LARGEST:
        marker = window.get(at, 4)
        if len(marker) < 2 or marker[0] != 0xFF:
            return 0
        code = marker[1]
        if code == 0xD9:
            return at + 2 if frame and scan else 0
        if code == 0xFF:
            at += 1
            continue
        if len(marker) < 4 or code in {0x00, 0x01, 0xD8} or 0xD0 <= code <= 0xD7:
            return 0
        at += 2 + int.from_bytes(marker[2:4], "big")
        frame = frame or (0xC0 <= code <= 0xCF and code not in {0xC4, 0xC8, 0xCC})
        if code == 0xDA:
            scan = True
            at = _after_scan(window, at)
            if at < 0:
                return 0
    return 0


def _after_scan(window: _Window, at: int) -> int:
    """Position of the marker that ends the entropy-coded data, -1 when there is none."""
    while (at := window.find(b"\xff", at)) >= 0:
        following = window.get(at, 2)
        if len(following) < 2:
            return -1
        if following[1] == 0x00 or 0xD0 <= following[1] <= 0xD7:
            at += 2
        elif following[1] == 0xFF:
            at += 1
        else:
            return at
    return -1
