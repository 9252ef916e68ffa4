"""PDQ of a picture's seven other orientations, from the same decode.

Reflecting a picture at its diagonal transposes its spectrum. Mirroring it negates the odd frequencies, but only as long as the
decimation is symmetrical, which it is not by up to one pixel: enough for 30 bits in a picture of 240 pixels. So the filter
is mirrored instead of the picture, and all seven hashes are those of the turned pictures. (Turning the bits of a stored hash
costs 8 bits and up to 20 even in large pictures.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.base import Description
from homeward.descriptors.pdq import DCT, HASH_BYTES, Pdq, bits_of, least_quality_of, too_small
from homeward.descriptors.tent import SIDE, decimate_mirrored

if TYPE_CHECKING:
    from homeward.core.canonical import Plain
    from homeward.media.records import Grey

ORIENTATIONS = (2, 3, 4, 5, 6, 7, 8)
"""Order of the seven hashes, by EXIF orientation (CIPA DC-008, 4.6.4): the n-th is the hash of the stored pixels after
:func:`homeward.media.veil.upright` has turned them as this orientation asks. 1, as stored, is the descriptor ``pdq``."""


class PdqTurned:
    """Seven PDQ hashes of 32 bytes in the order of :data:`ORIENTATIONS`; the quality is the least of the eight orientations."""

    name = "pdq_turned"
    version = "3"
    width = HASH_BYTES * len(ORIENTATIONS)

    @property
    def params(self) -> dict[str, Plain]:
        """The algorithm has none to choose; these fix which one it is."""
        return {**Pdq().params, "orientations": list(ORIENTATIONS)}

    def describe(self, grey: Grey) -> Description | None:
        """Hash one picture seven times; None where a side has fewer than 5 pixels.

        Raises:
            ValueError: the pixels do not fit the sizes that ``grey`` states.
        """
        if too_small(grey):
            return None
        smalls = decimate_mirrored(grey.pixels, grey.reduction, grey.full_height, grey.full_width)
        spectra = np.asarray(DCT @ smalls @ DCT.T, np.float32)
        turned = np.stack([_turned(spectra, orientation) for orientation in ORIENTATIONS])
        return Description(bits_of(turned), least_quality_of(smalls.reshape(-1, SIDE, SIDE)))


def _turned(spectra: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """(16, 16) spectrum of the picture as turned, of the (2, 2, 16, 16) spectra of the flipped ones."""
    across, down = int(orientation in {2, 3, 6, 7}), int(orientation in {3, 4, 7, 8})
    return np.asarray(spectra[down, across] if orientation < 5 else spectra[across, down].T)
