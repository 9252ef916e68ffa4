"""Conformance kit for indexes: whatever engine, exactly the answers of comparing everything with everything."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from homeward.indexes import CODE_BYTES, HammingIndex, TooManyPairs

_RADII = range(41)
_BITS = 8 * CODE_BYTES


def check_hamming_index(make_index: Callable[[], HammingIndex]) -> None:
    """Check an engine against its contract: exact at every radius from 0 to 40, and at 256, on kind and unkind codes.

    Args:
        make_index: gives a new, empty index each time it is called.

    Raises:
        AssertionError: what the index got wrong, in words.
    """
    _check_empty(make_index())
    for name, codes in _collections().items():
        _check_answers(make_index, name, codes)
        _check_order(make_index, name, codes)
        _check_removal(make_index, name, codes)
    _check_refusals(make_index)


def distances(queries: NDArray[np.uint8], codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(m, n) differing bits between (m, 32) and (n, 32) uint8 codes, bit by bit: the reference, slow and plain."""
    some, others = np.unpackbits(queries, axis=1), np.unpackbits(codes, axis=1)
    return np.array([(row != others).sum(axis=1) for row in some], np.int64).reshape(len(queries), len(codes))


def _collections() -> dict[str, NDArray[np.uint8]]:
    """Codes on which shortcuts break: every distance from 0 to 45, few values in some bytes, many equal ones."""
    rng = np.random.default_rng(256)
    centres = rng.integers(0, 256, (4, CODE_BYTES), dtype=np.uint8)
    planted = [_flipped(centre, bits, rng) for centre in centres for bits in range(46)]
    clustered = [_flipped(_flipped(centres[0], 12, rng), int(rng.integers(0, 20)), rng) for _ in range(120)]
    skewed = rng.integers(0, 256, (150, CODE_BYTES), dtype=np.uint8)
    skewed[:, ::2] = rng.integers(0, 2, (150, CODE_BYTES // 2))
    late = np.tile(centres[1], (CODE_BYTES, 1))
    late[np.arange(CODE_BYTES), np.arange(CODE_BYTES)] ^= 0xFF
    same = np.repeat(centres[:2], 40, axis=0)
    return {
        "planted neighbours": np.concatenate([np.array(planted), rng.integers(0, 256, (200, CODE_BYTES), dtype=np.uint8)]),
        "one dense cluster": np.array(clustered),
        "skewed bytes": skewed,
        "differences in one byte": late,
        "equal codes": same,
        "a single code": centres[:1],
    }


def _flipped(code: NDArray[np.uint8], bits: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    which = np.zeros(_BITS, np.uint8)
    which[rng.choice(_BITS, bits, replace=False)] = 1
    return code ^ np.packbits(which)


def _filled(make_index: Callable[[], HammingIndex], ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> HammingIndex:
    index = make_index()
    index.add(ids, codes)
    return index


def _ids(codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Distinct ids in no order, negative and large ones among them."""
    return np.random.default_rng(len(codes)).permutation(len(codes)).astype(np.int64) * 3_000_000_019 - 7


def _check_empty(index: HammingIndex) -> None:
    query = np.zeros((1, CODE_BYTES), np.uint8)
    assert len(index) == 0, "a new index is not empty"
    assert len(index.within(query, _BITS).id) == 0, "an empty index found something"
    assert len(index.pairs(_BITS).a) == 0, "an empty index found pairs"


def _check_answers(make_index: Callable[[], HammingIndex], name: str, codes: NDArray[np.uint8]) -> None:
    ids = _ids(codes)
    index = _filled(make_index, ids, codes)
    assert len(index) == len(codes), f"{name}: {len(codes)} codes were added, the index holds {len(index)}"
    everything = distances(codes, codes)
    for radius in (*_RADII, _BITS):
        _check_within(index, radius, codes, ids, everything, name)
        _check_pairs(index, radius, ids, everything, name)
    assert len(index.within(codes[:0], 31).id) == 0, f"{name}: no query gave an answer"


def _check_within(
    index: HammingIndex, radius: int, codes: NDArray[np.uint8], ids: NDArray[np.int64], truth: NDArray[np.int64], name: str
) -> None:
    query, row = np.nonzero(truth <= radius)
    wanted = sorted(zip(query.tolist(), truth[query, row].tolist(), ids[row].tolist(), strict=True))
    found = index.within(codes, radius)
    got = list(zip(found.query.tolist(), found.distance.tolist(), found.id.tolist(), strict=True))
    assert sorted(got) == wanted, f"{name}: within({radius}) is not exact: {_differ(got, wanted)}"
    assert got == wanted, f"{name}: within({radius}) is not ordered by query, distance, id"


def _check_pairs(index: HammingIndex, radius: int, ids: NDArray[np.int64], truth: NDArray[np.int64], name: str) -> None:
    one, other = np.nonzero(np.triu(truth <= radius, k=1))
    low, high = np.minimum(ids[one], ids[other]), np.maximum(ids[one], ids[other])
    wanted = sorted(zip(low.tolist(), high.tolist(), truth[one, other].tolist(), strict=True))
    found = index.pairs(radius)
    got = list(zip(found.a.tolist(), found.b.tolist(), found.distance.tolist(), strict=True))
    assert sorted(got) == wanted, f"{name}: pairs({radius}) is not exact: {_differ(got, wanted)}"
    assert got == wanted, f"{name}: pairs({radius}) is not ordered by a, b"
    assert len(index.pairs(radius, len(wanted)).a) == len(wanted), f"{name}: pairs({radius}) refuses as many as are wanted"
    if wanted and radius == 31:
        try:
            index.pairs(radius, len(wanted) - 1)
        except TooManyPairs:
            return
        raise AssertionError(f"{name}: pairs({radius}) gives more than are wanted")


def _differ(got: list[tuple[int, int, int]], wanted: list[tuple[int, int, int]]) -> str:
    return f"{len(set(wanted) - set(got))} missed, {len(set(got) - set(wanted))} made up, {len(got) - len(set(got))} repeated"


def _check_order(make_index: Callable[[], HammingIndex], name: str, codes: NDArray[np.uint8]) -> None:
    ids = _ids(codes)
    whole = _filled(make_index, ids, codes)
    pieces = make_index()
    for rows in np.array_split(np.random.default_rng(1).permutation(len(codes)), 5):
        pieces.add(ids[rows], codes[rows])
        pieces.within(codes[:1], 31)  # asking between two additions must change nothing
    _check_same(whole, pieces, codes, f"{name}: the order of adding changes the answers")


def _check_removal(make_index: Callable[[], HammingIndex], name: str, codes: NDArray[np.uint8]) -> None:
    ids = _ids(codes)
    gone = np.random.default_rng(2).random(len(codes)) < 0.4
    index = _filled(make_index, ids, codes)
    index.remove(ids[gone])
    index.remove(ids[gone])
    rest = _filled(make_index, ids[~gone], codes[~gone])
    assert len(index) == len(rest), f"{name}: removing left {len(index)} codes instead of {len(rest)}"
    _check_same(index, rest, codes, f"{name}: removed codes still play a part")
    index.add(ids[gone], codes[gone][:, ::-1])
    rest.add(ids[gone], codes[gone][:, ::-1])
    _check_same(index, rest, codes, f"{name}: a removed id added again with another code answers wrongly")


def _check_same(one: HammingIndex, other: HammingIndex, codes: NDArray[np.uint8], message: str) -> None:
    first, second = one.within(codes, 31), other.within(codes, 31)
    assert first.query.tolist() == second.query.tolist(), message
    assert first.id.tolist() == second.id.tolist(), message
    assert first.distance.tolist() == second.distance.tolist(), message
    assert one.pairs(31).a.tolist() == other.pairs(31).a.tolist(), message
    assert one.pairs(31).b.tolist() == other.pairs(31).b.tolist(), message


def _check_refusals(make_index: Callable[[], HammingIndex]) -> None:
    codes = np.arange(3 * CODE_BYTES, dtype=np.uint8).reshape(3, CODE_BYTES)
    ids = np.arange(3, dtype=np.int64)
    index = _filled(make_index, ids, codes)
    _refuses("an id that it holds", lambda: index.add(np.array([5, 1], np.int64), codes[:2]))
    _refuses("an id twice in one call", lambda: index.add(np.array([5, 5], np.int64), codes[:2]))
    _refuses("more ids than codes", lambda: index.add(np.array([5, 6], np.int64), codes[:1]))
    _refuses("codes of 31 bytes", lambda: index.add(np.array([5], np.int64), codes[:1, 1:]))
    _refuses("codes that are no bytes", lambda: index.within(codes.astype(np.float64), 31))
    _refuses("one code without its row", lambda: index.within(codes[0], 31))
    for radius in (-1, _BITS + 1):
        _refuses(f"a radius of {radius} in within", partial(index.within, codes, radius))
        _refuses(f"a radius of {radius} in pairs", partial(index.pairs, radius))
    assert len(index) == len(ids), "a refused addition was carried out in part"


def _refuses(what: str, act: Callable[[], object]) -> None:
    try:
        act()
    except ValueError:
        return
    raise AssertionError(f"the index accepts {what}; it must raise ValueError")
