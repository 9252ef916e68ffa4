"""Pictures for the copy hashes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from homeward.media.records import Grey


def smooth(height: int, width: int, detail: int, seed: int) -> NDArray[np.uint8]:
    """(height, width) uint8: random blobs, about ``detail`` of them along each side."""
    coarse = np.random.default_rng(seed).integers(0, 256, (detail, detail), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def whole(pixels: NDArray[np.uint8]) -> Grey:
    """A picture decoded at full size."""
    return Grey(pixels, 1, pixels.shape[1], pixels.shape[0])


def bits_apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()
