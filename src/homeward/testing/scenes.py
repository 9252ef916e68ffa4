"""Pictures of rooms that do not exist, and the edits that copies on the way usually went through."""

from __future__ import annotations

import io
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from homeward.testing.encoding import encode
from homeward.testing.interiors import HUNG, STANDING, Canvas, Dice, Surface, papered

Pixels: TypeAlias = npt.NDArray[np.uint8]
"""Shape (height, width, 3), RGB, 0-255."""


def room(seed: int, width: int = 640, height: int = 480) -> Pixels:
    """Draw the empty room number ``seed``: patterned walls and floor in perspective, furniture, light and mild noise.

    Rooms of different seeds are unrelated pictures: more than 60 bits apart in PDQ over hundreds of seeds. The same
    seed gives the same pixels on every run and machine, and the same room at every size.

    Args:
        seed: 0 to 2**32 - 1.
        width: pixels, at least 16.
        height: pixels, at least 16.

    Returns:
        Pixels of shape (height, width, 3), RGB, uint8.

    Raises:
        ValueError: a seed or size out of range.
    """
    if min(width, height) < 16:
        raise ValueError(f"a room needs at least 16 x 16 pixels, not {width} x {height}")
    dice, canvas = Dice(seed), Canvas(width, height)
    floor, walls, ceiling = _shell(dice)
    canvas.patch(ceiling, (0, 0, 1, 1), dice.colour(90, 250))
    for surface in (*walls, floor):
        papered(canvas, surface, dice)
    for wall in walls:
        for slot in range(2):
            if dice.chance(0.75):
                u0, v0 = slot * 0.5 + dice.between(0.03, 0.12), dice.between(0.05, 0.35)
                box = (u0, v0, slot * 0.5 + dice.between(0.28, 0.48), v0 + dice.between(0.25, 0.5))
                HUNG[dice.whole(0, len(HUNG) - 1)](canvas, wall, box, dice)
    for put in STANDING:
        if dice.chance(0.7):
            put(canvas, floor, dice)
    return _lit(np.asarray(canvas.image, np.uint8), dice)


def resize(pixels: Pixels, factor: float) -> Pixels:
    """Scale both sides by ``factor`` (> 0), bicubic."""
    height, width = pixels.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC), np.uint8)


def crop(pixels: Pixels, part: float) -> Pixels:
    """Cut ``part`` (0 to 0.45) of the width and height away at each side."""
    height, width = pixels.shape[:2]
    down, across = round(height * part), round(width * part)
    return np.ascontiguousarray(pixels[down : height - down, across : width - across])


def border(pixels: Pixels, part: float, grey: int = 255) -> Pixels:
    """Add a plain border of ``part`` of the shorter side, all around."""
    width = round(min(pixels.shape[:2]) * part)
    height, across, _ = pixels.shape
    framed = np.full((height + 2 * width, across + 2 * width, 3), grey, np.uint8)
    framed[width : width + height, width : width + across] = pixels
    return framed


def brighten(pixels: Pixels, percent: int) -> Pixels:
    """Scale brightness to ``percent`` (100 leaves it)."""
    return np.minimum(pixels.astype(np.int32) * percent // 100, 255).astype(np.uint8)


def recompress(pixels: Pixels, quality: int) -> Pixels:
    """What is left after one more save as JPEG at ``quality`` (1 to 95)."""
    with Image.open(io.BytesIO(encode(pixels, quality=quality))) as image:
        return np.asarray(image.convert("RGB"), np.uint8)


def _shell(dice: Dice) -> tuple[Surface, tuple[Surface, ...], Surface]:
    """Floor, walls (left, back, right) and ceiling around a back wall of random place and size."""
    x0, x1 = dice.between(0.02, 0.42), dice.between(0.58, 0.98)
    y0, y1 = dice.between(-0.05, 0.25), dice.between(0.45, 0.8)
    depth = 1 / (x1 - x0) + 0.5
    back = Surface(((x0, y0), (x1, y0)), ((x0, y1), (x1, y1)))
    low, high = dice.between(1.0, 1.5), dice.between(-0.6, 0.0)
    left = Surface(((-0.05, high), (x0, y0)), ((-0.05, low), (x0, y1)))
    right = Surface(((x1, y0), (1.05, high)), ((x1, y1), (1.05, low)))
    floor = Surface(((x0, y1), (x1, y1)), ((-0.05, low), (1.05, low)), depth)
    ceiling = Surface(((-0.05, high), (1.05, high)), ((x0, y0), (x1, y0)))
    return floor, (left, back, right), ceiling


def _lit(pixels: Pixels, dice: Dice) -> Pixels:
    """Light that differs by corner, and sensor-like noise. Whole numbers only: floating point may differ by machine."""
    height, width = pixels.shape[:2]
    corners = dice.state.randint(130, 300, size=4)
    across = np.arange(width) * 256 // max(1, width - 1)
    down = np.arange(height) * 256 // max(1, height - 1)
    top = corners[0] * (256 - across) + corners[1] * across
    bottom = corners[2] * (256 - across) + corners[3] * across
    light = (top[None, :] * (256 - down[:, None]) + bottom[None, :] * down[:, None]) >> 16
    noise = dice.state.randint(-4, 5, size=(height, width, 1))
    lit: npt.NDArray[np.int64] = (pixels.astype(np.int64) * light[:, :, None] >> 8) + noise
    return lit.clip(0, 255).astype(np.uint8)
