"""Exact walks over the Huffman-coded data of a JPEG: every code is read, nothing is transformed.

Source: ITU-T T.81, F.2 (sequential) and G.2 (progressive). The kernels read untrusted bytes: every index is bounded by a
check or a mask, and every loop consumes bits, ends at a fixed count, or stops once the real bits are used up.

The bit reader is four int64 in registers: ``acc`` (the last bits read, the newest lowest), ``ready`` (how many of them are
unread, 0..63), ``fill`` (how many of these are zeros appended behind the last real byte) and ``at`` (next byte).
"""

from __future__ import annotations

import numba
import numpy as np
from numba import types

LOOK = 11
"""Bits looked up at once: the two tables of a code then fit the first-level cache together."""
SIZE = 1 << LOOK
MAXCODE, OFFSET, SYMBOLS = 2 * SIZE, 2 * SIZE + 17, 2 * SIZE + 34
TABLE = SYMBOLS + 256
"""int32 values a table takes: runs, single symbols, greatest code and symbol offset by length, symbols."""

SOUND, CUT, SHORT, CODE, PAST, REST, RESTART, RANGE = range(8)
"""How a walk ended: well; bits used up at the end of the file; at a marker; no such code; beyond coefficient 63; data left
over; a restart marker missing or out of order; a brightness no encoder can write."""

_BYTES = types.Array(types.uint8, 1, "C", readonly=True)
_TABLES = types.Array(types.int32, 2, "C", readonly=True)
_BLOCKS = types.Array(types.int64, 2, "C", readonly=True)
_RESULT = types.Tuple([types.int64] * 4)  # type: ignore[no-untyped-call]
_END_OF_BLOCK = 1 << 14


@numba.njit(types.int64(types.int32[::1], types.int64), cache=True)
def _run(table: np.ndarray, entry: int) -> int:
    used, passed = 0, 0
    while used < LOOK:
        single = int(table[SIZE + ((entry << used) & (SIZE - 1))])
        length, symbol = single & 31, single >> 5
        if single == 0 or used + length > LOOK:
            break
        if symbol == 0:
            return (used + length) | (passed << 6) | _END_OF_BLOCK
        if (symbol & 15) == 0 and symbol != 0xF0:
            break
        if passed + (symbol >> 4) + 1 > 63:
            break
        used += length + (symbol & 15)
        passed += (symbol >> 4) + 1
    return used | (passed << 6)


@numba.njit(types.boolean(types.Array(types.uint8, 1, "C", readonly=True), types.boolean, types.int32[::1]), cache=True)
def fill_table(bits: np.ndarray, ac: bool, table: np.ndarray) -> bool:
    """Expand a stored table (16 counts, then symbols) into ``table`` (int32[:data:`TABLE`], zeroed); False if impossible.

    Single symbols are ``length | symbol << 5``. Runs, for sequential AC only, join as many whole coefficients as one look
    shows: ``bits used | coefficients passed << 6 | end of block << 14``; 0 where one look shows none.
    """
    code, at = 0, 16
    for length in range(1, 17):
        table[MAXCODE + length] = -1
        table[OFFSET + length] = at - 16 - code
        for _ in range(bits[length - 1]):
            if code >= (1 << length) or at - 16 >= 256:
                return False
            table[SYMBOLS + at - 16] = bits[at]
            if length <= LOOK:
                low = code << (LOOK - length)
                for entry in range(low, low + (1 << (LOOK - length))):
                    table[SIZE + entry] = length | (int(bits[at]) << 5)
            table[MAXCODE + length] = code
            code += 1
            at += 1
        code <<= 1
    if ac:
        for entry in range(SIZE):
            table[entry] = _run(table, entry)
    return True


@numba.njit(cache=True, inline="always")
def _refill(data, acc, ready, fill, at):  # type: ignore[no-untyped-def]
    """Append 32 bits; zeros once a marker or the end is reached."""
    if at + 4 <= data.size:
        a, b = int(data[np.uintp(at)]), int(data[np.uintp(at + 1)])
        c, d = int(data[np.uintp(at + 2)]), int(data[np.uintp(at + 3)])
        word = (a << 24) | (b << 16) | (c << 8) | d
        if ((word ^ 0xFFFFFFFF) - 0x01010101) & word & 0x80808080 == 0:
            return (acc << 32) | word, ready + 32, fill, at + 4
    for _ in range(4):
        byte = 0
        if at < data.size and data[np.uintp(at)] != 0xFF:
            byte = int(data[np.uintp(at)])
            at += 1
        elif at + 1 < data.size and data[np.uintp(at + 1)] == 0:
            byte = 0xFF
            at += 2
        else:
            fill += 8
        acc = (acc << 8) | byte
        ready += 8
    return acc, ready, fill, at


