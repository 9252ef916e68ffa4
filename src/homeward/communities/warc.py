"""Web archives: WARC and WACZ. Pages of forums are read for posts; what hangs on them is hashed where it lies in them."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import zlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.communities.captured import Attachment, CaptureRefused, Message, Summary, fit
from homeward.communities.mime import codec
from homeward.communities.pages import LARGEST, Page
from homeward.communities.responses import Answer, Streams, answers
from homeward.communities.rows import lines
from homeward.communities.times import iso
from homeward.communities.zipped import Zipped, blown_up
from homeward.known.text import Stream
from homeward.sandbox import ByteRange, alive

if TYPE_CHECKING:
    from homeward.communities.worker import Order

_ODD = (msgspec.MsgspecError, ValueError, TypeError, AttributeError, KeyError, RecursionError)
_MOST_FILES = 500_000
"""Addresses whose content is remembered."""
_GZIP = 31  # zlib's word for "with a header of gzip"
_CHUNK = 1 << 20
_PIECE = 8 << 10  # bytes that are unpacked together: each end of a stream copies what is left of them
_LONGEST = 4096  # characters of an address under which content is remembered
_LARGEST_PACKAGE = 16 << 20
_OTHERS = "other pages"
_PACKED = "pages are packed in a way that is not read here"
_UNTIMED = "posts have a time that cannot be read: they count as without one"
_CUT = "files of the archive are cut: they count as not captured"
_LOST = "pages that the package lists are not in its archives"
_LISTS = re.compile(r"pages/[^/]{1,100}\.jsonl")
_BEGINNING = 2048
_CHARSET = re.compile(rb"<meta[^>]{1,100}charset=[\"']?([A-Za-z0-9_-]{1,40})", re.IGNORECASE)


def looks(head: bytes) -> bool:
    """Whether a file begins like a WARC."""
    return head.startswith((b"WARC/", b"\x1f\x8b"))


def looks_zipped(names: Collection[str]) -> bool:
    """Whether members of these names are a WACZ's."""
    return "datapackage.json" in names or any(map(_archived, names))


def _archived(name: str) -> bool:
    return name.startswith("archive/") and name.endswith((".warc", ".warc.gz"))


def read(source: ByteRange, order: Order, summary: Summary) -> Iterator[Message]:
    """Posts on all pages of a WARC."""

    def streams() -> Iterator[Stream]:
        yield io.BufferedReader(ByteRange(source.fd, 0, source.size))

    yield from _posts(streams, order, summary)


def read_zipped(source: ByteRange, order: Order, summary: Summary) -> Iterator[Message]:
    """Posts on all pages of a WACZ.

    Raises:
        CaptureRefused: it holds no archive, or another than it says.
    """
    archive = Zipped(source)
    names = list(filter(_archived, archive.names))
    if not names:
        raise CaptureRefused("it is a zip archive without any WARC in archive/: no WACZ")
    _check(archive, names, summary)

    def streams() -> Iterator[Stream]:
        for name in names:
            with archive.open(name) as member:
                yield member

    yield from _posts(streams, order, summary, _listed(archive))


def _listed(archive: Zipped) -> frozenset[int]:
    """The pages that the package lists, as digests: what it does not hold of them was not captured."""
    found: set[int] = set()
    for name in filter(_LISTS.fullmatch, archive.names):
        with archive.open(name) as member:
            for line in lines(member):
                with contextlib.suppress(*_ODD):
                    address = msgspec.json.decode(line).get("url")
                    if isinstance(address, str) and len(found) < _MOST_FILES:
                        found.add(hash(address))
    return frozenset(found)


def _check(archive: Zipped, names: list[str], summary: Summary) -> None:
    """Whether the archives are those of which the package tells the digests."""
    told: dict[str, str] = {}
    if "datapackage.json" in archive.names:
        with (
            archive.open("datapackage.json") as member,
            contextlib.suppress(*_ODD),
        ):
            package: Any = msgspec.json.decode(member.read(_LARGEST_PACKAGE))
            told = {str(one.get("path")): str(one.get("hash")) for one in package["resources"]}
    for name in names:
        wanted = told.get(name, "").removeprefix("sha256:")
        found = archive.hashed(name)
        if found is None:
            raise CaptureRefused(f"{fit(name, 200)} in it cannot be read")
        if wanted and wanted != found[0]:
            raise CaptureRefused(f"{fit(name, 200)} in it is not what its datapackage.json says")
        if not wanted:
            summary.note("it does not say what its archives must hold (datapackage.json): they were taken as they are")


