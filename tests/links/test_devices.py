"""Devices found from correlations alone, against truth that was planted and against a plain, slow merging."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.links.devices import MERGE, OFFER, Device, Devices, devices, threshold
from homeward.links.merging import Merging, merge
from homeward.links.nuclei import BELONGS, SEVERAL, SURE, nuclei, strengths

A, B = ("canon", "0001"), ("canon", "0002")
SAMPLES = 4000
SPREAD = SAMPLES**-0.5


def pictures(owners: list[int], strength: float, seed: int = 0) -> NDArray[np.float32]:
    """Correlations of residuals: noise, and the pattern of each picture's owner."""
    rng = np.random.default_rng(seed)
    patterns = rng.normal(0, 1, (max(owners) + 1, SAMPLES))
    planes = rng.normal(0, 1, (len(owners), SAMPLES)) + strength * patterns[owners]
    planes /= np.linalg.norm(planes, axis=1, keepdims=True)
    matrix: NDArray[np.float32] = (planes @ planes.T).astype(np.float32)
    return matrix


def groups(found: Devices) -> set[frozenset[int]]:
    return {frozenset(group.members) for group in found.groups}


def slow(matrix: NDArray[np.float32], threshold: float) -> set[frozenset[int]]:
    """Merge the best pair, computed anew each time."""
    sets = [[at] for at in range(len(matrix))]
    total = lambda a, b: float(matrix[np.ix_(a, b)].astype(np.float64).sum())  # noqa: E731
    while len(sets) > 1:
        found = [
            (total(a, b) / np.sqrt(total(a, a) * total(b, b)) / SPREAD, i, j)
            for j, b in enumerate(sets)
            for i, a in enumerate(sets[:j])
        ]
        best, i, j = max(found, key=lambda entry: entry[0])
        if best < threshold:
            break
        sets[i] += sets.pop(j)
    return {frozenset(members) for members in sets}


def merged(matrix: NDArray[np.float32], least: float) -> set[frozenset[int]]:
    state = Merging(matrix, np.zeros(matrix.shape, bool), SPREAD)
    merge(state, least)
    return {frozenset(members) for members in state.members if members}


@settings(max_examples=20)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=24), st.floats(0.0, 0.6), st.integers(0, 1000))
def test_merging_is_the_plain_merging(owners: list[int], strength: float, seed: int) -> None:
    matrix = pictures(owners, strength, seed)
    assert merged(matrix, 5) == slow(matrix, 5)


def test_a_group_is_found_though_no_pair_of_it_can_be_trusted() -> None:
    """Merging alone finds little, because the best pairs are as often strangers; the group as a whole is beyond chance."""
    owners = [0] * 14 + [1] * 14 + list(range(2, 60))
    matrix = pictures(owners, 0.19, 3)
    assert matrix[np.triu_indices(len(owners), 1)].max() < threshold(len(owners)) * SPREAD
    assert all(len(group) == 1 for group in merged(matrix, threshold(len(owners))))
    found = [group for group in devices(matrix, SPREAD).groups if len(group.members) > 1]
    assert sorted(len(set(np.array(owners)[list(group.members)])) for group in found) == [1, 1]
    assert all(len(group.members) >= 10 for group in found)


@settings(max_examples=25)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=14), st.floats(0.1, 0.5), st.integers(0, 1000))
def test_nuclei_are_the_best_cut_of_the_tree(owners: list[int], strength: float, seed: int) -> None:
    """Against every way of cutting the tree of merges, tried one by one."""
    matrix = pictures(owners, strength, seed)
    size = len(owners)
    state = Merging(matrix, np.zeros(matrix.shape, bool), SPREAD)
    cuts: list[list[list[list[int]]]] = [[[]] for _ in range(size)]

    def joined(a: int, b: int) -> None:
        cuts[a] = [one + other for one in cuts[a] for other in cuts[b]] + [[sorted(state.members[a])]]

    merge(state, 1.0, joined)

    def worth(group: list[int]) -> float:
        inner = sum(float(matrix[i, j]) for i in group for j in group if i < j) / SPREAD
        if len(group) < SEVERAL:
            return -math.inf
        return inner**2 / 2 / math.comb(len(group), 2) * (inner > 0) - math.log(math.comb(size, len(group))) - SURE

    best = [max(cuts[at], key=lambda cut: sum(map(worth, cut))) for at in range(size) if state.live[at]]
    expected = [group for cut in best for group in cut]
    found = nuclei(matrix, np.zeros(matrix.shape, bool), SPREAD)
    for group in found:
        assert any(set(group) <= set(whole) for whole in expected)
        assert (strengths(matrix, group, SPREAD) >= BELONGS).all()
    sound = [group for group in expected if (strengths(matrix, group, SPREAD) >= BELONGS).all()]
    assert all(group in found for group in sound)


