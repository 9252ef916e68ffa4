"""The compiled kernels: the scan of everything, and the look-up in buckets of codes that share 16 bits.

All are resumable: they fill the caller's buffers with hits and return when these are full, with the place to go on from in
``state``; -1 in ``state[0]`` says that they are done. Codes are planes, (8, n) uint32, see :mod:`homeward.indexes.planes`.

Three planes, 96 of 256 bits, settle nearly every pair: unrelated codes differ there in 48 +- 5 bits, so that one pair in
three thousand passes at radius 31, and only those are compared whole.
"""

from __future__ import annotations

import numba
import numpy as np
from numba import types

from homeward.indexes.vectors import lowest, near16, near64, ones

TILE = 2048
"""Codes that a block of queries is compared with at a time: three planes of them (24 KiB) stay in the first cache."""
VALUES = 1 << 16
"""Values of a chunk, and so buckets of a chunk."""
PADDING = 16
"""Words behind the last signature, because sixteen are read at a time."""

_PLANES = types.Array(types.uint32, 2, "C", readonly=True)
_WORDS = types.Array(types.uint32, 1, "C", readonly=True)
_HALVES = types.Array(types.uint16, 1, "C", readonly=True)
_RADII = types.Array(types.int8, 1, "C", readonly=True)
_OUT = (types.int64[::1], types.uint32[::1], types.uint32[::1], types.int16[::1])


@numba.njit(inline="always")
def _distance(one, at, other, place):  # type: ignore[no-untyped-def]
    bits = 0
    for plane in range(8):
        bits += ones(one[plane, at] ^ other[plane, place])
    return bits


@numba.njit(types.int64(_PLANES, _PLANES, *[types.int64] * 3, types.boolean, *_OUT), cache=True, nogil=True)
def scan(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    queries, codes, first, last, radius, later, state, row, column, distance
):
    """Compare queries ``first`` to ``last`` with every code, or with ``later`` only with codes of a greater column.

    ``state`` is (first code of the tile, query) to begin with. The buffers hold more than a tile. Returns the hits written.
    """
    count, size = 0, codes.shape[1]
    p, q, r = codes[0], codes[3], codes[6]
    limit = np.uint32(radius)
    for tile in range(state[0], size, TILE):
        end = min(tile + TILE, size)
        for i in range(state[1], last):
            if count + TILE > row.size:
                state[0], state[1] = tile, i
                return count
            if later and end <= i + 1:
                break
            a, b, c = queries[0, i], queries[3, i], queries[6, i]
            at = tile
            while at < end:
                if at + 64 <= end:
                    near = near64(p, q, r, at, a, b, c, limit)
                else:
                    near = np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(64 - (end - at))
                while near != 0:
                    j = at + lowest(near)
                    near &= near - np.uint64(1)
                    bits = _distance(queries, i, codes, j)
                    if bits <= radius and (not later or j > i):
                        row[count], column[count], distance[count] = i, j, bits
                        count += 1
                at += 64
        state[1] = first
    state[0] = -1
    return count


@numba.njit(
    types.void(_PLANES, types.int64, *[types.uint32[::1]] * 2, *[types.uint32[:, ::1]] * 2),
    cache=True,
    nogil=True,
)
def fill_buckets(codes, chunk, starts, rows, signatures, by_upper):  # type: ignore[no-untyped-def]
    """Put codes into the buckets of one chunk, in order within a bucket.

    Args:
        codes: (8, n) planes.
        chunk: 0..15: which 16 bits.
        starts: (65537,); becomes the first place of each bucket, and n.
        rows: (n,); becomes the column of the code in each place.
        signatures: (3, n + PADDING); becomes three other planes of the code in each place.
        by_upper: (n, 5) to work in.
    """
    plane, shift = codes[chunk >> 1], np.uint32(16 * (chunk & 1))
    p, q, r = codes[((chunk >> 1) + 2) & 7], codes[((chunk >> 1) + 4) & 7], codes[((chunk >> 1) + 6) & 7]
    size = plane.size
    starts[:] = 0
    for j in range(size):
        starts[((plane[j] >> shift) & np.uint32(0xFFFF)) + 1] += np.uint32(1)
    for value in range(VALUES):
        starts[value + 1] += starts[value]
    # By the upper byte first and by the whole value then: 256 places to write to at a time stay in the caches, 65536 do not.
    place = starts[:VALUES:256].copy()
    for j in range(size):
        value = (plane[j] >> shift) & np.uint32(0xFFFF)
        at = place[value >> np.uint32(8)]
        place[value >> np.uint32(8)] = at + np.uint32(1)
        entry = by_upper[at]
        entry[0], entry[1], entry[2], entry[3], entry[4] = value, j, p[j], q[j], r[j]
    place = starts[:VALUES].copy()
    for entry in by_upper:
        at = place[entry[0]]
        place[entry[0]] = at + np.uint32(1)
        rows[at], signatures[0, at], signatures[1, at], signatures[2, at] = entry[1], entry[2], entry[3], entry[4]


