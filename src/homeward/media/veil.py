"""The veil: the only picture that is stored and shown by default, too coarse to hold detail."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WIDTH, HEIGHT = 24, 18
NEUTRAL = 128
"""Grey around the picture and where its pixels are lost."""


def veil(sound: NDArray[np.uint8], orientation: int, whole: tuple[int, ...]) -> bytes:
    """Average a picture down to 24 x 18.

    Args:
        sound: (h, w) uint8 luminance of the leading rows that are sound; w as in ``whole``.
        orientation: EXIF orientation 1..8, applied.
        whole: (height, width) that the undamaged picture would have, in the same pixels.

    Returns:
        432 bytes, 8-bit grey, row by row. The picture keeps its aspect, centred on :data:`NEUTRAL`.
    """
    height, width = whole
    if sound.shape[0] < height:
        lost = np.full((height - sound.shape[0], width), NEUTRAL, np.uint8)
        sound = np.concatenate([sound, lost])
    turned = orientation >= 5
    across, down = _fit(*((height, width) if turned else (width, height)))
    averages = area_means(sound, *((across, down) if turned else (down, across)), parts=8)
    small = upright(np.rint(averages).astype(np.uint8), orientation)
    canvas = np.full((HEIGHT, WIDTH), NEUTRAL, np.uint8)
    top, left = (HEIGHT - down) // 2, (WIDTH - across) // 2
    canvas[top : top + down, left : left + across] = small
    return canvas.tobytes()


def place(width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, width and height in a veil of where a picture lies that is ``width`` x ``height`` when upright."""
    across, down = _fit(width, height)
    return (WIDTH - across) // 2, (HEIGHT - down) // 2, across, down


def within(values: NDArray[np.uint8], orientation: int, width: int, height: int) -> NDArray[np.uint8]:
    """The part of a (18, 24) veil that shows the picture, turned back as the picture is stored.

    Args:
        values: a veil.
        orientation: EXIF orientation 1..8 that was applied.
        width: pixels of the picture as stored.
        height: the same.
    """
    across, down = _fit(*((height, width) if orientation >= 5 else (width, height)))
    top, left = (HEIGHT - down) // 2, (WIDTH - across) // 2
    back = {6: 8, 8: 6}.get(orientation, orientation)
    return upright(values[top : top + down, left : left + across], back)


def area_means(pixels: NDArray[np.uint8], down: int, across: int, parts: int) -> NDArray[np.float64]:
    """Area averages of (h, w) luminance, (down, across) of 0..255.

    They are taken by way of boxes a ``parts``-th of a cell wide, whose means, in whole grey levels, Pillow is quick to take.
    """
    height, width = pixels.shape
    boxes = max(1, height // down // parts), max(1, width // across // parts)
    small = np.asarray(Image.fromarray(pixels).reduce((boxes[1], boxes[0])), np.float64)
    rows, columns = _shares(height, boxes[0], down), _shares(width, boxes[1], across)
    return np.asarray(rows @ small @ columns.T)


@lru_cache(maxsize=256)
def _shares(length: int, box: int, cells: int) -> NDArray[np.float64]:
    """(cells, boxes): the share of each cell that each box of ``box`` pixels covers; the last box may be cut short."""
    edges = np.minimum(np.arange(0, length + box, box), length)
    limits = np.arange(cells + 1) * (length / cells)
    overlap = np.minimum(limits[1:, None], edges[None, 1:]) - np.maximum(limits[:-1, None], edges[None, :-1])
    return np.asarray(np.maximum(overlap, 0) * (cells / length))


def upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn and mirror (h, w) or (h, w, 3) pixels as EXIF orientation 1..8 asks (CIPA DC-008, 4.6.4)."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    return pixels


def _fit(width: int, height: int) -> tuple[int, int]:
    """The largest size of the same aspect within the veil, at least 1 pixel a side."""
    scale = min(WIDTH / width, HEIGHT / height)
    return max(1, round(width * scale)), max(1, round(height * scale))
