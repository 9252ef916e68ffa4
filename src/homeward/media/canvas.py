"""Which rows of a canvas a decoder really wrote, found without asking the decoder.

The canvas is filled with noise first. A row that is still noise afterwards was not decoded; that is exact for every format,
order of rows and kind of failure, as long as a row has enough samples to tell noise from chance.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

_BAND = 64
"""Rows of noise, repeated over the canvas, so that large pictures need little beside themselves."""


class Written(msgspec.Struct, frozen=True):
    """What a decoder did to a canvas."""

    sound: int
    """Leading rows that are written from end to end."""
    lost: int
    """Rows that are not."""


def written_rows(picture: ImageFile.ImageFile, failures: tuple[type[Exception], ...]) -> Written:
    """Load ``picture`` onto noise, whatever comes of it, and look.

    Args:
        picture: opened and not loaded; not to be used afterwards.
        failures: errors by which its reader says that the file is broken.
    """
    left, top, right, bottom = picture.tile[0].extents if len(picture.tile) == 1 else (0, 0, *picture.size)
    noise: list[Image.Image] = []
    prepare = picture.load_prepare

    def prepare_noise() -> None:
        prepare()
        if not noise:
            noise.append(_noise(picture.im.mode, picture.im.size[0]))
            for row in range(0, picture.im.size[1], _BAND):
                picture.im.paste(noise[0].im, (0, row, picture.im.size[0], row + _BAND))

    picture.load_prepare = prepare_noise  # type: ignore[method-assign]
    failed = False
    try:
        picture.load()
    except failures:
        failed = True
        picture.tile = []  # what is there may now be read without another attempt
    if not noise or noise[0].mode != picture.im.mode:
        return Written(0, picture.size[1])
    rows = [_band(picture, noise[0], row)[:, left:right] for row in range(0, 0, _BAND)]
    del rows
    return _judge(picture, noise[0], (left, top, right, bottom), failed)


def _noise(mode: str, width: int) -> Image.Image:
    random = np.random.default_rng(1)
    raw = len(Image.new(mode, (width, 1)).tobytes()) * _BAND
    return Image.frombytes(mode, (width, _BAND), random.bytes(raw))
