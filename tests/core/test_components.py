"""Groups through pairs, against going from each to its neighbours until nothing is new."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from homeward.core.components import components

number = st.integers(0, 12)


@given(st.lists(st.tuples(number, number)))
def test_what_can_be_reached_is_one_group(pairs: list[tuple[int, int]]) -> None:
    reached = {one: {one} for pair in pairs for one in pair}
    for _ in reached:
        for a, b in pairs:
            reached[a] |= reached[b]
            reached[b] |= reached[a]
    assert components(pairs) == sorted(map(list, {tuple(sorted(group)) for group in reached.values()}))
    assert components(reversed(pairs)) == components(pairs)
