"""PDQ's blur and decimation as a pair of small matrices.

Upstream blurs the full picture with two passes of a box filter along each axis (together a tent, after Jarosz, "Fast
image convolutions", ACM SIGGRAPH 2001) and then keeps 64 x 64 of the pixels. All of it is linear and separable, so the
64 x 64 result is ``A @ picture @ B.T``, and only the pixels near a kept one count: every pixel is touched about once.

A picture decoded at 1/2, 1/4 or 1/8 of its size is measured with the filter of its *full* size: a reduced pixel stands
for the full pixels under it and takes the sum of their weights. (Recomputing the filter for the small size instead
shifts its phase and costs up to 80 of 256 bits.)
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
import numpy as np
from numpy.typing import NDArray

SIDE = 64
"""Rows and columns of the result."""
_BANDS = 16
_ROWS = SIDE // _BANDS  # four rows a band: measured fastest between one dense product and one product a row


class _Band(msgspec.Struct, frozen=True):
    """Some consecutive rows of the matrix, without the columns in which all of them are zero."""

    first: int
    weights: NDArray[np.float32]

    @property
    def columns(self) -> slice:
        return slice(self.first, self.first + self.weights.shape[1])


def decimate(pixels: NDArray[np.uint8], reduction: int, full_height: int, full_width: int) -> NDArray[np.float32]:
    """Blur and decimate a picture of ``full_height`` x ``full_width`` that was decoded at 1/``reduction`` of its size.

    Args:
        pixels: (h, w) uint8 luminance; h is full_height / reduction rounded up, w likewise.
        reduction: 1, 2, 4 or 8.
        full_height: rows of the full picture.
        full_width: columns of the full picture.

    Returns:
        (64, 64) float32 luminance, 0..255.

    Raises:
        ValueError: ``pixels`` cannot be a reduction of such a picture.
    """
    height, width = pixels.shape
    rows, columns = _tent(full_height, reduction, height, False), _tent(full_width, reduction, width, False)
    return _across(_down(pixels, rows), columns)


def decimate_mirrored(pixels: NDArray[np.uint8], reduction: int, full_height: int, full_width: int) -> NDArray[np.float32]:
    """:func:`decimate` of a picture and of its mirror images, without mirroring it.

    The filter is a pixel longer to one side than to the other and so are the kept pixels placed, so the result for a mirrored
    picture is not the mirrored result: it is what the mirrored filter gives.

    Returns:
        (2, 2, 64, 64) float32: for ``[flipped upside down, flipped left to right]`` the luminance of the flipped picture.
    """
    height, width = pixels.shape
    result = np.empty((2, 2, SIDE, SIDE), np.float32)
    for down in (0, 1):
        half_done = _down(pixels, _tent(full_height, reduction, height, bool(down)))
        for across in (0, 1):
            small = _across(half_done, _tent(full_width, reduction, width, bool(across)))
            result[down, across] = small[:: 1 - 2 * down, :: 1 - 2 * across]
    return result


def _down(pixels: NDArray[np.uint8], bands: tuple[_Band, ...]) -> NDArray[np.float32]:
    half_done = np.empty((SIDE, pixels.shape[1]), np.float32)
    for at, band in enumerate(bands):
        # Converted band by band, so that the floating-point copy stays in cache and memory does not follow the picture.
        np.matmul(band.weights, pixels[band.columns].astype(np.float32), out=half_done[at * _ROWS : (at + 1) * _ROWS])
    return half_done


def _across(half_done: NDArray[np.float32], bands: tuple[_Band, ...]) -> NDArray[np.float32]:
    result = np.empty((SIDE, SIDE), np.float32)
    for at, band in enumerate(bands):
        result[:, at * _ROWS : (at + 1) * _ROWS] = half_done[:, band.columns] @ band.weights.T
    return result


@lru_cache(maxsize=128)
def _tent(full: int, reduction: int, reduced: int, mirrored: bool) -> tuple[_Band, ...]:
    """The (64, reduced) matrix of one axis in bands, or that of the filter looked at from the other end."""
    if reduced != -(-full // reduction):
        raise ValueError(f"{reduced} pixels are not 1/{reduction} of {full}")
    box = -(-full // (2 * SIDE))
    kept = (2 * np.arange(SIDE) + 1) * full // (2 * SIDE)
    steps = np.zeros((SIDE, full + 1))
    rows = np.arange(SIDE)
    outer_first, outer_end = _window(kept, box, full)
    for offset in range(box):
        inner = outer_first + offset
        inside = inner < outer_end
        first, end = _window(np.where(inside, inner, 0), box, full)
        share = np.where(inside, 1.0 / ((outer_end - outer_first) * (end - first)), 0.0)
        steps[rows, first] += share
        steps[rows, end] -= share
    weights = np.cumsum(steps[:, :-1], axis=1)
    ends = _window(outer_end - 1, box, full)[1]
    firsts = _window(outer_first, box, full)[0]
    if mirrored:
        weights, firsts, ends = weights[::-1, ::-1], full - ends[::-1], full - firsts[::-1]
    weights = np.add.reduceat(weights, np.arange(0, full, reduction), axis=1)
    return tuple(
        _band(weights, at, int(firsts[at]) // reduction, -(-int(ends[at + _ROWS - 1]) // reduction))
        for at in range(0, SIDE, _ROWS)
    )


def _window(centre: NDArray[np.int64], box: int, full: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and end index of the box around each centre, cut off at the border, lopsided as upstream has it."""
    ahead = (box + 2) // 2
    return np.maximum(centre + ahead - box, 0), np.minimum(centre + ahead, full)


def _band(weights: NDArray[np.float64], at: int, first: int, end: int) -> _Band:
    return _Band(first, np.ascontiguousarray(weights[at : at + _ROWS, first:end], np.float32))
