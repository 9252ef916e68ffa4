"""Names of series stay with their pictures, whatever order things come in."""

from __future__ import annotations

import hashlib
import random

from hypothesis import given
from hypothesis import strategies as st

from homeward.series.naming import named

PICTURES = [hashlib.sha256(bytes([at])).hexdigest() for at in range(12)]


@st.composite
def parted(draw: st.DrawFn) -> list[list[str]]:
    """Some of the pictures in groups."""
    where = draw(st.lists(st.integers(0, 4), min_size=12, max_size=12))
    groups = [[picture for picture, at in zip(PICTURES, where, strict=True) if at == number] for number in range(4)]
    return [group for group in groups if group]


def bearing(groups: list[list[str]], names: list[str]) -> dict[str, str]:
    return {picture: name for group, name in zip(groups, names, strict=True) for picture in group}


@given(parted(), parted())
def test_names_are_distinct_and_what_stays_as_it_was_keeps_its_name(first: list[list[str]], second: list[list[str]]) -> None:
    before = bearing(first, named(first, {}))
    names = named(second, before, set(before.values()))
    assert len(set(names)) == len(names) == len(second)
    for group, name in zip(second, names, strict=True):
        if group in first:
            assert {before[picture] for picture in group} == {name}


@given(parted(), parted(), st.randoms())
def test_order_plays_no_part(first: list[list[str]], second: list[list[str]], dice: random.Random) -> None:
    before = bearing(first, named(first, {}))
    expected = bearing(second, named(second, before))
    mixed = [dice.sample(group, len(group)) for group in dice.sample(second, len(second))]
    assert bearing(mixed, named(mixed, dict(dice.sample(sorted(before.items()), len(before))))) == expected


@given(parted())
def test_a_group_that_grows_keeps_its_name(first: list[list[str]]) -> None:
    before = bearing(first, named(first, {}))
    rest = [picture for picture in PICTURES if picture not in before]
    grown = [[*first[0], *rest], *first[1:]] if first else []
    assert named(grown, before) == named(first, {})


def test_what_is_taken_apart_again_is_called_as_before() -> None:
    one, other = PICTURES[:3], PICTURES[3:5]
    names = named([one, other], {})
    (both,) = named([[*one, *other]], bearing([one, other], names))
    assert both == names[0]
    held = dict.fromkeys(one, both)
    assert named([one, other, PICTURES[5:6]], held, {names[1]})[:2] == names
