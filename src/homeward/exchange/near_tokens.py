"""Near copies through an exact protocol: two hashes that differ little agree exactly on some small agreed part of their bits.

Of the 256 bits of a PDQ hash, :data:`PARTS` choices of :data:`WIDTH` are agreed for ever; each gives a token. Two hashes at
distance d share a given one with probability C(256 - d, w) / C(256, w), so at least one of 64 of 28 bits nearly always up to 24
bits of difference. What agrees by chance is told apart by showing those hashes alone to each other.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

WIDTH = 28
"""Bits of a part."""
PARTS = 64
HASH_BITS = 256


def parts(codes: NDArray[np.uint8]) -> list[list[bytes]]:
    """For each of n hashes (n, 32), the values of its :data:`PARTS` parts, each with its number."""
    bits = np.unpackbits(codes.reshape(-1, HASH_BITS // 8), axis=1)
    packed = np.packbits(bits[:, _choices()], axis=2)
    return [[bytes([number]) + row[number].tobytes() for number in range(PARTS)] for row in packed]


def distance(a: bytes, b: bytes) -> int:
    """Bits in which two hashes differ."""
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count()


@cache
def _choices() -> NDArray[np.int64]:
    """(PARTS, WIDTH) places of bits: whose digests under a part's number come first, so that any program can redraw it."""
    drawn = [
        sorted(range(HASH_BITS), key=lambda bit: hashlib.sha256(b"homeward near 1 %d %d" % (number, bit)).digest())[:WIDTH]
        for number in range(PARTS)
    ]
    return np.array([sorted(some) for some in drawn])
