"""HEIF (HEVC-coded) to grey pixels. The decoder applies the container's rotation itself: its output is upright."""

from __future__ import annotations

import pi_heif
from PIL import Image

from homeward.media.luminance import luminance
from homeward.media.records import DecodeFailed, Still
from homeward.media.reduction import MOST_BYTES, MOST_FRAMES, choose_reduction, too_large

pi_heif.options.DECODE_THREADS = 0  # a locked worker may not start threads
pi_heif.options.THUMBNAILS = pi_heif.options.DEPTH_IMAGES = pi_heif.options.AUX_IMAGES = False

_PIXEL_BYTES = 3 + 3
"""Planes in the decoder and interleaved colour behind it."""


def decode_heif(data: bytes) -> Still:
    """Decode the primary picture.

    Raises:
        DecodeFailed: broken or cut short; HEVC pictures are all or nothing here.
        TooLarge: its pixels would need more than :data:`homeward.media.reduction.MOST_BYTES`.
    """
    try:
        container = pi_heif.open_heif(data)
        picture = container[container.primary_index]
    except (ValueError, OSError, EOFError, SyntaxError, RuntimeError, LookupError) as error:
        raise DecodeFailed("the structure of this HEIF file is broken or cut short") from error
    width, height = picture.size
    if width * height * _PIXEL_BYTES > MOST_BYTES:
        raise too_large(width, height, width * height * _PIXEL_BYTES)
    try:
        pixels, stride, mode = picture.data, picture.stride, picture.mode
    except (ValueError, OSError, EOFError, SyntaxError, RuntimeError) as error:
        raise DecodeFailed("the picture data of this HEIF file is broken or cut short") from error
    width, height = picture.size
    reduction = choose_reduction(width, height)
    return Still(
        format="HEIF",
        width=width,
        height=height,
        frames=min(len(container), MOST_FRAMES),
        orientation=1,
        grey=luminance(Image.frombuffer(mode, (width, height), pixels, "raw", mode, stride, 1), reduction),
        reduction=reduction,
    )
