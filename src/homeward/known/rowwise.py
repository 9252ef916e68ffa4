"""Rows of lists that are no JSON, kept as JSON: one form in which a row that matched is read again."""

from __future__ import annotations

import hashlib

from msgspec.json import encode

from homeward.known.records import Details
from homeward.known.shelf import NOT_SAID, Moment, Shelf

WINDOW = 1 << 16
"""Bytes after which a window is closed."""


class Rowwise:
    """Keeps rows one by one, as JSON of their :class:`~homeward.known.records.Details`, some hundred to a window."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._bodies: list[bytes] = []
        self._waiting: list[tuple[list[tuple[str, bytes]], int, Moment | None]] = []
        self._size = 0
        self._line = 0

    def add(self, details: Details, hashes: list[tuple[str, bytes]], time_ms: int | None = None) -> None:
        """Keep a row with its hashes; ``time_ms``: it is a frame of the clip that the row's key names, seen then."""
        if not self._bodies:
            self._line = details.line
        self._bodies.append(encode(details))
        moment = None if time_ms is None else Moment(_clip(details.key), time_ms)
        self._waiting.append((hashes, NOT_SAID if details.quality is None else details.quality, moment))
        self._size += len(self._bodies[-1])
        if self._size >= WINDOW:
            self.flush()

    def flush(self) -> None:
        """Close the window."""
        if not self._bodies:
            return
        base = self._shelf.records(self._bodies, self._line)
        for number, (hashes, quality, moment) in enumerate(self._waiting):
            self._shelf.one(hashes, base + number, quality, moment)
        self._bodies, self._waiting, self._size = [], [], 0


def _clip(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()[:8], "big")
