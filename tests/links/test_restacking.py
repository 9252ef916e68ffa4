"""Deliveries one after the other end with the stacks that everything at once makes, whatever their order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.indexes import hamming_index
from homeward.links.restacking import Moves, restack
from homeward.links.stacks import stack

Placed = dict[int, tuple[int, int]]


class Held:
    """Stacks in plain dictionaries; ids are places in ``codes``, and ``rank`` says which is better."""

    def __init__(self, codes: NDArray[np.uint8], rank: NDArray[np.int64]) -> None:
        self._codes, self._rank = codes, rank
        self.where: Placed = {}
        self.asked = 0

    @property
    def founders(self) -> Any:
        return self._index([one for one, (exemplar, _) in self.where.items() if one == exemplar])

    @property
    def members(self) -> Any:
        return self._index([one for one, (exemplar, _) in self.where.items() if one != exemplar])

    def codes(self, ids: NDArray[np.int64]) -> NDArray[np.uint8]:
        assert set(ids.tolist()) <= self.where.keys()
        self.asked += len(ids)
        return self._codes[ids]

    def placed(self, ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        rows = np.array([self.where[one] for one in ids.tolist()], np.int64).reshape(-1, 2)
        assert all(exemplar != one for one, exemplar in zip(ids.tolist(), rows[:, 0].tolist(), strict=True))
        return rows[:, 0], rows[:, 1]

    def ranks(self, ids: list[int]) -> list[Any]:
        return [int(self._rank[one]) for one in ids]

    def deliver(self, ids: NDArray[np.int64]) -> Moves:
        moves = restack(ids, self._codes[ids], self)
        assert set(moves.demoted.tolist()) == {one for one in moves.joined.tolist() if self.where.get(one, (-1,))[0] == one}
        assert set(moves.promoted.tolist()) == set(moves.founded.tolist()) & self.where.keys()
        before = dict(self.where)
        self.where |= {one: (one, 0) for one in moves.founded.tolist()}
        for one, exemplar, distance in zip(
            moves.joined.tolist(), moves.exemplar.tolist(), moves.distance.tolist(), strict=True
        ):
            assert before.get(one) != (exemplar, distance), "it is said to move, and stays"
            self.where[one] = (exemplar, distance)
        return moves

    def _index(self, ids: list[int]) -> Any:
        rows = np.array(ids, np.int64)
        return hamming_index(rows, self._codes[rows])


def at_once(codes: NDArray[np.uint8], rank: NDArray[np.int64]) -> Placed:
    found = stack(codes, np.full(len(codes), 90, np.uint8), np.argsort(rank))
    return dict(enumerate(zip(found.exemplar.tolist(), found.distance.tolist(), strict=True)))


def crowded(seed: int, count: int, far: int, kinds: int) -> NDArray[np.uint8]:
    """Codes in a few clouds that reach into each other: every code some bits from the one before it or from a centre."""
    rng = np.random.default_rng(seed)
    codes = np.unpackbits(np.repeat(rng.integers(0, 256, (1, 32), dtype=np.uint8), count, axis=0), axis=1)
    for row in range(count):
        start = codes[rng.integers(0, row)] if row and rng.random() < 0.7 else codes[row % kinds]
        codes[row] = start
        codes[row, rng.choice(256, rng.integers(0, far + 1), replace=False)] ^= 1
    return np.packbits(codes, axis=1)


@settings(max_examples=60)
@given(st.integers(0, 2**16), st.integers(1, 60), st.integers(5, 40), st.integers(1, 6), st.integers(1, 6))
def test_deliveries_end_with_what_everything_at_once_makes(seed: int, count: int, far: int, kinds: int, parts: int) -> None:
    rng = np.random.default_rng(seed + 1)
    codes, rank = crowded(seed, count, far, kinds), rng.permutation(count)
    wanted = at_once(codes, rank)
    held = Held(codes, rank)
    for ids in np.array_split(rng.permutation(count), parts):
        held.deliver(ids)
    assert held.where == wanted


@pytest.mark.parametrize("order", [range(12), range(11, -1, -1), [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]])
def test_a_chain_changes_from_end_to_end_when_its_best_comes_last(order: range | list[int]) -> None:
    codes = np.zeros((12, 256), np.uint8)
    for row in range(12):
        codes[row, : 20 * row] = 1
    packed, rank = np.packbits(codes, axis=1), np.arange(12)
    held = Held(packed, rank)
    for one in order:
        held.deliver(np.array([one]))
    assert held.where == at_once(packed, rank)
    assert [held.where[row][0] for row in range(12)] == [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10]


def test_what_a_delivery_does_not_reach_is_not_looked_at() -> None:
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 256, (2000, 32), dtype=np.uint8)
    codes[1990:] = codes[:10]
    held = Held(codes, np.arange(2000))
    held.deliver(np.arange(1990))
    moves = held.deliver(np.arange(1990, 2000))
    assert moves.joined.tolist() == list(range(1990, 2000))
    assert held.asked == 0
