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
    """Some consecutive rows of the matrix, without the columns in which all of them are zero.

    ``weights`` has four rows, or eight: those of the filter and then those of the filter looked at from the other end.
    """

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
    return _across(_down(pixels, rows), columns).reshape(SIDE, SIDE)


def decimate_mirrored(pixels: NDArray[np.uint8], reduction: int, full_height: int, full_width: int) -> NDArray[np.float32]:
    """:func:`decimate` of a picture and of its mirror images, without mirroring it.

    The filter is a pixel longer to one side than to the other and so are the kept pixels placed, so the result for a mirrored
    picture is not the mirrored result: it is what the mirrored filter gives.

    Returns:
        (2, 2, 64, 64) float32: for ``[flipped upside down, flipped left to right]`` the luminance of the flipped picture.
    """
    height, width = pixels.shape
    rows, columns = _tent(full_height, reduction, height, True), _tent(full_width, reduction, width, True)
    halves = _across(_down(pixels, rows), columns).reshape(_BANDS, 2, _ROWS, _BANDS, 2, _ROWS)
    both = halves.transpose(1, 4, 0, 2, 3, 5).reshape(2, 2, SIDE, SIDE)
    result = np.empty_like(both)
    for down in (0, 1):
        for across in (0, 1):
            result[down, across] = both[down, across, :: 1 - 2 * down, :: 1 - 2 * across]
    return result


def _down(pixels: NDArray[np.uint8], bands: tuple[_Band, ...]) -> NDArray[np.float32]:
    """(rows of all bands, w)."""
    rows = len(bands[0].weights)
    half_done = np.empty((rows * _BANDS, pixels.shape[1]), np.float32)
    for at, band in enumerate(bands):
        # Converted band by band, so that the floating-point copy stays in cache and memory does not follow the picture.
        np.matmul(band.weights, pixels[band.columns].astype(np.float32), out=half_done[at * rows : (at + 1) * rows])
    return half_done


def _across(half_done: NDArray[np.float32], bands: tuple[_Band, ...]) -> NDArray[np.float32]:
    """(rows of ``half_done``, rows of all bands)."""
    rows = len(bands[0].weights)
    result = np.empty((len(half_done), rows * _BANDS), np.float32)
    for at, band in enumerate(bands):
        result[:, at * rows : (at + 1) * rows] = half_done[:, band.columns] @ band.weights.T
    return result


@lru_cache(maxsize=256)
def _tent(full: int, reduction: int, reduced: int, mirrored: bool) -> tuple[_Band, ...]:
    """The (64, reduced) matrix of one axis in bands; with ``mirrored`` also that of the filter looked at from the other end."""
    if reduced != -(-full // reduction):
        raise ValueError(f"{reduced} pixels are not 1/{reduction} of {full}")
    firsts, weights = _filter(full)
    if mirrored:
        firsts = np.stack([firsts, full - firsts[::-1] - weights.shape[1]])
        weights = np.stack([weights, weights[::-1, ::-1]])
    return _bands(firsts.reshape(-1, SIDE), weights.reshape(-1, SIDE, weights.shape[-1]), reduction, reduced)


def _filter(full: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """First pixel of each of the 64 rows, and their weights from there on, (64, longest)."""
    box = -(-full // (2 * SIDE))
    kept = (2 * np.arange(SIDE) + 1) * full // (2 * SIDE)
    outer_first, outer_end = _window(kept, box, full)
    inner = outer_first[:, None] + np.arange(box)
    inside = inner < outer_end[:, None]
    first, end = _window(np.where(inside, inner, outer_first[:, None]), box, full)
    share = np.where(inside, 1.0 / ((outer_end - outer_first)[:, None] * (end - first)), 0.0)
    firsts = first[:, 0]
    length = int((_window(outer_end - 1, box, full)[1] - firsts).max())
    row = (np.arange(SIDE) * (length + 1) - firsts)[:, None]
    at = np.concatenate([(row + first).ravel(), (row + end).ravel()])
    steps = np.bincount(at, np.concatenate([share.ravel(), -share.ravel()]), SIDE * (length + 1))
    return firsts, np.cumsum(steps.reshape(SIDE, length + 1)[:, :-1], axis=1)


def _window(centre: NDArray[np.int64], box: int, full: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and end index of the box around each centre, cut off at the border, lopsided as upstream has it."""
    ahead = (box + 2) // 2
    return np.maximum(centre + ahead - box, 0), np.minimum(centre + ahead, full)


def _bands(firsts: NDArray[np.int64], weights: NDArray[np.float64], reduction: int, reduced: int) -> tuple[_Band, ...]:
    """Bands of (sets, 64) first pixels and their (sets, 64, longest) weights, summed over the pixels under each reduced one.

    All bands are as wide as the widest, so that they are laid out at once.
    """
    sets, _, longest = weights.shape
    grouped = firsts.reshape(sets, _BANDS, _ROWS)
    starts = np.maximum(grouped.min(axis=(0, 2)), 0) // reduction
    stops = np.minimum(-(-(grouped.max(axis=(0, 2)) + longest) // reduction), reduced)
    width = int((stops - starts).max())
    starts = np.minimum(starts, reduced - width)
    inside = grouped[..., None] + np.arange(longest) - reduction * starts[:, None, None]
    # What lies outside is the padding of a line shorter than the longest: zeros, which need no place.
    inside = np.clip(inside, -1, width * reduction) + 1
    dense = np.zeros((_BANDS, sets, _ROWS, width * reduction + 2))
    np.put_along_axis(dense, inside.transpose(1, 0, 2, 3), weights.reshape(inside.shape).transpose(1, 0, 2, 3), axis=3)
    summed = dense[..., 1:-1].reshape(_BANDS, sets * _ROWS, width, reduction).sum(axis=3).astype(np.float32)
    return tuple(_Band(int(start), band) for start, band in zip(starts, summed, strict=True))
