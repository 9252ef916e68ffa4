"""What surrounds a point of scale space: its main directions, and the 4 x 4 x 8 histogram of gradients that describes it.

Source: Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 2004, sections 5 and 6. Angles by the polynomial
4.4.47 of Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, good to a thousandth of a degree.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

from homeward.descriptors.scale_space import Level, Points

CODE = 128
"""Numbers of a description: 4 rows and 4 columns of cells, 8 directions."""
_BINS = 36
_DIRECTION_BLUR = 1.5
_PEAK = 0.8
"""Share of the greatest direction from which another one counts as well."""
MOST_DIRECTIONS = 18
"""Peaks that a ring of 36 can have."""
_CELL = 3.0
"""Side of a cell in blurs."""
_SIDE = 7
"""Rows and columns of cells in the making: four, one around them, and one that only rounding reaches."""
_WIDE = 9
"""Directions of a cell in the making: the last is the first again."""
_CUT = 0.2
"""Share of a description's length that one number may have."""

_A1, _A3, _A5 = np.float32(0.9998660), np.float32(-0.3302995), np.float32(0.1801410)
_A7, _A9 = np.float32(-0.0851330), np.float32(0.0208351)
_TINY, _DEGREES = np.float32(1e-30), np.float32(180 / math.pi)
_QUARTER, _HALF, _TURN = np.float32(90), np.float32(180), np.float32(360)
_LEVEL = types.Array(types.float32, 2, "C", readonly=True)
_LINE = types.float32[::1]


def directions(built: list[Level], points: Points) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(m,) rows of ``points`` and (m,) degrees 0..360 clockwise from the right: a point has a direction or several."""
    rows, angles = [], []
    found = np.empty(MOST_DIRECTIONS)
    for row, (octave, level, down, across) in enumerate(points.where.tolist()):
        count = _directions(built[octave][level], down, across, float(points.facts[row, 4]), found)
        rows += [row] * count
        angles += found[:count].tolist()
    return np.array(rows, np.int64), np.array(angles, np.float64)


def descriptions(built: list[Level], points: Points, angles: NDArray[np.float64]) -> NDArray[np.float32]:
    """(n, 128) float32: for each point, as it lies when turned by minus its angle, whole numbers 0..255 of length about 512."""
    found = np.empty((len(angles), CODE), np.float32)
    for row, (octave, level, down, across) in enumerate(points.where.tolist()):
        _describe(built[octave][level], down, across, float(points.facts[row, 4]), angles[row], found[row])
    return found


@numba.njit(types.void(_LINE, _LINE, _LINE, types.int64), cache=True, nogil=True, error_model="numpy")
def _polar(across, down, angle, count):  # type: ignore[no-untyped-def]
    """Turn steps to the right and down into their length (in ``across``) and degrees 0..360 clockwise from the right."""
    for at in range(count):
        x, y = across[at], down[at]
        flat, steep = abs(x), abs(y)
        long = max(steep, flat)
        short = min(steep, flat)
        share = short / (long + _TINY)
        square = share * share
        turn = (((_A9 * square + _A7) * square + _A5) * square + _A3) * square + _A1
        turn = turn * share * _DEGREES
        turn = _QUARTER - turn if steep > flat else turn
        turn = _HALF - turn if x < 0 else turn
        angle[at] = _TURN - turn if y < 0 else turn
        across[at] = np.sqrt(x * x + y * y)


@numba.njit(types.int64(_LEVEL, types.int64, types.int64, types.float64, types.float64[::1]), cache=True, nogil=True)
def _directions(level, down, across, blur, found):  # type: ignore[no-untyped-def]
    """Write the directions in which the gradients round a sample mostly point; how many there are."""
    height, width = level.shape
    sigma = _DIRECTION_BLUR * blur
    reach = round(3 * sigma)
    top, bottom = max(1, down - reach), min(height - 2, down + reach)
    left, right = max(1, across - reach), min(width - 2, across + reach)
    size = right - left + 1
    weight = np.empty(size)
    x, y, angle = np.empty(size, np.float32), np.empty(size, np.float32), np.empty(size, np.float32)
    for at in range(size):
        weight[at] = math.exp(-((left + at - across) ** 2) / (2 * sigma * sigma))
    bins = np.zeros(_BINS)
    for row in range(top, bottom + 1):
        for at in range(size):
            x[at] = level[row, left + at + 1] - level[row, left + at - 1]
            y[at] = level[row + 1, left + at] - level[row - 1, left + at]
        _polar(x, y, angle, size)
        near = math.exp(-((row - down) ** 2) / (2 * sigma * sigma))
        for at in range(size):
            place = int(angle[at] * (_BINS / 360) + 0.5)
            bins[place if place < _BINS else place - _BINS] += near * weight[at] * x[at]
    smooth = np.empty(_BINS)
    for at in range(_BINS):
        beside = bins[at - 1] + bins[(at + 1) % _BINS]
        smooth[at] = (6 * bins[at] + 4 * beside + bins[at - 2] + bins[(at + 2) % _BINS]) / 16
    least, count = _PEAK * smooth.max(), 0
    for at in range(_BINS):
        before, here, after = smooth[at - 1], smooth[at], smooth[(at + 1) % _BINS]
        if here > before and here > after and here >= least:
            place = at + 0.5 * (before - after) / (before - 2 * here + after)
            found[count] = (place * (360 / _BINS)) % 360
            count += 1
    return count


@numba.njit(cache=True, nogil=True)
def _share(cells, length, angle, weight, count, near, turn, u0, v0, du, dv):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Share each gradient of one line among the two nearest rows, columns and directions of cells."""
    for at in range(count):
        u, v = u0 + at * du + 1, v0 + at * dv + 1
        turned = (turn - angle[at]) * (8 / 360)  # the other way round, as in published descriptions
        turned = turned + 8 if turned < 0 else turned
        left, top, place = int(u), int(v), int(turned)
        u, v, w = u - left, v - top, turned - place
        whole = length[at] * weight[at] * near
        right = whole * u
        right_low, left_low = right * v, (whole - right) * v
        right_high, left_high = right - right_low, whole - right - left_low
        here = (top * _SIDE + left) * _WIDE + (place & 7)
        cells[here] += left_high - left_high * w
        cells[here + 1] += left_high * w
        cells[here + _WIDE] += right_high - right_high * w
        cells[here + _WIDE + 1] += right_high * w
        here += _SIDE * _WIDE
        cells[here] += left_low - left_low * w
        cells[here + 1] += left_low * w
        cells[here + _WIDE] += right_low - right_low * w
        cells[here + _WIDE + 1] += right_low * w


