"""The laws of stacking, on codes where distances are known, and figures on rendered rooms with a known truth."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from homeward.descriptors.pdq import LEAST_QUALITY, RADIUS
from homeward.links import Stacks, best_first, copy_pairs, stack, stacks
from homeward.testing.indexes import distances


class Pictures(NamedTuple):
    codes: NDArray[np.uint8]
    qualities: NDArray[np.uint8]
    areas: NDArray[np.int64]
    missing: NDArray[np.int64]
    names: list[str]

    def stacked(self) -> Stacks:
        return stack(self.codes, self.qualities, best_first(self.areas, self.missing, self.names))

    def rows(self, which: list[int]) -> Pictures:
        columns = (self.codes, self.qualities, self.areas, self.missing)
        return Pictures(*(column[which] for column in columns), [self.names[row] for row in which])

    def by_name(self) -> dict[str, tuple[str, int]]:
        """Name to the name of its exemplar and the distance: what must not depend on the order of arrival."""
        found = self.stacked()
        exemplars = [self.names[row] for row in found.exemplar]
        return dict(zip(self.names, zip(exemplars, found.distance.tolist(), strict=True), strict=True))


@st.composite
def pictures(draw: st.DrawFn, most: int = 30) -> Pictures:
    count = draw(st.integers(0, most))
    # Whole bytes flip, so chains such as 0, 24, 48, 72 bits apart are common.
    codes = draw(arrays(np.uint8, (count, 32), elements=st.sampled_from([0, 0, 0, 0, 0, 0, 0, 255, 1])))
    return Pictures(
        codes,
        draw(arrays(np.uint8, count, elements=st.sampled_from([LEAST_QUALITY - 1, LEAST_QUALITY, 100]))),
        draw(arrays(np.int64, count, elements=st.sampled_from([100, 200, 300]))),
        draw(arrays(np.int64, count, elements=st.sampled_from([0, 0, 0, 400]))),
        draw(st.permutations([f"{at:03x}" for at in range(count)])),
    )


@given(pictures(), st.randoms())
def test_the_order_of_arrival_plays_no_part(some: Pictures, random: object) -> None:
    rows = list(range(len(some.names)))
    random.shuffle(rows)  # type: ignore[attr-defined]
    assert some.rows(rows).by_name() == some.by_name()


@given(pictures())
def test_every_member_is_near_its_exemplar_and_no_two_exemplars_are(some: Pictures) -> None:
    found, truth = some.stacked(), distances(some.codes, some.codes)
    rows = np.arange(len(some.names))
    np.testing.assert_array_equal(found.distance, truth[rows, found.exemplar])
    assert (found.distance <= RADIUS).all()
    np.testing.assert_array_equal(found.exemplar[found.exemplar], found.exemplar)
    compared = [row for row in np.unique(found.exemplar).tolist() if some.qualities[row] >= LEAST_QUALITY]
    assert all(truth[a, b] > RADIUS for a, b in combinations(compared, 2))


@given(pictures())
def test_the_exemplar_is_the_best_and_each_joins_the_nearest_better_one(some: Pictures) -> None:
    found, truth = some.stacked(), distances(some.codes, some.codes)
    rank = np.argsort(best_first(some.areas, some.missing, some.names))
    for row, exemplar in enumerate(found.exemplar.tolist()):
        if some.qualities[row] < LEAST_QUALITY:
            assert exemplar == row
            continue
        better = [
            (int(truth[row, other]), int(rank[other]), other)
            for other in set(found.exemplar.tolist()) - {row}
            if rank[other] < rank[row] and truth[row, other] <= RADIUS and some.qualities[other] >= LEAST_QUALITY
        ]
        assert exemplar == (min(better)[2] if better else row)


@given(pictures())
def test_what_is_too_plain_to_compare_stays_alone(some: Pictures) -> None:
    found = some.stacked()
    plain = some.qualities < LEAST_QUALITY
    assert not (plain[found.exemplar] & (found.exemplar != np.arange(len(plain)))).any()


@given(pictures(12), pictures(1))
def test_an_unrelated_picture_changes_nothing_else(some: Pictures, other: Pictures) -> None:
    far = Pictures(np.full((len(other.names), 32), 0b00011000, np.uint8), *other[1:4], [f"new{name}" for name in other.names])
    both = Pictures(*(np.concatenate([a, b]) for a, b in zip(some[:4], far[:4], strict=True)), [*some.names, *far.names])
    assert not (distances(some.codes, far.codes) <= RADIUS).any()
    after = both.by_name()
    assert {name: after[name] for name in some.names} == some.by_name()
    assert all(after[name] == (name, 0) for name in far.names)


def literally(some: Pictures) -> list[tuple[int, int]]:
    """The rule word by word: exemplar and distance of each picture."""
    exemplars: list[int] = []
    found = [(row, 0) for row in range(len(some.names))]
    truth = distances(some.codes, some.codes)
    for row in best_first(some.areas, some.missing, some.names).tolist():
        if some.qualities[row] < LEAST_QUALITY:
            continue
        near = [(int(truth[row, other]), at) for at, other in enumerate(exemplars) if truth[row, other] <= RADIUS]
        if near:
            found[row] = (exemplars[min(near)[1]], min(near)[0])
        else:
            exemplars.append(row)
    return found


@given(pictures(), st.integers(1, 8), st.integers(0, 40), st.integers(1, 5))
def test_stacks_are_what_the_rule_says_in_whatever_pieces(some: Pictures, piece: int, edges: int, members: int) -> None:
    wanted = literally(some)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacks, "_PIECE", piece)
        patch.setattr(stacks, "_EDGES", edges)
        patch.setattr(stacks, "_MEMBERS", members)
        found = some.stacked()
    assert list(zip(found.exemplar.tolist(), found.distance.tolist(), strict=True)) == wanted


def test_many_pictures_that_crowd_together_stack_by_the_rule_too(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(12)
    codes = np.unpackbits(np.repeat(rng.integers(0, 256, (4, 32), dtype=np.uint8), 300, axis=0), axis=1)
    for row in codes:
        row[rng.choice(256, rng.integers(0, 36), replace=False)] ^= 1
    monkeypatch.setattr(stacks, "_PIECE", 64)
    monkeypatch.setattr(stacks, "_EDGES", 500)
    count = len(codes)
    some = Pictures(
        np.packbits(codes, axis=1), np.full(count, 90, np.uint8), rng.integers(1, 9, count), np.zeros(count, np.int64),
        [f"{n:04}" for n in rng.permutation(count)],
    )  # fmt: skip
    found = some.stacked()
    assert list(zip(found.exemplar.tolist(), found.distance.tolist(), strict=True)) == literally(some)
    assert 4 < len(set(found.exemplar.tolist())) < count


def chain(length: int) -> Pictures:
    """Each picture 20 bits from the one before, so that the ends have nothing in common."""
    codes = np.zeros((length, 256), np.uint8)
    for row in range(length):
        codes[row, : 20 * row] = 1
    count = np.arange(length)
    return Pictures(
        np.packbits(codes, axis=1), np.full(length, 100, np.uint8), 1000 - count, count * 0, [f"{n:02}" for n in count]
    )


def test_a_chain_of_small_differences_is_cut() -> None:
    found = chain(12).stacked()
    assert found.exemplar.tolist() == [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10]


def test_ten_thousand_copies_of_one_picture_make_one_stack() -> None:
    count = 10_000
    codes = np.zeros((count, 32), np.uint8)
    codes[:, 0] = np.arange(count) % 256
    found = stack(codes, np.full(count, 90, np.uint8), np.arange(count, dtype=np.int64))
    assert not found.exemplar.any()
    np.testing.assert_array_equal(found.distance, np.bitwise_count(codes[:, 0]))


def test_the_best_is_whole_then_large_then_first_by_name() -> None:
    areas, missing = np.array([100, 400, 400, 900]), np.array([0, 0, 0, 1])
    assert best_first(areas, missing, ["a", "c", "b", "d"]).tolist() == [2, 1, 0, 3]


@given(pictures(15))
def test_copy_pairs_are_the_definition(some: Pictures) -> None:
    ids = np.arange(len(some.names), dtype=np.int64) * 3 + 1
    found = copy_pairs(some.codes, some.qualities, ids)
    truth = distances(some.codes, some.codes)
    wanted = [
        (int(ids[a]), int(ids[b]), int(truth[a, b]))
        for a, b in combinations(range(len(ids)), 2)
        if truth[a, b] <= RADIUS and min(some.qualities[a], some.qualities[b]) >= LEAST_QUALITY
    ]
    assert list(zip(found.a.tolist(), found.b.tolist(), found.distance.tolist(), strict=True)) == wanted
