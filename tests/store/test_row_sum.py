"""The sum of a set of rows follows single rows in and out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.store.digests import RowSum

rows = st.lists(st.lists(st.one_of(st.integers(-9, 9), st.text(max_size=3), st.none()), max_size=3), max_size=12)


def total(some: list[list[object]]) -> str:
    found = RowSum()
    found.add(some)
    return found.text


@given(rows, rows, st.randoms())
def test_the_order_says_nothing_and_what_is_taken_out_leaves_no_trace(some: list, more: list, random: object) -> None:  # type: ignore[type-arg]
    both = RowSum(total(some))
    both.add(more)
    shuffled = [*some, *more]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert both.text == total(shuffled)
    both.take(some)
    assert both.text == total(more)


def test_each_value_counts_and_so_does_where_a_row_ends() -> None:
    different = [[], [[]], [["a"]], [["b"]], [["a"], ["a"]], [["a", "a"]], [["aa"]], [[1]], [["1"]], [[None]]]
    assert len({total(some) for some in different}) == len(different)


def test_what_is_no_sum_is_refused() -> None:
    for text in ("AAAA", "no sum", "A" * 64):
        with pytest.raises(ValueError, match=r".+"):
            RowSum(text)
