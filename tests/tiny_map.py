"""A PMTiles file of version 3 with made-up pictures as tiles, written as the specification says."""

from __future__ import annotations

import gzip
import io
import itertools
import struct
from pathlib import Path

from PIL import Image

MOST = 2
"""Zooms 0 to this."""


def write(path: Path, kind: int = 2) -> Path:
    """Every tile of the zooms; each is of one colour, which tells its zoom and its place on the curve."""
    bodies = [_tile(zoom, at) for zoom in range(MOST + 1) for at in range(4**zoom)]
    root = gzip.compress(_directory([(number, len(body)) for number, body in enumerate(bodies)]))
    start = 127 + len(root)
    numbers = (127, len(root), start, 0, start, 0, start, sum(map(len, bodies)), len(bodies), len(bodies), len(bodies))
    flags = (1, 2, 1, kind, 0, MOST)
    area = struct.pack("<4i", -1800000000, -850000000, 1800000000, 850000000) + struct.pack("<B2i", 0, 0, 0)
    head = b"PMTiles\x03" + struct.pack("<11Q", *numbers) + bytes(flags) + area
    assert len(head) == 127
    path.write_bytes(head + root + b"".join(bodies))
    return path


def _tile(zoom: int, at: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (256, 256), (40 * zoom, 15 * at, 200)).save(out, "PNG")
    return out.getvalue()


def _directory(tiles: list[tuple[int, int]]) -> bytes:
    ids = [tiles[0][0], *(b[0] - a[0] for a, b in itertools.pairwise(tiles))]
    columns = [*ids, *(1 for _ in tiles), *(size for _, size in tiles), 1, *(0 for _ in tiles[1:])]
    return b"".join(map(_varint, [len(tiles), *columns]))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
