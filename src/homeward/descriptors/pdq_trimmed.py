"""PDQ of the picture proper, where something is around it: borders, letterbox bars, frames, the screen of a screenshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from homeward.descriptors import trim
from homeward.descriptors.base import Description
from homeward.descriptors.pdq import HASH_BYTES, Pdq
from homeward.media.records import Grey

if TYPE_CHECKING:
    from homeward.core.canonical import Plain

UNIT = 65535
"""What the whole width or height of a picture is in a stored box."""


class PdqTrimmed:
    """32 bytes of PDQ and 8 bytes that say where it was taken: left, top, right, bottom as little-endian uint16 in 1/65535 of
    the picture's width and height (of its sound part, where it is damaged). The quality is that of the trimmed picture.
    """

    name = "pdq_trimmed"
    version = "3"
    width = HASH_BYTES + 8

    @property
    def params(self) -> dict[str, Plain]:
        """What is cut away, and which hash is taken of the rest."""
        return {
            **Pdq().params,
            "levels": [trim.LEVELS, trim.STEP],
            "per_cent": [round(100 * share) for share in trim.SHARES],
            "pixels": [trim.REACH, trim.KEPT_PIXELS],
        }

    def describe(self, grey: Grey) -> Description | None:
        """Hash what is inside the border; None where there is no border.

        Raises:
            ValueError: the pixels do not fit the sizes that ``grey`` states.
        """
        box = trim.picture_box(grey.pixels)
        if box is None:
            return None
        step = grey.reduction
        right, bottom = min(box.right * step, grey.full_width), min(box.bottom * step, grey.full_height)
        left, top = box.left * step, box.top * step
        inside = Grey(grey.pixels[box.top : box.bottom, box.left : box.right], step, right - left, bottom - top)
        said = Pdq().describe(inside)
        if said is None:
            return None
        across, down = UNIT / grey.full_width, UNIT / grey.full_height
        place = np.rint([left * across, top * down, right * across, bottom * down]).astype("<u2")
        return Description(said.value + place.tobytes(), said.quality)


def box_of(values: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n, 4) left, top, right, bottom as shares 0..1 of width and height, of (n, 40) uint8 stored values."""
    return np.ascontiguousarray(values[:, HASH_BYTES:]).view("<u2") / UNIT
