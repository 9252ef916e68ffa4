"""PDQ: the 256-bit copy hash of Meta's ThreatExchange, computed from reduced grey pixels.

Source: "The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm", 2019, and the reference in
``pdq/cpp`` of github.com/facebook/ThreatExchange. Limits and measured distances: ``docs/methods/pdq.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.base import Description
from homeward.descriptors.tent import SIDE, decimate

if TYPE_CHECKING:
    from homeward.core.canonical import Plain
    from homeward.media.records import Grey

RADIUS = 31
"""Bits at which two hashes mean copies of one picture: upstream's threshold, from its own experiments."""
LEAST_QUALITY = 50
"""Quality below which a hash is stored and not compared: upstream's gate. There is too little to see in such a picture."""
HASH_BYTES = 32
FREQUENCIES = 16
_SMALLEST = 5
"""Shorter sides are not hashed, upstream neither."""


class Pdq:
    """256 bits, in the byte order in which PDQ is written as hexadecimal; alike means at most 31 bits apart."""

    name = "pdq"
    version = "3"
    width = HASH_BYTES

    @property
    def params(self) -> dict[str, Plain]:
        """The algorithm has none to choose; these fix which one it is."""
        return {"mode": "fast", "filter": "tent of the full size", "side": SIDE, "frequencies": FREQUENCIES}

    def describe(self, grey: Grey) -> Description | None:
        """Hash one picture; None where a side has fewer than 5 pixels.

        Faithful to the reference where ``grey.reduction`` is at most a 256th of the shorter full side; see the
        distances by reduction in ``docs/methods/pdq.md``.

        Raises:
            ValueError: the pixels do not fit the sizes that ``grey`` states.
        """
        if too_small(grey):
            return None
        small = decimate(grey.pixels, grey.reduction, grey.full_height, grey.full_width)
        return Description(hash_of(small), quality_of(small))


def too_small(grey: Grey) -> bool:
    """Whether a side has fewer than 5 pixels."""
    return min(grey.full_height, grey.full_width) < _SMALLEST


def hash_of(small: NDArray[np.float32]) -> bytes:
    """32 bytes of (64, 64) luminance: a bit for each frequency above the lower median; the highest is written first."""
    return bits_of(DCT @ small @ DCT.T)


def bits_of(spectra: NDArray[np.floating[Any]]) -> bytes:
    """32 bytes for each (16, 16) spectrum of (..., 16, 16)."""
    values = spectra.reshape(-1, FREQUENCIES * FREQUENCIES)
    middle = (values.shape[1] - 1) // 2
    medians = np.partition(values, middle, axis=1)[:, middle, None]
    return np.packbits(values[:, ::-1] > medians, axis=1).tobytes()


def quality_of(small: NDArray[np.float32]) -> int:
    """0..100 from the visible steps between neighbours of (64, 64) luminance, with upstream's constants and truncations."""
    return least_quality_of(small[None])


def least_quality_of(smalls: NDArray[np.float32]) -> int:
    """The least :func:`quality_of` of (n, 64, 64) luminances."""
    steps = np.zeros(len(smalls), np.int64)
    for axis in (1, 2):
        per_cent = np.diff(smalls, axis=axis)
        per_cent *= np.float32(100)
        per_cent /= np.float32(255)
        steps += np.abs(per_cent.astype(np.int32)).sum(axis=(1, 2))
    return min(100, int(steps.min()) // 90)


def _dct() -> NDArray[np.float32]:
    """(16, 64): rows 1..16 of the orthonormal DCT-II, scaled in single precision as upstream scales them; row 0, the mean
    brightness, says nothing about content.
    """
    angles = (np.pi / 2 / SIDE) * np.arange(1, FREQUENCIES + 1)[:, None] * (2 * np.arange(SIDE) + 1)
    matrix: NDArray[np.float32] = (float(np.float32((2 / SIDE) ** 0.5)) * np.cos(angles)).astype(np.float32)
    return matrix


DCT = _dct()