def test_groups_reach_farther_than_pairs() -> None:
    """Hardly a pair is beyond the threshold, and yet every picture finds its device."""
    owners = [at % 4 for at in range(80)]
    matrix = pictures(owners, 0.30)
    values = matrix[np.triu_indices(80, 1)]
    assert np.mean(values > 6 * SPREAD) < 0.3 * 0.25
    found = devices(matrix, SPREAD)
    assert groups(found) == {frozenset(range(at, 80, 4)) for at in range(4)}
    assert all(strength > 5 for group in found.groups for strength in group.strengths)


@pytest.mark.parametrize("seed", range(12))
def test_strangers_stay_alone(seed: int) -> None:
    assert len(devices(pictures(list(range(40)), 0.5, seed), SPREAD).groups) == 40


def test_every_picture_is_in_one_group_and_the_order_does_not_matter() -> None:
    owners = [0] * 9 + [1] * 5 + [2] * 2 + [3]
    matrix = pictures(owners, 0.5)
    found = devices(matrix, SPREAD)
    assert sorted(member for group in found.groups for member in group.members) == list(range(17))
    shuffled = np.random.default_rng(1).permutation(17)
    again = devices(matrix[np.ix_(shuffled, shuffled)], SPREAD)
    assert {frozenset(int(shuffled[m]) for m in members) for members in groups(again)} == groups(found)


def test_a_newcomer_bridges_what_was_apart() -> None:
    """Two pictures too weak to merge; more pictures of the device join them."""
    matrix = pictures([0] * 12, 0.3, 5)
    pair = np.unravel_index(int(np.argmin(matrix)), matrix.shape)
    assert len(devices(matrix[np.ix_(pair, pair)], SPREAD).groups) == 2
    assert groups(devices(matrix, SPREAD)) == {frozenset(range(12))}


def test_two_serial_numbers_keep_apart_and_one_is_offered() -> None:
    matrix = pictures([0] * 10, 0.5)
    found = devices(matrix, SPREAD, [A] * 3 + [None] * 4 + [B] * 3)
    for group in found.groups:
        assert not {0, 1, 2} & set(group.members) or not {7, 8, 9} & set(group.members)
    strangers = devices(pictures([0] * 5 + [1] * 5, 0.5), SPREAD, [A] + [None] * 4 + [A] + [None] * 4)
    assert len(strangers.groups) == 2
    assert [(offer.a, offer.b) for offer in strangers.offers] == [(0, 1)]
    assert "serial" in strangers.offers[0].reason
    two_makers = devices(matrix, SPREAD, [A] * 5 + [("nikon", "0002")] * 5)  # numbers of two makers say nothing of each other
    assert len(two_makers.groups) == 1


