"""Pictures with words in them at known places: made-up print, on paper or on a room's wall."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont


class Sign(msgspec.Struct, frozen=True):
    """Something to write: ``size`` in pixels of the type, ``place`` the top left corner of its box."""

    text: str
    place: tuple[int, int]
    size: int = 30
    ink: int = 20
    paper: int = 235


def written(
    signs: list[Sign], size: tuple[int, int] = (640, 480), ground: NDArray[np.uint8] | None = None
) -> tuple[NDArray[np.uint8], list[tuple[int, int, int, int]]]:
    """(h, w) grey pixels with every sign on a label of its own, and the box of each: left, top, width, height.

    ``size`` is width and height of the picture where no ``ground`` is given, which is then plain.
    """
    picture = Image.fromarray(np.full(size[::-1], 150, np.uint8) if ground is None else ground)
    draw = ImageDraw.Draw(picture)
    boxes = []
    for sign in signs:
        font = ImageFont.load_default(sign.size)
        left, top, right, bottom = map(round, draw.textbbox(sign.place, sign.text, font=font))
        edge = sign.size // 2
        draw.rectangle((left - edge, top - edge, right + edge, bottom + edge), fill=sign.paper)
        draw.text(sign.place, sign.text, font=font, fill=sign.ink)
        boxes.append((left, top, right - left, bottom - top))
    return np.asarray(picture, np.uint8), boxes
