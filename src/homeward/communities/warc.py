"""Web archives: WARC and WACZ. Pages of forums are read for posts; what hangs on them is hashed where it lies in them."""

from __future__ import annotations

import contextlib
import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import IO, TYPE_CHECKING, Any

import msgspec
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from homeward.communities.captured import Attachment, CaptureRefused, Message, Summary, fit
from homeward.communities.pages import LARGEST, Page
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
Streams = Callable[[], Iterator[Stream]]


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

    yield from _posts(streams, order, summary)


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


def _posts(streams: Streams, order: Order, summary: Summary) -> Iterator[Message]:
    try:
        if not all(map(_complete, streams())):
            raise CaptureRefused("the web archive is broken: it ends in the middle of a record")
    except zlib.error:
        raise CaptureRefused("the web archive is broken: its compression makes no sense") from None
    files = _files(streams)
    pages: Counter[str] = Counter()
    empty: Counter[str] = Counter()
    others = 0
    for address, html in _pages(streams):
        page = Page(html, address, order.site)
        if page.extractor is None:
            others += 1
            continue
        count = 0
        for message in page.posts(files.get, text=order.text):
            count += 1
            yield message
        pages[page.extractor.name] += 1
        empty[page.extractor.name] += not count
    for name, count in sorted(pages.items()):
        summary.note(f"{count} pages of {name}, {empty[name]} of them without a post; {others} other pages")


def _files(streams: Streams) -> dict[str, Attachment]:
    """Address -> what lies there, for everything that is no page."""
    found: dict[str, Attachment] = {}
    for address, mime, body in _responses(streams):
        if "html" in mime:
            continue
        digest, size = hashlib.sha256(), 0
        while chunk := body.read(1 << 20):
            digest.update(chunk)
            size += len(chunk)
        if len(found) < _MOST_FILES and size and len(address) <= _LONGEST:
            found[address] = Attachment(sha256=digest.hexdigest(), size=size, mime=fit(mime))
    return found


def _pages(streams: Streams) -> Iterator[tuple[str, bytes]]:
    for address, mime, body in _responses(streams):
        if "html" in mime:
            yield address, body.read(LARGEST)


def _responses(streams: Streams) -> Iterator[tuple[str, str, IO[bytes]]]:
    """(Address, type, content) of everything that a server answered without an error."""
    try:
        for stream in streams():
            records = ArchiveIterator(stream)
            for record in _quiet(iter(records)):
                alive()
                if records.err_count:
                    raise CaptureRefused("the web archive is broken: a record is longer or shorter than it says")
                status = record.http_headers.get_statuscode() if record.http_headers else "200"
                if record.rec_type not in {"response", "resource"} or status != "200":
                    continue
                headers = record.http_headers or record.rec_headers
                mime = (headers.get_header("Content-Type") or "").partition(";")[0].strip().lower()
                yield record.rec_headers.get_header("WARC-Target-URI") or "", mime, record.content_stream()
    except CaptureRefused:
        raise
    except (ArchiveLoadFailed, ValueError, OverflowError, EOFError, OSError, AttributeError, TypeError) as error:
        raise CaptureRefused(f"the web archive is broken ({type(error).__name__})") from None


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
