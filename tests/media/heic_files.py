"""HEIC files from pixels: x265's key frames in the least container that ISO/IEC 23008-12 allows."""

from __future__ import annotations

import struct
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

_HEAD = struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic"


def heic(pixels: NDArray[np.uint8], turns: int = 0, mirror: int | None = None) -> bytes:
    """Write (h, w, 3) RGB, both sides even; ``turns`` quarter turns anti-clockwise and a mirror (its mode) are asked for."""
    setup, picture = _coded(pixels)
    properties = [setup, _size(pixels), _box(b"irot", bytes([turns]))]
    properties += [] if mirror is None else [_box(b"imir", bytes([mirror]))]
    return _file([(b"hvc1", picture)], properties, [list(range(1, len(properties) + 1))])


def heic_grid(pixels: NDArray[np.uint8], tile: int) -> bytes:
    """Write (h, w, 3) RGB as square tiles, as telephones do; item 1 is the grid."""
    height, width = pixels.shape[:2]
    rows, columns = -(-height // tile), -(-width // tile)
    padded = np.pad(pixels, ((0, rows * tile - height), (0, columns * tile - width), (0, 0)), mode="edge")
    parts = [padded[y : y + tile, x : x + tile] for y in range(0, rows * tile, tile) for x in range(0, columns * tile, tile)]
    coded = [_coded(np.ascontiguousarray(part)) for part in parts]
    plan = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)
    items = [(b"grid", plan), *((b"hvc1", picture) for _, picture in coded)]
    references = struct.pack(">HH", 1, len(parts)) + struct.pack(f">{len(parts)}H", *range(2, len(parts) + 2))
    properties = [_size(pixels), coded[0][0], _size(parts[0])]
    return _file(items, properties, [[1], *([2, 3] for _ in parts)], _full(b"iref", _box(b"dimg", references)))


def _file(items: list[tuple[bytes, bytes]], properties: list[bytes], used: list[list[int]], more: bytes = b"") -> bytes:
    def meta(start: int) -> bytes:
        places, at = b"", start
        for number, (_, body) in enumerate(items, 1):
            places += struct.pack(">HHHII", number, 0, 1, at, len(body))
            at += len(body)
        kinds = [_full(b"infe", struct.pack(">HH", number, 0) + kind + b"\0", 2) for number, (kind, _) in enumerate(items, 1)]
        links = b"".join(struct.pack(">HB", n, len(some)) + bytes(0x80 | i for i in some) for n, some in enumerate(used, 1))
        return _full(
            b"meta",
            _full(b"hdlr", bytes(4) + b"pict" + bytes(13))
            + _full(b"pitm", struct.pack(">H", 1))
            + _full(b"iloc", struct.pack(">BBH", 0x44, 0, len(items)) + places)
            + _full(b"iinf", struct.pack(">H", len(items)) + b"".join(kinds))
            + _box(b"iprp", _box(b"ipco", b"".join(properties)) + _full(b"ipma", struct.pack(">I", len(used)) + links))
            + more,
        )

    data = b"".join(body for _, body in items)
    return _HEAD + meta(len(_HEAD) + len(meta(0)) + 8) + _box(b"mdat", data)


def _coded(pixels: NDArray[np.uint8]) -> tuple[bytes, bytes]:
    """The decoder configuration as a box, and the key frame with lengths instead of start codes."""
    context = av.CodecContext.create("libx265", "w")
    context.height, context.width = pixels.shape[:2]
    context.pix_fmt, context.time_base, context.framerate = "yuv420p", Fraction(1, 25), 25
    options = "log-level=none:crf=12:keyint=1:range=full:repeat-headers=1:pools=none:frame-threads=1"
    context.options = {"preset": "ultrafast", "x265-params": options}
    frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format="yuv420p", dst_color_range="JPEG")
    stream = b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])
    units = [unit.removesuffix(b"\0") for unit in stream.split(b"\0\0\1")[1:]]
    sets = [unit for unit in units if unit[0] >> 1 in {32, 33, 34}]
    picture = b"".join(struct.pack(">I", len(unit)) + unit for unit in units if unit[0] >> 1 < 32)
    return _box(b"hvcC", _configuration(sets)), picture


def _configuration(sets: list[bytes]) -> bytes:
    """ISO/IEC 14496-15, 8.3.2.1; profile and level are copied from the sequence parameter set."""
    (sequence,) = (unit for unit in sets if unit[0] >> 1 == 33)
    profile = sequence.replace(b"\0\0\3", b"\0\0")[3:15]
    head = b"\1" + profile + b"\xf0\0\xfc\xfd\xf8\xf8\0\0\x0f"
    arrays = b"".join(bytes([0x80 | unit[0] >> 1]) + struct.pack(">HH", 1, len(unit)) + unit for unit in sets)
    return head + bytes([len(sets)]) + arrays


def _size(pixels: NDArray[np.uint8]) -> bytes:
    return _full(b"ispe", struct.pack(">II", pixels.shape[1], pixels.shape[0]))


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def _full(kind: bytes, body: bytes, version: int = 0) -> bytes:
    return _box(kind, bytes([version, 0, 0, 0]) + body)
