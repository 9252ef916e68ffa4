"""Rows of lists that are no JSON, kept as JSON: one form in which a row that matched is read again."""

from __future__ import annotations

from msgspec.json import encode

from homeward.known.records import Details
from homeward.known.shelf import NOT_SAID, Shelf

WINDOW = 1 << 16
"""Bytes after which a window is closed."""


class Rowwise:
    """Keeps rows one by one, as JSON of their :class:`~homeward.known.records.Details`, some hundred to a window."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._bodies: list[bytes] = []
        self._waiting: list[tuple[list[tuple[str, bytes]], int]] = []
        self._size = 0
        self._line = 0

    def add(self, details: Details, hashes: list[tuple[str, bytes]]) -> None:
        """Keep a row with its hashes."""
        if not self._bodies:
            self._line = details.line
        self._bodies.append(encode(details))
        self._waiting.append((hashes, NOT_SAID if details.quality is None else details.quality))
        self._size += len(self._bodies[-1])
        if self._size >= WINDOW:
            self.flush()

    def flush(self) -> None:
        """Close the window."""
        if not self._bodies:
            return
        base = self._shelf.records(self._bodies, self._line)
        for number, (hashes, quality) in enumerate(self._waiting):
            self._shelf.one(hashes, base + number, quality)
        self._bodies, self._waiting, self._size = [], [], 0
