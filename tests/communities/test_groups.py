"""Groups by contacts: those that were planted are found, the same each time; who lost one of two circles joined nobody."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.communities.groups import LEAST, Contacts, Groups, Ids, detected, periods
from homeward.communities.succession import successions


def planted(random: np.random.Generator, group: Ids, contacts: int = 8) -> Contacts:
    """Everybody has contacts within their own group; one in ten is with anybody."""
    pairs = set()
    for one in range(len(group)):
        own = np.flatnonzero(group == group[one])
        for _ in range(contacts if group[one] >= 0 else 0):
            other = int(random.choice(own if random.random() < 0.9 else np.flatnonzero(group >= 0)))
            if other != one:
                pairs.add((min(one, other), max(one, other)))
    ends = np.array(sorted(pairs), np.int32).reshape(-1, 2)
    return Contacts(ends[:, 0], ends[:, 1])


@pytest.fixture(scope="module")
def before() -> Ids:
    return np.repeat(np.arange(12, dtype=np.int32), 30)


def test_planted_groups_are_found_and_the_same_each_time(before: Ids) -> None:
    contacts = planted(np.random.default_rng(1), before)
    found, again = detected(contacts, len(before)), detected(contacts, len(before))
    np.testing.assert_array_equal(found.group, again.group)
    held = found.group >= 0
    assert held.mean() > 0.8
    for number in range(len(found.stability)):
        _, counts = np.unique(before[found.group == number], return_counts=True)
        assert counts.max() >= 0.9 * counts.sum()
    assert ((found.stability >= 0) & (found.stability <= 1)).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=60))
def test_groups_are_numbered_from_zero_and_none_is_small(pairs: list[tuple[int, int]]) -> None:
    kept = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
    one, other = np.array(kept, np.int32).reshape(-1, 2).T
    found = detected(Contacts(one, other), 20)
    sizes = np.bincount(found.group[found.group >= 0], minlength=len(found.stability))
    assert len(sizes) == len(found.stability)
    assert (sizes >= LEAST).all()


def test_a_group_that_goes_somewhere_together_is_followed() -> None:
    """Group 0 is closed; half of it is found again among group 7, and all others stay."""
    random = np.random.default_rng(4)
    before = np.repeat(np.arange(12, dtype=np.int32), 40)
    after = before.copy()
    after[:40] = np.where(np.arange(40) < 20, 7, -1)
    contacts = planted(random, before)
    groups = detected(contacts, len(before)), detected(planted(random, after), len(before))
    own = groups[0].group[:40]
    closed = np.array([np.bincount(own[own >= 0]).argmax()])
    (found,) = successions(*periods(contacts, *groups, closed), closed)
    members = np.flatnonzero(groups[1].group == np.bincount(groups[1].group[:20][groups[1].group[:20] >= 0]).argmax())
    assert found.candidates[0].joined > 10
    assert np.isin(after[members], [7]).mean() > 0.8


def test_who_loses_one_of_two_circles_has_joined_nobody() -> None:
    """Members 0 to 4 of the closed group had to do with group 1 before: being counted there later is no move."""
    before = Groups(np.array([0] * 10 + [1] * 10, np.int32), np.ones(2))
    after = Groups(np.array([0] * 5 + [-1] * 5 + [0] * 10, np.int32), np.ones(1))
    bridges = Contacts(np.arange(5, dtype=np.int32), np.arange(10, 15, dtype=np.int32))
    closed = np.array([0])
    (stayed,) = successions(*periods(bridges, before, after, closed), closed)
    (moved,) = successions(*periods(Contacts(bridges.one[:0], bridges.other[:0]), before, after, closed), closed)
    assert (stayed.moves, moved.moves) == (0, 5)
