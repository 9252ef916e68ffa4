"""The scale space of SIFT: a picture ever more blurred, octave by octave, and the points in which it is extreme.

Source: Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 2004, sections 3 and 4. Floating point in a
fixed order, without fused or reordered sums: the same on every machine.
"""

from __future__ import annotations

import math
from itertools import pairwise

import msgspec
import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

LAYERS = 3
"""Scales sampled in each octave."""
LEVELS = LAYERS + 3
SIGMA = 1.6
"""Blur of the first level of each octave, in its own pixels."""
_CAMERA = 0.5
"""Blur that a picture is taken to have."""
RIM = 5
"""Pixels at the edge of an octave in which nothing is looked for."""
_CURVED = 10.0
"""Ratio of the two curvatures above which a point lies on an edge."""
_LARGEST_STEP = 5
"""Steps from sample to sample towards an extreme; after more there is none."""

Level = NDArray[np.float32]
_ROWS = types.Array(types.float32, 2, "C", readonly=True)
_TAPS = types.Array(types.float32, 1, "C", readonly=True)
_LEVELS = types.Array(types.float32, 3, "C", readonly=True)
_THREE = types.float64[::1]
_WITHIN = types.Array(types.float32, 1, "C", readonly=True)


class Points(msgspec.Struct, frozen=True, eq=False):
    """The n extreme points of one picture."""

    where: NDArray[np.int32]
    """(n, 4) int32: octave, level, row and column of the nearest sample."""
    facts: NDArray[np.float64]
    """(n, 5) float64: x and y in pixels of the picture from the middle of its first pixel, diameter, contrast 0..1, and the
    blur in pixels of the octave."""

    def __getitem__(self, rows: NDArray[np.int64]) -> Points:
        """Some of the points."""
        return Points(self.where[rows], self.facts[rows])


def octaves(pixels: NDArray[np.uint8], *, doubled: bool) -> list[Level]:
    """(6, h, w) float32 levels of every octave of an (H, W) picture: of twice its size, if ``doubled``, then of each half."""
    height, width = pixels.shape
    sharp = np.empty((2 * height, 2 * width), np.float32) if doubled else pixels.astype(np.float32, order="C")
    if doubled:
        _double(np.ascontiguousarray(pixels), sharp)
    steps = [SIGMA * 2 ** (level / LAYERS) for level in range(LEVELS)]
    taps = [_gauss(math.sqrt(after**2 - before**2)) for before, after in pairwise(steps)]
    first = np.empty_like(sharp)
    _blur(sharp, _gauss(math.sqrt(SIGMA**2 - (_CAMERA * (1 + doubled)) ** 2)), first)
    built: list[Level] = []
    while min(first.shape) > 2 * RIM:
        levels = np.empty((LEVELS, *first.shape), np.float32)
        levels[0] = first
        for level in range(1, LEVELS):
            _blur(levels[level - 1], taps[level - 1], levels[level])
        built.append(levels)
        first = np.ascontiguousarray(levels[LAYERS, ::2, ::2])
    return built


def extremes(built: list[Level], contrast: float, *, doubled: bool) -> Points:
    """The points of scale space whose difference to the next level is greater or smaller than that of all 26 neighbours.

    Args:
        built: :func:`octaves`.
        contrast: least difference in parts of the full range, times the layers of an octave.
        doubled: as it was built.
    """
    least = contrast / LAYERS * 255
    where, facts = [], []
    for octave, levels in enumerate(built):
        sampled = _candidates(levels, 0.5 * least)
        at, exact = np.empty((len(sampled), 3), np.int32), np.empty((len(sampled), 4), np.float64)
        kept = _refine(levels, sampled, least, at, exact)
        at, exact = at[:kept], exact[:kept]
        place = np.ravel_multi_index((at[:, 0], at[:, 1], at[:, 2]), levels.shape)
        _, firsts = np.unique(place, return_index=True)  # two samples may lead to one point
        at, exact = at[firsts], exact[firsts]
        step = 2.0 ** (octave - doubled)
        blur = SIGMA * 2 ** (exact[:, 0] / LAYERS)
        where.append(np.column_stack([np.full(len(at), octave, np.int32), at]))
        facts.append(np.column_stack([exact[:, 2] * step, exact[:, 1] * step, 2 * blur * step, exact[:, 3] / 255, blur]))
    return Points(np.concatenate([np.zeros((0, 4), np.int32), *where]), np.concatenate([np.zeros((0, 5)), *facts]))


def _gauss(sigma: float) -> NDArray[np.float32]:
    """Half a normalised filter, from its middle on."""
    reach = round(8 * sigma + 1) // 2
    taps = np.exp(-0.5 * (np.arange(reach + 1) / sigma) ** 2)
    return np.asarray(taps / (2 * taps.sum() - taps[0]), np.float32)


