"""The compiled comparison of digests: how far two of them agree where both are sure."""

from __future__ import annotations

import numba
import numpy as np
from numba import types

_TILE = 256  # words of each plane: two dozen tiles of digests stay in the second cache
_PLANE = types.Array(types.uint64, 2, "C", readonly=True)


@numba.njit("u8(u8)", inline="always")
def _ones(word):  # type: ignore[no-untyped-def]
    """Bits set: the ladder that LLVM knows, and turns into the machine's own count, vectors included."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)


@numba.njit(types.void(_PLANE, _PLANE, _PLANE, _PLANE, types.int64, types.int64, types.int64[:, ::1]), cache=True, nogil=True)
def agree(sure, signs, others_sure, others_signs, first, last, out):  # type: ignore[no-untyped-def]
    """Add (equal signs - unequal signs) over what both are sure of in words ``first`` to ``last`` to ``out`` (n, m)."""
    for start in range(first, last, _TILE):
        end = min(start + _TILE, last)
        for i in range(sure.shape[0]):
            a, p = sure[i, start:end], signs[i, start:end]
            for j in range(others_sure.shape[0]):
                b, q = others_sure[j, start:end], others_signs[j, start:end]
                both, unequal = np.uint64(0), np.uint64(0)
                for k in range(end - start):
                    shared = a[k] & b[k]
                    both += _ones(shared)
                    unequal += _ones(shared & (p[k] ^ q[k]))
                out[i, j] += np.int64(both) - np.int64(2) * np.int64(unequal)
