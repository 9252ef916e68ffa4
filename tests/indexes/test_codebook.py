"""The code book against its definition, and against files that are not it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from homeward.indexes import codebook
from homeward.indexes.codebook import CELLS, WORDS, code_book
from homeward.testing.picture_indexes import made_pictures

codes_of = st.integers(0, 6).flatmap(lambda n: arrays(np.uint8, (n, 128), elements=st.sampled_from([0, 1, 40, 90, 255])))


def test_the_book_is_whole() -> None:
    book = code_book()
    assert book.cells.shape == (CELLS, 128)
    assert book.words.shape == (WORDS, 128)
    assert len(np.unique(book.words, axis=0)) > 0.999 * WORDS
    turned = book.rotation.astype(np.float64)
    lengths = np.sqrt(np.diag(turned @ turned.T))
    unit = turned / lengths[:, None]
    np.testing.assert_allclose(unit @ unit.T, np.eye(128), atol=0.02)


@settings(max_examples=30)
@given(codes_of, st.sampled_from([1, 2, 5, 128]))
def test_the_nearest_words_are_the_nearest_below_the_nearest_cells(codes: NDArray[np.uint8], count: int) -> None:
    book = code_book()
    found = book.nearest(codes, count)
    for code, words in zip(codes.astype(np.int64), found, strict=True):
        to_cells = ((book.cells.astype(np.int64) - code) ** 2).sum(axis=1)
        probed = np.lexsort((np.arange(CELLS), to_cells))[: codebook.PROBED]
        below = np.sort((probed[:, None] * CELLS + np.arange(CELLS)).ravel())
        to_words = ((book.words[below].astype(np.int64) - code) ** 2).sum(axis=1)
        assert words.tolist() == below[np.lexsort((below, to_words))][:count].tolist()


@settings(max_examples=30)
@given(codes_of, st.sampled_from([1, 5]))
def test_the_order_of_features_plays_no_part(codes: NDArray[np.uint8], nearest: int) -> None:
    book = code_book()
    one, other = book.describe(codes, nearest), book.describe(codes[::-1].copy(), nearest)
    assert one.word.tolist() == other.word.tolist()
    assert one.sign.tolist() == other.sign.tolist()


def test_a_word_of_equal_features_has_their_signature() -> None:
    book, code = code_book(), made_pictures()[8][:1]
    assert book.describe(code).sign.tolist() == book.describe(np.repeat(code, 500, axis=0)).sign.tolist()


def test_another_book_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    code_book.cache_clear()
    monkeypatch.setattr(codebook, "_SHA256", "0" * 64)
    with pytest.raises(ValueError, match="install Homeward again"):
        code_book()
    code_book.cache_clear()


@pytest.mark.parametrize("count", [0, 129, -1])
def test_a_wrong_count_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="words can be asked"):
        code_book().nearest(np.zeros((1, 128), np.uint8), count)