@numba.njit(inline="always")
def _value(codes, at, chunk):  # type: ignore[no-untyped-def]
    return np.int64((codes[chunk >> 1, at] >> np.uint32(16 * (chunk & 1))) & np.uint32(0xFFFF))


@numba.njit(inline="always")
def _is_first(one, at, other, place, chunk, radii):  # type: ignore[no-untyped-def]
    """Whether no chunk before this one brings the same two codes together: each pair is found once."""
    for before in range(chunk):
        differing = one[before >> 1, at] ^ other[before >> 1, place]
        if ones((differing >> np.uint32(16 * (before & 1))) & np.uint32(0xFFFF)) <= radii[before]:
            return False
    return True


@numba.njit(
    types.int64(
        *(_PLANES, _WORDS, _PLANES, _PLANES, _WORDS, _WORDS, _PLANES),
        *(_HALVES, types.int64, _RADII, types.int64, types.boolean, *_OUT),
    ),
    cache=True,
    nogil=True,
)
def look_up(  # type: ignore[no-untyped-def]  # noqa: C901, PLR0917
    queries, order, marks, codes, starts, rows, signatures, masks, chunk, radii, radius, later, state, row, column, distance
):
    """Compare each query with the codes whose chunk differs from its own by one of the ``masks``; return the hits written.

    ``queries`` (8, m) and ``codes`` (8, n) are planes; ``order`` (m,) holds the queries' columns in the order of this
    chunk's value and ``marks`` (3, m + PADDING) their signatures in that order; ``starts``, ``rows`` and ``signatures`` are
    the buckets of the codes, see :func:`fill_buckets`. ``masks`` are the bits in which the chunk may differ, ``radii``
    (16,) how many these are in each chunk (-1: it is not searched). ``later``: queries and codes are the same and so are
    ``order`` and ``rows``; each pair is found once. ``state`` is (first place in ``order`` with its value, mask, place in
    ``order``, place in the bucket), zeros to begin with.
    """
    count = 0
    p, q, r = signatures[0], signatures[1], signatures[2]
    first = state[0]
    while first < order.size:
        own = _value(queries, order[first], chunk)
        last = first + 1  # queries of one value look into the same buckets, one bucket after the other
        while last < order.size and _value(queries, order[last], chunk) == own:
            last += 1
        for turn in range(state[1], masks.size):
            value = own ^ np.int64(masks[turn])
            begin, end = np.int64(starts[value]), np.int64(starts[value + 1])
            if begin == end or (later and value < own):
                continue
            limit = np.uint32(radius - ones(np.uint32(masks[turn])))
            for place in range(max(first, state[2]), last):
                a, b, c = marks[0, place], marks[1, place], marks[2, place]
                at = place + 1 if later and value == own else begin
                at = max(at, state[3])
                state[3] = 0
                while at < end:
                    near = near16(p, q, r, at, a, b, c, limit)
                    if near != 0:
                        if count + 16 > row.size:
                            state[0], state[1], state[2], state[3] = first, turn, place, at
                            return count
                        if end - at < 16:
                            near &= (np.uint64(1) << np.uint64(end - at)) - np.uint64(1)
                        i = order[place]
                        while near != 0:
                            j = rows[at + lowest(near)]
                            near &= near - np.uint64(1)
                            if j < codes.shape[1]:
                                bits = _distance(queries, i, codes, j)
                                if bits <= radius and _is_first(queries, i, codes, j, chunk, radii):
                                    row[count], column[count], distance[count] = i, j, bits
                                    count += 1
                    at += 16
            state[2] = 0
        state[1] = 0
        first = last
    state[0] = -1
    return count
