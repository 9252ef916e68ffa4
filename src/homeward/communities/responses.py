"""What servers answered, as web archives keep it: the content of each answer, and whether all of it is there.

Content is taken apart here, a piece at a time, and not by the library that reads the records: that one keeps whole chunks, and
does not say where content ends before its end. A file of which a part is missing has another digest than the file.
"""

from __future__ import annotations

import contextlib
import io
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, NamedTuple

import brotli
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from homeward.communities.captured import CaptureRefused
from homeward.communities.zipped import blown_up
from homeward.known.text import Stream
from homeward.sandbox import alive

Streams = Callable[[], Iterator[Stream]]
_PIECE = 64 << 10
_UNPACKED = 1 << 20
_TELLING = 64  # bytes from which it is told how content is packed
_LARGEST = 16 << 30
"""Bytes of content; of what is longer the end is missing."""
_WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}  # some servers send deflate without its header
_PLAIN = ("", "identity")
_BROTLI = "br"
_KINDS = {"response", "resource", "revisit"}


class Answer(NamedTuple):
    """One record."""

    address: str
    date: str
    mime: str
    charset: str
    revisit: bool
    """Nothing is in it: the content is that of an earlier record."""
    digest: str
    """Of the content, as the archive's maker wrote it."""
    original: str
    """The address of the record that has the content, of a revisit."""
    content: Content


