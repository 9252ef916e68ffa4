"""Where a picture file keeps what it says about itself: the raw EXIF, XMP and IPTC blocks, found without decoding anything.

Sources: JPEG (ITU-T T.81, annex B; CIPA DC-008, 4.5.4; ISO 16684-3, 1.1.3), Photoshop resources (Adobe, 2019), PNG (W3C, third
edition, 11.3), WebP (RFC 9649, 2.7), HEIF and AVIF (ISO/IEC 23008-12, annex A), TIFF 6.0, whose whole file is one EXIF block.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import msgspec

from homeward.media.heif_items import BrokenContainer, read_items

LARGEST_PACKED = 1 << 20
"""Bytes to which a compressed text of a PNG may grow."""
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_EXIF = b"Exif\0\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_IPTC_RESOURCE = 0x0404
_TAGS = {700, 33723, 34377}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 7: 1, 13: 4}
"""Bytes of one value of each type in which writers have put a block: IPTC came as bytes and as 32-bit numbers."""


class Blocks(msgspec.Struct):
    """Each empty where there is none. ``exif`` begins with its TIFF header."""

    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    problem: str = ""


def find_blocks(data: bytes) -> Blocks:
    """Blocks of a picture file, by its content; empty ones for a file of another kind."""
    found = Blocks()
    try:
        if data.startswith(b"\xff\xd8"):
            _jpeg(data, found)
        elif data.startswith(b"\x89PNG\r\n\x1a\n"):
            _png(data, found)
        elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            _webp(data, found)
        elif data.startswith(_TIFF):
            found.exif = data
            _tiff(data, found)
        elif data[4:8] == b"ftyp":
            _heif(data, found)
    except (struct.error, IndexError, BrokenContainer):
        found.problem = "its metadata is cut short or broken"
    return found


def resource(photoshop: bytes) -> bytes:
    """The IPTC block among Photoshop's image resources; empty where there is none.

    Raises:
        struct.error, IndexError: the list of resources is cut short.
    """
    at = 0
    while photoshop[at : at + 4] == b"8BIM":
        (code,) = struct.unpack_from(">H", photoshop, at + 4)
        at += 6 + (photoshop[at + 6] + 2 & ~1)
        (size,) = struct.unpack_from(">I", photoshop, at)
        if code == _IPTC_RESOURCE:
            return photoshop[at + 4 : at + 4 + size]
        at += 4 + size + (size & 1)
    return b""


def _jpeg(data: bytes, found: Blocks) -> None:
    photoshop = b""
    for marker, body in _segments(data):
        if marker == 0xE1 and body.startswith(_EXIF):
            found.exif += body[6:]
        elif marker == 0xE1 and body.startswith(_XMP):
            found.xmp = found.xmp or body[len(_XMP) :]
        elif marker == 0xED and body.startswith(_PHOTOSHOP):
            photoshop += body[len(_PHOTOSHOP) :]
    found.iptc = resource(photoshop)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Segments in front of the first scan."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in {0xDA, 0xD9}:
            return
        (length,) = struct.unpack_from(">H", data, at + 2)
        if 0xE0 <= marker <= 0xEF:
            yield marker, data[at + 4 : at + 2 + length]
        at += 2 + max(2, length)


def _png(data: bytes, found: Blocks) -> None:
    at = 8
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length] if kind in {b"eXIf", b"iTXt", b"zTXt", b"tEXt"} else b""
        if kind == b"eXIf":
            found.exif = body.removeprefix(_EXIF)
        elif kind == b"iTXt" and body.startswith(b"XML:com.adobe.xmp\0"):
            found.xmp = _international(body)
        elif body.startswith(b"Raw profile type "):
            _raw_profile(kind, body, found)
        at += 12 + length


def _international(body: bytes) -> bytes:
    """Text of an iTXt chunk, behind its keyword, flags, language and translated keyword."""
    keyword, _, rest = body.partition(b"\0")
    text = rest[2:].split(b"\0", 2)[-1] if keyword else b""
    return _unpacked(text) if rest[:1] == b"\1" else text


def _raw_profile(kind: bytes, body: bytes, found: Blocks) -> None:
    """Blocks as ImageMagick wrote them before PNG had a chunk for them: name, length and the bytes in hexadecimal."""
    keyword, _, rest = body.partition(b"\0")
    lines = (_unpacked(rest[1:]) if kind == b"zTXt" else rest).split(b"\n", 3)
    try:
        block = bytes.fromhex(b"".join(lines[3:]).decode("ascii"))
    except ValueError:
        found.problem = "its metadata is cut short or broken"
        return
    name = keyword.rpartition(b" ")[2]
    if name in {b"exif", b"APP1"} and block.startswith(_EXIF):
        found.exif = found.exif or block[6:]
    elif name == b"iptc":
        found.iptc = resource(block) or block
    elif name == b"xmp":
        found.xmp = found.xmp or block


def _unpacked(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, LARGEST_PACKED)
    except zlib.error:
        return b""


def _webp(data: bytes, found: Blocks) -> None:
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        if kind == b"EXIF":
            found.exif = data[at + 8 : at + 8 + length].removeprefix(_EXIF)
        elif kind == b"XMP ":
            found.xmp = data[at + 8 : at + 8 + length]
        at += 8 + length + (length & 1)


def _tiff(data: bytes, found: Blocks) -> None:
    """Blocks that are tags of the first directory."""
    order = "<" if data[:1] == b"I" else ">"
    wide = data[2:4] in {b"+\0", b"\0+"}
    link, entry, step = (f"{order}Q", f"{order}HHQ", 20) if wide else (f"{order}I", f"{order}HHI", 12)
    (at,) = struct.unpack_from(link, data, 8 if wide else 4)
    (entries,) = struct.unpack_from(f"{order}Q" if wide else f"{order}H", data, at)
    held: dict[int, bytes] = {}
    for place in range(at + (8 if wide else 2), min(at + 2 + entries * step, len(data)), step):
        tag, kind, count = struct.unpack_from(entry, data, place)
        if tag in _TAGS and kind in _SIZES:
            (offset,) = struct.unpack_from(link, data, place + struct.calcsize(entry))
            held[tag] = data[offset : offset + count * _SIZES[kind]]
    found.xmp = held.get(700, b"")
    found.iptc = held.get(33723, b"") or resource(held.get(34377, b""))


def _heif(data: bytes, found: Blocks) -> None:
    items = read_items(memoryview(data))
    for item in items.items.values():
        if item.kind not in {b"Exif", b"mime"}:
            continue
        body = items.body(item) or b""
        if item.kind == b"Exif" and not found.exif:
            (skip,) = struct.unpack_from(">I", body)
            found.exif = body[4 + skip :].removeprefix(_EXIF)
        elif item.kind == b"mime" and b"rdf:RDF" in body:
            found.xmp = found.xmp or body
