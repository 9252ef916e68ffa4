"""The task that a locked worker carries out for this room: one delivered file becomes one shelf."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Annotated, TypeVar

import msgspec

from homeward.known import csv_list, ncmec, nsrl, vic, vpdq
from homeward.known.ncmec_pages import MOST_REASONS, Page, Reason, read_page, read_reasons
from homeward.known.records import Count, KnownListRefused, Report, Text
from homeward.known.shelf import Shelf, ShelfFiles
from homeward.known.text import Stream, encoding_of
from homeward.known.vic_claims import Claim, case_claims
from homeward.known.vic_spots import Spot, spots
from homeward.known.words import plain
from homeward.sandbox import ByteRange

_T = TypeVar("_T")
HEAD = 1 << 12
DATABASE = b"SQLite format 3\0"
"""How a file begins that is read by its path, and not through a descriptor."""
_PROGRESS = 4 << 20
_TOGETHER = 500
"""Claims in one answer."""


class Order(msgspec.Struct, frozen=True):
    """What to read: ``size`` bytes of the first descriptor, or the database at ``path``."""

    size: int
    path: str = ""
    pdq: bool = False


class Answer(msgspec.Struct, frozen=True):
    """How far reading has come, in bytes or rows; at the end the report."""

    done: Count = 0
    report: Report | None = None


_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(Order).decode
read_answer = msgspec.msgpack.Decoder(Answer).decode


def warm_up() -> None:
    """Load what is loaded lazily."""
    for name in ("cp1252", "utf-16-le", "utf-16-be", "latin-1", "utf-8-sig"):
        codecs.lookup(name)


def read(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Read a list (descriptors: the delivered file, then those of :class:`ShelfFiles`); the last answer has a report."""
    order = _order(payload)
    shelf = Shelf(ShelfFiles(*fds[1:]))
    report = Report()
    try:
        source = Source(fds[0], order.size)
        readings = nsrl.read_nsrl(order.path, shelf) if order.path else _read_text(source, order, shelf)
        told = 0
        for reading in readings:
            report = reading
            at = source.at
            if at - told >= _PROGRESS or order.path:
                told = at
                yield _encode(Answer(at))
        report.hashes = shelf.finish(once=bool(order.path))
        if not report.hashes and not report.withdrawn:
            why = f"; {report.problems[0]}" if report.problems else ""
            report.refused = f"the list holds no usable hash{why}"
    except KnownListRefused as error:
        report = Report(refused=plain(error))
    yield _encode(Answer(report=report))


class Claims(msgspec.Struct, frozen=True):
    """What a case states; a list of claims, or why there are none."""

    claims: Annotated[list[Claim], msgspec.Meta(max_length=_TOGETHER)] = []
    refused: Text = ""


read_claims = msgspec.msgpack.Decoder(Claims).decode


def claims(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Read a case's claims (descriptor: the delivered file), some hundred at a time."""
    source = Source(fds[0], _order(payload).size)
    encoding, mark = encoding_of(source.head)
    stream = source if encoding == "utf-8" else Transcoded(source, encoding, mark)
    try:
        for found in batched(case_claims(stream)):
            yield _encode(Claims(found))
    except KnownListRefused as error:
        yield _encode(Claims(refused=plain(error)))


class Spots(msgspec.Struct, frozen=True):
    """Where something can be added; a list of records, or why nothing can."""

    spots: Annotated[list[Spot], msgspec.Meta(max_length=_TOGETHER)] = []
    refused: Text = ""


read_spots = msgspec.msgpack.Decoder(Spots).decode


def places(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Read where records end (descriptor: a file of Project VIC), some hundred at a time."""
    source = Source(fds[0], _order(payload).size)
    try:
        if encoding_of(source.head)[0] != "utf-8":
            raise KnownListRefused("only a file in UTF-8 can be written back")
        for found in batched(spots(source)):
            yield _encode(Spots(found))
    except KnownListRefused as error:
        yield _encode(Spots(refused=plain(error)))


class Paged(msgspec.Struct, frozen=True):
    """What a page says beside its entries, or why it says nothing."""

    page: Page
    refused: Text = ""


read_paged = msgspec.msgpack.Decoder(Paged).decode


def paging(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Read what comes after a page (descriptor: the page)."""
    try:
        yield _encode(Paged(read_page(Source(fds[0], _order(payload).size))))
    except KnownListRefused as error:
        yield _encode(Paged(Page(), plain(error)))


class Offered(msgspec.Struct, frozen=True):
    """Reasons for votes, or why there are none."""

    reasons: Annotated[list[Reason], msgspec.Meta(max_length=MOST_REASONS)] = []
    refused: Text = ""


read_offered = msgspec.msgpack.Decoder(Offered).decode


def reasons(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Read which reasons a clearing house offers (descriptor: its answer)."""
    try:
        yield _encode(Offered(read_reasons(Source(fds[0], _order(payload).size))))
    except KnownListRefused as error:
        yield _encode(Offered(refused=plain(error)))


def batched(found: Iterable[_T]) -> Iterator[list[_T]]:
    """Some at a time, as answers hold them."""
    left = iter(found)
    while some := list(islice(left, _TOGETHER)):
        yield some


def _read_text(source: Source, order: Order, shelf: Shelf) -> Iterator[Report]:
    encoding, mark = encoding_of(source.head)
    first = source.head[mark:].decode(encoding, "replace").lstrip()[:1]
    wide = encoding != "utf-8"
    if first == "{":
        for report in vic.read_vic(Transcoded(source, encoding, mark, shelf) if wide else source, shelf):
            report.in_place = not wide
            yield report
    elif first == "[":
        yield from vpdq.read_vpdq(Transcoded(source, encoding, mark) if wide else source, shelf)
    elif first == "<":
        yield from ncmec.read_ncmec(source, shelf)
    else:
        yield from csv_list.read_csv(source, shelf, pdq=order.pdq)


class Source:
    """The delivered file, read from its beginning; each byte is copied once."""

    def __init__(self, fd: int, size: int) -> None:
        self._range = ByteRange(fd, 0, size)
        self.head = self._range.at(0, HEAD)
        self.at = 0

    def read(self, size: int = 1 << 20, /) -> bytes:
        """Up to ``size`` bytes, none at the end."""
        body = self._range.at(self.at, size)
        self.at += len(body)
        return body


class Transcoded:
    """UTF-16 as UTF-8; with a shelf it is kept as the list's text on the way: references are then places in that text."""

    def __init__(self, source: Stream, encoding: str, mark: int, shelf: Shelf | None = None) -> None:
        self._source, self._shelf = source, shelf
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        source.read(mark)

    def read(self, size: int = -1, /) -> bytes:
        """Up to about ``size`` bytes, none at the end."""
        text = ""
        while not text and (read := self._source.read(size)):
            text = self._decoder.decode(read)
        body = (text or self._decoder.decode(b"", final=True)).encode("utf-8", "replace")
        if self._shelf is not None:
            self._shelf.keep(body)
        return body