@numba.njit(cache=True, inline="always")
def _symbol(table, acc, ready):  # type: ignore[no-untyped-def]
    """The next symbol as ``length | symbol << 5``, 0 where no code fits. Needs 16 bits ready."""
    single = int(table[SIZE + ((acc >> (ready - LOOK)) & (SIZE - 1))])
    if single != 0:
        return single
    for length in range(LOOK + 1, 17):
        code = (acc >> (ready - length)) & ((1 << length) - 1)
        if code <= table[MAXCODE + length]:
            return length | (int(table[SYMBOLS + ((table[OFFSET + length] + code) & 255)]) << 5)
    return 0


@numba.njit(cache=True, inline="always")
def _marker(data, at):  # type: ignore[no-untyped-def]
    """The marker at ``at`` and the position behind it; 0 where there is none."""
    end = at
    while end < data.size and data[np.uintp(end)] == 0xFF:
        end += 1
    if end == at or end >= data.size or data[np.uintp(end)] == 0:
        return 0, at
    return int(data[np.uintp(end)]), end + 1


@numba.njit(cache=True, inline="always")
def _restart(data, ready, fill, at, number):  # type: ignore[no-untyped-def]
    """Step over restart marker ``number`` (0..7): how that went and the position behind it."""
    if ready - fill >= 8:
        return REST, at
    marker, behind = _marker(data, at)
    if marker == 0xD0 + number:
        return SOUND, behind
    if at + 1 >= data.size:
        return CUT, at
    return (REST if marker == 0 else RESTART), at


@numba.njit(cache=True, inline="always")
def _finish(data, acc, ready, fill, at):  # type: ignore[no-untyped-def]
    """Whether nothing is left before the next marker but the padding of the last byte, and zeros, which some cameras add."""
    if (acc >> fill) & ((1 << ((ready - fill) & -8)) - 1) != 0:
        return REST
    while at < data.size and data[np.uintp(at)] == 0:
        at += 1
    stuffed = at + 1 < data.size and data[np.uintp(at + 1)] == 0
    return SOUND if at >= data.size or (data[np.uintp(at)] == 0xFF and not stuffed) else REST


@numba.njit(cache=True, inline="always")
def _cause(how, data, ready, fill, at):  # type: ignore[no-untyped-def]
    """Bits that were never there explain any fault: then the data ran out, at the end of the file or at a marker inside it."""
    if ready < fill or (how == CODE and ready - 16 < fill):
        return CUT if at + 1 >= data.size else SHORT
    return how


@numba.njit(cache=True, inline="always")
def _skip(data, count, reader):  # type: ignore[no-untyped-def]
    """Pass ``count`` bits; the reader as one value (acc, ready, fill, at)."""
    acc, ready, fill, at = reader
    while count > 0:
        if ready < 32:
            acc, ready, fill, at = _refill(data, acc, ready, fill, at)
        step = min(count, 32)
        ready -= step
        count -= step
    return acc, ready, fill, at


@numba.njit(cache=True, inline="always")
def _dc(table, before, component, most, acc, ready):  # type: ignore[no-untyped-def]
    """Read one DC difference, check the brightness it leads to: how, bits ready."""
    single = _symbol(table, acc, ready)
    size = single >> 5
    if single == 0 or size > 15:
        return CODE, ready
    ready -= (single & 31) + size
    value = (acc >> ready) & ((1 << size) - 1)
    if size and value >> (size - 1) == 0:
        value -= (1 << size) - 1
    before[component & 3] += value
    return (RANGE if abs(before[component & 3]) > most else SOUND), ready