class _Growth:
    """What all packed content of an archive comes to: what lies in it may be packed once more, to next to nothing."""

    def __init__(self) -> None:
        self._packed = self._unpacked = 0

    def sent(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """The same pieces, counted."""
        for piece in pieces:
            self._packed += len(piece)
            yield piece

    def became(self, size: int) -> None:
        """Count unpacked bytes.

        Raises:
            CaptureRefused: they are far more than such files hold.
        """
        self._unpacked += size
        if blown_up(self._unpacked, self._packed):
            raise CaptureRefused("what lies in the web archive unpacks to far more than such files do")


class Content:
    """Content of a record, read once."""

    def __init__(self, raw: Any, http: Any, growth: _Growth, *, cut: bool) -> None:
        def header(name: str) -> str:
            return ((http.get_header(name) if http else "") or "").strip().lower()

        self._raw, self._growth = raw, growth
        self._packed = header("Content-Encoding")
        self._chunked = header("Transfer-Encoding") == "chunked"
        length = header("Content-Length")
        self._length = int(length) if length.isdecimal() and len(length) < 19 and not self._chunked else 0
        self.readable = self._packed in {*_PLAIN, *_WINDOWS, _BROTLI}
        self.whole = not cut
        """Known once it was read."""

    def pieces(self) -> Iterator[bytes]:
        """Its bytes as they were before they were packed for their way.

        Raises:
            CaptureRefused: what lies in the archive was made to grow.
        """
        sent = self._dechunked() if self._chunked else self._counted()
        size = 0
        for piece in sent if self._packed in _PLAIN else self._unpacked(self._growth.sent(sent)):
            alive()
            size += len(piece)
            if self._packed not in _PLAIN:
                self._growth.became(len(piece))
            if size > _LARGEST:
                self.whole = False
                return
            yield piece

    def _rest(self) -> Iterator[bytes]:
        while piece := self._raw.read(_PIECE):
            yield piece

    def _counted(self) -> Iterator[bytes]:
        size = 0
        for piece in self._rest():
            size += len(piece)
            yield piece
        self.whole &= size >= self._length

    def _dechunked(self) -> Iterator[bytes]:
        first = True
        while True:
            line = self._raw.readline(64)
            try:
                left = int(line.partition(b";")[0].strip() or b"-1", 16)
            except ValueError:
                left = -1
            if left < 0 and first:  # some archives keep the header, and the content without its chunks
                yield line
                yield from self._rest()
                return
            if left == 0:
                return
            first = False
            while left > 0 and (piece := self._raw.read(min(left, _PIECE))):
                left -= len(piece)
                yield piece
            if left or self._raw.read(2) != b"\r\n":
                self.whole = False
                return

    def _unpacked(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        first = b""
        while len(first) < _TELLING and (sent := next(pieces, b"")):
            first += sent
        if self._packed == _BROTLI:
            yield from self._unpacked_by_brotli(first, pieces)
            return
        unpack = self._unpacker(first)
        for sent in chain((first,), pieces):
            piece = sent
            while unpack is not None and piece:
                if unpack.eof and not piece.startswith(b"\x1f\x8b"):
                    break
                unpack = zlib.decompressobj(31) if unpack.eof else unpack
                try:
                    yield unpack.decompress(piece, _UNPACKED)
                except zlib.error:
                    self.whole = False
                    return
                piece = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
            if unpack is None:
                yield piece
        while unpack is not None and not unpack.eof and (piece := unpack.flush()):
            yield piece
        self.whole &= unpack is None or unpack.eof

    def _unpacked_by_brotli(self, first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
        if not _is_brotli(first):  # it was kept unpacked, with the header that says otherwise
            yield first
            yield from pieces
            return
        unpack, ended = brotli.Decompressor(), False
        with contextlib.suppress(brotli.error):
            for sent in chain((first,), pieces):
                piece = unpack.process(sent, output_buffer_limit=_UNPACKED)
                while piece:
                    yield piece
                    piece = b"" if unpack.is_finished() else unpack.process(b"", output_buffer_limit=_UNPACKED)
            ended = unpack.is_finished()
        self.whole &= ended

    def _unpacker(self, first: bytes) -> Any:
        """What unpacks it; nothing where it was kept unpacked, with the header that says otherwise."""
        for window in _WINDOWS.get(self._packed, ()):
            with contextlib.suppress(zlib.error):
                zlib.decompressobj(window).decompress(first, _UNPACKED)
                return zlib.decompressobj(window)
        return None


def _is_brotli(first: bytes) -> bool:
    """Whether content begins like that: it has no mark of its own, but nearly nothing else can be taken for it."""
    unpack = brotli.Decompressor()
    try:
        for at in range(len(first)):
            unpack.process(first[at : at + 1], output_buffer_limit=_UNPACKED)
            if unpack.is_finished():
                break
    except brotli.error:
        return False
    return True


def answers(streams: Streams) -> Iterator[Answer]:
    """Everything that servers answered without an error, in order.

    Raises:
        CaptureRefused: the archive is broken.
    """
    growth = _Growth()
    try:
        for stream in streams():
            records = ArchiveIterator(stream)
            for record in _quiet(iter(records)):
                alive()
                if records.err_count:
                    raise CaptureRefused("the web archive is broken: a record is longer or shorter than it says")
                if record.rec_type in _KINDS and (found := _answer(record, growth)) is not None:
                    yield found
    except CaptureRefused:
        raise
    except (ArchiveLoadFailed, ValueError, OverflowError, EOFError, OSError, AttributeError, TypeError) as error:
        raise CaptureRefused(f"the web archive is broken ({type(error).__name__})") from None


def _answer(record: Any, growth: _Growth) -> Answer | None:
    def told(name: str) -> str:
        return record.rec_headers.get_header(name) or ""

    http, revisit = record.http_headers, record.rec_type == "revisit"
    if http and http.get_statuscode() not in ({"200", "304"} if revisit else {"200"}):
        return None
    mime, _, more = ((http or record.rec_headers).get_header("Content-Type") or "").partition(";")
    charset = more.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
    cut = bool(told("WARC-Truncated") or told("WARC-Segment-Number"))
    return Answer(
        told("WARC-Target-URI"),
        told("WARC-Date"),
        mime.strip().lower(),
        charset,
        revisit,
        told("WARC-Payload-Digest"),
        told("WARC-Refers-To-Target-URI"),
        Content(record.raw_stream, http, growth, cut=cut),
    )


def _quiet(records: Iterator[Any]) -> Iterator[Any]:
    """The same, without what the library writes to the terminal: it quotes the archive."""
    while True:
        with contextlib.redirect_stderr(_Nowhere()):
            record = next(records, None)
        if record is None:
            return
        yield record


class _Nowhere(io.TextIOBase):
    def write(self, text: str) -> int:
        return len(text)
