"""The preview that a camera embeds, against the picture itself.

An editor that crops, covers or replaces a picture often leaves the camera's own thumbnail (EXIF directory 1) as it was.
Then the thumbnail shows what somebody cut away.
"""

from __future__ import annotations

import warnings

import msgspec
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import ExifTags

from homeward.media.blocks import find_blocks
from homeward.media.exif import read_exif
from homeward.media.veil import area_means

CELL = 2
"""Preview pixels along one side of the squares that are compared."""
MOST_DIFFERENT = 20.0
"""Grey levels by which cells of the same content differ at most (third largest of all cells, after fitting the tone).
Chosen on another rendered world than the one reported: see docs/methods/previews.md."""
MOST_SHIFTED = 4.0
"""Grey levels by which the tone of an untouched picture differs on average from its preview's."""
FLATTEST = 6.0
"""Standard deviation of grey levels below which there is too little to compare."""
LARGEST = 1 << 20
"""Bytes of a preview."""
MOST_PIXELS = 4 << 20
"""Pixels of a preview; what claims more was made to hurt."""
_BAR = 24


class Preview(msgspec.Struct, frozen=True):
    """What comparing an embedded preview with its picture gave.

    ``difference`` (of content) and ``shift`` (of tone) are in grey levels, ``share`` is the per mille of the
    preview that differs, ``differs`` whether a person should look.
    """

    difference: float
    shift: float
    share: int
    differs: bool


def embedded_preview(data: bytes) -> NDArray[np.uint8] | None:
    """The EXIF thumbnail as (h, w) grey levels; None where there is none, or it cannot be decoded."""
    block = find_blocks(data).exif
    if not block:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            directory = read_exif(block).get_ifd(ExifTags.IFD.IFD1)
        start, length = directory.get(513), directory.get(514)
        if not isinstance(start, int) or not isinstance(length, int) or not 0 < length <= LARGEST or start < 0:
            return None
        coded = block[start : start + length]
        height, width, *_ = simplejpeg.decode_jpeg_header(coded)
        if height * width > MOST_PIXELS:
            return None
        grey = simplejpeg.decode_jpeg(coded, colorspace="GRAY")
    except Exception:  # hostile blocks reach every corner of both readers
        return None
    return np.asarray(grey[:, :, 0])


def compare(picture: NDArray[np.uint8], preview: NDArray[np.uint8]) -> Preview | None:
    """Whether ``preview`` shows what ``picture`` shows; both (h, w) grey levels in stored orientation.

    None where there is too little to compare: a flat picture, or a preview of a few pixels.
    """
    turns = [preview, np.rot90(preview), np.rot90(preview, 3)] if _turned(picture, preview) else [preview]
    found = [one for turn in turns if (one := _compare(picture, _without_bars(turn, picture.shape))) is not None]
    return min(found, key=lambda one: one.difference, default=None)


def _compare(picture: NDArray[np.uint8], preview: NDArray[np.uint8]) -> Preview | None:
    height, width = (side // CELL for side in preview.shape)
    if min(height, width) < 8 or picture.shape[0] < 2 * height or picture.shape[1] < 2 * width:
        return None
    ours = _means(picture, height, width, preview.shape)
    theirs = _means(preview, height, width, preview.shape)
    if ours.std() < FLATTEST or theirs.std() < FLATTEST:
        return None
    x, y = theirs.ravel(), ours.ravel()
    tone = np.stack([np.ones_like(x), x, x * x], axis=1)  # what an editor or a display does to brightness
    fitted = tone @ np.linalg.lstsq(tone, y, rcond=None)[0]
    residual = np.abs(y - fitted)
    difference = float(np.partition(residual, -3)[-3])
    shift = float(np.mean(np.abs(fitted - x)))
    share = round(1000 * float(np.mean(residual > MOST_DIFFERENT)))
    return Preview(round(difference, 1), round(shift, 1), share, difference > MOST_DIFFERENT or shift > MOST_SHIFTED)


def _turned(picture: NDArray[np.uint8], preview: NDArray[np.uint8]) -> bool:
    """Whether one is portrait and the other landscape."""
    return bool((picture.shape[0] > picture.shape[1]) != (preview.shape[0] > preview.shape[1]))


def _without_bars(preview: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Cut off the black bars with which cameras fill a 4:3 thumbnail of a picture of another shape."""
    height, width = preview.shape
    wanted = shape[1] / shape[0]
    if abs(width / height / wanted - 1) < 0.02:
        return preview
    inner_height, inner_width = min(height, round(width / wanted)), min(width, round(height * wanted))
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    outside = np.ones(preview.shape, bool)
    outside[top : top + inner_height, left : left + inner_width] = False
    if np.mean(preview[outside] < _BAR) < 0.95:
        return preview
    return preview[top : top + inner_height, left : left + inner_width]


def _means(pixels: NDArray[np.uint8], height: int, width: int, grid: tuple[int, ...]) -> NDArray[np.float64]:
    """Means over ``height`` x ``width`` cells, each :data:`CELL` pixels of the preview's ``grid`` wide and high."""
    rows, columns = round(CELL * height * pixels.shape[0] / grid[0]), round(CELL * width * pixels.shape[1] / grid[1])
    return area_means(pixels[:rows, :columns], height, width, parts=4)
