"""A Golomb-coded set read strictly, compiled when Homeward is installed.

OpenMined's library reads such a set without looking where it ends: what a partner sends is read here first. A set of ascending
numbers is the gaps between them; a gap is as many bits 0 as its quotient by 2**divisor says, a bit 1, and the rest in
``divisor`` bits, the lowest first. Bits fill bytes from the lowest on, zeros the rest of the last one (Golomb, IEEE Trans. Inf.
Theory 1966).
"""

from __future__ import annotations

import numba
from numba import types

_BYTES = types.Array(types.uint8, 1, "C", readonly=True)


@numba.njit(types.int64(_BYTES, types.int64, types.int64), cache=True, nogil=True)
def numbers(coded, divisor, spread):  # type: ignore[no-untyped-def]
    """How many numbers a set holds; -1 where it is none.

    Refused are a code that is cut short, a number twice, one that is not below ``spread``, and more than filling at the end.

    Args:
        coded: (n,) uint8.
        divisor: 0..62.
        spread: 1..2**62.
    """
    size, at, last, found = 8 * len(coded), 0, 0, 0
    while True:
        begin = at
        while at < size and not (coded[at >> 3] >> (at & 7)) & 1:
            at += 8 if not at & 7 and not coded[at >> 3] else 1
        if at >= size:
            return found if size - begin < 8 else -1
        quotient = at - begin
        at += 1 + divisor
        if at > size or quotient > spread >> divisor:
            return -1
        rest = 0
        for bit in range(divisor):
            place = at - divisor + bit
            rest |= ((coded[place >> 3] >> (place & 7)) & 1) << bit
        gap = (quotient << divisor) | rest
        if gap >= spread - last or (found and not gap):
            return -1
        last += gap
        found += 1
