"""Hashed character sequences, against a slow count of the same."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.communities.row_dots import row_dots
from homeward.communities.style import BUCKETS, grams, plain, weighted


def slow(text: str) -> Counter[int]:
    """FNV-1a, folded, of every sequence of two to four bytes."""
    raw, found = plain(text), Counter[int]()
    for length in (2, 3, 4):
        for start in range(len(raw) - length + 1):
            mixed = 2166136261
            for byte in raw[start : start + length]:
                mixed = (mixed ^ byte) * 16777619 % 2**32
            found[(mixed ^ (mixed >> 15)) % BUCKETS] += 1
    return found


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=4))
def test_counts_are_those_of_a_slow_count(texts: list[str]) -> None:
    table = grams(texts)
    for row, text in enumerate(texts):
        start, end = table.indptr[row], table.indptr[row + 1]
        assert dict(zip(table.indices[start:end].tolist(), table.data[start:end].tolist(), strict=True)) == slow(text)


@pytest.mark.parametrize("told", ["http://a.example/x", "me@a.example", "deadbeef0123", "4711", "see://x"])
def test_what_tells_a_person_by_itself_is_no_style(told: str) -> None:
    assert plain(f"A {told} Lamp") == b" a lamp "


def test_weighted_rows_have_length_one_and_texts_are_most_like_themselves() -> None:
    rows = weighted(grams(["the green lamp stands here", "the green lamp stood there", "quite other words"])).toarray()
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    like = rows @ rows.T
    assert like[0, 1] > like[0, 2]


@pytest.mark.parametrize("told", ["", "  ", "https://lamps.example/7 a@b.example 2021"])
def test_who_wrote_no_word_has_no_style(told: str) -> None:
    assert plain(told) == b""
    assert grams([told]).nnz == 0


def test_a_handle_without_text_has_an_empty_row() -> None:
    assert np.diff(grams(["", "lamp"]).indptr).astype(bool).tolist() == [False, True]
    assert weighted(grams([""])).nnz == 0


def test_products_of_rows_are_those_of_whole_matrices() -> None:
    random = np.random.default_rng(2)
    dense = random.random((9, 40)) * (random.random((9, 40)) < 0.3)
    ends = np.cumsum([0, *(dense > 0).sum(axis=1)]).astype(np.int64)
    columns = np.concatenate([np.flatnonzero(row) for row in dense]).astype(np.int64)
    a, b = np.divmod(np.arange(81), 9)
    found = row_dots(ends, columns, dense[dense > 0], a, b)
    assert found == pytest.approx((dense @ dense.T).ravel())
