"""EXIF written by hand: what a camera would write, thumbnail included, and the parts from which broken ones are built.

Layout after CIPA DC-008 (Exif 2.32) section 4.5 and TIFF 6.0 section 2, little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import datetime

import msgspec

HEADER = b"II*\0\x08\0\0\0"
ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 2, 3, 4, 5, 7
_LARGEST = 65533 - 6


class Shot(msgspec.Struct, frozen=True):
    """What a camera says about one picture; degrees are decimal, north and east positive."""

    make: str
    model: str
    taken: datetime
    serial: str = ""
    latitude: float | None = None
    longitude: float | None = None


class Field(msgspec.Struct, frozen=True):
    """One entry of a directory; ``value`` is already in bytes and ``count`` in units of ``kind``."""

    tag: int
    kind: int
    count: int
    value: bytes


def text(tag: int, value: str) -> Field:
    """ASCII with its closing NUL."""
    data = value.encode("ascii") + b"\0"
    return Field(tag, ASCII, len(data), data)


def short(tag: int, value: int) -> Field:
    """One 16-bit number."""
    return Field(tag, SHORT, 1, struct.pack("<H", value))


def long(tag: int, value: int) -> Field:
    """One 32-bit number or offset."""
    return Field(tag, LONG, 1, struct.pack("<I", value))


def rationals(tag: int, *values: tuple[int, int]) -> Field:
    """Fractions of 32-bit numbers."""
    return Field(tag, RATIONAL, len(values), b"".join(struct.pack("<II", *value) for value in values))


def directory(fields: Sequence[Field], at: int, following: int = 0) -> bytes:
    """An image file directory at offset ``at`` with its values behind it; ``following`` is the next one's offset."""
    entries, values = [], b""
    behind = at + 2 + 12 * len(fields) + 4
    for field in sorted(fields, key=lambda one: one.tag):
        inline = field.value.ljust(4, b"\0")
        if len(field.value) > 4:
            inline = struct.pack("<I", behind + len(values))
            values += field.value + b"\0" * (len(field.value) % 2)
        entries.append(struct.pack("<HHI", field.tag, field.kind, field.count) + inline)
    return struct.pack("<H", len(fields)) + b"".join(entries) + struct.pack("<I", following) + values


def exif_block(shot: Shot, thumbnail: bytes = b"") -> bytes:
    """The EXIF of ``shot`` with a JPEG ``thumbnail``, beginning with ``Exif``, two NULs.

    Raises:
        ValueError: the thumbnail does not fit into one APP1 segment.
    """
    details, place = _details(shot), _place(shot)

    def main(exif_at: int, gps_at: int, following: int) -> bytes:
        fields = [text(0x010F, shot.make), text(0x0110, shot.model), short(0x0112, 1), long(0x8769, exif_at)]
        fields += [text(0x0132, f"{shot.taken:%Y:%m:%d %H:%M:%S}")]
        return directory(fields + ([long(0x8825, gps_at)] if place else []), 8, following)

    exif_at = 8 + len(main(0, 0, 0))
    gps_at = exif_at + len(directory(details, exif_at))
    second_at = gps_at + (len(directory(place, gps_at)) if place else 0)
    block = HEADER + main(exif_at, gps_at, second_at if thumbnail else 0) + directory(details, exif_at)
    block += directory(place, gps_at) if place else b""
    if thumbnail:
        size = len(directory([short(0x0103, 6), long(0x0201, 0), long(0x0202, 0)], second_at))
        fields = [short(0x0103, 6), long(0x0201, second_at + size), long(0x0202, len(thumbnail))]
        block += directory(fields, second_at) + thumbnail
    if len(block) > _LARGEST:
        raise ValueError(f"EXIF of {len(block)} bytes does not fit into a JPEG segment")
    return b"Exif\0\0" + block


def _details(shot: Shot) -> list[Field]:
    fields = [
        Field(0x9000, UNDEFINED, 4, b"0232"),
        text(0x9003, f"{shot.taken:%Y:%m:%d %H:%M:%S}"),
        text(0x9291, f"{shot.taken.microsecond // 1000:03d}"),
        rationals(0x829A, (1, 60)),
        rationals(0x829D, (18, 10)),
    ]
    if shot.taken.tzinfo is not None:
        offset = f"{shot.taken:%z}"
        fields.append(text(0x9011, f"{offset[:3]}:{offset[3:5]}"))
    if shot.serial:
        fields.append(text(0xA431, shot.serial))
    return fields


def _place(shot: Shot) -> list[Field]:
    if shot.latitude is None or shot.longitude is None:
        return []
    return [
        Field(0, 1, 4, b"\x02\x03\0\0"),
        text(1, "N" if shot.latitude >= 0 else "S"),
        rationals(2, *_sexagesimal(shot.latitude)),
        text(3, "E" if shot.longitude >= 0 else "W"),
        rationals(4, *_sexagesimal(shot.longitude)),
    ]


def _sexagesimal(degrees: float) -> tuple[tuple[int, int], ...]:
    hundredths = round(abs(degrees) * 360_000)
    return (hundredths // 360_000, 1), (hundredths // 6_000 % 60, 1), (hundredths % 6_000, 100)
