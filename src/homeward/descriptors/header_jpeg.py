"""The header of a JPEG: everything in front of its first scan, in one walk.

Source: ITU-T T.81 (JPEG), annex B; application segments: CIPA DC-008 (Exif), ISO 16684-3 (XMP).
"""

from __future__ import annotations

import re

import msgspec

from homeward.descriptors.header_exif import exif_signature, read_exif_header
from homeward.descriptors.header_records import HeaderSignature, digest
from homeward.descriptors.header_tables import huffman_class, scaled_standard
from homeward.media.words import one_line

LIMIT = 256 << 10
"""Bytes looked at: the metadata of cameras fits, with room for a large colour profile."""
MOST_MARKERS = 400
MOST_TEXTS = 8
"""Texts of programs about themselves that are kept of one file."""

_SOS, _EOI, _DHT, _DQT, _COM, _APP0, _APP15 = 0xDA, 0xD9, 0xC4, 0xDB, 0xFE, 0xE0, 0xEF
_FRAMES = {*range(0xC0, 0xD0)} - {_DHT, 0xC8, 0xCC}
_ALONE = {0x01, *range(0xD0, 0xD9)}
_NAMES = {0xC4: "DHT", 0xDB: "DQT", 0xDA: "SOS", 0xD9: "EOI", 0xDD: "DRI", 0xFE: "COM", 0xCC: "DAC"}
_TOOL = re.compile(rb"CreatorTool(?:=\"|>)([^\"<]{1,64})")
_FACEBOOK = b"FBMD"


class _Walk(msgspec.Struct):
    """What one walk gathers."""

    order: list[str] = []
    raw_order: list[tuple[int, bytes] | tuple[int]] = []
    quantisers: list[tuple[int, int, bytes]] = []
    codes: dict[int, bytes] = {}
    frame: tuple[int, tuple[tuple[int, int, int], ...]] | None = None
    size: tuple[int, int] = (0, 0)
    exif: bytes = b""
    texts: list[str] = []
    problem: str = ""


def read_jpeg(data: bytes) -> HeaderSignature:
    """The signature of a JPEG, from its first :data:`LIMIT` bytes. Never raises: what is broken is left out and said."""
    walk = _walked(data[:LIMIT])
    exif = read_exif_header(walk.exif)
    tables = [table for _, wide, table in walk.quantisers if not wide]
    told = exif_signature("JPEG", exif)
    return msgspec.structs.replace(
        told,
        order=tuple(walk.order),
        markers=digest(walk.raw_order),
        frame=_frame(walk),
        tables=digest(walk.quantisers) if walk.quantisers else "",
        scale=scaled_standard(tables) if len(tables) == len(walk.quantisers) else "",
        huffman=huffman_class(walk.codes),
        thumbnail=_thumbnail(exif.thumbnail),
        texts=tuple(text for text in (*walk.texts, *told.texts) if text)[:MOST_TEXTS],
        problem=walk.problem or exif.problem,
    )


def _walked(data: bytes) -> _Walk:
    walk, at = _Walk(), 2
    for _ in range(MOST_MARKERS):
        while data[at : at + 2] == b"\xff\xff":
            at += 1
        if at + 4 > len(data) or data[at] != 0xFF:
            walk.problem = "its header is cut short or broken"
            return walk
        marker = data[at + 1]
        if marker in _ALONE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + length]
        if length < 2 or len(body) < length - 2:
            walk.problem = "its header is cut short or broken"
            return walk
        _take(walk, marker, body)
        if marker in {_SOS, _EOI}:
            return walk
        at += 2 + length
    walk.problem = "its header has more parts than are read"
    return walk


def _take(walk: _Walk, marker: int, body: bytes) -> None:
    if _APP0 <= marker <= _APP15:
        walk.raw_order.append((marker, body[:4]))
        walk.order.append(f"APP{marker - _APP0} {_identity(body)}".rstrip())
        _application(walk, marker, body)
        return
    walk.raw_order.append((marker,))
    walk.order.append(f"SOF{marker - 0xC0}" if marker in _FRAMES else _NAMES.get(marker, f"{marker:02X}"))
    if marker == _DQT:
        _quantisers(walk, body)
    elif marker == _DHT:
        _codes(walk, body)
    elif marker == _COM:
        walk.texts.append(one_line(body[:200]))
    elif marker in _FRAMES and walk.frame is None and len(body) >= 6:
        parts = [body[6 + 3 * i : 9 + 3 * i] for i in range(min(body[5], 4))]
        walk.frame = (marker, tuple((part[0], part[1], part[2]) for part in parts if len(part) == 3))
        walk.size = (int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big"))


def _identity(body: bytes) -> str:
    """The name that an application segment begins with."""
    name = body[:32].split(b"\0", 1)[0]
    return one_line(name.removeprefix(b"http://")[:20]) if name.isascii() and name.decode().isprintable() else ""


def _application(walk: _Walk, marker: int, body: bytes) -> None:
    if marker == 0xE1 and body.startswith(b"Exif\0\0"):
        walk.exif = walk.exif or body[6:]
    elif marker == 0xE1:
        tool = _TOOL.search(body)
        if tool:
            walk.texts.append(f"tool: {one_line(tool.group(1))}")
    elif marker == 0xED and _FACEBOOK in body:
        walk.texts.append("instructions: FBMD")


def _quantisers(walk: _Walk, body: bytes) -> None:
    at = 0
    while at < len(body) and len(walk.quantisers) < 8:
        wide, name = body[at] >> 4, body[at] & 15
        size = 128 if wide else 64
        walk.quantisers.append((name, wide, body[at + 1 : at + 1 + size]))
        at += 1 + size


def _codes(walk: _Walk, body: bytes) -> None:
    at = 0
    while at + 17 <= len(body) and len(walk.codes) < 8:
        end = at + 17 + sum(body[at + 1 : at + 17])
        walk.codes[body[at]] = body[at + 1 : end]
        at = end


def _frame(walk: _Walk) -> str:
    if walk.frame is None:
        return ""
    marker, parts = walk.frame
    return " ".join(
        [f"SOF{marker - 0xC0}", *(f"{name}:{factors >> 4}x{factors & 15}:{table}" for name, factors, table in parts)]
    )


def _thumbnail(data: bytes) -> str:
    if not data.startswith(b"\xff\xd8"):
        return ""
    walk = _walked(data)
    inner = digest((_frame(walk), walk.quantisers, walk.raw_order, huffman_class(walk.codes)))
    return f"{max(walk.size)}x{min(walk.size)} {inner}"