def _complete(stream: Stream) -> bool:
    """Whether an archive ends where its last record does: a reader of records would not notice."""
    chunk = stream.read(_CHUNK)
    gzip = zlib.decompressobj(_GZIP) if chunk.startswith(b"\x1f\x8b") else None
    end = b""
    packed = unpacked = 0
    while chunk:
        alive()
        packed += len(chunk)
        for start in range(0, len(chunk) if gzip is not None else 0, _PIECE):
            piece = chunk[start : start + _PIECE]
            while gzip is not None and piece:
                if gzip.eof:
                    gzip = zlib.decompressobj(_GZIP)
                unpacked += len(gzip.decompress(piece, _CHUNK))
                if blown_up(unpacked, packed):
                    raise CaptureRefused("the web archive unpacks to far more than such files do")
                piece = gzip.unused_data if gzip.eof else gzip.unconsumed_tail
        end = (end + chunk)[-4:]
        chunk = stream.read(_CHUNK)
    return gzip.eof if gzip is not None else end == b"\r\n\r\n"


def _posts(streams: Streams, order: Order, summary: Summary, listed: frozenset[int] = frozenset()) -> Iterator[Message]:
    try:
        if not all(map(_complete, streams())):
            raise CaptureRefused("the web archive is broken: it ends in the middle of a record")
    except zlib.error:
        raise CaptureRefused("the web archive is broken: its compression makes no sense") from None
    files = _Files(streams)
    pages: Counter[str] = Counter()
    told: Counter[str] = Counter({_CUT: files.cut})
    empty: Counter[str] = Counter()
    missing = set(listed)
    for answer in answers(streams):
        missing.discard(hash(answer.address))
        if answer.revisit or "html" not in answer.mime:
            continue
        page = Page(_html(answer), answer.address, order.site)
        if page.extractor is None:
            told[_OTHERS if answer.content.readable else _PACKED] += 1
            continue
        name = page.extractor.name
        pages[name] += 1
        empty[name] += 1
        for count, message in enumerate(page.posts(partial(files.at, answer.date), text=order.text)):
            empty[name] -= count == 0
            told[_UNTIMED] += message.time is None
            yield message
    for name, count in sorted(pages.items()):
        summary.note(f"{count} pages of {name}, {empty[name]} of them without a post; {told[_OTHERS]} other pages")
    told[_LOST] = len(missing)
    for sentence in (_PACKED, _UNTIMED, _CUT, _LOST):
        if told[sentence]:
            summary.note(f"{told[sentence]} {sentence}")


def _html(answer: Answer) -> str:
    """A page, in the encoding that it says."""
    body = b"".join(_first(answer.content.pieces(), LARGEST)) if answer.content.readable else b""
    found = _CHARSET.search(body[:_BEGINNING])
    charset = answer.charset or (found[1].decode("ascii") if found else "")
    return body.decode(codec(charset, "utf-8"), "replace")


def _first(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece[:most]
        most -= len(piece)
        if most <= 0:
            return


class _Files:
    """What lies at every address that is no page. The same address may have had other content at another time."""

    def __init__(self, streams: Streams) -> None:
        self._found: dict[str, tuple[list[int], list[Attachment]]] = {}
        self._digests: dict[str, Attachment] = {}
        self.cut = self._count = 0
        later: list[Answer] = []
        for answer in answers(streams):
            if len(answer.address) > _LONGEST or self._count + len(later) >= _MOST_FILES:
                continue
            if answer.revisit:
                later.append(answer)
            elif "html" not in answer.mime and answer.content.readable:
                self._take(answer)
        for answer in later:
            alive()
            if found := self._digests.get(answer.digest) or self.at(answer.date, answer.original):
                self._keep(answer, found)

    def at(self, date: str, address: str) -> Attachment | None:
        """What lay at an address at the time that is nearest to ``date``; None where the archive has nothing."""
        moments, files = self._found.get(address, ([], []))
        wanted = _moment(date)
        place = bisect_left(moments, wanted)
        around = range(max(0, place - 1), min(place + 1, len(moments)))
        return files[min(around, key=lambda one: abs(moments[one] - wanted))] if files else None

    def _take(self, answer: Answer) -> None:
        digest, size = hashlib.sha256(), 0
        for piece in answer.content.pieces():
            digest.update(piece)
            size += len(piece)
        if not answer.content.whole:
            self.cut += 1
        elif size:
            found = Attachment(sha256=digest.hexdigest(), size=size, mime=fit(answer.mime))
            self._keep(answer, found)
            if answer.digest:
                self._digests[answer.digest] = found

    def _keep(self, answer: Answer, found: Attachment) -> None:
        """In order of time; of content that stays the same the first time and the last."""
        moments, files = self._found.setdefault(answer.address, ([], []))
        moment = _moment(answer.date)
        place = bisect_right(moments, moment)
        if place == len(moments) and len(files) > 1 and files[-2] == files[-1] == found:
            moments[-1] = moment
            return
        moments.insert(place, moment)
        files.insert(place, found)
        self._count += 1


def _moment(date: str) -> int:
    try:
        return iso(date, 0).ns
    except (ValueError, OverflowError):
        return 0
