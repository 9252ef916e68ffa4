"""The loops of the local-feature index, compiled when Homeward is installed. Whole numbers only: the same everywhere."""

from __future__ import annotations

import numba
import numpy as np
from numba import types

_FAR = np.int32(2**31 - 1)
_U2 = types.Array(types.uint16, 1, "C", readonly=True)
_U8 = types.Array(types.uint64, 2, "C", readonly=True)
_I4 = types.Array(types.int32, 1, "C", readonly=True)
_I8 = types.Array(types.int64, 1, "C", readonly=True)


_CODES = types.Array(types.uint8, 2, "C", readonly=True)


@numba.njit(
    types.int32(types.Array(types.uint8, 1, "C", readonly=True), types.Array(types.uint8, 1, "C", readonly=True)),
    inline="always",
)
def _apart(one, other):  # type: ignore[no-untyped-def]
    """Squared distance; the casts keep the sum in 32 bits, which doubles the width of the vectors."""
    total = np.int32(0)
    for at in range(len(one)):
        step = np.int32(np.int32(one[at]) - np.int32(other[at]))
        total = np.int32(total + np.int32(step * step))
    return total


@numba.njit(inline="always")
def _keep(distances, numbers, distance, number):  # type: ignore[no-untyped-def]
    """Put a candidate into the ascending list of the best; of two as near the one that came first stays before."""
    if distance >= distances[-1]:
        return
    at = len(distances) - 1
    while at > 0 and distance < distances[at - 1]:
        distances[at], numbers[at] = distances[at - 1], numbers[at - 1]
        at -= 1
    distances[at], numbers[at] = distance, number


@numba.njit(types.void(_CODES, _CODES, _CODES, types.int64, types.int64[:, ::1]), cache=True, nogil=True)
def nearest(codes, cells, words, probed, found):  # type: ignore[no-untyped-def]
    """Fill each row of ``found`` with the nearest words below the ``probed`` nearest cells, nearest first."""
    below = len(words) // len(cells)
    near, near_cells = np.empty(probed, np.int32), np.empty(probed, np.int64)
    best = np.empty(found.shape[1], np.int32)
    for row in range(len(codes)):
        near[:] = _FAR
        for cell in range(len(cells)):
            _keep(near, near_cells, _apart(codes[row], cells[cell]), cell)
        near_cells.sort()  # so that words come in their order, and the smaller number wins a tie
        best[:] = _FAR
        for cell in near_cells:
            for word in range(cell * below, (cell + 1) * below):
                _keep(best, found[row], _apart(codes[row], words[word]), word)


@numba.njit(
    types.void(
        types.Array(types.int64, 2, "C", readonly=True), types.Array(types.int8, 2, "C", readonly=True), types.uint64[:, ::1]
    ),
    cache=True,
    nogil=True,
)
def signatures(residuals, rotation, signs):  # type: ignore[no-untyped-def]
    """Set bit i of each row of ``signs`` where the residual is positive along axis i of the rotation."""
    for row in range(len(residuals)):
        for axis in range(len(rotation)):
            along = np.int64(0)
            for at in range(rotation.shape[1]):
                along += residuals[row, at] * np.int64(rotation[axis, at])
            if along > 0:
                signs[row, axis >> 6] |= np.uint64(1) << np.uint64(axis & 63)


@numba.njit("u8(u8)", inline="always")
def _ones(word):  # type: ignore[no-untyped-def]
    """Bits set: the classic ladder, which LLVM turns into the machine's own population count."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)


@numba.njit(types.void(_U8, _I8, _I8, _U8, _U2, _I4, types.int32[::1]), cache=True, nogil=True)
def scan(query, first, last, signs, rows, closeness, found):  # type: ignore[no-untyped-def]
    """Add to ``found[row]`` what each posting of each asked word counts; ``found`` has room for every uint16."""
    for word in range(len(first)):
        left, right = query[word, 0], query[word, 1]
        for at in range(first[word], last[word]):
            bits = _ones(left ^ signs[at, 0]) + _ones(right ^ signs[at, 1])
            found[rows[at]] += closeness[bits]


@numba.njit(types.void(_I8, _U2, types.int32[::1], types.int64[::1], types.int64[::1]), cache=True, nogil=True)
def count(starts, rows, moved, place, sizes):  # type: ignore[no-untyped-def]
    """Add up how many postings of each word live on."""
    for word in range(len(place)):
        for at in range(starts[word], starts[word + 1]):
            if moved[rows[at]] >= 0:
                sizes[place[word]] += 1


@numba.njit(
    types.void(_I8, _U8, _U2, types.int32[::1], types.int64[::1], types.int64[::1], types.uint64[:, ::1], types.uint16[::1]),
    cache=True,
    nogil=True,
)
def copy(starts, signs, rows, moved, place, ends, out_signs, out_rows):  # type: ignore[no-untyped-def]
    """Append the postings that live on to their words; ``ends`` grows with them."""
    for word in range(len(place)):
        end = ends[place[word]]
        for at in range(starts[word], starts[word + 1]):
            row = moved[rows[at]]
            if row >= 0:
                out_signs[end, 0], out_signs[end, 1] = signs[at, 0], signs[at, 1]
                out_rows[end] = row
                end += 1
        ends[place[word]] = end
