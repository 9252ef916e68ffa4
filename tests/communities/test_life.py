"""A board's life against one that is counted member by member."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from homeward.communities.life import ELSEWHERE, UNSEEN, Sightings, life

POSTS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(-2, 11)), max_size=40)
EDGES = np.array([0.0, 3.0, 6.0, 9.0])


def sightings(posts: list[tuple[int, int, int]]) -> Sightings:
    person, board, time = np.array(posts, np.int64).reshape(-1, 3).T
    return Sightings(person, board, time.astype(np.float64))


def place(posts: list[tuple[int, int, int]], who: int, period: int) -> int:
    counts = Counter(board for person, board, time in posts if person == who and 3 * period <= time < 3 * period + 3)
    return min(counts, key=lambda board: (-counts[board], board)) if counts else UNSEEN


@given(POSTS)
def test_everybody_stands_where_most_of_their_posts_are(posts: list[tuple[int, int, int]]) -> None:
    found = life(sightings(posts), 0, EDGES)
    cohort = {person for person, board, time in posts if board == 0 and 0 <= time < 9}
    assert found.members == len(cohort)
    assert (found.places[0], found.places[-2:]) == (0, (ELSEWHERE, UNSEEN))
    for period, sizes in enumerate(found.sizes):
        stood = Counter(place(posts, who, period) for who in cohort)
        assert {at: size for at, size in zip(found.places, sizes, strict=True) if size} == dict(stood)
    expected = Counter((now, place(posts, who, now), place(posts, who, now + 1)) for now in range(2) for who in cohort)
    assert {(flow.period, flow.start, flow.end): flow.members for flow in found.flows} == dict(expected)


@given(POSTS)
def test_boards_without_a_line_are_elsewhere_and_nobody_is_lost(posts: list[tuple[int, int, int]]) -> None:
    whole, short = life(sightings(posts), 0, EDGES), life(sightings(posts), 0, EDGES, most=1)
    assert len(short.places) <= 4
    assert short.places[: len(short.places) - 2] == whole.places[: len(short.places) - 2]
    for sizes in short.sizes:
        assert sum(sizes) == short.members == whole.members
    assert all(flow.start in short.places and flow.end in short.places for flow in short.flows)
