"""The bytes of a delivered table as rows of cells, whatever program wrote it.

Handled: UTF-8 and UTF-16 with and without mark, single bytes of Windows-1252 among UTF-8, any line end, lines without
end, quotes that never close. Nothing in a file stops the reading, and memory is bounded by a few lines.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Protocol

import msgspec

from homeward.known.words import ODD_BYTES

LONGEST_LINE = 1 << 16
"""Characters of a line; a longer one is no row of hashes."""
_MOST_JOINED = 32
"""Lines that one quoted cell may span."""
_CHUNK = 1 << 16
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class Stream(Protocol):
    """What a list is read from."""

    def read(self, size: int = ..., /) -> bytes:
        """Up to ``size`` bytes, none at the end."""
        ...


class Row(msgspec.Struct, frozen=True):
    """One row, its cells stripped of surrounding space; ``line`` is where it begins, from 1."""

    line: int
    cells: list[str]


class Unreadable(msgspec.Struct, frozen=True):
    """A line that is no row, and why (the end of a sentence)."""

    line: int
    reason: str


class Rows:
    """Rows one after the other; the delimiter is told for each, because it is found out on the way."""

    def __init__(self, stream: Stream) -> None:
        self._lines = _lines(stream)
        self._ahead: deque[tuple[int, str]] = deque()

    def peek(self) -> str | None:
        """The text of the next line, None at the end."""
        self._look(1)
        return self._ahead[0][1] if self._ahead else None

    def take(self, delimiter: str) -> Row | Unreadable:
        """The next row; call only when :meth:`peek` has shown a line."""
        line, text = self._ahead.popleft()
        if len(text) > LONGEST_LINE:
            return Unreadable(line, f"it is longer than {LONGEST_LINE} characters")
        if "\0" in text:
            return Unreadable(line, "it holds a NUL character")
        cells, reason = _cells([text], delimiter)
        if cells is None and (following := self._rest_of_quote()):
            cells, _ = _cells([text, *following], delimiter)
            if cells is not None:
                for _ in following:
                    self._ahead.popleft()
        return Unreadable(line, reason) if cells is None else Row(line, cells)

    def _rest_of_quote(self) -> list[str]:
        """The following lines up to one that can close an open quote: inside it, only an odd count of marks closes."""
        following = []
        for at in range(_MOST_JOINED):
            self._look(at + 1)
            if at == len(self._ahead) or len(text := self._ahead[at][1]) > LONGEST_LINE or "\0" in text:
                return []
            following.append(text)
            if text.count('"') % 2:
                return following
        return []

    def _look(self, count: int) -> None:
        self._ahead.extend(islice(self._lines, max(0, count - len(self._ahead))))


def _cells(texts: list[str], delimiter: str) -> tuple[list[str] | None, str]:
    """The cells of one row, or the reason why it is none."""
    reader = csv.reader((text + "\n" for text in texts), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        return [cell.strip() for cell in next(reader)], ""
    except csv.Error:
        return None, "its quotation marks do not match"


def _lines(stream: Stream) -> Iterator[tuple[int, str]]:
    """Number and text of every line without its end, cut off behind :data:`LONGEST_LINE`; no blank lines or comments."""
    pending, number = "", 0
    for chunk in _characters(stream):
        *whole, pending = (pending + chunk).split("\n")
        for text in whole:
            number += 1
            if _counts(text):
                yield number, text
        pending = pending[: LONGEST_LINE + 1]
    if _counts(pending):
        yield number + 1, pending


def _counts(text: str) -> bool:
    return bool(text) and not text.isspace() and not text.lstrip().startswith("#")


def _characters(stream: Stream) -> Iterator[str]:
    chunk = stream.read(_CHUNK)
    encoding, mark = encoding_of(chunk)
    errors = ODD_BYTES if encoding == "utf-8" else "replace"
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(errors), translate=True)
    chunk = chunk[mark:]
    while chunk:
        yield decoder.decode(chunk)
        chunk = stream.read(_CHUNK)
    yield decoder.decode(b"", final=True)


def encoding_of(head: bytes) -> tuple[str, int]:
    """Encoding and length of its mark. Without one, UTF-16 shows as a zero in most bytes of one parity."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    half = len(head) / 2
    if head[1::2].count(0) > 0.7 * half > head[::2].count(0) * 7:
        return "utf-16-le", 0
    if head[::2].count(0) > 0.7 * half > head[1::2].count(0) * 7:
        return "utf-16-be", 0
    return "utf-8", 0
