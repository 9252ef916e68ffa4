"""JSON of any size read piece by piece: nothing larger than :data:`MOST` bytes is ever held, whatever the file says.

Long arrays come out as *windows*: stretches of whole elements, each of which is a JSON array once it is put between
brackets. A window's end is guessed from how elements have followed each other so far, and proven by decoding it: a text
that begins with an element and is a valid array between brackets can only end where an element ends.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from homeward.known.counting import count_lines
from homeward.known.records import KnownListRefused
from homeward.known.text import Stream
from homeward.known.words import ODD_BYTES

MOST = 16 << 20
"""Bytes of the largest value that is not a long array."""
WINDOW = 1 << 19
"""Bytes after which a window is closed."""
UNDECODABLE = (msgspec.DecodeError, ValueError, RecursionError)
"""What decoding raises."""
_CHUNK = 1 << 20
_SPACE = re.compile(rb"[ \t\r\n]*")
_FOLLOWS = re.compile(rb'[ \t\r\n]*,[ \t\r\n]*\{[ \t\r\n]*"[^"\\]{1,64}"')
scan: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder(strict=False).scan_once  # type: ignore[attr-defined]
"""Value that begins at a place of a text, and where it ends."""


class Window(msgspec.Struct, frozen=True):
    """Whole elements of an array, as they stand in the file."""

    offset: int
    line: int
    text: bytes
    """Between brackets."""
    rows: list[Any] | None
    """Decoded; None where they are not of the type asked for."""

    @property
    def body(self) -> bytes:
        """As they stand in the file, without the brackets."""
        return self.text[1:-1]


class Cursor:
    """A place in a JSON text. Every refusal names the line and the byte."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = b""
        self._at = 0
        self._base = 0
        self._line = 1
        self._ended = False
        self._more()
        if self._buffer.startswith(codecs.BOM_UTF8):
            self._at = len(codecs.BOM_UTF8)

    def peek(self) -> bytes:
        """The next byte that is no space, empty at the end; the cursor stands before it."""
        while True:
            found = _SPACE.match(self._buffer, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at : self._at + 1]
            if not self._more():
                return b""

    def take(self, wanted: bytes) -> bool:
        """Step over ``wanted`` if it comes next."""
        if self.peek() != wanted:
            return False
        self._at += 1
        return True

    def need(self, wanted: bytes, where: str) -> None:
        """Step over ``wanted``.

        Raises:
            KnownListRefused: something else comes, or nothing.
        """
        if not self.take(wanted):
            raise self.broken(f"{wanted.decode()} is missing {where}")

    def value(self) -> Any:
        """Decode the value that begins here and step over it."""
        self.peek()
        start = self._at
        _, self._at = self._element(start)
        return json.loads(self._buffer[start : self._at].decode("utf-8", ODD_BYTES), strict=False)

    def look(self) -> Any:
        """Decode the value that begins here and stay before it; None where it is larger than :data:`MOST`."""
        self.peek()
        try:
            return self._element(self._at)[0]
        except _TooLarge:
            return None

    def windows(self, decode: Callable[[bytes], list[Any]]) -> Iterator[Window]:
        """The elements of the array whose bracket has just been stepped over, to behind its end.

        ``decode`` takes a JSON array; it raises one of :data:`UNDECODABLE` for what it cannot take.
        """
        if self.take(b"]"):
            return
        follows = b""
        while True:
            self.peek()
            window = self._guess(follows, decode) if follows else None
            if window is None:
                window, follows, last = self._step(decode)
                yield window
                if last:
                    return
            else:
                yield window

    def broken(self, reason: str, at: int | None = None) -> KnownListRefused:
        """A refusal that names this place."""
        at = self._at if at is None else at
        line = self._line + count_lines(self._buffer, at)
        if self._ended and not self._buffer[at:].strip(b" \t\r\n\0"):
            reason = "the file ends in the middle"
        return KnownListRefused(f"it is broken at line {line} (byte {self._base + at + 1:,}): {reason}")

    def _guess(self, follows: bytes, decode: Callable[[bytes], list[Any]]) -> Window | None:
        """The longest window that ends where an element seems to begin; None where that does not hold."""
        while len(self._buffer) - self._at < WINDOW and self._more():
            pass
        cut = self._buffer.rfind(follows, self._at, self._at + WINDOW)
        if cut <= self._at:
            return None
        text = self._bracketed(cut)
        try:
            rows = decode(text)
        except UNDECODABLE:
            return None
        window = self._window(text, rows)
        self._at = cut + follows.index(b"{")
        return window

    def _step(self, decode: Callable[[bytes], list[Any]]) -> tuple[Window, bytes, bool]:
        """Elements one by one up to a window's size; what follows the last one, and whether the array ends there."""
        self._drop()
        after = self._at
        while True:
            _, end = self._element(after)
            follows, after, last = self._after(end)
            if follows or last or end >= WINDOW:
                break
        text = self._bracketed(end)
        try:
            rows = decode(text)
        except UNDECODABLE:
            rows = None
        window = self._window(text, rows)
        self._at = after
        return window, follows, last

    def _after(self, end: int) -> tuple[bytes, int, bool]:
        """What stands between the element that ends here and the next one, where that begins, whether none does."""
        while len(self._buffer) - end < 256 and self._more(keep=True):
            pass
        found = _FOLLOWS.match(self._buffer, end)
        if found:
            return found.group(), found.start() + found.group().index(b"{"), False
        at = self._space(end)
        mark = self._buffer[at : at + 1]
        if mark == b"]":
            return b"", at + 1, True
        if mark != b",":
            raise self.broken("a comma is missing between two elements" if mark else "the array has no end", at)
        at = self._space(at + 1)
        if self._buffer[at : at + 1] == b"]":
            raise self.broken("there is a comma with nothing behind it", at)
        return b"", at, False

    def _space(self, at: int) -> int:
        while True:
            found = _SPACE.match(self._buffer, at)
            at = found.end() if found else at
            if at < len(self._buffer) or not self._more(keep=True):
                return at

    def _bracketed(self, end: int) -> bytes:
        return b"".join((b"[", memoryview(self._buffer)[self._at : end], b"]"))

    def _window(self, text: bytes, rows: list[Any] | None) -> Window:
        line = self._line + count_lines(self._buffer, self._at)
        return Window(self._base + self._at, line, text, rows)

    def _element(self, at: int) -> tuple[Any, int]:
        """Decode what begins at ``at`` of the buffer; bytes are taken one by one, so text beyond ASCII is not readable."""
        size = 1 << 12
        while True:
            while len(self._buffer) - at < size and self._more(keep=True):
                pass
            piece = self._buffer[at : at + size]
            whole = self._ended and len(self._buffer) - at <= size
            try:
                value, end = scan(piece.decode("latin-1"), 0)
            except RecursionError:
                raise self.broken("it is nested too deeply", at) from None
            except (StopIteration, ValueError) as error:
                if whole:
                    raise self._failure(error, piece, at) from None
            else:
                if end < len(piece) or whole:
                    return value, at + end
            if size >= MOST:
                raise _TooLarge(str(self.broken(f"a value is larger than {MOST >> 20} MiB, or is no JSON", at)))
            size <<= 2

    def _failure(self, error: Exception, piece: bytes, at: int) -> KnownListRefused:
        failed, cut = 0, False
        if isinstance(error, StopIteration):
            failed = int(error.value or 0)
        elif isinstance(error, json.JSONDecodeError):
            failed, cut = error.pos, error.msg.startswith("Unterminated")
        cut = cut or failed >= len(piece.rstrip())
        return self.broken("the file ends in the middle" if cut else "this is no JSON", at + failed)

    def _more(self, *, keep: bool = False) -> bool:
        """Read on; without ``keep`` what lies behind is forgotten."""
        if self._ended:
            return False
        chunk = self._stream.read(_CHUNK)
        if not chunk:
            self._ended = True
            return False
        if not keep:
            self._drop()
        self._buffer += chunk
        return True

    def _drop(self) -> None:
        self._line += count_lines(self._buffer, self._at)
        self._base += self._at
        self._buffer = self._buffer[self._at :]
        self._at = 0