@numba.njit(cache=True, inline="always")
def _single(table, position, acc, ready):  # type: ignore[no-untyped-def]
    """Read one AC coefficient where a run may not be taken: how, the position behind it, bits ready."""
    single = _symbol(table, acc, ready)
    symbol = single >> 5
    if single == 0 or (symbol & 15 == 0 and 0 < symbol < 0xF0):
        return CODE, position, ready
    ready -= (single & 31) + (symbol & 15)
    if symbol == 0:
        return SOUND, 64, ready
    position += (symbol >> 4) + 1
    return (SOUND if position <= 64 else PAST), position, ready


@numba.njit(cache=True, inline="always")
def _ones(known, first, last):  # type: ignore[no-untyped-def]
    """How many of the coefficients ``first`` .. ``last`` are known not to be zero."""
    count = 0
    for position in range(first, last + 1):
        count += int((known >> np.uint64(position)) & np.uint64(1))
    return count


@numba.njit(cache=True)
def _pass_zeros(known, position, last, zeros):  # type: ignore[no-untyped-def]
    """Pass ``zeros`` coefficients that are zero so far: position behind, zeros not found, correction bits of the others."""
    bits = 0
    while position <= last:
        if (known >> np.uint64(position)) & np.uint64(1):
            bits += 1
        elif zeros == 0:
            break
        else:
            zeros -= 1
        position += 1
    return position, zeros, bits


@numba.njit(cache=True)
def _band(data, table, known, first, last, refines, reader):  # type: ignore[no-untyped-def]
    """Read one block's band up to its end or an end-of-band run: how, position reached, blocks of the run, known, reader."""
    position, fresh = first, known
    while position <= last:
        acc, ready, fill, at = reader
        if ready < 32:
            acc, ready, fill, at = _refill(data, acc, ready, fill, at)
        single = _symbol(table, acc, ready)
        zeros, size = single >> 9, (single >> 5) & 15
        reader = (acc, ready - (single & 31), fill, at)
        if single == 0 or (refines and size > 1):
            return CODE, position, 0, fresh, reader
        if size == 0 and zeros < 15:
            reader = _skip(data, zeros, reader)
            run = (1 << zeros) + ((reader[0] >> reader[1]) & ((1 << zeros) - 1))
            return SOUND, position, run, fresh, reader
        reader = _skip(data, size, reader)
        position, zeros, bits = _pass_zeros(known if refines else np.uint64(0), position, last, zeros)
        reader = _skip(data, bits, reader)
        if position > last and (size or zeros):
            return PAST, position, 0, fresh, reader
        if size:
            fresh |= np.uint64(1) << np.uint64(position)
        position += 1
    return SOUND, position, 0, fresh, reader


@numba.njit(
    _RESULT(_BYTES, types.int64, _TABLES, _BLOCKS, types.int64, types.int64, types.int32[:, ::1]),
    cache=True,
)
def walk_sequential(  # noqa: C901 - in one piece: cut up further, it runs a quarter slower
    data: np.ndarray, start: int, tables: np.ndarray, blocks: np.ndarray, units: int, interval: int, trace: np.ndarray
) -> tuple[int, int, int, int]:
    """Walk one sequential scan.

    Args:
        data: uint8, the whole file.
        start: position of the first coded byte.
        tables: (n, TABLE) int32.
        blocks: (blocks of a unit, 4) int64: component 0..3, DC table, AC table, greatest DC value that can be.
        units: minimum coded units that the scan must hold.
        interval: units between restart markers, 0 for none.
        trace: (units, 4) int32, filled with each component's quantised DC value behind each unit; (0, 4) for none.

    Returns:
        (how it ended, the unit it ended in, first unit behind the last good restart, byte position).
    """
    acc, ready, fill, at = 0, 0, 0, start
    before = np.zeros(4, np.int64)
    verified, number = 0, 0
    for unit in range(units):
        if interval and unit and unit % interval == 0:
            how, at = _restart(data, ready, fill, at, number)
            if how != SOUND:
                return how, unit, verified, at
            acc, ready, fill, number = 0, 0, 0, (number + 1) & 7
            verified = unit
            before[:] = 0
        for index in range(blocks.shape[0]):
            if ready < 32:
                acc, ready, fill, at = _refill(data, acc, ready, fill, at)
            how, ready = _dc(tables[blocks[index, 1]], before, blocks[index, 0], blocks[index, 3], acc, ready)
            if how != SOUND:
                return _cause(how, data, ready, fill, at), unit, verified, at
            table, position = tables[blocks[index, 2]], 1
            while True:
                if ready < 32:
                    acc, ready, fill, at = _refill(data, acc, ready, fill, at)
                run = int(table[(acc >> (ready - LOOK)) & (SIZE - 1)])
                passed = (run >> 6) & 255
                if run != 0 and position + passed < 64:
                    ready -= run & 63
                    position += passed
                    if run & _END_OF_BLOCK:
                        break
                    continue
                how, position, ready = _single(table, position, acc, ready)
                if how != SOUND:
                    return _cause(how, data, ready, fill, at), unit, verified, at
                if position == 64:
                    break
            if ready < fill:
                return _cause(how, data, ready, fill, at), unit, verified, at
        if trace.shape[0]:
            trace[unit] = before
    return _finish(data, acc, ready, fill, at), units, verified, at


