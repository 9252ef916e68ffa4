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
    box = (picture.tile[0].extents if len(picture.tile) == 1 else None) or (0, 0, *picture.size)
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
        return Written(0, box[3] - box[1])
    return _judge(_untouched(picture, noise[0], box), failed)


def _noise(mode: str, width: int) -> Image.Image:
    count = len(Image.new(mode, (width, _BAND)).tobytes())
    return Image.frombytes(mode, (width, _BAND), np.random.default_rng(1).bytes(count))


def _untouched(picture: Image.Image, noise: Image.Image, box: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """(rows, 2): whether a row of ``box`` holds more noise than chance explains, and whether its last pixel is noise."""
    left, top, right, bottom = box
    chance = {"1": 0.5, "L": 1 / 256, "P": 1 / 256}.get(noise.mode, 2.0**-16)
    width = right - left
    limit = width * chance + 6 * math.sqrt(width * chance) + 4
    found = []
    for row in range(top - top % _BAND, bottom, _BAND):
        first, last = max(row, top), min(row + _BAND, bottom)
        equal = _same(picture.crop((left, first, right, last)), noise.crop((left, first - row, right, last - row)))
        found.append(np.stack([equal.sum(axis=1) > min(limit, width - 1), equal[:, -1]], axis=1))
    return np.concatenate(found)


def _same(one: Image.Image, other: Image.Image) -> NDArray[np.bool_]:
    """(h, w) whether pixels are equal bit by bit."""
    a, b = (np.asarray(image) for image in (one, other))
    if a.dtype.kind == "f":
        a, b = a.view(np.uint32), b.view(np.uint32)
    equal: NDArray[np.bool_] = a == b
    return np.all(equal, axis=2) if equal.ndim == 3 else equal


def _judge(rows: NDArray[np.bool_], failed: bool) -> Written:
    noisy = rows[:, 0]
    sound = int(np.argmax(noisy)) if noisy.any() else len(rows)
    # A row that breaks off near its end holds too little noise to count: its last pixel decides, on the safe side.
    if sound and rows[sound - 1, 1] and (failed or sound < len(rows)):
        sound -= 1
    lost = int(noisy.sum())
    return Written(sound, max(lost, 1) if sound < len(rows) else lost)
