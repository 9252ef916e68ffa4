"""The open set: against every matching counted one by one, and what must hold of the estimated share."""

from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.communities.open_set import PRESUMED, OpenSet, open_set

Ids = NDArray[np.int64]
SITES = np.array([0] * 5 + [1] * 5)


def counted(a: Ids, b: Ids, odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of matchings that each pair is in, by going through all of them."""
    found, whole = np.zeros(len(a)), 0.0
    for size in range(len(a) + 1):
        for chosen in map(list, combinations(range(len(a)), size)):
            if len({*a[chosen].tolist(), *b[chosen].tolist()}) == 2 * size:
                weight = float(np.prod(odds[chosen]))
                whole += weight
                found[chosen] += weight
    return found / whole


def odds_of(a: Ids, b: Ids, log_lr: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """What each pair is worth: the counterparts that are expected, spread over the candidates of each side."""
    one, two = len(np.unique(a)), len(np.unique(b))
    p, q = share * min(one, two) / one, share * min(one, two) / two
    rivals = np.bincount(a)[a] * np.bincount(b)[b]
    return np.asarray(np.exp(log_lr) * np.sqrt(p * q / rivals) / ((1 - p) * (1 - q)), np.float64)


@st.composite
def some(draw: st.DrawFn, *, tree: bool = False) -> tuple[Ids, Ids, NDArray[np.float64]]:
    """Pairs of handles 0..4 and 5..9, without cycles for a tree; their ratios."""
    every = [(a, b) for a in range(5) for b in range(5, 10)]
    taken = draw(st.lists(st.sampled_from(every), min_size=1, max_size=9, unique=True))
    if tree:
        root = list(range(10))
        kept = []
        for a, b in taken:
            one, two = root[a], root[b]
            if one != two:
                kept.append((a, b))
                root = [one if r == two else r for r in root]
        taken = kept
    a, b = np.array(taken, np.int64).T
    return a, b, np.array(draw(st.lists(st.floats(-6, 9), min_size=len(a), max_size=len(a))))


@settings(max_examples=40)
@given(some(tree=True), st.floats(0.01, 0.9))
def test_where_no_candidates_go_round_in_circles_it_is_exact(pairs: tuple[Ids, Ids, NDArray[np.float64]], share: float) -> None:
    a, b, log_lr = pairs
    found = open_set(a, b, SITES, log_lr, share)
    np.testing.assert_allclose(found.probability, counted(a, b, odds_of(a, b, log_lr, share)), atol=1e-4)


@settings(max_examples=40)
@given(some(), st.floats(0.01, 0.9))
def test_elsewhere_it_is_near(pairs: tuple[Ids, Ids, NDArray[np.float64]], share: float) -> None:
    a, b, log_lr = pairs
    found = open_set(a, b, SITES, log_lr, share)
    np.testing.assert_allclose(found.probability, counted(a, b, odds_of(a, b, log_lr, share)), atol=0.2)


@settings(max_examples=40)
@given(some(), st.randoms(use_true_random=False))
def test_neither_order_nor_sides_nor_names_of_sites_matter(pairs: tuple[Ids, Ids, NDArray[np.float64]], random: Random) -> None:
    a, b, log_lr = pairs
    found = open_set(a, b, SITES, log_lr)
    order = np.array(random.sample(range(len(a)), len(a)))
    again = open_set(b[order], a[order], 1 - SITES, log_lr[order])
    np.testing.assert_allclose(again.probability, found.probability[order], atol=1e-4)
    np.testing.assert_allclose(again.share, found.share[order], atol=1e-4)
    assert again.rivals.tolist() == found.rivals[order].tolist()


@settings(max_examples=40)
@given(some(), st.floats(0, 5), st.data(), st.sampled_from([0.05, 0.5]))
def test_more_evidence_never_makes_a_pair_less_probable(
    pairs: tuple[Ids, Ids, NDArray[np.float64]], more: float, data: st.DataObject, share: float
) -> None:
    a, b, log_lr = pairs
    at = data.draw(st.integers(0, len(a) - 1))
    stronger = log_lr + more * (np.arange(len(a)) == at)
    before, after = (open_set(a, b, SITES, ratios, share) for ratios in (log_lr, stronger))
    assert after.probability[at] >= before.probability[at] - 1e-4


@settings(max_examples=40)
@given(some())
def test_all_candidates_of_a_handle_leave_room_for_none(pairs: tuple[Ids, Ids, NDArray[np.float64]]) -> None:
    a, b, log_lr = pairs
    found = open_set(a, b, SITES, log_lr)
    assert np.bincount(a, found.probability).max() < 1
    assert np.bincount(b, found.probability).max() < 1
    assert (found.share >= PRESUMED.floor).all()
    assert (found.share <= PRESUMED.ceiling).all()


def met(handles: int, right: float, wrong: float) -> tuple[OpenSet, NDArray[np.bool_]]:
    """Everybody on one site against everybody on the other; handles of one number have one ratio, others another."""
    a, b = (side.ravel() for side in np.meshgrid(np.arange(handles), np.arange(handles, 2 * handles)))
    same = b - a == handles
    return open_set(a, b, np.repeat([0, 1], handles), np.where(same, right, wrong)), same


def test_where_nobody_has_a_counterpart_the_share_falls_to_its_floor() -> None:
    found, _ = met(300, -3.0, -3.0)
    assert found.share[0] == PRESUMED.floor
    assert found.probability.max() < 0.001


def test_where_everybody_has_one_the_share_rises_as_far_as_it_may() -> None:
    found, same = met(300, 9.0, -3.0)
    assert found.share[0] == PRESUMED.ceiling
    assert found.probability[same].min() > 0.95


def test_where_nothing_tells_the_usual_share_stands() -> None:
    found, _ = met(2, 0.0, 0.0)
    assert found.share[0] == pytest.approx(PRESUMED.usual, abs=0.05)


def test_few_handles_of_two_sites_follow_the_many_of_others() -> None:
    """Two sites share every second person; a third shows three handles whose ratios say nothing."""
    many = 200
    a = np.concatenate([np.arange(many), [0, 1, 2]])
    b = np.concatenate([np.arange(many, 2 * many), 2 * many + np.arange(3)])
    site = np.repeat([0, 1, 2], [many, many, 3])
    found = open_set(a, b, site, np.concatenate([np.tile([9.0, -6.0], many // 2), np.zeros(3)]))
    assert found.share[0] == pytest.approx(0.47, abs=0.04)
    assert found.share[-1] == pytest.approx(0.2, abs=0.05)
    assert open_set(a[many:], b[many:], site, np.zeros(3)).share[-1] == pytest.approx(PRESUMED.usual, abs=0.03)


def test_of_no_pairs_nothing_is_told() -> None:
    found = open_set(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    assert not len(found.probability)
