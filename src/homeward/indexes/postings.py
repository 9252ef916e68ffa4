"""Inverted lists of one segment: for every word, which pictures hold it and with which 128 bits. Built, merged, searched.

Scores are whole numbers, added up word by word, so that a picture's score is the same in every segment and order.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.indexes import local_kernels as kernels
from homeward.indexes.codebook import CODE_WIDTH, SIGNATURE_WORDS, SignedWords

MOST_PICTURES = 1 << 16
"""Pictures of a segment: a row fits 16 bits, and no row read from a file can lie outside the scores."""
UNIT = 1 << 16
"""Score of one word with equal signatures."""
ALPHA = 3


class Postings(msgspec.Struct, frozen=True):
    """One segment of n pictures with w different words and p postings; arrays may be mapped from a file."""

    ids: NDArray[np.int64]
    """(n,) the caller's names of the rows."""
    lengths: NDArray[np.int32]
    """(n,) different words of each picture."""
    words: NDArray[np.uint16]
    """(w,) ascending."""
    starts: NDArray[np.int64]
    """(w + 1,) where each word's postings begin."""
    signs: NDArray[np.uint64]
    """(p, 2)."""
    rows: NDArray[np.uint16]
    """(p,) ascending within a word."""


class Shape(msgspec.Struct, frozen=True):
    """Numbers of pictures, different words and postings."""

    pictures: int
    words: int
    postings: int


def room(shape: Shape) -> Postings:
    """An unfilled segment in memory."""
    return Postings(
        np.empty(shape.pictures, np.int64),
        np.empty(shape.pictures, np.int32),
        np.empty(shape.words, np.uint16),
        np.empty(shape.words + 1, np.int64),
        np.empty((shape.postings, SIGNATURE_WORDS), np.uint64),
        np.empty(shape.postings, np.uint16),
    )


def build(ids: NDArray[np.int64], pictures: Sequence[SignedWords]) -> Postings:
    """Postings of at most 65,536 pictures.

    Args:
        ids: (n,) int64.
        pictures: n descriptions by one book.
    """
    lengths = np.array([len(picture.word) for picture in pictures], np.int32)
    word = np.concatenate([np.empty(0, np.uint16), *(picture.word for picture in pictures)])
    sign = np.concatenate([np.empty((0, SIGNATURE_WORDS), np.uint64), *(picture.sign for picture in pictures)])
    rows = np.repeat(np.arange(len(ids), dtype=np.uint16), lengths)
    order = np.argsort(word, kind="stable")
    words, first = np.unique(word[order], return_index=True)
    return Postings(ids, lengths, words, np.append(first, len(word)).astype(np.int64), sign[order], rows[order])


def merged_shape(parts: Sequence[Postings], kept: Sequence[NDArray[np.bool_]]) -> Shape:
    """What :func:`merge` needs room for."""
    pairs = list(zip(parts, kept, strict=True))
    postings = sum(int(part.lengths[keep].sum(dtype=np.int64)) for part, keep in pairs)
    return Shape(sum(int(keep.sum()) for keep in kept), len(_all_words(parts)), postings)


def merge(parts: Sequence[Postings], kept: Sequence[NDArray[np.bool_]], out: Postings) -> None:
    """Write the pictures of ``parts`` that are kept, one part after the other, into ``out``.

    Args:
        parts: segments of at most 65,536 kept pictures together.
        kept: for each part (n,) which of its rows live on.
        out: arrays of :func:`merged_shape`. A word that no kept picture holds has an empty list.
    """
    out.words[:] = _all_words(parts)
    moved = []
    done = 0
    for part, keep in zip(parts, kept, strict=True):
        row = np.where(keep, done + np.cumsum(keep) - 1, -1).astype(np.int32)
        count = int(keep.sum())
        out.ids[done : done + count] = part.ids[keep]
        out.lengths[done : done + count] = part.lengths[keep]
        moved.append(row)
        done += count
    sizes = np.zeros(len(out.words), np.int64)
    places = [np.searchsorted(out.words, part.words) for part in parts]
    for part, row, place in zip(parts, moved, places, strict=True):
        kernels.count(part.starts, part.rows, row, place, sizes)
    out.starts[0] = 0
    np.cumsum(sizes, out=out.starts[1:])
    ends = out.starts[:-1].copy()
    for part, row, place in zip(parts, moved, places, strict=True):
        kernels.copy(part.starts, part.signs, part.rows, row, place, ends, out.signs, out.rows)


def scores(query: SignedWords, postings: Postings) -> NDArray[np.int32]:
    """(n,) for each picture, the sum over the words it has in common with the query of ``round(65536 * u**3)``.

    u is 1 - 2 * (differing bits) / 128; words with u <= 0 count nothing.
    """
    found = np.zeros(MOST_PICTURES, np.int32)
    _, ours, theirs = np.intersect1d(query.word, postings.words, assume_unique=True, return_indices=True)
    first, last = postings.starts[theirs], postings.starts[theirs + 1]
    kernels.scan(query.sign[ours], first, last, postings.signs, postings.rows, CLOSENESS, found)
    return found[: len(postings.ids)]


def _all_words(parts: Sequence[Postings]) -> NDArray[np.uint16]:
    return np.unique(np.concatenate([part.words for part in parts]))


def _closeness() -> NDArray[np.int32]:
    u = np.maximum(0, 1 - 2 * np.arange(CODE_WIDTH + 1) / CODE_WIDTH)
    closeness: NDArray[np.int32] = np.rint(UNIT * u**ALPHA).astype(np.int32)
    return closeness


CLOSENESS = _closeness()
"""(129,) int32: what a word counts by the number of differing bits."""
