"""Private set intersection against plain intersection, and what is no message of it."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.exchange import golomb, psi
from homeward.exchange.errors import PackageRefused
from homeward.store.ledger.tree import leaf_hash, node_hash

SALT = b"salt"
KEYS = (psi.new_key(), psi.new_key())


def names(numbers: set[int]) -> list[str]:
    return [psi.token(SALT, "copies", b"%d" % number) for number in sorted(numbers)]


@settings(max_examples=15, deadline=None)
@given(st.sets(st.integers(0, 60), max_size=40), st.sets(st.integers(0, 60), max_size=40))
def test_it_finds_what_plain_sets_share(asked: set[int], held: set[int]) -> None:
    mine, theirs = names(asked), names(held)
    blinded = psi.blind(mine, KEYS[0])
    offered = psi.offer(theirs, len(mine), KEYS[1])
    assert psi.count(offered, psi.answer(blinded, KEYS[1], in_order=False), KEYS[0]) == len(asked & held)
    places = psi.shared(offered, psi.answer(blinded, KEYS[1], in_order=True), KEYS[0])
    assert {mine[at] for at in places} == set(names(asked & held))


@pytest.mark.parametrize(("asked", "held"), [(1, 1), (1, 900), (900, 1), (200, 700)])
def test_sets_of_unlike_sizes(asked: int, held: int) -> None:
    mine, theirs = names(set(range(asked))), names(set(range(asked // 2, asked // 2 + held)))
    offered = psi.offer(theirs, len(mine), KEYS[1])
    answered = psi.answer(psi.blind(mine, KEYS[0]), KEYS[1], in_order=True)
    assert len(psi.shared(offered, answered, KEYS[0])) == len(set(mine) & set(theirs))


def test_how_many_tells_nothing_of_which() -> None:
    mine = names(set(range(60)))
    blinded = psi.blind(mine, KEYS[0])
    counted, in_order = (psi.answer(blinded, KEYS[1], in_order=way) for way in (False, True))
    points = [[some[at : at + psi.POINT] for at in range(0, len(some), psi.POINT)] for some in (counted, in_order)]
    assert points[0] == sorted(points[1])
    assert points[0] != points[1]


def test_nothing_asked_or_held_shares_nothing() -> None:
    assert psi.blind([], KEYS[0]) == b""
    assert psi.answer(b"", KEYS[1], in_order=True) == b""
    some = psi.answer(psi.blind(names({1}), KEYS[0]), KEYS[1], in_order=True)
    assert psi.shared(psi.offer([], 1, KEYS[1]), some, KEYS[0]) == []
    assert psi.count(psi.offer(names({1}), 1, KEYS[1]), b"", KEYS[0]) == 0


@pytest.mark.parametrize("bad", [b"\x02" * 32, b"\x04" * 33, b"\x02" + b"\xff" * 32, b"\x00" * 33])
def test_what_is_no_point_is_refused(bad: bytes) -> None:
    with pytest.raises(PackageRefused):
        psi.answer(bad, KEYS[1], in_order=True)
    with pytest.raises(PackageRefused):
        psi.shared(psi.offer(names({1}), 1, KEYS[1]), bad, KEYS[0])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, psi.MOST_TOKENS), st.integers(0, 62), st.integers(1, 1 << 62), st.binary(max_size=300))
def test_a_made_up_offer_is_refused_or_shares_nothing_certain(count: int, divisor: int, spread: int, bits: bytes) -> None:
    answered = psi.answer(psi.blind(names({1, 2}), KEYS[0]), KEYS[1], in_order=True)
    try:
        found = psi.shared((psi.Offer(count, divisor, spread), bits), answered, KEYS[0])
    except PackageRefused:
        return
    assert set(found) <= {0, 1}


def plainly(coded: bytes, divisor: int, spread: int) -> list[int] | None:
    """The numbers of a coded set, bit by bit; None where it is none."""
    bits = [byte >> place & 1 for byte in coded for place in range(8)]
    found: list[int] = []
    while 1 in bits:
        quotient = bits.index(1)
        rest, bits = bits[quotient + 1 : quotient + 1 + divisor], bits[quotient + 1 + divisor :]
        gap = (quotient << divisor) + sum(bit << place for place, bit in enumerate(rest))
        found.append(gap + (found[-1] if found else 0))
        if len(rest) < divisor or found[-1] >= spread or (len(found) > 1 and not gap):
            return None
    return found if len(bits) < 8 else None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=24), st.integers(0, 62), st.integers(1, 1 << 62) | st.integers(1, 5000))
def test_a_coded_set_is_read_as_bit_by_bit(coded: bytes, divisor: int, spread: int) -> None:
    found = plainly(coded, divisor, spread)
    assert golomb.numbers(np.frombuffer(coded, np.uint8), divisor, spread) == (-1 if found is None else len(found))


OFFERED, OFFERED_BITS = psi.offer(names(set(range(40))), 30, KEYS[1])


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 8 * len(OFFERED_BITS) - 1), st.integers(0, 40), st.booleans())
def test_what_is_changed_in_a_set_is_refused_or_read_to_its_last_bit(at: int, cut: int, flip: bool) -> None:
    """Whatever comes through is a whole set for the slow reader too."""
    changed = bytearray(OFFERED_BITS[: len(OFFERED_BITS) - cut] if not flip else OFFERED_BITS)
    if flip:
        changed[at // 8] ^= 1 << at % 8
    answered = psi.answer(psi.blind(names(set(range(10, 40))), KEYS[0]), KEYS[1], in_order=True)
    try:
        found = psi.shared((OFFERED, bytes(changed)), answered, KEYS[0])
    except PackageRefused:
        return
    read = plainly(bytes(changed), OFFERED.divisor, OFFERED.spread)
    assert read is not None
    assert len(found) <= len(read) <= OFFERED.count


def test_a_set_that_ends_inside_its_last_number_is_refused() -> None:
    """OpenMined's library reads what lies behind it in memory."""
    answered = psi.answer(psi.blind(names({1, 2}), KEYS[0]), KEYS[1], in_order=True)
    made, bits = psi.offer(names({7}), 2, KEYS[1])
    unary = bytes([0x80])  # a quotient of 7, and nothing of the rest
    assert len(bits) > 1
    for coded in (unary, bits[:-1], bits[:-1] + unary):
        with pytest.raises(PackageRefused):
            psi.count((made, coded), answered, KEYS[0])


