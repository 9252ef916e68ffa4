"""The loop that matches local features, compiled when Homeward is installed. Whole numbers only, and one thread."""

from __future__ import annotations

import numba
import numpy as np
from numba import types

_CODES = types.Array(types.uint8, 2, "C", readonly=True)
_FAR = np.int32(2**31 - 1)


@numba.njit(types.Array(types.int32, 1, "C")(_CODES), cache=True, nogil=True)
def _squares(codes):  # type: ignore[no-untyped-def]
    found = np.empty(len(codes), np.int32)
    for row in range(len(codes)):
        total = np.int32(0)
        for at in range(codes.shape[1]):
            one = np.int32(codes[row, at])
            total = np.int32(total + np.int32(one * one))
        found[row] = total
    return found


@numba.njit(types.void(_CODES, _CODES, types.int64[::1], types.int32[:, ::1], types.int64[::1]), cache=True, nogil=True)
def nearest_both_ways(a, b, nearest, apart, back):  # type: ignore[no-untyped-def]
    """Nearest of ``b`` and squared distances of the two nearest for each row of ``a``; nearest of ``a`` for each of ``b``.

    Of two as near the first counts.
    """
    squares_a, squares_b = _squares(a), _squares(b)
    best_back = np.full(len(b), _FAR, np.int32)
    for row in range(len(a)):
        here = a[row]
        first, second, where = _FAR, _FAR, 0
        for other in range(len(b)):
            there = b[other]
            shared = np.int32(0)
            for at in range(128):
                shared = np.int32(shared + np.int32(np.int32(here[at]) * np.int32(there[at])))
            distance = np.int32(squares_a[row] + squares_b[other] - np.int32(2) * shared)
            if distance < second:
                if distance < first:
                    first, second, where = distance, first, other
                else:
                    second = distance
            if distance < best_back[other]:
                best_back[other] = distance
                back[other] = row
        nearest[row], apart[row, 0], apart[row, 1] = where, first, second
