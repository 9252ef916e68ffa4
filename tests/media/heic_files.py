"""A HEIC file from pixels: x265's key frame in the least container that ISO/IEC 23008-12 allows."""

from __future__ import annotations

import struct
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray


def heic(pixels: NDArray[np.uint8], turns: int = 0) -> bytes:
    """Write (h, w, 3) RGB, both sides even; ``turns`` quarter turns anti-clockwise are asked of the viewer (irot)."""
    height, width = pixels.shape[:2]
    units = _units(pixels)
    sets = [unit for unit in units if unit[0] >> 1 in {32, 33, 34}]
    picture = b"".join(struct.pack(">I", len(unit)) + unit for unit in units if unit[0] >> 1 < 32)
    properties = _box(b"hvcC", _configuration(sets)) + _full(b"ispe", struct.pack(">II", width, height))
    properties += _full(b"pixi", b"\3\x08\x08\x08") + _box(b"irot", bytes([turns]))
    used = struct.pack(">IHB", 1, 1, 4) + b"\x81\x02\x03\x84"

    def meta(at: int) -> bytes:
        place = struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, at, len(picture))
        return _full(
            b"meta",
            _full(b"hdlr", bytes(4) + b"pict" + bytes(13))
            + _full(b"pitm", struct.pack(">H", 1))
            + _full(b"iloc", place)
            + _full(b"iinf", struct.pack(">H", 1) + _full(b"infe", struct.pack(">HH", 1, 0) + b"hvc1\0", version=2))
            + _box(b"iprp", _box(b"ipco", properties) + _full(b"ipma", used)),
        )

    head = _box(b"ftyp", b"heic\0\0\0\0mif1heic")
    return head + meta(len(head) + len(meta(0)) + 8) + _box(b"mdat", picture)


def _units(pixels: NDArray[np.uint8]) -> list[bytes]:
    context = av.CodecContext.create("libx265", "w")
    context.height, context.width = pixels.shape[:2]
    context.pix_fmt, context.time_base, context.framerate = "yuv420p", Fraction(1, 25), 25
    context.options = {"preset": "ultrafast", "x265-params": "log-level=none:crf=12:keyint=1:range=full:repeat-headers=1"}
    frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format="yuv420p", dst_color_range="JPEG")
    stream = b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])
    return [unit.removesuffix(b"\0") for unit in stream.split(b"\0\0\1")[1:]]


def _configuration(sets: list[bytes]) -> bytes:
    """ISO/IEC 14496-15, 8.3.2.1; profile and level are copied from the sequence parameter set."""
    (sequence,) = (unit for unit in sets if unit[0] >> 1 == 33)
    profile = sequence.replace(b"\0\0\3", b"\0\0")[3:15]
    head = b"\1" + profile + b"\xf0\0\xfc\xfd\xf8\xf8\0\0\x0f"
    arrays = b"".join(bytes([0x80 | unit[0] >> 1]) + struct.pack(">HH", 1, len(unit)) + unit for unit in sets)
    return head + bytes([len(sets)]) + arrays


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def _full(kind: bytes, body: bytes, version: int = 0) -> bytes:
    return _box(kind, bytes([version, 0, 0, 0]) + body)
