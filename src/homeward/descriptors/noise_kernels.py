"""Compiled loops behind the sensor noise: an orthonormal wavelet, local shrinking, and means by phase.

Every sum is written out in one order and nothing is re-associated, so that a machine gives the same bits every day. Loops
run along rows over scratch memory with fixed distances, which is what lets the compiler use vector instructions.
"""

from __future__ import annotations

import numba
import numpy as np
from numba import float32, types

MOST_SIDE = 2112
"""Values that a side of a plane may have here: callers keep to it, the loops do not look."""
_HALF = MOST_SIDE // 2 + 16
_STRIPE = 32
_BAND = 48
_EDGE = 4  # half of the widest window
_WIDE = MOST_SIDE // 2 + 16

# Daubechies' orthonormal filter with eight vanishing moments ("Ten Lectures on Wavelets", 1992, table 6.1), low pass.
_L = tuple(
    np.float32(v)
    for v in (
        0.05441584224308161, 0.3128715909144659, 0.6756307362980128, 0.5853546836548691, -0.015829105256023893,
        -0.2840155429624281, 0.00047248457399797254, 0.128747426620186, -0.01736930100202211, -0.04408825393106472,
        0.013981027917015516, 0.008746094047015655, -0.00487035299301066, -0.0003917403729959771, 0.0006754494059985568,
        -0.00011747678400228192,
    )
)  # fmt: skip
_H = tuple(np.float32((-1) ** at * _L[15 - at]) for at in range(16))
_NINTH, _TWENTY_FIFTH, _FORTY_NINTH, _EIGHTY_FIRST = (np.float32(1 / n) for n in (9, 25, 49, 81))
_PLANE = types.Array(types.float32, 2, "C")
_GREY = types.Array(types.uint8, 2, "C", readonly=True)
_BYTES = types.Array(types.uint8, 1, "A", readonly=True)
_EDGES = types.Array(types.int64, 1, "C")


@numba.njit(inline="always")
def _taps(b, i, j, d, c):  # type: ignore[no-untyped-def]
    """Sixteen products: filter ``c`` over even samples from ``i`` and odd ones from ``j``, ``d`` apart."""
    return (
        c[0] * b[i] + c[1] * b[j] + c[2] * b[i + d] + c[3] * b[j + d]
        + c[4] * b[i + 2 * d] + c[5] * b[j + 2 * d] + c[6] * b[i + 3 * d] + c[7] * b[j + 3 * d]
        + c[8] * b[i + 4 * d] + c[9] * b[j + 4 * d] + c[10] * b[i + 5 * d] + c[11] * b[j + 5 * d]
        + c[12] * b[i + 6 * d] + c[13] * b[j + 6 * d] + c[14] * b[i + 7 * d] + c[15] * b[j + 7 * d]
    )  # fmt: skip


@numba.njit(inline="always")
def _even(b, i, j, d):  # type: ignore[no-untyped-def]
    """The even sample from eight low coefficients from ``i`` on and eight high ones from ``j`` on, ``d`` apart."""
    return (
        _L[0] * b[i + 7 * d] + _L[2] * b[i + 6 * d] + _L[4] * b[i + 5 * d] + _L[6] * b[i + 4 * d]
        + _L[8] * b[i + 3 * d] + _L[10] * b[i + 2 * d] + _L[12] * b[i + d] + _L[14] * b[i]
        + _H[0] * b[j + 7 * d] + _H[2] * b[j + 6 * d] + _H[4] * b[j + 5 * d] + _H[6] * b[j + 4 * d]
        + _H[8] * b[j + 3 * d] + _H[10] * b[j + 2 * d] + _H[12] * b[j + d] + _H[14] * b[j]
    )  # fmt: skip


@numba.njit(inline="always")
def _odd(b, i, j, d):  # type: ignore[no-untyped-def]
    """The odd sample from eight low coefficients from ``i`` on and eight high ones from ``j`` on, ``d`` apart."""
    return (
        _L[1] * b[i + 7 * d] + _L[3] * b[i + 6 * d] + _L[5] * b[i + 5 * d] + _L[7] * b[i + 4 * d]
        + _L[9] * b[i + 3 * d] + _L[11] * b[i + 2 * d] + _L[13] * b[i + d] + _L[15] * b[i]
        + _H[1] * b[j + 7 * d] + _H[3] * b[j + 6 * d] + _H[5] * b[j + 5 * d] + _H[7] * b[j + 4 * d]
        + _H[9] * b[j + 3 * d] + _H[11] * b[j + 2 * d] + _H[13] * b[j + d] + _H[15] * b[j]
    )  # fmt: skip


