"""Where the picture proper lies in a picture that has borders, letterbox bars, a frame or a screen around it.

The rule, side by side until no side gives way any more: from the edge inwards, a strip is what keeps one grey level. Each of
its lines has at least 60 % of its pixels within 10 levels of that level, all lines together at least 85 %; so a bar may carry
writing and buttons. The strip is cut away only if it ends at a straight edge: within 8 lines the share of pixels at the
level must fall by 35 % of the line, and 35 % of the pixels must step by more than 5 levels at once. Sky, walls and paper end
gradually and stay. The cut is where neighbouring lines differ most, so that ringing of strong compression hardly moves it.

Constants were chosen on rendered rooms (``world-tune``) and photographs of places, and say what a person would call a border.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEVELS = 10
"""Grey levels that compression and scaling move a plain pixel."""
LINE_SHARE = 0.60
STRIP_SHARE = 0.85
FALL = 0.35
STEP = 5
REACH = 8
"""Lines in which an edge must show: one block of a JPEG."""
KEPT_SHARE = 0.20
"""Least share of each side that a picture proper has: a wide picture on an upright telephone has a quarter of the height."""
KEPT_PIXELS = 32
LEAST_CUT = 0.01
"""Share of a side that must be cut for it to matter to a hash."""
SHARES = (LINE_SHARE, STRIP_SHARE, FALL, KEPT_SHARE, LEAST_CUT)
_BLOCK = 32


class Box(NamedTuple):
    """Pixels ``[top:bottom, left:right]``."""

    top: int
    bottom: int
    left: int
    right: int


def picture_box(pixels: NDArray[np.uint8]) -> Box | None:
    """The picture proper within (h, w) uint8 luminance; None where it is the whole picture or none can be told."""
    height, width = pixels.shape
    box = Box(0, height, 0, width)
    least = max(KEPT_PIXELS, height * KEPT_SHARE), max(KEPT_PIXELS, width * KEPT_SHARE)
    while True:
        before = box
        for side in range(4):
            box = _cut(pixels, box, side)
            if box.bottom - box.top < least[0] or box.right - box.left < least[1]:
                return None
        if box == before:
            break
    cut = max(1 - (box.bottom - box.top) / height, 1 - (box.right - box.left) / width)
    return box if cut >= LEAST_CUT else None


def _cut(pixels: NDArray[np.uint8], box: Box, side: int) -> Box:
    """The box without one strip on ``side``, which counts as ``Box`` does."""
    inside = pixels[box.top : box.bottom, box.left : box.right]
    lines = (inside, inside[::-1], inside.T, inside.T[::-1])[side]
    count = _strip(lines)
    return box._replace(**{box._fields[side]: box[side] + (-count if side % 2 else count)})


def _strip(lines: NDArray[np.uint8]) -> int:
    """How many leading lines are one strip that ends at an edge; 0 where there is none."""
    level = _median(lines[0])
    if _shares(lines[:1], level)[0] < LINE_SHARE:
        return 0
    shares = np.zeros(0)
    while len(shares) < len(lines):
        shares = np.concatenate([shares, _shares(lines[len(shares) : len(shares) + _BLOCK], level)])
        low = np.flatnonzero(shares < LINE_SHARE)
        if low.size and low[0] + REACH < len(shares):
            return _edge(lines, shares, int(low[0]))
    return 0


def _median(line: NDArray[np.uint8]) -> int:
    """The median, rounded down where it lies between two levels."""
    low, high = (line.size - 1) // 2, line.size // 2
    ordered = np.partition(line, (low, high))
    return (int(ordered[low]) + int(ordered[high])) // 2


def _edge(lines: NDArray[np.uint8], shares: NDArray[np.float64], end: int) -> int:
    """The line at which the picture proper begins, near ``end``, the first that is not plain."""
    strip = float(shares[:end].mean())
    if strip < STRIP_SHARE or strip - float(shares[end : end + REACH].min()) < FALL:
        return 0
    first = max(1, end - REACH)
    near = lines[first - 1 : end + REACH].astype(np.int16)
    cut = int(np.abs(np.diff(near, axis=0)).mean(axis=1).argmax())
    steps = np.abs(near[min(cut + 2, len(near) - 1)] - near[max(cut - 1, 0)]) > STEP
    return first + cut if steps.mean() >= FALL else 0


def _shares(lines: NDArray[np.uint8], level: int) -> NDArray[np.float64]:
    """Share of each line's pixels that lie within :data:`LEVELS` of ``level``."""
    low, high = max(0, level - LEVELS), min(255, level + LEVELS)
    plain = np.count_nonzero((lines >= low) & (lines <= high), axis=1)
    return np.asarray(plain / lines.shape[1])
