"""Little that unfolds into much."""

from __future__ import annotations

import bz2
import functools
import gzip
import lzma
import struct
import zlib
from collections.abc import Iterator

from homeward.testing.corpus.png_parts import chunk, header, png
from homeward.testing.corpus.records import HostileFile
from homeward.testing.corpus.samples import zip_of
from homeward.testing.disk_images import DiskFile, fat_image
from homeward.testing.expert_witness import expert_witness

_MIB = 1 << 20
_ADLER = 65521


def packed_zeros(count: int, *, bits: int = zlib.MAX_WBITS) -> bytes:
    """``count`` NUL bytes as a zlib (or, with ``bits`` -15, raw deflate) stream, without ever compressing them all.

    After a full flush the compressor has no memory, so that the same packed MiB can be repeated.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    one = packer.compress(b"\0" * _MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    whole, rest = divmod(count, _MIB)
    last = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = one * whole + last.compress(b"\0" * rest) + last.flush()
    if bits < 0:
        return body
    return b"\x78\xda" + body + struct.pack(">I", (count % _ADLER) << 16 | 1)


@functools.cache
def zeros_crc(count: int) -> int:
    """CRC-32 of ``count`` NUL bytes."""
    crc, one = 0, b"\0" * _MIB
    for _ in range(count // _MIB):
        crc = zlib.crc32(one, crc)
    return zlib.crc32(b"\0" * (count % _MIB), crc)


def bombs() -> Iterator[HostileFile]:
    """Pictures of hundreds of megapixels, archives of gigabytes, containers without a bottom."""
    yield from _pictures()
    yield from _streams()
    yield from _archives()


def _pictures() -> Iterator[HostileFile]:
    for name, width, height, depth, colour in (
        ("bomb-30000-1bit", 30_000, 30_000, 1, 0),
        ("bomb-30000-rgb", 30_000, 30_000, 8, 2),
        ("bomb-19900-rgb", 19_900, 19_900, 8, 2),
        ("bomb-1000000-wide", 1_000_000, 300, 8, 0),
    ):
        row = 1 + -(-width * depth * (3 if colour == 2 else 1) // 8)
        data = png(header(width, height, depth, colour), chunk(b"IDAT", packed_zeros(row * height)))
        yield HostileFile(f"{name}.png", data, "any")
    for at in range(8):
        data = png(header(20_000, 19_999 - at, 8, 2), chunk(b"IDAT", zlib.compress(bytes(1 + at))))
        yield HostileFile(f"bomb-tiny-20000-{at}.png", data, "damaged")
    small = header(16, 16, 8, 2)
    yield HostileFile("bomb-idat-beyond-size.png", png(small, chunk(b"IDAT", packed_zeros(400 * _MIB))), "any")
    pixels = chunk(b"IDAT", zlib.compress(bytes(16 * 49)))
    for name, before in (("ztxt", b"Comment\0\0"), ("itxt", b"Comment\0\x01\0\0\0"), ("iccp", b"Profile\0\0")):
        kind = {"ztxt": b"zTXt", "itxt": b"iTXt", "iccp": b"iCCP"}[name]
        data = png(small, chunk(kind, before + packed_zeros(256 * _MIB)), pixels)
        yield HostileFile(f"bomb-{name}.png", data, "any")


def _streams() -> Iterator[HostileFile]:
    size = 1 << 30
    tail = struct.pack("<II", zeros_crc(size), size)
    one = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + packed_zeros(size, bits=-15) + tail
    yield HostileFile("bomb-1gib.gz", one, "any", "container")
    yield HostileFile("bomb-many-members.gz", gzip.compress(b"\0" * _MIB, mtime=0) * 1024, "any", "container")
    yield HostileFile("bomb-many-streams.bz2", bz2.compress(b"\0" * 900_000) * 2_000, "any", "container")
    yield HostileFile("bomb-many-streams.xz", lzma.compress(b"\0" * 4 * _MIB, preset=1) * 400, "any", "container")
    nested = b"\0" * _MIB
    for _ in range(40):
        nested = gzip.compress(nested, mtime=0)
    yield HostileFile("bomb-gz-in-gz.gz", nested, "any", "container")
    disk = fat_image([DiskFile("zeros.bin", b"")], clusters=60_000)
    yield HostileFile("bomb-blank-disk.E01", expert_witness(disk), "any", "container")


def _archives() -> Iterator[HostileFile]:
    level = zip_of({"0.bin": b"\0" * 4 * _MIB})
    for depth in range(5):
        level = zip_of({f"{depth}-{at}.zip": level for at in range(16)})
    yield HostileFile("bomb-16-to-the-5th.zip", level, "any", "container")
    level = zip_of({"end.txt": b"the bottom"})
    for _ in range(60):
        level = zip_of({"next.zip": level}, packed=False)
    yield HostileFile("bomb-zip-depth-60.zip", level, "any", "container")
    yield HostileFile("bomb-overlapping.zip", _overlapping(2_000, 32 * _MIB), "any", "container")


def _overlapping(entries: int, size: int) -> bytes:
    """Every entry of the directory points at the same packed zeros (after Fifield, "A better zip bomb", WOOT 2019)."""
    body, crc = packed_zeros(size, bits=-15), zeros_crc(size)
    fixed = struct.pack("<HHHHHIIIH", 20, 0, 8, 0, 0x5861, crc, len(body), size, 5)
    local = b"PK\x03\x04" + fixed + b"\0\0" + b"00000" + body
    directory = b"".join(b"PK\x01\x02\x14\0" + fixed + b"\0" * 16 + f"{at:05d}".encode("ascii") for at in range(entries))
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, entries, entries, len(directory), len(local), 0)
    return local + directory + end