@numba.njit(types.void(_PLANE, _PLANE), cache=True)
def split_rows(plane, out):  # type: ignore[no-untyped-def]
    """Low pass into the left half of each row of ``out``, high pass into the right half; rows are closed to rings."""
    height, width = plane.shape
    half = width // 2
    b = np.empty(2 * _HALF, np.float32)
    for y in range(height):
        for k in range(half):
            b[k] = plane[y, 2 * k]
            b[k + _HALF] = plane[y, 2 * k + 1]
        for k in range(8):
            b[half + k] = b[k % half]
            b[half + k + _HALF] = b[k % half + _HALF]
        for k in range(half):
            out[y, k] = _taps(b, k, k + _HALF, 1, _L)
        for k in range(half):
            out[y, half + k] = _taps(b, k, k + _HALF, 1, _H)


@numba.njit(types.void(_PLANE, _PLANE), cache=True)
def split_columns(plane, out):  # type: ignore[no-untyped-def]
    """Low pass into the upper half of each column of ``out``, high pass into the lower half."""
    height, width = plane.shape
    half = height // 2
    b = np.empty((height + 16) * _STRIPE, np.float32)
    for left in range(0, width, _STRIPE):
        wide = min(_STRIPE, width - left)
        for y in range(height + 16):
            row = y if y < height else y % height
            to, source = b[y * _STRIPE :], plane[row, left : left + wide]
            for x in range(wide):
                to[x] = source[x]
        for k in range(half):
            window, low, high = b[2 * k * _STRIPE :], out[k, left : left + wide], out[half + k, left : left + wide]
            for x in range(wide):
                low[x] = _taps(window, x, x + _STRIPE, 2 * _STRIPE, _L)
            for x in range(wide):
                high[x] = _taps(window, x, x + _STRIPE, 2 * _STRIPE, _H)


@numba.njit(types.void(_PLANE, _PLANE), cache=True)
def join_columns(plane, out):  # type: ignore[no-untyped-def]
    """The inverse of :func:`split_columns`."""
    height, width = plane.shape
    half = height // 2
    b = np.empty(2 * _HALF * _STRIPE, np.float32)
    for left in range(0, width, _STRIPE):
        wide = min(_STRIPE, width - left)
        for k in range(half + 7):
            row = k - 7 if k >= 7 else (k - 7) % half
            to, low, high = b[k * _STRIPE :], plane[row, left : left + wide], plane[half + row, left : left + wide]
            for x in range(wide):
                to[x] = low[x]
            for x in range(wide):
                to[x + _HALF * _STRIPE] = high[x]
        for k in range(half):
            window, even, odd = b[k * _STRIPE :], out[2 * k, left : left + wide], out[2 * k + 1, left : left + wide]
            for x in range(wide):
                even[x] = _even(window, x, x + _HALF * _STRIPE, _STRIPE)
            for x in range(wide):
                odd[x] = _odd(window, x, x + _HALF * _STRIPE, _STRIPE)


@numba.njit(types.void(_PLANE, _PLANE), cache=True)
def join_rows(plane, out):  # type: ignore[no-untyped-def]
    """The inverse of :func:`split_rows`."""
    height, width = plane.shape
    half = width // 2
    b = np.empty(4 * _HALF, np.float32)
    for y in range(height):
        for k in range(half):
            b[k + 7] = plane[y, k]
            b[k + 7 + _HALF] = plane[y, half + k]
        for k in range(7):
            b[k] = plane[y, (k - 7) % half]
            b[k + _HALF] = plane[y, half + (k - 7) % half]
        for k in range(half):
            b[k + 2 * _HALF] = _even(b, k, k + _HALF, 1)
        for k in range(half):
            b[k + 3 * _HALF] = _odd(b, k, k + _HALF, 1)
        row = out[y]
        for k in range(half):
            row[2 * k] = b[k + 2 * _HALF]
            row[2 * k + 1] = b[k + 3 * _HALF]


@numba.njit(inline="always")
def _gains(e, v, width, floor, gain):  # type: ignore[no-untyped-def]
    """``floor / max(floor, least mean energy)`` of one row, over squares of 3, 5, 7 and 9.

    ``e`` begins four rows above the row in question and four columns left of it.
    """
    for x in range(width + 2 * _EDGE):
        three = e[x + 3 * _WIDE] + e[x + 4 * _WIDE] + e[x + 5 * _WIDE]
        five = three + (e[x + 2 * _WIDE] + e[x + 6 * _WIDE])
        seven = five + (e[x + _WIDE] + e[x + 7 * _WIDE])
        v[x] = three
        v[x + _WIDE] = five
        v[x + 2 * _WIDE] = seven
        v[x + 3 * _WIDE] = seven + (e[x] + e[x + 8 * _WIDE])
    for x in range(width):
        three = v[x + 3] + v[x + 4] + v[x + 5]
        i = x + _WIDE
        five = v[i + 2] + v[i + 3] + v[i + 4] + v[i + 5] + v[i + 6]
        i = x + 2 * _WIDE
        seven = v[i + 1] + v[i + 2] + v[i + 3] + v[i + 4] + v[i + 5] + v[i + 6] + v[i + 7]
        i = x + 3 * _WIDE
        nine = v[i] + v[i + 1] + v[i + 2] + v[i + 3] + v[i + 4] + v[i + 5] + v[i + 6] + v[i + 7] + v[i + 8]
        least = three * _NINTH
        mean = five * _TWENTY_FIFTH
        least = min(least, mean)
        mean = seven * _FORTY_NINTH
        least = min(least, mean)
        mean = nine * _EIGHTY_FIRST
        least = min(least, mean)
        gain[x] = floor / (max(floor, least))


