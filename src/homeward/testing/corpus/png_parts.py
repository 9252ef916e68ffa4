"""PNG from its parts (PNG specification, third edition, sections 5 and 11)."""

from __future__ import annotations

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes, *, crc: int | None = None) -> bytes:
    """Length, type, data and check sum; a wrong one where ``crc`` is given."""
    check = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def header(width: int, height: int, depth: int = 8, colour: int = 2, *, interlace: int = 0, method: int = 0) -> bytes:
    """The IHDR chunk."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, method, 0, interlace))


def png(*chunks: bytes, end: bool = True) -> bytes:
    """A file of these chunks."""
    return SIGNATURE + b"".join(chunks) + (chunk(b"IEND", b"") if end else b"")
