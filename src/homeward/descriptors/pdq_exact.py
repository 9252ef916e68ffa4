"""PDQ to the last bit: the same operations on the same numbers in the same order as the reference program.

For hashes that leave the agency. It is defined by ``pdqhash`` 0.2.8 (the C++ reference behind numpy) on an RGB picture at full
size: luminance in double precision, rounded to single; two passes of running sums along rows and columns in single
precision, one after the other; the transform summed pixel by pixel. Running sums do not forget their rounding, so no shorter
way gives the same bits. Rows stream through: beside 256 bytes a row, memory follows the width of the picture alone.
"""

from __future__ import annotations

from collections.abc import Iterable

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

from homeward.descriptors.base import Description
from homeward.descriptors.pdq import DCT, bits_of, quality_of
from homeward.descriptors.tent import SIDE

MODE = "exact"
_SMALLEST = 5
_FLOATS, _TABLE = types.float32[::1], types.float32[:, ::1]
_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114


def exact_pdq(bands: Iterable[NDArray[np.uint8]], height: int, width: int) -> Description | None:
    """Hash a picture as ``pdqhash`` does; None where a side has fewer than 5 pixels.

    Args:
        bands: (n, width, 3) uint8 RGB, rows from the top down, ``height`` in all.
        height: rows of the picture.
        width: columns of the picture.

    Raises:
        ValueError: the bands do not add up to that picture.
    """
    if min(height, width) < _SMALLEST:
        return None
    small = _small(bands, height, width)
    return Description(bits_of(_spectrum(small)), quality_of(small))


def _small(bands: Iterable[NDArray[np.uint8]], height: int, width: int) -> NDArray[np.float32]:
    """(64, 64) float32 luminance after blur and decimation."""
    plain = height == width == SIDE  # upstream takes such a picture as it is
    columns, rows = _kept(width), _kept(height)
    box = _box(height)
    ring, sums = np.zeros((box + 1, width), np.float32), np.zeros(width, np.float32)
    thin = np.empty((height, SIDE), np.float32)
    done = 0
    for band in bands:
        if band.ndim != 3 or band.shape[1:] != (width, 3) or band.dtype != np.uint8 or done + len(band) > height:
            raise ValueError(f"a band of {band.dtype} {band.shape} is no part of {height} x {width} pixels in colour")
        luminance = _luminance(np.ascontiguousarray(band))
        if plain:
            thin[done : done + len(band)] = luminance
        else:
            _feed(luminance, done, height, _box(width), ring, sums, columns, thin)
        done += len(band)
    if done != height:
        raise ValueError(f"{done} rows are not the {height} of the picture")
    if plain:
        return thin
    small = np.empty((SIDE, SIDE), np.float32)
    for column in range(SIDE):
        line, blurred = np.ascontiguousarray(thin[:, column]), np.empty(height, np.float32)
        _blur(line, box, blurred)
        small[:, column] = blurred[rows]
    return small


def _kept(length: int) -> NDArray[np.int64]:
    """(64,) pixels of an axis that the decimation keeps."""
    return (2 * np.arange(SIDE) + 1) * length // (2 * SIDE)


def _box(length: int) -> int:
    return -(-length // (2 * SIDE))


def _spectrum(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """(16, 16): both products summed term by term, which a matrix product of numpy would not promise."""
    half_done = np.zeros((len(DCT), SIDE), np.float32)
    for k in range(SIDE):
        half_done += DCT[:, k, None] * small[k]
    spectrum = np.zeros((len(DCT), len(DCT)), np.float32)
    for k in range(SIDE):
        spectrum += half_done[:, k, None] * DCT[:, k]
    return spectrum


@numba.njit(_TABLE(types.Array(types.uint8, 3, "C", readonly=True)), cache=True)
def _luminance(band: np.ndarray) -> np.ndarray:
    rows, columns = band.shape[0], band.shape[1]
    result = np.empty((rows, columns), np.float32)
    for row in range(rows):
        for at in range(columns):
            red, green, blue = band[row, at, 0], band[row, at, 1], band[row, at, 2]
            result[row, at] = np.float32((red * _RED + green * _GREEN) + blue * _BLUE)
    return result


@numba.njit(types.void(_FLOATS, types.int64, _FLOATS), cache=True)
def _blur(line: np.ndarray, box: int, blurred: np.ndarray) -> None:
    """One pass of running means over a line, windows cut off at its ends."""
    ahead, length = (box + 2) // 2 - 1, line.size
    total, size = np.float32(0), 0
    for at in range(length + ahead):
        if at < length:
            total += line[at]
            if at < box:
                size += 1
        if at >= box:
            total -= line[at - box]
            if at >= length:
                size -= 1
        if at >= ahead:
            blurred[at - ahead] = total / np.float32(size)


@numba.njit(types.void(_TABLE, types.int64, types.int64, types.int64, _TABLE, _FLOATS, types.int64[::1], _TABLE), cache=True)
def _feed(
    band: np.ndarray,
    first: int,
    height: int,
    across: int,
    ring: np.ndarray,
    sums: np.ndarray,
    columns: np.ndarray,
    thin: np.ndarray,
) -> None:
    """Rows ``first`` and following through the first passes along both axes and the second along the rows.

    ``ring`` holds the last rows after the first pass, ``sums`` their running sums; what leaves goes to ``thin``.
    """
    held = ring.shape[0]
    box = held - 1
    ahead = (box + 2) // 2 - 1
    line, blurred = np.empty(sums.size, np.float32), np.empty(sums.size, np.float32)
    end = first + band.shape[0]
    last = height + ahead if end == height else end
    for row in range(first, last):
        if row < height:
            _blur(band[row - first], across, ring[row % held])
            for at in range(sums.size):
                sums[at] += ring[row % held, at]
        if row >= box:
            for at in range(sums.size):
                sums[at] -= ring[(row - box) % held, at]
        if row >= ahead:
            size = np.float32(min(row + 1, height) - max(row - box + 1, 0))
            for at in range(sums.size):
                line[at] = sums[at] / size
            _blur(line, across, blurred)
            for at in range(columns.size):
                thin[row - ahead, at] = blurred[columns[at]]
