"""Boxes around features, as they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from homeward.descriptors.scene import Features

Box = tuple[int, int, int, int]


def around(features: Features, rows: NDArray[np.int64]) -> Box:
    """x, y, width, height in full-size pixels: where some features lie, their own size included."""
    scale = features.full_width / features.width
    places, beside = features.places[rows, :2], features.places[rows, 2:3] / 2
    limits = [features.full_width, features.full_height]
    low = np.floor(((places - beside).min(axis=0) * scale).clip(0, limits)).astype(int)
    high = np.ceil(((places + beside).max(axis=0) * scale).clip(0, limits)).astype(int)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


def written(box: Box) -> str:
    """A box as it is stored."""
    return " ".join(map(str, box))


def parsed(text: str) -> Box:
    """A box that was stored."""
    x, y, width, height = map(int, text.split())
    return x, y, width, height
