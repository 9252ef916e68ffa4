"""Which pictures are copies of each other by their PDQ hashes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.pdq import LEAST_QUALITY, RADIUS
from homeward.indexes import Pairs, hamming_index


def copy_pairs(codes: NDArray[np.uint8], qualities: NDArray[np.uint8], ids: NDArray[np.int64]) -> Pairs:
    """All pairs within 31 bits of each other, both of quality 50 or more.

    These are the edges that show why things lie together. Their number grows with the square of a stack, so stacking
    itself does without them: see :func:`homeward.links.stacks.stack`.

    Args:
        codes: (n, 32) uint8 PDQ hashes.
        qualities: (n,) uint8, 0..100.
        ids: (n,) int64, each once.

    Raises:
        ValueError: wrong shapes or types, or an id twice.
    """
    usable = qualities >= LEAST_QUALITY
    return hamming_index(ids[usable], codes[usable]).pairs(RADIUS)
