"""Which rows of a canvas a decoder really wrote, found without asking the decoder.

The picture is decoded twice, onto zeros and onto ones. Where the results differ, nothing was written: that is exact for every
format, order of rows and kind of failure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import msgspec
import numpy as np
from PIL import Image, ImageFile

_BAND = 64
"""Rows filled and compared at a time, so that large pictures need little beside the canvas."""


class Written(msgspec.Struct, frozen=True):
    """What a decoder did to the part of the canvas that it set out to write."""

    sound: int
    """Leading rows of the canvas without a pixel that should have been written and was not."""
    lost: int
    """Rows with such a pixel."""


def written_rows(opened: Callable[[], ImageFile.ImageFile], failures: tuple[type[Exception], ...]) -> Written:
    """Decode twice and compare.

    Args:
        opened: gives the picture, opened and not loaded, anew each time.
        failures: errors by which its reader says that the file is broken.
    """
    zeros, ones = (_rows(opened(), byte, failures) for byte in (b"\0", b"\xff"))
    unwritten = np.array([a != b for a, b in zip(zeros.digests, ones.digests, strict=True)])
    sound = zeros.top + int(np.argmax(unwritten)) if unwritten.any() else zeros.height
    return Written(sound, int(unwritten.sum()))


class _Rows(msgspec.Struct, frozen=True):
    top: int
    """First row that the decoder set out to write."""
    height: int
    digests: list[bytes]
    """A digest of each row from ``top`` on: two canvases at once would be too much memory."""


def _rows(picture: ImageFile.ImageFile, byte: bytes, failures: tuple[type[Exception], ...]) -> _Rows:
    tiles = picture.tile
    left, top, right, bottom = (tiles[0].extents if len(tiles) == 1 else None) or (0, 0, *picture.size)
    _load_onto(picture, byte, failures)
    digests = []
    for row in range(top, bottom, _BAND):
        pixels = np.ascontiguousarray(picture.crop((left, row, right, min(row + _BAND, bottom))))
        digests += [hashlib.blake2b(line, digest_size=16).digest() for line in pixels]
    height = picture.im.size[1]
    picture.close()  # now, not when the garbage collector comes: the next canvas needs the memory
    return _Rows(top, height, digests)


def _load_onto(picture: ImageFile.ImageFile, byte: bytes, failures: tuple[type[Exception], ...]) -> None:
    prepare = picture.load_prepare

    def prepare_filled() -> None:
        prepare()
        canvas = picture.im
        width, height = canvas.size
        band = Image.new(canvas.mode, (width, _BAND))
        band.frombytes(byte * len(band.tobytes()))
        for row in range(0, height, _BAND):
            canvas.paste(band.im, (0, row, width, row + _BAND))

    picture.load_prepare = prepare_filled  # type: ignore[method-assign]
    try:
        picture.load()
    except failures:
        picture.tile = []  # what is there may now be read without another attempt
