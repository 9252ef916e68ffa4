"""Conformance kit for indexes of pictures by local features, and the slow reference of the local-feature index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeward.indexes import PictureIndex, Ranked
from homeward.indexes.codebook import CodeBook

Pictures = Sequence[NDArray[np.uint8]]
Reference = Callable[[Pictures, NDArray[np.uint8]], NDArray[np.float64]]
"""``reference(pictures, question)``: the (n,) score that each picture must have."""


def check_picture_index(make_index: Callable[[], PictureIndex], reference: Reference | None = None) -> None:
    """Check an index against its contract.

    Args:
        make_index: gives a new, empty index each time it is called.
        reference: where given, scores must be exactly its scores.

    Raises:
        AssertionError: what the index got wrong, in words.
    """
    pictures = made_pictures()
    ids = np.random.default_rng(5).permutation(len(pictures)).astype(np.int64) * 3_000_000_019 - 7
    empty = make_index()
    assert len(empty) == 0 == len(empty.ids()), "a new index is not empty"
    assert len(empty.search(pictures[0], 5).id) == 0, "an empty index found something"
    _check_answers(make_index, ids, pictures, reference)
    _check_order(make_index, ids, pictures)
    _check_removal(make_index, ids, pictures)
    _check_refusals(make_index)


def made_pictures(count: int = 40, seed: int = 8) -> list[NDArray[np.uint8]]:
    """Codes of ``count`` pictures that share things: every third repeats features of the one before with noise.

    Among them are one without features, one with a single feature, two that are equal, and one that repeats one feature.
    """
    rng = np.random.default_rng(seed)
    pictures = [_codes(rng, int(rng.integers(20, 120))) for _ in range(count)]
    for at in range(2, count, 3):
        noise = rng.integers(-6, 7, pictures[at - 1].shape)
        again = np.clip(pictures[at - 1] + noise, 0, 255).astype(np.uint8)
        pictures[at] = np.concatenate([again[: len(again) // 2], pictures[at]])
    pictures[0] = np.empty((0, 128), np.uint8)
    pictures[1] = pictures[1][:1]
    pictures[4] = pictures[3]
    pictures[6] = np.repeat(pictures[6][:1], 30, axis=0)
    return pictures


def dense_asmk(book: CodeBook, asked_words: int) -> Reference:
    """The local-feature index written as its formula, word by word and bit by bit."""
    known: dict[tuple[bytes, int], dict[int, NDArray[np.bool_]]] = {}

    def signs(codes: NDArray[np.uint8], count: int) -> dict[int, NDArray[np.bool_]]:
        key = (codes.tobytes(), count)
        if key not in known:
            known[key] = _signs(book, codes, count)
        return known[key]

    def reference(pictures: Pictures, question: NDArray[np.uint8]) -> NDArray[np.float64]:
        asked = signs(question, asked_words)
        return np.array([_similarity(asked, signs(picture, 1)) for picture in pictures])

    return reference


def _similarity(asked: dict[int, NDArray[np.bool_]], stored: dict[int, NDArray[np.bool_]]) -> float:
    total = 0
    for word in asked.keys() & stored.keys():
        differing = int((asked[word] != stored[word]).sum())
        if differing < 64:
            total += round(65536 * (1 - differing / 64) ** 3)
    return total / (65536 * float(np.sqrt(max(len(asked), 1) * max(len(stored), 1))))


def _signs(book: CodeBook, codes: NDArray[np.uint8], count: int) -> dict[int, NDArray[np.bool_]]:
    """Sign bits of the summed residuals of each word."""
    sums: dict[int, NDArray[np.int64]] = {}
    for code, words in zip(codes.astype(np.int64), _nearest_words(book, codes, count), strict=True):
        for word in words:
            sums[word] = sums.get(word, np.zeros(128, np.int64)) + code - book.words[word]
    return {word: book.rotation.astype(np.int64) @ total > 0 for word, total in sums.items()}


def _nearest_words(book: CodeBook, codes: NDArray[np.uint8], count: int) -> list[list[int]]:
    """The rule of :meth:`CodeBook.nearest`, one feature at a time: the nearest 8 cells, then the nearest of their words."""
    cells, words = book.cells.astype(np.int64), book.words.astype(np.int64)
    found = []
    for code in codes.astype(np.int64):
        to_cells = ((cells - code) ** 2).sum(axis=1)
        probed = np.lexsort((np.arange(len(cells)), to_cells))[:8]
        below = (probed[:, None] * 128 + np.arange(128)).ravel()
        to_words = ((words[below] - code) ** 2).sum(axis=1)
        found.append(below[np.lexsort((below, to_words))][:count].tolist())
    return found


def _codes(rng: np.random.Generator, count: int) -> NDArray[np.uint8]:
    """Codes as RootSIFT has them: about the length 512, many small values."""
    raw = np.sqrt(rng.gamma(0.6, size=(count, 128)))
    codes: NDArray[np.uint8] = np.rint(512 * raw / np.linalg.norm(raw, axis=1, keepdims=True)).clip(0, 255).astype(np.uint8)
    return codes


def _filled(make_index: Callable[[], PictureIndex], ids: NDArray[np.int64], pictures: Pictures) -> PictureIndex:
    index = make_index()
    index.add(ids, pictures)
    return index


def _same(one: Ranked, other: Ranked) -> bool:
    return bool(np.array_equal(one.id, other.id) and np.array_equal(one.score, other.score))


def _check_answers(
    make_index: Callable[[], PictureIndex], ids: NDArray[np.int64], pictures: Pictures, reference: Reference | None
) -> None:
    index = _filled(make_index, ids, pictures)
    assert index.ids().tolist() == sorted(ids.tolist()), "the ids held are not those added"
    for number, picture in enumerate(pictures):
        found = index.search(picture, len(pictures))
        name = f"question {number}"
        assert found.id.dtype == np.int64, f"{name}: ids are no int64"
        assert found.score.dtype == np.float64, f"{name}: scores are no float64"
        ranks = list(zip(-found.score, found.id, strict=True))
        assert ranks == sorted(ranks), f"{name}: the best is not first, or equal scores are not in the order of ids"
        assert (found.score > 0).all(), f"{name}: an answer shares nothing"
        if len(picture) > 10:
            assert pictures[ids.tolist().index(found.id[0])].tobytes() == picture.tobytes(), (
                f"{name} does not find itself first"
            )
        fewer = index.search(picture, 3)
        assert _same(fewer, Ranked(found.id[:3], found.score[:3])), f"{name}: the first three of many are not the first three"
        if reference:
            score = reference(pictures, picture)
            rows = np.lexsort((ids, -score))[: int((score > 0).sum())]
            assert _same(found, Ranked(ids[rows], score[rows])), f"{name} is not answered as the reference does"
    some = np.concatenate([pictures[8][:15], pictures[20][:15]])
    assert {int(ids[8]), int(ids[20])} <= set(index.search(some, 6).id.tolist()), "half of two pictures does not find both"


def _check_order(make_index: Callable[[], PictureIndex], ids: NDArray[np.int64], pictures: Pictures) -> None:
    whole = _filled(make_index, ids, pictures)
    order = np.random.default_rng(9).permutation(len(ids))
    bit_by_bit = make_index()
    for rows in np.array_split(order, 9):
        bit_by_bit.add(ids[rows], [pictures[row] for row in rows])
    for picture in pictures:
        assert _same(whole.search(picture, 9), bit_by_bit.search(picture, 9)), "answers depend on the order of adding"


def _check_removal(make_index: Callable[[], PictureIndex], ids: NDArray[np.int64], pictures: Pictures) -> None:
    index = _filled(make_index, ids, pictures)
    gone = np.append(ids[::3], np.int64(123456))
    index.remove(gone)
    index.remove(gone)
    stay = ~np.isin(ids, gone)
    left = _filled(make_index, ids[stay], [picture for picture, keep in zip(pictures, stay, strict=True) if keep])
    assert len(index) == len(left) == int(stay.sum()), "removing left the wrong number"
    for picture in pictures:
        assert _same(index.search(picture, 9), left.search(picture, 9)), "removing left something behind"
    index.add(ids[~stay], [picture for picture, keep in zip(pictures, stay, strict=True) if not keep])
    whole = _filled(make_index, ids, pictures)
    for picture in pictures:
        assert _same(index.search(picture, 9), whole.search(picture, 9)), "what was removed cannot be added again"


def _check_refusals(make_index: Callable[[], PictureIndex]) -> None:
    index = make_index()
    good = np.zeros((2, 128), np.uint8)
    one, two = np.array([1], np.int64), np.array([2, 3], np.int64)
    index.add(one, [good])
    refused: list[tuple[str, NDArray[Any], list[NDArray[Any]]]] = [
        ("an id that it holds", one, [good]),
        ("an id twice", np.array([4, 4], np.int64), [good, good]),
        ("fewer pictures than ids", two, [good]),
        ("ids of another type", one.astype(np.int32) + 1, [good]),
        ("codes of another width", two, [good, np.zeros((2, 64), np.uint8)]),
        ("codes of another type", two, [good, good.astype(np.float32)]),
    ]
    for words, ids, pictures in refused:
        try:
            index.add(ids, pictures)
        except ValueError:
            pass
        else:
            raise AssertionError(f"the index accepts {words}")
        assert index.ids().tolist() == [1], f"refusing {words} changed the index"
    for words, codes, top in (("codes of another width", good[:, :64], 3), ("no answers", good, 0)):
        try:
            index.search(codes, top)
        except ValueError:
            pass
        else:
            raise AssertionError(f"the index answers a question with {words}")
