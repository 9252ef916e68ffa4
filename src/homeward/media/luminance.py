"""Any Pillow mode to reduced 8-bit luminance (Rec. 601, as Pillow and JPEG have it), band by band.

Transparency is ignored: what is stored is measured, also where a viewer would show something else, since that is where
something would be hidden, and because reference implementations of copy hashes do the same. Samples of 16 bits are cut to
their high byte; whole numbers and floats beyond are stretched from their least to their greatest finite value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_BAND = 1 << 20
"""Pixels converted at a time, so that conversion needs little beside the decoded picture."""


def luminance(picture: Image.Image, reduction: int) -> NDArray[np.uint8]:
    """(ceil(height / reduction), ceil(width / reduction)) uint8; each pixel is the mean of the block it stands for."""
    width, height = picture.im.size
    grey = np.empty((-(-height // reduction), -(-width // reduction)), np.uint8)
    low, high = level_range(picture)
    rows = max(8, _BAND // width // 8 * 8)
    for top in range(0, height, rows):
        band = eight_bit(picture.crop((0, top, width, min(top + rows, height))), low, high)
        part = np.asarray(band.reduce(reduction) if reduction > 1 else band)
        grey[top // reduction : top // reduction + part.shape[0]] = part
    return grey


def eight_bit(band: Image.Image, low: float, high: float) -> Image.Image:
    """Grey of 8 bits; ``low`` and ``high`` are the :func:`level_range` of the whole picture."""
    if band.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(band) >> 8).astype(np.uint8))
    if band.mode in {"I", "F"}:
        values = np.nan_to_num(np.asarray(band, np.float64), nan=low, posinf=high, neginf=low)
        return Image.fromarray(((values - low) * (255 / max(high - low, 1e-300))).clip(0, 255).astype(np.uint8))
    if band.mode == "LAB":
        return band.getchannel("L")
    if band.mode in {"La", "PA"}:
        return band.convert({"La": "LA", "PA": "RGBA"}[band.mode]).convert("L")
    return band if band.mode == "L" else band.convert("L")


def level_range(picture: Image.Image) -> tuple[float, float]:
    """Least and greatest finite value of a mode that has no fixed range."""
    if picture.mode not in {"I", "F"}:
        return 0.0, 255.0
    values = np.asarray(picture)
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
