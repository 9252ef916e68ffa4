"""Products of pairs of sparse rows, without building a matrix of them: what is compared are chosen pairs, never all."""

from __future__ import annotations

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

_INTEGERS, _REALS = types.int64[::1], types.float64[::1]


@numba.njit(_REALS(_INTEGERS, _INTEGERS, _REALS, _INTEGERS, _INTEGERS), cache=True, nogil=True)
def row_dots(
    ends: NDArray[np.int64],
    columns: NDArray[np.int64],
    values: NDArray[np.float64],
    a: NDArray[np.int64],
    b: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Dot products of pairs of rows of one csr table whose columns ascend within each row.

    Args:
        ends: (rows + 1,) where each row begins and the last one ends.
        columns: (entries,) column of each entry.
        values: (entries,) value of each entry.
        a: (n,) first row of each pair.
        b: (n,) second row of each pair.

    Returns:
        (n,) float64.
    """
    found = np.zeros(len(a))
    for pair in range(len(a)):
        left, left_end = ends[a[pair]], ends[a[pair] + 1]
        right, right_end = ends[b[pair]], ends[b[pair] + 1]
        total = 0.0
        while left < left_end and right < right_end:
            if columns[left] == columns[right]:
                total += values[left] * values[right]
                left += 1
                right += 1
            elif columns[left] < columns[right]:
                left += 1
            else:
                right += 1
        found[pair] = total
    return found
