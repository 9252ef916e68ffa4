"""Stills whose headers lie."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from homeward.testing.corpus.patching import put
from homeward.testing.corpus.png_parts import SIGNATURE, chunk, header, png
from homeward.testing.corpus.records import Expect, HostileFile
from homeward.testing.corpus.samples import HEIGHT, WIDTH
from homeward.testing.encoding import encode
from homeward.testing.scenes import Pixels, room

_LIES = Iterator[tuple[str, bytes, Expect]]


def lying_headers(seed: int) -> Iterator[HostileFile]:
    """Wrong sizes, counts, depths and lengths in JPEG, PNG, GIF, BMP, WebP and AVIF."""
    picture = room(seed, WIDTH, HEIGHT)
    kinds = (
        ("jpeg", "jpg", _jpeg),
        ("png", "png", _png),
        ("gif", "gif", _gif),
        ("bmp", "bmp", _bmp),
        ("webp", "webp", _webp),
        ("avif", "avif", _avif),
    )
    for kind, extension, lies in kinds:
        for name, data, expect in lies(picture):
            yield HostileFile(f"{kind}-{name}.{extension}", data, expect)


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _jpeg(picture: Pixels) -> _LIES:
    data = encode(picture)
    frame, scan, tables, codes = (data.index(mark) for mark in (b"\xff\xc0", b"\xff\xda", b"\xff\xdb", b"\xff\xc4"))
    yield "size-65535", put(data, frame + 5, ">HH", 65535, 65535), "damaged"
    yield "size-65535-twenty-bytes", put(data, frame + 5, ">HH", 65535, 65535)[: scan + 40], "damaged"
    yield "size-20000-19000", put(data, frame + 5, ">HH", 20000, 19000), "damaged"
    yield "size-tall", put(data, frame + 5, ">H", HEIGHT * 8), "damaged"
    yield "width-0", put(data, frame + 7, ">H", 0), "failed"
    yield "height-0", put(data, frame + 5, ">H", 0), "any"
    yield "depth-255", put(data, frame + 4, ">B", 255), "failed"
    yield "components-255", put(data, frame + 9, ">B", 255), "failed"
    yield "sampling-0", put(data, frame + 11, ">B", 0), "failed"
    yield "frame-length-2", put(data, frame + 2, ">H", 2), "failed"
    yield "length-0", put(data, tables + 2, ">H", 0), "any"
    yield "length-65535", put(data, tables + 2, ">H", 65535), "any"
    yield "codes-overfull", put(data, codes + 5, ">16B", *[255] * 16), "failed"
    yield "codes-missing", data[:codes] + data[scan:], "any"
    yield "tables-missing", data[:tables] + data[frame:], "failed"
    yield "scan-of-0", put(data, scan + 4, ">B", 0), "any"
    yield "two-frames", data[:frame] + data[frame:scan] + data[frame:], "any"
    yield "starts-nested", b"\xff\xd8" * 5000 + data, "any"
    yield "comments-2000", data[:2] + _segment(0xFE, b"c" * 100) * 2000 + data[2:], "fine"
    yield "fill-bytes", data[:2] + b"\xff" * 100_000 + data[2:], "any"
    yield "restarts-only", data[: scan + 14] + b"\xff\xd0" * 20_000, "damaged"
    yield "scans-20000", _many_scans(encode(picture, progressive=True)), "any"
    yield "arithmetic", put(data, frame + 1, ">B", 0xC9), "any"


def _many_scans(progressive: bytes) -> bytes:
    """A large frame refined over and over: each scan costs bytes here and a pass over all blocks there."""
    frame = progressive.index(b"\xff\xc2")
    large = put(progressive, frame + 5, ">HH", 8000, 8000)
    scan = large.index(b"\xff\xda")
    one = large[scan : scan + 2 + int.from_bytes(large[scan + 2 : scan + 4], "big")] + b"\0" * 4
    return large[:scan] + one * 20_000 + b"\xff\xd9"


def _png(picture: Pixels) -> _LIES:
    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    pixels, true = chunk(b"IDAT", zlib.compress(rows, 1)), header(WIDTH, HEIGHT)
    for width, height in ((65535, 65535), (2**31 - 1, 1), (1, 2**31 - 1), (2**31 - 1, 2**31 - 1)):
        yield f"size-{width}-{height}", png(header(width, height), pixels), "damaged"
    for width, height in ((0, 0), (0, 9), (2**32 - 1, 2**32 - 1)):
        yield f"size-{width}-{height}", png(header(width, height), pixels), "failed"
    yield "taller", png(header(WIDTH, HEIGHT + 50), pixels), "damaged"
    yield "shorter", png(header(WIDTH, HEIGHT - 50), pixels), "any"
    yield "depth-3", png(header(WIDTH, HEIGHT, 3), pixels), "failed"
    yield "colour-5", png(header(WIDTH, HEIGHT, 8, 5), pixels), "failed"
    yield "interlace-7", png(header(WIDTH, HEIGHT, interlace=7), pixels), "any"
    yield "method-9", png(header(WIDTH, HEIGHT, method=9), pixels), "any"
    yield "palette-none", png(header(WIDTH, HEIGHT, 8, 3), pixels), "any"
    yield "palette-of-5-bytes", png(true, chunk(b"PLTE", b"12345"), pixels), "any"
    yield "palette-of-300", png(header(WIDTH, HEIGHT, 8, 3), chunk(b"PLTE", bytes(900)), pixels), "any"
    yield "header-twice", png(true, header(9, 9), pixels), "any"
    yield "header-last", png(pixels, true), "failed"
    yield "header-crc", png(put(true, len(true) - 4, ">I", 7), pixels), "any"
    yield "pixels-crc", png(true, put(pixels, len(pixels) - 4, ">I", 7)), "any"
    yield "pixels-none", png(true), "failed"
    yield "pixels-empty-10000", png(true, chunk(b"IDAT", b"") * 10_000, pixels), "any"
    yield "pixels-not-packed", png(true, chunk(b"IDAT", rows[:4000])), "damaged"
    yield "pixels-half", png(true, chunk(b"IDAT", zlib.compress(rows[: len(rows) // 2]))), "damaged"
    yield "filters-255", png(true, chunk(b"IDAT", zlib.compress(rows.replace(b"\0", b"\xff")))), "damaged"
    for length in (2**32 - 1, 2**31 - 1, 0):
        yield f"length-{length}", SIGNATURE + true + put(pixels, 0, ">I", length), "damaged"
    yield "frames-4294967295", png(true, chunk(b"acTL", struct.pack(">II", 2**32 - 1, 0)), pixels), "any"
    yield "text-4-mib", png(true, chunk(b"tEXt", b"Comment\0" + b"t" * (4 << 20)), pixels), "any"
    yield "texts-5000", png(true, b"".join(chunk(b"tEXt", b"k%d\0v" % at) for at in range(5000)), pixels), "any"


def _gif(picture: Pixels) -> _LIES:
    data = encode(picture, "gif")
    frame = data.index(b"\x2c\0\0\0\0" + struct.pack("<HH", WIDTH, HEIGHT))
    codes = frame + 10 + (3 * 2 ** ((data[frame + 9] & 7) + 1) if data[frame + 9] & 0x80 else 0)
    yield "screen-65535", put(data, 6, "<HH", 65535, 65535), "any"
    yield "both-65535", put(put(data, 6, "<HH", 65535, 65535), frame + 5, "<HH", 65535, 65535), "damaged"
    yield "frame-outside", put(data, frame + 1, "<HH", 65535, 65535), "any"
    yield "frame-of-0", put(data, frame + 5, "<HH", 0, 0), "any"
    for size in (0, 12, 255):
        yield f"code-size-{size}", put(data, codes, "<B", size), "any"
    yield "block-empty", put(data, codes + 1, "<B", 0), "damaged"
    yield "extensions-50000", data[:frame] + b"\x21\xfe\x01c\0" * 50_000 + data[frame:], "any"
    yield "frames-20000", put(data[:frame], 6, "<HH", 4000, 4000) + _dot() * 20_000 + b"\x3b", "any"
    yield "screen-6000-frames-30", put(data[:frame], 6, "<HH", 6000, 6000) + data[frame:-1] * 30 + b"\x3b", "any"


def _dot() -> bytes:
    """One frame of one pixel at the far corner, to be shown over all that was before."""
    return b"\x21\xf9\x04\x04\x01\0\0\0" + b"\x2c" + struct.pack("<HHHHB", 3999, 3999, 1, 1, 0) + b"\x02\x02\x44\x01\0"


def _bmp(picture: Pixels) -> _LIES:
    data = encode(picture, "bmp")
    for width, height in ((65535, 65535), (60000, 60000), (2**31 - 1, 2**31 - 1), (WIDTH, -(2**31))):
        yield f"size-{width}-{height}", put(data, 18, "<ii", width, height), "damaged"
    yield "size-0", put(data, 18, "<ii", 0, 0), "failed"
    yield "width-negative", put(data, 18, "<i", -WIDTH), "any"
    for bits in (0, 3, 255):
        yield f"bits-{bits}", put(data, 28, "<H", bits), "failed"
    yield "pixels-beyond-end", put(data, 10, "<I", 2**32 - 1), "damaged"
    yield "pixels-in-header", put(data, 10, "<I", 4), "any"
    yield "palette-4294967295", put(put(data, 28, "<H", 8), 46, "<I", 2**32 - 1), "any"
    yield "header-of-5", put(data, 14, "<I", 5), "failed"
    yield "header-4294967295", put(data, 14, "<I", 2**32 - 1), "failed"
    yield "compression-4", put(data, 30, "<I", 4), "any"
    rle = put(put(data, 28, "<H", 8), 30, "<I", 1)
    yield "runs-out-of-bounds", rle[:54] + bytes(1024) + b"\x00\x02\xff\xff" * 4000 + b"\xff\x01" * 4000, "any"


def _webp(picture: Pixels) -> _LIES:
    data = encode(picture, "webp")
    body = data[12:]
    for size in (0, 4, 2**32 - 1):
        yield f"riff-{size}", put(data, 4, "<I", size), "any"
    yield "chunk-4294967295", put(data, 16, "<I", 2**32 - 1), "any"
    yield "size-16383", put(data, 26, "<HH", 16383, 16383), "damaged"
    yield "size-0", put(data, 26, "<HH", 0, 0), "failed"
    for name, flags in (("still", 0), ("animated", 2), ("everything", 0x3E)):
        canvas = b"VP8X" + struct.pack("<IB3x", 10, flags) + b"\xff\xff\xff" * 2 + body
        yield f"canvas-{name}", b"RIFF" + struct.pack("<I", len(canvas) + 4) + b"WEBP" + canvas, "any"


def _avif(picture: Pixels) -> _LIES:
    data = encode(picture, "avif")
    size, places, meta = data.index(b"ispe"), data.index(b"iloc"), data.index(b"meta")
    yield "size-65535", put(data, size + 8, ">II", 65535, 65535), "any"
    yield "size-4294967295", put(data, size + 8, ">II", 2**32 - 1, 2**32 - 1), "any"
    yield "size-0", put(data, size + 8, ">II", 0, 0), "any"
    yield "places-random", data[: places + 8] + b"\xff" * 14 + data[places + 22 :], "any"
    for length in (0, 1, 2, 2**32 - 1):
        yield f"meta-length-{length}", put(data, meta - 4, ">I", length), "any"
    yield "named-heic", data.replace(b"avif", b"heic", 1), "any"
    yield "brands-only", data[: int.from_bytes(data[:4], "big")], "failed"
