"""Pictures that Pillow decodes, to grey pixels: PNG, GIF, WebP, BMP, TIFF, AVIF.

Transparency is ignored: what is stored is what is measured, also where a viewer would not show it.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image, ImageFile

from homeward.media import containers
from homeward.media.canvas import Canvas
from homeward.media.containers import Container
from homeward.media.damage import damaged
from homeward.media.orientation import orientation
from homeward.media.records import DecodeFailed, Still, TooLarge
from homeward.media.reduction import MOST_BYTES, choose_reduction

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a locked worker may not start threads

_READERS: dict[str, Callable[[memoryview], Container]] = {
    "PNG": containers.read_png,
    "GIF": containers.read_gif,
    "WEBP": containers.read_webp,
    "TIFF": containers.read_tiff,
}
_EXTRA_BYTES = {"WEBP": 12, "AVIF": 6}
"""Bytes a pixel that the decoder holds beside Pillow's own."""
_ALL_OR_NOTHING = {"WEBP", "AVIF"}
_BAND = 1 << 20
"""Pixels converted at a time, so that conversion needs little beside the decoded picture."""
_FAILURES = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError, ArithmeticError)
"""What Pillow's readers raise on foreign bytes. ``struct.error`` is a ValueError's sibling and added below."""


def decode_raster(data: bytes, kind: str) -> Still:
    """Decode the first picture of a file whose signature says ``kind``.

    Raises:
        DecodeFailed: nothing can be decoded.
        TooLarge: its pixels would need more than :data:`homeward.media.reduction.MOST_BYTES`.
    """
