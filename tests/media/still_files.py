"""Pictures of every kind for the tests of stills, and what an independent decoder makes of them."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from heic_files import heic
from numpy.typing import NDArray
from PIL import Image

from homeward.testing.scenes import room

WIDTH, HEIGHT = 304, 226


@cache
def scene(seed: int = 7, width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    return Image.fromarray(room(seed, width, height))


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def _as(mode: str, kind: str, **options: Any) -> Callable[[], bytes]:
    return lambda: saved(scene().convert(mode), kind, **options)


def _sixteen(kind: str) -> Callable[[], bytes]:
    return lambda: saved(Image.fromarray(np.asarray(scene().convert("L")).astype(np.uint16) * 257), kind)


EXACT: dict[str, Callable[[], bytes]] = {
    "png": _as("RGB", "PNG"),
    "png-grey": _as("L", "PNG"),
    "png-palette": _as("P", "PNG"),
    "png-bits": _as("1", "PNG"),
    "png-alpha": _as("RGBA", "PNG"),
    "png-grey-alpha": _as("LA", "PNG"),
    "png-16": _sixteen("PNG"),
    "gif": _as("P", "GIF"),
    "gif-plain": lambda: saved(scene().convert("P"), "GIF", interlace=0),
    "bmp": _as("RGB", "BMP"),
    "bmp-palette": _as("P", "BMP"),
    "bmp-bits": _as("1", "BMP"),
    "tiff": _as("RGB", "TIFF"),
    "tiff-lzw": _as("RGB", "TIFF", compression="tiff_lzw"),
    "tiff-deflate": _as("RGB", "TIFF", compression="tiff_adobe_deflate"),
    "tiff-fax": _as("1", "TIFF", compression="group4"),
    "tiff-inks": _as("CMYK", "TIFF"),
    "tiff-luma": _as("YCbCr", "TIFF"),
    "tiff-16": _sixteen("TIFF"),
    "webp": _as("RGB", "WEBP"),
    "webp-lossless": _as("RGB", "WEBP", lossless=True),
    "webp-alpha": _as("RGBA", "WEBP"),
    "avif": _as("RGB", "AVIF", speed=9, max_threads=1),
}
"""Files of one picture that must come out exactly as Pillow converts them."""

CLOSE: dict[str, Callable[[], bytes]] = {
    "jpeg": _as("RGB", "JPEG", quality=92),
    "jpeg-full-colour": _as("RGB", "JPEG", quality=92, subsampling=0),
    "jpeg-grey": _as("L", "JPEG", quality=92),
    "jpeg-inks": _as("CMYK", "JPEG", quality=92),
    "jpeg-progressive": _as("RGB", "JPEG", quality=92, progressive=True),
    "jpeg-restarts": _as("RGB", "JPEG", quality=92, restart_marker_rows=1),
    "jpeg-optimised": _as("RGB", "JPEG", quality=92, optimize=True),
    "heic": lambda: heic(np.asarray(scene())),
}
"""Files that must come out within rounding of the picture they were made from."""

ALL = EXACT | CLOSE
KINDS = {
    "png": "PNG",
    "gif": "GIF",
    "bmp": "BMP",
    "tiff": "TIFF",
    "webp": "WEBP",
    "avif": "AVIF",
    "jpeg": "JPEG",
    "heic": "HEIF",
}


@cache
def made(name: str) -> bytes:
    return ALL[name]()


def reference(data: bytes) -> NDArray[np.uint8]:
    """Luminance as Pillow alone has it; 16-bit samples by their high byte."""
    picture = Image.open(io.BytesIO(data))
    if picture.mode.startswith("I;16"):
        return (np.asarray(picture) >> 8).astype(np.uint8)
    return np.asarray(picture.convert("RGB").convert("L") if picture.mode == "CMYK" else picture.convert("L"))
