"""What the room hands out: a decoded still, what is wrong with it, and the pixels that may be measured."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.core import HomewardError

MIN_SOUND = 0.25
"""Least share of a picture's rows that must be sound. Of less, a copy hash says more about the cut than about the picture."""


class DecodeFailed(HomewardError, ValueError):
    """Nothing of these bytes can be shown as a picture; the message says why, without naming a file."""


class TooLarge(DecodeFailed):
    """It may well be a picture, but showing it would need more memory or time than one file may use."""


class Damage(msgspec.Struct, frozen=True):
    """What is wrong with a picture that could be decoded at least in part."""

    missing: int
    """Per mille of the picture's area that is lost, 0..1000, rounded up; 0 where only detail or colour is."""
    sound_rows: int
    """Leading rows of ``Still.grey`` that are really decoded. May be fewer than the area suggests: what cannot be shown to
    be sound is not counted."""
    reason: str
    """A plain clause without a full stop: "the file ends after 61 % of the picture"."""


class Grey(msgspec.Struct, frozen=True, eq=False):
    """Pixels that descriptors may measure: every row is really decoded."""

    pixels: NDArray[np.uint8]
    """(h, w) luminance 0..255, in stored orientation."""
    reduction: int
    """1, 2, 4 or 8: each pixel is the mean of up to ``reduction`` x ``reduction`` full-size pixels."""
    full_width: int
    full_height: int
    """Full-size pixels that ``pixels`` stands for: w = ceil(full_width / reduction), and likewise the height, which ends
    with the last sound row."""


class Still(msgspec.Struct, frozen=True, eq=False):
    """A decoded still picture.

    In a damaged picture the rows of ``grey`` from ``damage.sound_rows`` on are 0 and mean nothing: descriptors take
    :meth:`sound`, never ``grey``.
    """

    format: str
    """JPEG, PNG, GIF, WEBP, BMP, TIFF, HEIF or AVIF: what the bytes are, whatever the name says."""
    width: int
    height: int
    """Full size in pixels as stored."""
    frames: int
    """Pictures in the file (animation, pages), up to :data:`homeward.media.reduction.MOST_FRAMES`; ``grey`` is the first."""
    orientation: int
    """EXIF orientation 1..8, for viewing only; 1 where none or an impossible one is given."""
    grey: NDArray[np.uint8]
    """(ceil(height / reduction), ceil(width / reduction)) luminance 0..255 in stored orientation."""
    reduction: int
    """1, 2, 4 or 8."""
    damage: Damage | None = None

    @property
    def sound_rows(self) -> int:
        """Leading rows of ``grey`` that are really decoded."""
        return self.grey.shape[0] if self.damage is None else self.damage.sound_rows

    def sound(self) -> Grey | None:
        """What may be measured; None where less than :data:`MIN_SOUND` of the rows is sound."""
        rows = self.sound_rows
        if rows < MIN_SOUND * self.grey.shape[0]:
            return None
        return Grey(
            pixels=self.grey[:rows],
            reduction=self.reduction,
            full_width=self.width,
            full_height=min(self.height, rows * self.reduction),
        )