class _TooLarge(KnownListRefused):
    """A value that is not held."""


def split(body: bytes) -> list[bytes]:
    """The elements of a window.

    Raises:
        ValueError: it is no window.
    """
    try:
        return [bytes(raw) for raw in _raw(b"[" + body + b"]")]
    except UNDECODABLE:
        pass
    text, at, found = body.decode("latin-1"), 0, []
    while at < len(text):
        start = at
        try:
            _, at = scan(text, start)
        except (StopIteration, RecursionError) as error:
            raise ValueError("these are no JSON values") from error
        found.append(body[start:at])
        gap = _SPACE.match(body, at)
        at = gap.end() if gap else at
        if at < len(body):
            gap = _SPACE.match(body, at + 1)
            at = gap.end() if gap else at + 1
    return found


_raw = msgspec.json.Decoder(list[msgspec.Raw]).decode


def numbered(body: bytes, line: int) -> list[tuple[int, bytes]]:
    """The elements of a window, each with the line on which it begins; the window begins on ``line``.

    Raises:
        ValueError: it is no window.
    """
    found, counted, at = [], 0, 0
    for raw in split(body):
        start = body.index(raw, at)
        line += body.count(b"\n", counted, start)
        counted, at = start, start + len(raw)
        found.append((line, raw))
    return found
