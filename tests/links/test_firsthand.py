"""First-hand or passed on: beside a slow reference, whatever the order, and what the words mean."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.links.firsthand import Held, How, firsthand

A, B = ("one", "DCIM"), ("two", "")

files = st.builds(
    Held,
    source=st.sampled_from([A, B, ("two", "x")]),
    picture=st.sampled_from("pq"),
    sha256=st.sampled_from("0123"),
    straight=st.booleans(),
    named=st.booleans(),
    pixels=st.integers(0, 2),
    size=st.integers(0, 2),
)


@given(st.lists(files, max_size=12), st.randoms(use_true_random=False))
def test_every_picture_of_a_source_stands_as_a_search_through_all_files_says(some: list[Held], dice: random.Random) -> None:
    found = firsthand(some)
    told = {(one.source, standing.picture): standing for one in found for standing in one.standings}
    assert set(told) == {(file.source, file.picture) for file in some}
    for (source, picture), standing in told.items():
        here = max(file.rank for file in some if (file.source, file.picture) == (source, picture))
        there = [file.rank for file in some if file.picture == picture and file.source != source]
        assert (standing.how in {How.STRAIGHT, How.STRAIGHT_TOO}) == here[0]
        assert (standing.how is How.PASSED_ON) == (not here[0] and any(rank > here for rank in there))
        assert (standing.how in {How.ALONE, How.STRAIGHT} and not standing.elsewhere) == (not there)
        assert (standing.how in {How.ALIKE, How.STRAIGHT_TOO}) == (
            any(rank[0] for rank in there) if here[0] else bool(there) and max(there) == here
        )
    shuffled = [*some, *some]
    dice.shuffle(shuffled)
    assert firsthand(shuffled) == found


def test_a_file_from_the_camera_is_set_against_what_was_made_of_it() -> None:
    camera = Held(A, "p", "0", straight=True, named=True, pixels=400, size=90)
    copy = Held(B, "p", "1", straight=False, pixels=100, size=99)
    here, there = firsthand([copy, camera])
    (first,), (second,) = here.standings, there.standings
    assert (first.how, first.elsewhere, first.pixels_ahead, first.names_ahead) == (How.STRAIGHT, 1, 4.0, 1)
    assert (second.how, second.elsewhere, second.pixels_ahead, second.names_ahead) == (How.PASSED_ON, 1, 0.25, -1)
    assert (here.count(How.STRAIGHT), here.count(How.PASSED_ON)) == (1, 0)


@pytest.mark.parametrize(("straight", "how"), [(True, How.STRAIGHT), (False, How.ALONE)])
def test_without_another_source_nothing_is_ahead(straight: bool, how: How) -> None:
    (only,) = firsthand([Held(A, "p", "0", straight=straight)])
    assert [(one.how, one.elsewhere, one.pixels_ahead) for one in only.standings] == [(how, 0, None)]
    assert firsthand([]) == []
