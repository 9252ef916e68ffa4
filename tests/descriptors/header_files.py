"""Made-up headers: TIFF blocks with chosen tags, JPEGs around them, boxes."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence

from PIL import Image

Tag = tuple[int, int, bytes]
"""Number, type (2 text, 3 short, 4 long, 7 bytes) and value as stored."""

_UNITS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}


def tiff(main: Sequence[Tag], exif: Sequence[Tag] = (), order: str = "<", thumbnail: bytes = b"") -> bytes:
    """A TIFF block with a main directory, an Exif directory where one is given, and a thumbnail directory likewise."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    main = [*main, (0x8769, 4, bytes(4))] if exif else list(main)
    first = directory(main, 8, order)
    if exif:
        at = 8 + len(first)
        first = directory([*main[:-1], (0x8769, 4, struct.pack(f"{order}I", at))], 8, order)
        first += directory(exif, at, order)
    if thumbnail:
        at = 8 + len(first)
        place = at + 2 + 24 + 4
        tags = [(0x0201, 4, struct.pack(f"{order}I", place)), (0x0202, 4, struct.pack(f"{order}I", len(thumbnail)))]
        link = 8 + 2 + 12 * len(main)
        first = first[: link - 8] + struct.pack(f"{order}I", at) + first[link - 4 :] + directory(tags, at, order) + thumbnail
    return head + first


def directory(tags: Sequence[Tag], at: int, order: str) -> bytes:
    """One directory that lies at ``at``, with the values behind it."""
    entries, held = b"", b""
    place = at + 2 + 12 * len(tags) + 4
    for number, kind, value in tags:
        entries += struct.pack(f"{order}HHI", number, kind, len(value) // _UNITS[kind])
        if len(value) <= 4:
            entries += value.ljust(4, b"\0")
        else:
            entries += struct.pack(f"{order}I", place + len(held))
            held += value
    return struct.pack(f"{order}H", len(tags)) + entries + bytes(4) + held


def jpeg(exif: bytes = b"", quality: int = 75, size: tuple[int, int] = (48, 32), **options: object) -> bytes:
    """A small JPEG of a slope, with an EXIF block where one is given."""
    held = io.BytesIO()
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    if exif:
        options["exif"] = b"Exif\0\0" + exif
    picture.save(held, "JPEG", quality=quality, **options)
    return held.getvalue()


def box(name: bytes, *parts: bytes) -> bytes:
    """One box."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body
