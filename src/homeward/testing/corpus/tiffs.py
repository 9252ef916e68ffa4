"""TIFF and EXIF directories that loop, lie and point nowhere; the other metadata a picture may carry."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime

from homeward.testing.corpus.patching import put
from homeward.testing.corpus.records import HostileFile
from homeward.testing.corpus.samples import HEIGHT, WIDTH
from homeward.testing.encoding import encode
from homeward.testing.exif_blocks import (
    ASCII,
    HEADER,
    LONG,
    RATIONAL,
    SHORT,
    Field,
    Shot,
    directory,
    exif_block,
    long,
    short,
    text,
)
from homeward.testing.scenes import room

_SHOT = Shot("Halden", "Halden H2", datetime(2024, 3, 1, 12, 0, 0, tzinfo=UTC), "H2-000001", -48.8767, -123.3933)
_ENTITIES = "".join(f'<!ENTITY e{at + 1} "{f"&e{at};" * 10}">' for at in range(9))
BILLION = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{_ENTITIES}]><x>&e9;</x>'.encode("ascii")
"""Ten to the ninth words from one kilobyte of entities."""


def lying_directories(seed: int) -> Iterator[HostileFile]:
    """Hostile TIFF files, and JPEGs with hostile EXIF, XMP and ICC."""
    picture = room(seed, WIDTH, HEIGHT)
    for name, data in _tiffs(picture.tobytes()).items():
        yield HostileFile(f"tiff-{name}.tif", data, "any")
    jpeg = encode(picture, quality=80)
    for name, block in _exif().items():
        yield HostileFile(f"exif-{name}.jpg", with_segment(jpeg, 0xE1, b"Exif\0\0" + block), "fine")
    thumbnail = exif_block(_SHOT, encode(picture[::4, ::4]))
    yield HostileFile("exif-thumbnail-cut.jpg", with_segment(jpeg, 0xE1, thumbnail[: len(thumbnail) // 2]), "fine")
    yield HostileFile("exif-thumbnail-huge.jpg", with_segment(jpeg, 0xE1, _huge_thumbnail(thumbnail)), "fine")
    yield from _packets(jpeg)


def with_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """``jpeg`` with one more segment at its front."""
    return jpeg[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + jpeg[2:]


def _huge_thumbnail(block: bytes) -> bytes:
    frame = block.index(b"\xff\xc0")
    return put(block, frame + 5, ">HH", 65535, 65535)


def _tiffs(pixels: bytes) -> dict[str, bytes]:
    def strip(**changes: int) -> list[Field]:
        tags = {"width": 0x100, "height": 0x101, "packing": 0x103, "meaning": 0x106, "at": 0x111, "samples": 0x115}
        tags |= {"rows": 0x116, "count": 0x117, "planes": 0x11C}
        values = {"width": WIDTH, "height": HEIGHT, "packing": 1, "meaning": 2, "at": 0, "samples": 3}
        values |= {"rows": HEIGHT, "count": len(pixels), "planes": 1} | changes
        bits = Field(0x102, SHORT, 3, struct.pack("<3H", 8, 8, 8))
        return [bits, *(long(tags[name], value) for name, value in values.items())]

    def file(following: int = 0, extra: list[Field] | None = None, **changes: int) -> bytes:
        fields = strip(**changes) + (extra or [])
        if "at" not in changes:
            at = 8 + len(directory(fields, 8))
            fields = strip(at=at, **changes) + (extra or [])
        return HEADER + directory(fields, 8, following) + pixels

    second = len(file())
    tile = [long(0x142, 0), long(0x143, 0), long(0x144, 8), long(0x145, 9)]
    many = [Field(0x111, LONG, 2**31 - 1, struct.pack("<II", 8, 8) * 2)]
    found = {
        "loop-self": file(following=8),
        "loop-two": file(following=second) + directory(strip(at=300), second, 8),
        "loop-sub": file(extra=[Field(0x14A, LONG, 3, struct.pack("<3I", 8, 8, 8))]),
        "loop-exif": file(extra=[long(0x8769, 8), long(0x8825, 8)]),
        "next-beyond": file(following=2**32 - 2),
        "first-beyond": HEADER[:4] + struct.pack("<I", 2**32 - 1) + pixels,
        "first-at-0": HEADER[:4] + bytes(4) + pixels,
        "entries-65535": HEADER + b"\xff\xff" + directory(strip(at=300), 8)[2:] + pixels,
        "size-65535": file(width=65535, height=65535),
        "size-4294967295": file(width=2**32 - 1, height=2**32 - 1),
        "size-0": file(width=0, height=0),
        "strip-beyond": file(at=2**32 - 100),
        "strip-4294967295-bytes": file(count=2**32 - 1),
        "strip-on-itself": file(at=0),
        "samples-65535": file(samples=65535),
        "rows-0": file(rows=0),
        "planes-9": file(planes=9),
        "tiles-of-0": file(extra=tile),
        "strips-2147483647": HEADER + directory([*strip(at=300)[:5], *many], 8) + pixels,
        "bigtiff": b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**64 - 1) + pixels[:500],
    }
    packings = {"lzw": 5, "jpeg-old": 6, "jpeg": 7, "deflate": 8, "fax": 4, "packbits": 32773, "unknown": 64999}
    return found | {f"packing-{name}": file(packing=packing) for name, packing in packings.items()}


def _exif() -> dict[str, bytes]:
    def one(*fields: Field, following: int = 0) -> bytes:
        return HEADER + directory([text(0x10F, "Halden"), *fields], 8, following)

    def beyond(kind: int, count: int) -> Field:
        return Field(0x110, kind, count, struct.pack("<I", 2**32 - 1))

    shot = exif_block(_SHOT)[6:]
    place = [short(1, 5), Field(2, RATIONAL, 3, b"\xff" * 24), Field(4, RATIONAL, 3, bytes(24))]
    gps_at = 8 + len(one(long(0x8825, 0))) - 8
    return {
        "loop-self": one(long(0x8769, 8)),
        "loop-next": one(following=8),
        "loop-gps": one(long(0x8825, 8), long(0x8769, 8), long(0xA005, 8)),
        "offset-beyond": one(beyond(ASCII, 40)),
        "count-4294967295": one(beyond(ASCII, 2**32 - 1)),
        "rationals-536870912": one(beyond(RATIONAL, 2**29)),
        "kind-99": one(Field(0x110, 99, 4, b"abcd")),
        "kind-0": one(Field(0x110, 0, 4, b"abcd")),
        "count-0": one(Field(0x110, ASCII, 0, b""), Field(0x132, ASCII, 0, b"")),
        "nuls": one(Field(0x110, ASCII, 64, bytes(64)), Field(0x132, ASCII, 20, bytes(20))),
        "not-utf8": one(Field(0x110, ASCII, 8, b"\xff\xfe\x80\x81\xc3\x28\xf0\x28")),
        "control-signs": one(text(0x110, "\x1b[2J\x07\r\n<script>"), text(0x131, "=1+1")),
        "times-wrong": one(text(0x132, "0000:00:00 00:00:00"), text(0x9003, "9999:99:99 99:99:99")),
        "time-of-text": one(text(0x132, "yesterday")),
        "gps-broken": one(long(0x8825, gps_at)) + directory(place, gps_at),
        "orientation-9999": one(short(0x112, 9999)),
        "orientation-text": one(text(0x112, "upside down")),
        "entries-65535": HEADER + b"\xff\xff" + one()[10:],
        "first-beyond": HEADER[:4] + b"\xff" * 4,
        "header-only": HEADER,
        "endless-chain": HEADER + b"".join(directory([], 8 + 6 * at, 14 + 6 * at) for at in range(9000)),
        "order-unknown": b"XX" + shot[2:],
        "empty": b"",
        "cut": shot[:60],
        "text-60000": one(text(0x110, "m" * 60_000)),
        "entries-4000": HEADER + directory([short(0x8000 + at, at) for at in range(4000)], 8),
    }


def _packets(jpeg: bytes) -> Iterator[HostileFile]:
    name = b"http://ns.adobe.com/xap/1.0/\0"
    nested = b"<a>" * 15_000
    external = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///dev/zero">]><x>&f;</x>'
    for what, body in {"entities": BILLION, "nested": nested, "external": external, "not-xml": b"\xff" * 400}.items():
        yield HostileFile(f"xmp-{what}.jpg", with_segment(jpeg, 0xE1, name + body), "fine")
    icc = b"ICC_PROFILE\0"
    size = struct.pack(">I", 2**32 - 1)
    profiles = {
        "of-255": icc + b"\x01\xff" + bytes(200),
        "part-0": icc + b"\0\0" + bytes(200),
        "size": icc + b"\x01\x01" + size + bytes(32) + b"acsp" + bytes(88) + size + bytes(60_000),
    }
    for what, body in profiles.items():
        yield HostileFile(f"icc-{what}.jpg", with_segment(jpeg, 0xE2, body), "any")
    for what, marker, body in (
        ("iptc", 0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0" + size + b"\x1c\x02\x78\xff\xff" * 40),
        ("mpf", 0xE2, b"MPF\0" + HEADER + directory([Field(0xB001, LONG, 1, size), Field(0xB002, 7, 2**31, size)], 8)),
        ("adobe", 0xEE, b"Adobe\0\x64\0\0\0\0\xff"),
    ):
        yield HostileFile(f"segment-{what}.jpg", with_segment(jpeg, marker, body), "any")