@numba.njit(types.void(_PLANE, types.int64, types.int64, types.int64, types.int64, types.float32), cache=True)
def shrink(plane, top, left, height, width, floor):  # type: ignore[no-untyped-def]
    """Keep of a block what is noise of variance ``floor``.

    The local Wiener filter of Mihcak, Kozintsev and Ramchandran (1999); beyond the block there is nothing.
    """
    e = np.zeros((_BAND + 2 * _EDGE) * _WIDE, np.float32)
    v, gain = np.zeros(4 * _WIDE, np.float32), np.empty(_WIDE, np.float32)
    for y in range(min(_EDGE, height)):
        row, to = plane[top + y, left : left + width], e[(y + _EDGE) * _WIDE + _EDGE :]
        for x in range(width):
            to[x] = row[x] * row[x]
    for start in range(0, height, _BAND):
        for y in range(_BAND):
            to = e[(y + 2 * _EDGE) * _WIDE + _EDGE :]
            if start + y + _EDGE < height:
                row = plane[top + start + y + _EDGE, left : left + width]
                for x in range(width):
                    to[x] = row[x] * row[x]
            else:
                to[:width] = 0
        for y in range(min(_BAND, height - start)):
            _gains(e[y * _WIDE :], v, width, floor, gain)
            row = plane[top + start + y, left : left + width]
            for x in range(width):
                row[x] *= gain[x]
        e[: 2 * _EDGE * _WIDE] = e[_BAND * _WIDE : (_BAND + 2 * _EDGE) * _WIDE]


@numba.njit(inline="always")
def _power(row, to, width):  # type: ignore[no-untyped-def]
    for x in range(width):
        to[x] = row[2 * x] * row[2 * x] + row[2 * x + 1] * row[2 * x + 1]


@numba.njit(inline="always")
def _lower(row, power, gain, width, most):  # type: ignore[no-untyped-def]
    for x in range(width):
        g = gain[x]
        gain[x] = g if power[x] * g * g < most else float32(0)
    for x in range(width):
        row[2 * x] *= gain[x]
        row[2 * x + 1] *= gain[x]


@numba.njit(types.void(_PLANE, types.float32, types.float32), cache=True)
def flatten(spectrum, floor, notch):  # type: ignore[no-untyped-def]
    """Shrink the spectrum of a real picture in place where its local power exceeds ``floor``.

    ``spectrum`` is (h, 2 w) float32, real and imaginary parts by turns. What still sticks out ``notch`` times is removed.
    """
    height, width = spectrum.shape[0], spectrum.shape[1] // 2
    e = np.zeros((_BAND + 2 * _EDGE) * _WIDE, np.float32)
    v, gain = np.zeros(4 * _WIDE, np.float32), np.empty(_WIDE, np.float32)
    for y in range(2 * _EDGE):
        _power(spectrum[(y - _EDGE) % height], e[y * _WIDE + _EDGE :], width)
    first = e[_EDGE * _WIDE : 2 * _EDGE * _WIDE].copy()  # rows are closed to a ring, and these will have been shrunk
    for start in range(0, height, _BAND):
        for y in range(_BAND):
            at = start + y + _EDGE
            if at < height:
                _power(spectrum[at], e[(y + 2 * _EDGE) * _WIDE + _EDGE :], width)
            elif at < height + _EDGE:
                e[(y + 2 * _EDGE) * _WIDE : (y + 2 * _EDGE + 1) * _WIDE] = first[
                    (at - height) * _WIDE : (at - height + 1) * _WIDE
                ]
        for y in range(min(_BAND, height - start)):
            _gains(e[y * _WIDE :], v, width, floor, gain)
            _lower(spectrum[start + y], e[(y + _EDGE) * _WIDE + _EDGE :], gain, width, floor * notch)
        e[: 2 * _EDGE * _WIDE] = e[_BAND * _WIDE : (_BAND + 2 * _EDGE) * _WIDE]


