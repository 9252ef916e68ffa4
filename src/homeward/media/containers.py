"""What the containers of PNG, GIF, WebP and TIFF say about completeness and number of pictures, without decoding any.

Sources: PNG (W3C, third edition, 5 and 13), GIF89a (CompuServe 1990, 17-27), RIFF as WebP uses it (RFC 9649, 2.3), TIFF 6.0
(section 2) and its 64-bit extension.
"""

from __future__ import annotations

import struct
import zlib

import msgspec

from homeward.media.reduction import MOST_FRAMES

BROKEN = "broken data"
_PNG_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT"}
_PNG_NEEDED = _PNG_PIXELS | {b"eXIf", b"IEND"}


class Container(msgspec.Struct, frozen=True):
    """What the outside of a file says about it."""

    frames: int = 1
    reason: str | None = None
    """What is wrong, as a plain clause."""
    trusted: bytes | None = None
    """What may be decoded, if not the whole file."""


def read_png(data: memoryview) -> Container:
    """Check every chunk that the picture is made of against its CRC; keep these alone, up to the first that is broken.

    Texts, profiles and the later pictures of an animation never reach the decoder: whatever they hold, they do no harm.
    """
    at, frames, reason, parts = 8, 1, "the end marker is missing", [data[:8]]
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            parts.append(data[at:])
            break
        sound = kind not in _PNG_NEEDED or zlib.crc32(data[at + 4 : end - 4]) == int.from_bytes(data[end - 4 : end], "big")
        if kind in _PNG_PIXELS and not sound:
            reason = BROKEN
            break
        if kind == b"acTL" and length >= 4:
            frames = min(max(1, int.from_bytes(data[at + 8 : at + 12], "big")), MOST_FRAMES)
        if kind in _PNG_NEEDED and sound:
            parts.append(data[at:end])
        if kind == b"IEND":
            untouched = sum(map(len, parts)) == end
            return Container(frames, None, None if untouched else b"".join(parts))
        at = end
    return Container(frames, reason, b"".join(parts))


def read_gif(data: memoryview) -> Container:
    """Walk the blocks to the trailer, counting pictures."""
    frames, at = 0, 13 + _palette(data[10]) if len(data) > 10 else 13
    while at < len(data) and frames < MOST_FRAMES:
        kind = data[at]
        if kind == 0x3B:
            return Container(max(1, frames))
        if kind == 0x2C and at + 10 <= len(data):
            frames += 1
            at = _sub_blocks(data, at + 11 + _palette(data[at + 9]))
        elif kind == 0x21:
            at = _sub_blocks(data, at + 2)
        elif kind == 0:
            at += 1  # stray terminators are common and harmless
        else:
            return Container(max(1, frames), f"broken data after picture {frames}")
    if frames >= MOST_FRAMES:
        return Container(frames)
    return Container(max(1, frames), "the end marker is missing")


def read_webp(data: memoryview) -> Container:
    """Compare the announced length with the real one."""
    announced = int.from_bytes(data[4:8], "little") + 8
    if announced > len(data):
        return Container(1, f"only {len(data)} of {announced} bytes are there")
    return Container()


def read_bmp(data: memoryview) -> Container:
    """Compare the announced length with the real one; some writers announce none, or too little, and mean no harm."""
    announced = int.from_bytes(data[2:6], "little")
    if announced > len(data):
        return Container(1, f"only {len(data)} of {announced} bytes are there")
    return Container()


def read_tiff(data: memoryview) -> Container:
    """Count the directories of the chain; a chain that bites its tail ends there."""
    order = "<" if bytes(data[:2]) == b"II" else ">"
    wide = bytes(data[2:4]) in {b"+\0", b"\0+"}
    count_format, entry, link = (f"{order}Q", 20, f"{order}Q") if wide else (f"{order}H", 12, f"{order}I")
    seen: set[int] = set()
    try:
        (at,) = struct.unpack_from(link, data, 8 if wide else 4)
        while at and at not in seen and len(seen) < MOST_FRAMES:
            (count,) = struct.unpack_from(count_format, data, at)
            seen.add(at)
            (at,) = struct.unpack_from(link, data, at + struct.calcsize(count_format) + entry * count)
    except struct.error:
        return Container(max(1, len(seen)), "a page directory lies beyond the end of the file")
    return Container(max(1, len(seen)))


def _palette(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _sub_blocks(data: memoryview, at: int) -> int:
    """Position behind the terminator of a chain of sub-blocks; beyond the end where it is cut."""
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1
