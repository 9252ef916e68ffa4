"""Stills at full size and in colour, for the few uses that need every bit as other programs see it. Much dearer than grey.

Pixels are those of Pillow's ``convert("RGB")``, which is what programs that exchange copy hashes look at: EXIF orientation is
not applied (TIFF's own is), transparency is ignored, a palette is looked up, inks are mixed. Where Pillow would clip, it is
:mod:`homeward.media.luminance` that says what becomes of a sample of 16 bits or a float. Of an HEIF picture the luminance
plane is taken for all three colours: how it is to be converted is left open there, and programs differ.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from homeward.media.heif import luma_plane
from homeward.media.luminance import eight_bit, level_range
from homeward.media.orientation import tiff_orientation
from homeward.media.rasters import FAILURES, quiet
from homeward.media.records import DecodeFailed, TooLarge
from homeward.media.stills import decode_still, still_format

MOST_PIXELS = 64 << 20
"""Pixels of one picture: Pillow holds 4 bytes of each, and a progressive JPEG 6 more."""
_BAND = 1 << 18
"""Pixels handed out at a time."""
_GREY_MODES = {"I", "F", "LAB", "I;16", "I;16B", "I;16L", "I;16N"}


class Colour(msgspec.Struct, frozen=True, eq=False):
    """A picture in colour, to be read once.

    ``bands`` are (n, width, 3) uint8 RGB from the top down; ``decoder`` says which path they came by; ``orientation`` is the
    EXIF orientation 1..8 that was read and not applied.
    """

    width: int
    height: int
    decoder: str
    bands: Iterator[NDArray[np.uint8]]
    orientation: int = 1


def warm_up() -> None:
    """Decode a picture of each kind that is opened in another way than for grey."""
    ramp = Image.fromarray(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64).astype(np.uint8))
    for mode, options in (("RGB", {}), ("L", {}), ("CMYK", {}), ("RGB", {"progressive": True})):
        out = io.BytesIO()
        ramp.convert(mode).save(out, "JPEG", **options)
        list(decode_colour(out.getvalue()).bands)


def decode_colour(data: bytes) -> Colour:
    """Decode a whole and undamaged still.

    Raises:
        DecodeFailed: no still, or only a part of it can be decoded: such a hash would be nobody else's.
        TooLarge: it has more than :data:`MOST_PIXELS`.
    """
    kind = still_format(data)
    still = decode_still(data)
    if still.damage is not None:
        raise DecodeFailed(f"only a part of it can be decoded: {still.damage.reason}")
    if still.width * still.height > MOST_PIXELS:
        raise TooLarge(f"its {still.width} x {still.height} pixels are too many to be decoded in colour")
    if still.format == "HEIF":
        plane = luma_plane(data)
        return Colour(still.width, still.height, "heif luma 1/1", _grey_bands(plane), still.orientation)
    with quiet():
        try:
            picture = Image.open(io.BytesIO(data), formats=[still.format])
            picture.load()
        except FAILURES as error:
            raise DecodeFailed(f"this {kind} picture cannot be decoded in colour") from error
    width, height = picture.size
    return Colour(width, height, f"{still.format.lower()} rgb 1/1", _bands(picture), still.orientation)


def stored_colour(data: bytes) -> tuple[NDArray[np.uint8], int]:
    """(h, w, 3) RGB of a whole and undamaged still as stored (a TIFF too), and its EXIF orientation 1..8.

    Raises:
        DecodeFailed, TooLarge: as :func:`decode_colour`.
    """
    turned = tiff_orientation(data) if still_format(data) == "TIFF" else None
    picture = decode_colour(turned.undone(data) if turned else data)
    pixels = np.empty((picture.height, picture.width, 3), np.uint8)
    top = 0
    for band in picture.bands:
        pixels[top : top + len(band)] = band
        top += len(band)
    return pixels, turned.value if turned else picture.orientation


def _grey_bands(plane: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    rows = max(1, _BAND // plane.shape[1])
    for top in range(0, len(plane), rows):
        yield np.repeat(plane[top : top + rows, :, None], 3, axis=2)


def _bands(picture: Image.Image) -> Iterator[NDArray[np.uint8]]:
    width, height = picture.size
    low, high = level_range(picture)
    rows = max(1, _BAND // width)
    for top in range(0, height, rows):
        band = picture.crop((0, top, width, min(top + rows, height)))
        grey = picture.mode in _GREY_MODES
        yield np.asarray((eight_bit(band, low, high) if grey else band).convert("RGB"))
