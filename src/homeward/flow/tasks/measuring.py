"""Every descriptor of one picture."""

from __future__ import annotations

import numpy as np

from homeward.descriptors import descriptor
from homeward.media.records import Grey
from homeward.media.veil import veil

DESCRIPTORS = ("pdq", "pdq_turned", "pdq_trimmed")
"""Measured of every picture, in this order."""


def rehearse() -> None:
    """Measure a made-up picture once, so that nothing is loaded lazily afterwards."""
    pixels = (np.add.outer(np.arange(600), np.arange(800)) % 251).astype(np.uint8)
    veil(pixels, 6, pixels.shape)
    values(Grey(pixels, 1, 800, 600))


def values(grey: Grey) -> dict[str, tuple[int, bytes]]:
    """Every descriptor's (quality, value) of the sound pixels of one picture; none where there is too little to measure."""
    found = {}
    for name in DESCRIPTORS:
        said = descriptor(name).describe(grey)
        if said is not None:
            found[name] = (said.quality, said.value)
    return found
