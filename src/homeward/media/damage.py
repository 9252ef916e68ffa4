"""From rows that are known to be sound to what is said about the rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from homeward.media.records import Damage


def damaged(grey: NDArray[np.uint8], reduction: int, height: int, sound: int, reason: str | None) -> Damage | None:
    """Blank what is lost in ``grey`` and say it; None where nothing is wrong.

    Args:
        grey: (h, w) luminance, blanked in place.
        reduction: full-size rows to a row of ``grey``.
        height: full-size rows of the whole picture.
        sound: full-size leading rows that are sound.
        reason: plain clause; None where nothing is wrong.
    """
    if reason is None:
        return None
    sound = min(sound, height)
    rows = grey.shape[0] if sound == height else sound // reduction
    grey[rows:] = 0
    return Damage(missing=-(-1000 * (height - sound) // height), sound_rows=rows, reason=reason)