def test_a_commitment_is_the_root_over_tokens_behind_nonces() -> None:
    tokens = names(set(range(11)))
    leaves = [
        leaf_hash(hmac.new(KEYS[0], at.to_bytes(8, "big"), hashlib.sha256).digest() + bytes.fromhex(one))
        for at, one in enumerate(tokens)
    ]

    def root(some: list[bytes]) -> bytes:
        if len(some) == 1:
            return some[0]
        split = 1 << ((len(some) - 1).bit_length() - 1)
        return node_hash(root(some[:split]), root(some[split:]))

    assert psi.commitment(tokens, KEYS[0]) == root(leaves).hex() != psi.commitment(tokens, KEYS[1])


def test_a_set_that_everything_would_seem_to_lie_in_is_refused() -> None:
    mine = names(set(range(50)))
    blinded = psi.blind(mine, KEYS[0])
    answered, in_order = (psi.answer(blinded, KEYS[1], in_order=way) for way in (False, True))
    made, bits = psi.offer(names({7}), len(mine), KEYS[1])
    one_point = in_order[7 * psi.POINT : 8 * psi.POINT] * len(mine)
    lies = (
        (psi.Offer(1, 0, 1), b"\x01", answered),
        (psi.Offer(1, 0, 1), b"\xff", answered),
        (psi.Offer(made.count, made.divisor, made.spread // 2), bits, answered),
        (made, bits, one_point),
    )
    for told, coded, points in lies:
        with pytest.raises(PackageRefused):
            psi.count((told, coded), points, KEYS[0])
        with pytest.raises(PackageRefused):
            psi.shared((told, coded), points, KEYS[0])
    assert psi.count((made, bits), answered, KEYS[0]) == 1


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 300))
def test_what_an_honest_side_offers_is_taken(asked: int, held: int, first: int) -> None:
    mine, theirs = names(set(range(asked))), names(set(range(first, first + held)))
    offered = psi.offer(theirs, asked, KEYS[1])
    assert psi.count(offered, psi.answer(psi.blind(mine, KEYS[0]), KEYS[1], in_order=False), KEYS[0]) == len(
        {*mine} & {*theirs}
    )