@numba.njit(types.void(_PLANE), cache=True)
def centre_phases(plane):  # type: ignore[no-untyped-def]
    """Take the mean of every row and column of each of the four 2 x 2 phases away, in place."""
    height, width = plane.shape
    rows = np.zeros((height, 2), np.float64)
    columns = np.zeros((2, width), np.float64)
    for y in range(height):
        row, sums = plane[y], columns[y % 2]
        for x in range(width):
            sums[x] += row[x]
        even, odd = 0.0, 0.0
        for x in range(0, width - 1, 2):
            even += row[x]
            odd += row[x + 1]
        if width % 2:
            even += row[width - 1]
        rows[y, 0] = even / ((width + 1) // 2)
        rows[y, 1] = odd / max(1, width // 2)
    for phase in range(2):
        columns[phase] /= max(1, (height + 1 - phase) // 2)
        for side in range(2):
            columns[phase, side::2] -= rows[phase::2, side].mean()
    for y in range(height):
        row, means = plane[y], columns[y % 2]
        for x in range(width):
            row[x] -= np.float32(means[x] + rows[y, x % 2])


@numba.njit(types.float64(_PLANE, _PLANE), cache=True)
def block_energy(plane, spread):  # type: ignore[no-untyped-def]
    """Mean square of each 4 x 4 block into ``spread``, whose last blocks may be cut off; return the mean of them all."""
    height, width = plane.shape
    rows, columns = spread.shape
    total = 0.0
    for j in range(rows):
        top, end = 4 * j, min(4 * j + 4, height)
        for i in range(columns):
            left, right = 4 * i, min(4 * i + 4, width)
            energy = np.float32(0)
            for y in range(top, end):
                for x in range(left, right):
                    energy += plane[y, x] * plane[y, x]
            spread[j, i] = energy / np.float32((end - top) * (right - left))
            total += spread[j, i]
    return total / (rows * columns)


@numba.njit(types.void(_GREY, types.boolean[:, ::1]), cache=True)
def flat_blocks(grey, flat):  # type: ignore[no-untyped-def]
    """Which 4 x 4 blocks, the last of which may be cut off, hold one grey level alone, into ``flat``."""
    height, width = grey.shape
    rows, columns = flat.shape
    for j in range(rows):
        for i in range(columns):
            level, one = grey[4 * j, 4 * i], True
            for y in range(4 * j, min(4 * j + 4, height)):
                for x in range(4 * i, min(4 * i + 4, width)):
                    one &= grey[y, x] == level
            flat[j, i] = one


@numba.njit(types.void(_PLANE, _GREY, _PLANE, types.float32[::1], types.float32), cache=True)
def balance(plane, grey, spread, weights, base):  # type: ignore[no-untyped-def]
    """Weigh each residual by its brightness and the variance around it (5 x 5 blocks, cut off at the border), in place."""
    height, width = plane.shape
    rows, columns = spread.shape
    sums, gains = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for j in range(rows):
        top, end = max(0, j - 2), min(rows, j + 3)
        sums[:] = 0
        for k in range(top, end):
            for i in range(columns):
                sums[i] += spread[k, i]
        for i in range(columns):
            left, right = max(0, i - 2), min(columns, i + 3)
            near = np.float32(0)
            for k in range(left, right):
                near += sums[k]
            gains[i] = np.float32(1) / (near / np.float32((end - top) * (right - left)) + base)
        for y in range(4 * j, min(4 * j + 4, height)):
            row, bright = plane[y], grey[y]
            for x in range(width):
                row[x] *= weights[bright[x]] * gains[x >> 2]


@numba.njit(types.void(_BYTES, types.float64, _EDGES, _EDGES, _PLANE), cache=True)
def levels(packed, step, down, across, out):  # type: ignore[no-untyped-def]
    """Two samples a byte, row by row, the first in the high half: each ``step`` times its level (0..15) less the mean of the
    part between ``down`` and ``across`` in which it lies. A part's levels are added up as whole numbers.
    """
    width = out.shape[1]
    for part in range(len(down) - 1):
        for column in range(len(across) - 1):
            top, bottom, left, right = down[part], down[part + 1], across[column], across[column + 1]
            total = 0
            for y in range(top, bottom):
                for at in range(y * width + left, y * width + right):
                    total += packed[at >> 1] >> 4 if at & 1 == 0 else packed[at >> 1] & 15
            mean = total / ((bottom - top) * (right - left))
            for y in range(top, bottom):
                for at in range(y * width + left, y * width + right):
                    level = packed[at >> 1] >> 4 if at & 1 == 0 else packed[at >> 1] & 15
                    out[y, at - y * width] = (level - mean) * step
