"""Two edge drawings side by side, with what agrees in both joined by lines: black and white and nothing between."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

LINE = 96
"""Strength of an edge, 0..255, from which it is drawn."""
GROW = 2
"""Each pixel of a drawing becomes so many along either side, so that lines between them can be told from edges."""
_GAP = 16
_DASH = 6
"""Pixels of a line that joins, of which half are drawn: what lies below stays visible."""
_MARK = 3
Bits = NDArray[np.bool_]
Points = NDArray[np.float64]


def overlay(a: NDArray[np.uint8], b: NDArray[np.uint8], here: Points, there: Points) -> Bits:
    """Both drawings and the joined points; True is ink.

    Args:
        a: (h, w) uint8 strength of edges.
        b: the same of the other picture.
        here: (k, 2) float64 points of ``a``, x and y as shares of its width and height.
        there: (k, 2) where the same is in ``b``.
    """
    left, right = (np.kron(drawing >= LINE, np.ones((GROW, GROW), np.bool_)) for drawing in (a, b))
    ink = np.zeros((max(len(left), len(right)), left.shape[1] + _GAP + right.shape[1]), np.bool_)
    ink[: len(left), : left.shape[1]] = left
    ink[: len(right), left.shape[1] + _GAP :] = right
    for one, other in zip(here * left.shape[::-1], there * right.shape[::-1] + [left.shape[1] + _GAP, 0], strict=True):
        _join(ink, one, other)
    return ink


def turned(points: Points, width: int, height: int, orientation: int) -> Points:
    """(k, 2) points of a picture as it is stored, as shares of its sides once it stands as EXIF orientation 1..8 asks."""
    shares = points / [width, height]
    if orientation >= 5:
        shares = shares[:, ::-1]
    mirrored = [orientation in {2, 3, 6, 7}, orientation in {3, 4, 7, 8}]
    return np.where(mirrored, 1 - shares, shares)


def png(ink: Bits) -> bytes:
    """A PNG of one bit a pixel (ISO/IEC 15948): ink is black."""
    height, width = ink.shape
    rows = np.packbits(~ink, axis=1)
    body = np.zeros((height, 1 + rows.shape[1]), np.uint8)
    body[:, 1:] = rows
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(body.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def _join(ink: Bits, one: Points, other: Points) -> None:
    """A dashed line between two points, and a square at each."""
    limits = np.array(ink.shape[::-1]) - 1
    steps = int(np.abs(other - one).max()) + 1
    along = np.rint(one + np.linspace(0, 1, steps)[:, None] * (other - one)).astype(np.int64).clip(0, limits)
    drawn = along[np.arange(steps) % _DASH < _DASH // 2]
    ink[drawn[:, 1], drawn[:, 0]] = True
    for x, y in (along[0], along[-1]):
        ink[max(0, y - _MARK) : y + _MARK + 1, max(0, x - _MARK) : x + _MARK + 1] = True