@numba.njit(
    _RESULT(_BYTES, types.int64, _TABLES, _BLOCKS, types.int64, types.int64, types.boolean),
    cache=True,
)
def walk_progressive_dc(
    data: np.ndarray, start: int, tables: np.ndarray, blocks: np.ndarray, units: int, interval: int, refines: bool
) -> tuple[int, int, int, int]:
    """Walk one scan of coefficient 0; ``refines`` where it holds a further bit of it. Otherwise as :func:`walk_sequential`."""
    acc, ready, fill, at = 0, 0, 0, start
    before = np.zeros(4, np.int64)
    verified, number = 0, 0
    for unit in range(units):
        if interval and unit and unit % interval == 0:
            how, at = _restart(data, ready, fill, at, number)
            if how != SOUND:
                return how, unit, verified, at
            acc, ready, fill, number = 0, 0, 0, (number + 1) & 7
            verified = unit
            before[:] = 0
        for index in range(blocks.shape[0]):
            how = SOUND
            if refines:
                acc, ready, fill, at = _skip(data, 1, (acc, ready, fill, at))
            else:
                if ready < 32:
                    acc, ready, fill, at = _refill(data, acc, ready, fill, at)
                how, ready = _dc(tables[blocks[index, 1]], before, blocks[index, 0], blocks[index, 3], acc, ready)
            if how != SOUND or ready < fill:
                return _cause(how, data, ready, fill, at), unit, verified, at
    return _finish(data, acc, ready, fill, at), units, verified, at


@numba.njit(
    _RESULT(_BYTES, types.int64, types.int32[::1], types.uint64[::1], types.int64, types.int64, types.int64, types.boolean),
    cache=True,
)
def walk_progressive_ac(
    data: np.ndarray,
    start: int,
    table: np.ndarray,
    known: np.ndarray,
    interval: int,
    first: int,
    last: int,
    refines: bool,
) -> tuple[int, int, int, int]:
    """Walk one scan of coefficients ``first`` .. ``last`` (1..63) of one component.

    ``known`` (blocks, uint64) has a bit for each coefficient of each block that is not zero; it is brought up to date, since
    the next refinement holds a bit for exactly these. Otherwise as :func:`walk_sequential`, a block being a unit.
    """
    acc, ready, fill, at = 0, 0, 0, start
    verified, number, skips = 0, 0, 0
    for unit in range(known.size):
        if interval and unit and unit % interval == 0:
            how, at = _restart(data, ready, fill, at, number)
            if how != SOUND or skips:
                return (how if how != SOUND else PAST), unit, verified, at
            acc, ready, fill, number = 0, 0, 0, (number + 1) & 7
            verified = unit
        how, position = SOUND, first
        if skips == 0:
            reader = (acc, ready, fill, at)
            how, position, skips, known[unit], reader = _band(data, table, known[unit], first, last, refines, reader)
            acc, ready, fill, at = reader
        if skips:
            skips -= 1
            if refines:
                bits = _ones(known[unit], position, last)
                acc, ready, fill, at = _skip(data, bits, (acc, ready, fill, at))
        if how != SOUND or ready < fill:
            return _cause(how, data, ready, fill, at), unit, verified, at
    if skips:
        return PAST, known.size, verified, at
    return _finish(data, acc, ready, fill, at), known.size, verified, at