@numba.njit(types.void(types.float64[::1], types.float32[::1]), cache=True, nogil=True)
def _close(cells, found):  # type: ignore[no-untyped-def]
    """The inner 4 x 4 cells to length 1, no number above 0.2, again to length 512, as whole numbers 0..255."""
    inner = np.empty(CODE)
    for at in range(CODE):
        first = ((1 + at // 32) * _SIDE + 1 + at // 8 % 4) * _WIDE
        inner[at] = cells[first + at % 8] + (cells[first + 8] if at % 8 == 0 else 0.0)
    most = _CUT * math.sqrt((inner * inner).sum())
    inner = np.minimum(inner, most)
    scale = 512 / math.sqrt((inner * inner).sum() + 1e-300)
    for at in range(CODE):
        found[at] = min(255, round(inner[at] * scale))


@numba.njit(inline="always")
def _span(first, last, start, slope):  # type: ignore[no-untyped-def]
    """Narrow the steps ``first..last`` to those at which ``start + step * slope`` lies strictly between -1 and 4."""
    if slope == 0:
        return (first, last) if -1 < start < 4 else (1, 0)
    one, other = (-1 - start) / slope, (4 - start) / slope
    low, high = (one, other) if one < other else (other, one)
    return max(first, math.floor(low) + 1), min(last, math.ceil(high) - 1)


@numba.njit(
    types.void(_LEVEL, types.int64, types.int64, types.float64, types.float64, types.float32[::1]), cache=True, nogil=True
)
def _describe(level, down, across, blur, direction, found):  # type: ignore[no-untyped-def]
    """Write the description of what surrounds a sample, seen from its direction."""
    height, width = level.shape
    cell = _CELL * blur
    reach = round(cell * math.sqrt(2) * 2.5)
    cosine, sine = math.cos(math.radians(direction)) / cell, math.sin(math.radians(direction)) / cell
    cells = np.zeros(_SIDE * _SIDE * _WIDE)
    most = 2 * reach + 1
    weight = np.empty(most)
    x, y, angle = np.empty(most, np.float32), np.empty(most, np.float32), np.empty(most, np.float32)
    for at in range(-reach, reach + 1):
        weight[at + reach] = math.exp(-(at * at) / (8 * cell * cell))
    for row in range(max(1, down - reach), min(height - 2, down + reach) + 1):
        step = row - down
        first, last = max(-reach, 1 - across), min(reach, width - 2 - across)
        first, last = _span(first, last, step * sine + 1.5, cosine)
        first, last = _span(first, last, step * cosine + 1.5, -sine)
        for at in range(last - first + 1):
            place = across + first + at
            x[at] = level[row, place + 1] - level[row, place - 1]
            y[at] = level[row + 1, place] - level[row - 1, place]
        _polar(x, y, angle, last - first + 1)
        _share(cells, x, angle, weight[first + reach :], last - first + 1, weight[step + reach], direction,
               first * cosine + step * sine + 1.5, step * cosine - first * sine + 1.5, cosine, -sine)  # fmt: skip
    _close(cells, found)