@numba.njit(types.void(types.Array(types.uint8, 2, "C", readonly=True), types.float32[:, ::1]), cache=True, nogil=True)
def _double(pixels, out):  # type: ignore[no-untyped-def]
    """Twice the size: every second sample is a pixel, those between are means."""
    height, width = pixels.shape
    for row in range(2 * height):
        above, below = pixels[row // 2], pixels[min((row + 1) // 2, height - 1)]
        for column in range(width):
            here = np.float32(above[column]) + np.float32(below[column])
            right = min(column + 1, width - 1)
            there = np.float32(above[right]) + np.float32(below[right])
            out[row, 2 * column] = np.float32(0.5) * here
            out[row, 2 * column + 1] = np.float32(0.25) * (here + there)


@numba.njit(inline="always")
def _reflected(at, size):  # type: ignore[no-untyped-def]
    """Index ``at`` with what lies outside mirrored at the first and the last sample."""
    while at < 0 or at >= size:
        at = -at if at < 0 else 2 * size - 2 - at
    return at


@numba.njit(types.void(types.float32[::1], _WITHIN, _WITHIN, types.float32), cache=True, nogil=True)
def _add_two(out, one, other, tap):  # type: ignore[no-untyped-def]
    for column in range(len(out)):
        out[column] += tap * (one[column] + other[column])


@numba.njit(types.void(_ROWS, _TAPS, types.float32[:, ::1]), cache=True, nogil=True)
def _blur(source, taps, out):  # type: ignore[no-untyped-def]
    """Filter columns, then rows, of one row of ``out`` after the other, so that nothing leaves the nearest cache."""
    height, width = source.shape
    reach = len(taps) - 1
    padded = np.empty(width + 2 * reach, np.float32)
    inner = padded[reach : reach + width]
    for row in range(height):
        here = source[row]
        for column in range(width):
            inner[column] = taps[0] * here[column]
        for tap in range(1, reach + 1):
            _add_two(inner, source[_reflected(row - tap, height)], source[_reflected(row + tap, height)], taps[tap])
        for beyond in range(1, reach + 1):
            padded[reach - beyond] = inner[_reflected(-beyond, width)]
            padded[reach + width - 1 + beyond] = inner[_reflected(width - 1 + beyond, width)]
        filled = out[row]
        for column in range(width):
            filled[column] = taps[0] * inner[column]
        for tap in range(1, reach + 1):
            _add_two(filled, padded[reach - tap :][:width], padded[reach + tap :][:width], taps[tap])


def _candidates(levels: Level, least: float) -> NDArray[np.int32]:
    """(k, 3) int32 level, row and column of samples that no neighbour exceeds, and that differ from zero by ``least``."""
    flags = np.zeros((LAYERS, *levels.shape[1:]), np.bool_)
    _mark(levels, np.float32(least), flags)
    layer, row, column = np.unravel_index(np.flatnonzero(flags), flags.shape)
    return np.ascontiguousarray(np.column_stack([layer + 1, row, column]), np.int32)


@numba.njit(types.void(_WITHIN, _WITHIN, _WITHIN, types.float32[::1], types.float32[::1]), cache=True, nogil=True)
def _bounds(above, here, below, most, fewest):  # type: ignore[no-untyped-def]
    """Greatest and smallest of three rows, then of three columns; the first and the last column stay as they are."""
    tall, low = np.empty(len(here), np.float32), np.empty(len(here), np.float32)
    for column in range(len(here)):
        tall[column] = max(above[column], here[column], below[column])
        low[column] = min(above[column], here[column], below[column])
    for column in range(1, len(here) - 1):
        most[column] = max(tall[column - 1], tall[column], tall[column + 1])
        fewest[column] = min(low[column - 1], low[column], low[column + 1])


@numba.njit(types.void(_LEVELS, types.float32, types.boolean[:, :, ::1]), cache=True, nogil=True)
def _mark(levels, least, flags):  # type: ignore[no-untyped-def]
    """Set the flags of extreme samples of the differences between levels, row by row."""
    height, width = levels.shape[1:]
    apart = np.empty((LEVELS - 1, 3, width), np.float32)
    most, fewest = np.empty((LEVELS - 1, width), np.float32), np.empty((LEVELS - 1, width), np.float32)
    for row in range(RIM - 1, height - RIM + 1):
        for level in range(LEVELS - 1):
            difference, upper, lower = apart[level, row % 3], levels[level + 1, row], levels[level, row]
            for column in range(width):
                difference[column] = upper[column] - lower[column]
        if row < RIM + 1:
            continue
        for level in range(LEVELS - 1):
            _bounds(apart[level, 0], apart[level, 1], apart[level, 2], most[level], fewest[level])
        for layer in range(LAYERS):
            here, marked = apart[layer + 1, (row - 1) % 3], flags[layer, row - 1]
            t0, t1, t2 = most[layer], most[layer + 1], most[layer + 2]
            l0, l1, l2 = fewest[layer], fewest[layer + 1], fewest[layer + 2]
            for column in range(RIM, width - RIM):
                value = here[column]
                top = (value > least) & (value >= t0[column]) & (value >= t1[column]) & (value >= t2[column])
                low = (value < -least) & (value <= l0[column]) & (value <= l1[column]) & (value <= l2[column])
                marked[column] = top | low


@numba.njit(inline="always")
def _apart(levels, level, row, column):  # type: ignore[no-untyped-def]
    return np.float64(levels[level + 1, row, column]) - np.float64(levels[level, row, column])


@numba.njit(
    types.boolean(
        _LEVELS, types.int64, types.int64, types.int64, types.float64[::1], types.float64[::1], types.float64[:, ::1]
    ),
    cache=True,
    nogil=True,
)
def _fit(levels, level, row, column, slope, step, bend):  # type: ignore[no-untyped-def]
    """Fill in slope and curvature of the differences round a sample, and the step to where they are flat; False if nowhere."""
    here = 2 * _apart(levels, level, row, column)
    for axis in range(3):
        s, r, c = (1, 0, 0) if axis == 0 else (0, 1, 0) if axis == 1 else (0, 0, 1)
        after = _apart(levels, level + s, row + r, column + c)
        before = _apart(levels, level - s, row - r, column - c)
        slope[axis], bend[axis, axis] = (after - before) / 2, after + before - here
    for axis, other in ((0, 1), (0, 2), (1, 2)):
        s, t = int(axis == 0), int(other == 2)
        r, c = int(axis == 1), int(other == 1)
        total = _apart(levels, level + s, row + r + c, column + t) + _apart(levels, level - s, row - r - c, column - t)
        total -= _apart(levels, level + s, row + r - c, column - t) + _apart(levels, level - s, row - r + c, column + t)
        bend[axis, other] = bend[other, axis] = total / 4
    c00 = bend[1, 1] * bend[2, 2] - bend[1, 2] * bend[1, 2]
    c01 = bend[0, 2] * bend[1, 2] - bend[0, 1] * bend[2, 2]
    c02 = bend[0, 1] * bend[1, 2] - bend[0, 2] * bend[1, 1]
    whole = bend[0, 0] * c00 + bend[0, 1] * c01 + bend[0, 2] * c02
    if whole == 0:
        return False
    c11 = bend[0, 0] * bend[2, 2] - bend[0, 2] * bend[0, 2]
    c12 = bend[0, 1] * bend[0, 2] - bend[0, 0] * bend[1, 2]
    c22 = bend[0, 0] * bend[1, 1] - bend[0, 1] * bend[0, 1]
    step[0] = -(c00 * slope[0] + c01 * slope[1] + c02 * slope[2]) / whole
    step[1] = -(c01 * slope[0] + c11 * slope[1] + c12 * slope[2]) / whole
    step[2] = -(c02 * slope[0] + c12 * slope[1] + c22 * slope[2]) / whole
    return True


@numba.njit(
    types.int64(
        _LEVELS, types.Array(types.int32, 2, "C", readonly=True), types.float64, types.int32[:, ::1], types.float64[:, ::1]
    ),
    cache=True,
    nogil=True,
)
def _refine(levels, sampled, least, at, exact):  # type: ignore[no-untyped-def]
    """Follow each sample to the extreme between samples; write those that have contrast and lie on no edge, and count them.

    ``at`` is level, row, column; ``exact`` the same with fractions, and the contrast.
    """
    height, width = levels.shape[1:]
    slope, step, bend = np.empty(3), np.empty(3), np.empty((3, 3))
    kept = 0
    for one in range(len(sampled)):
        level, row, column = np.int64(sampled[one, 0]), np.int64(sampled[one, 1]), np.int64(sampled[one, 2])
        settled = False
        for _ in range(_LARGEST_STEP):
            if not _fit(levels, level, row, column, slope, step, bend) or np.abs(step).max() > width + height:
                break
            if np.abs(step).max() < 0.5:
                settled = True
                break
            level, row, column = level + round(step[0]), row + round(step[1]), column + round(step[2])
            if not (1 <= level <= LAYERS and RIM <= row < height - RIM and RIM <= column < width - RIM):
                break
        if not settled:
            continue
        contrast = abs(
            _apart(levels, level, row, column) + 0.5 * (slope[0] * step[0] + slope[1] * step[1] + slope[2] * step[2])
        )
        trace, area = bend[1, 1] + bend[2, 2], bend[1, 1] * bend[2, 2] - bend[1, 2] * bend[1, 2]
        if contrast < least or area <= 0 or trace * trace * _CURVED >= (_CURVED + 1) ** 2 * area:
            continue
        at[kept, 0], at[kept, 1], at[kept, 2] = level, row, column
        for axis in range(3):
            exact[kept, axis] = at[kept, axis] + step[axis]
        exact[kept, 3] = contrast
        kept += 1
    return kept
