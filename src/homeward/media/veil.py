"""The veil: the only picture that is stored and shown by default, too coarse to hold detail."""

from __future__ import annotations

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
    size = (down, across) if turned else (across, down)
    small = upright(np.asarray(Image.fromarray(sound).resize(size, Image.Resampling.BOX, reducing_gap=3.0)), orientation)
    canvas = np.full((HEIGHT, WIDTH), NEUTRAL, np.uint8)
    top, left = (HEIGHT - down) // 2, (WIDTH - across) // 2
    canvas[top : top + down, left : left + across] = small
    return canvas.tobytes()


def upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn and mirror (h, w) pixels as EXIF orientation 1..8 asks (CIPA DC-008, 4.6.4)."""
    if orientation >= 5:
        pixels = pixels.T
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    return pixels


def _fit(width: int, height: int) -> tuple[int, int]:
    """The largest size of the same aspect within the veil, at least 1 pixel a side."""
    scale = min(WIDTH / width, HEIGHT / height)
    return max(1, round(width * scale)), max(1, round(height * scale))