def test_what_is_too_weak_is_offered_and_not_merged() -> None:
    matrix = np.eye(4, dtype=np.float32)
    matrix[0, 1] = matrix[1, 0] = 9 * SPREAD
    matrix[2, 3] = matrix[3, 2] = 4.5 * SPREAD
    found = devices(matrix, SPREAD)
    assert groups(found) == {frozenset({0, 1}), frozenset({2}), frozenset({3})}
    assert [offer.strength for offer in found.offers] == [pytest.approx(4.5)]


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([None, A, B])), min_size=1, max_size=16), st.integers(0, 1000))
def test_what_is_offered_is_what_every_pair_of_groups_says(shown: list[tuple[int, tuple[str, str] | None]], seed: int) -> None:
    matrix, bodies = pictures([owner for owner, _ in shown], 0.25, seed), [body for _, body in shown]
    found = devices(matrix, SPREAD, bodies)
    whole = matrix.astype(np.float64)
    expected = []
    for b, other in enumerate(found.groups):
        for a, one in enumerate(found.groups[:b]):
            total, own, others = (
                whole[np.ix_(x.members, y.members)].sum() for x, y in ((one, other), (one, one), (other, other))
            )
            strength = total / np.sqrt(own * others) / SPREAD
            named, known = ({bodies[at] for at in group.members} - {None} for group in (one, other))
            unlike = any(x != y for x in named for y in known)
            if named & known or (strength >= OFFER and not unlike):
                expected.append((a, b, "the same serial" if named & known else "noise that agrees"))
    assert [(offer.a, offer.b) for offer in found.offers] == sorted((a, b) for a, b, _ in expected)
    assert all(offer.reason.startswith(why) for offer, (_, _, why) in zip(found.offers, sorted(expected), strict=True))


def test_one_file_stands_for_copies_of_a_picture() -> None:
    device = Device((5, 2, 9, 4), (9.0, 8.0, 8.0, 3.0), (1, 0, 1, 2))
    assert device.stand == (5, 2, 4)
    assert device.distinct == 3


def test_the_more_pictures_there_are_the_more_it_takes_to_merge() -> None:
    levels = [threshold(count) for count in (0, 1, 2, 50, 500, 5000, 50_000)]
    assert levels == sorted(levels)
    assert levels[2] == MERGE
    rng = np.random.default_rng(3)
    assert rng.normal(0, 1, 500 * 499 // 2).max() < threshold(500)


def test_nothing_is_nothing() -> None:
    assert devices(np.zeros((0, 0), np.float32), SPREAD) == Devices((), ())


def copied(owners: list[int], copies: list[int], strength: float, seed: int) -> NDArray[np.float32]:
    """As :func:`pictures`, each of them so many times over, saved anew with a little noise of its own."""
    rng = np.random.default_rng(seed)
    patterns = rng.normal(0, 1, (max(owners) + 1, SAMPLES))
    planes = np.repeat(rng.normal(0, 1, (len(owners), SAMPLES)) + strength * patterns[owners], copies, axis=0)
    planes += 0.3 * rng.normal(0, 1, planes.shape)
    planes /= np.linalg.norm(planes, axis=1, keepdims=True)
    matrix: NDArray[np.float32] = (planes @ planes.T).astype(np.float32)
    return matrix


def test_copies_of_strangers_are_not_one_device() -> None:
    """Two copies agree whatever the sensor: of two pairs of them most of all pairs agree by chance, as it were."""
    found = devices(copied(list(range(12)), [2] * 12, 0.0, 1), SPREAD)
    assert groups(found) == {frozenset({2 * at, 2 * at + 1}) for at in range(12)}
    assert all(group.distinct == 1 for group in found.groups)


def test_a_copy_changes_neither_the_groups_nor_what_they_say() -> None:
    owners = [at % 3 for at in range(24)]
    plain, doubled = (devices(copied(owners, times, 0.35, 5), SPREAD) for times in ([1] * 24, [3] + [1] * 23))
    first = next(group for group in doubled.groups if 0 in group.members)
    assert {0, 1, 2} <= set(first.members)
    assert len(first.members) == 10
    assert first.distinct == 8
    alone = next(group for group in plain.groups if 0 in group.members)
    others = [(alone.strengths[at], alone.expected[at]) for at, member in enumerate(alone.members) if member]
    again = [(first.strengths[at], first.expected[at]) for at, member in enumerate(first.members) if member > 2]
    assert np.allclose(others, again, rtol=0.2)
    assert len({first.strengths[first.members.index(at)] for at in (0, 1, 2)}) == 1


def test_copies_that_name_two_bodies_stay_apart() -> None:
    found = devices(copied([0], [2], 0.0, 1), SPREAD, [A, B])
    assert groups(found) == {frozenset({0}), frozenset({1})}
