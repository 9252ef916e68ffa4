"""What an index offers: one of bit strings, all of whose engines answer alike, and one of pictures by their features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.core.errors import HomewardError

CODE_BYTES = 32
"""Every code is 256 bits."""


class Neighbours(msgspec.Struct, frozen=True):
    """Answers to a batch of queries, ordered by query, then distance, then id; three (k,) int64 arrays."""

    query: NDArray[np.int64]
    """Row of the query."""
    id: NDArray[np.int64]
    distance: NDArray[np.int64]
    """Bits, 0..256."""


class Pairs(msgspec.Struct, frozen=True):
    """Pairs within a radius, each once with ``a < b``, ordered by a, then b; three (k,) int64 arrays."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    distance: NDArray[np.int64]
    """Bits, 0..256."""


class TooManyPairs(HomewardError, ValueError):
    """More pairs lie within the radius than the caller wants to hold."""


class IndexDamaged(HomewardError, RuntimeError):
    """A stored index contradicts itself; it can be made again from what was put into it."""


class HammingIndex(Protocol):
    """Codes by id, asked for everything within a number of differing bits. Answers never depend on the order of adding."""

    def __len__(self) -> int:
        """Codes held."""
        ...

    def add(self, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> None:
        """Take in codes.

        Args:
            ids: (n,) int64, none of them held yet.
            codes: (n, 32) uint8.

        Raises:
            ValueError: wrong shapes or types, or an id twice; then nothing was added.
        """
        ...

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Forget codes; an id that is not held is no error, so that a removal can be repeated."""
        ...

    def within(self, codes: NDArray[np.uint8], radius: int) -> Neighbours:
        """Everything at most ``radius`` bits from each of the (m, 32) uint8 query codes.

        Raises:
            ValueError: wrong shape or type, or a radius outside 0..256.
        """
        ...

    def pairs(self, radius: int, most: int | None = None) -> Pairs:
        """All pairs of held codes at most ``radius`` bits apart. Memory follows the number of pairs found.

        Raises:
            TooManyPairs: there are more than ``most``; found out without holding many more than that.
            ValueError: a radius outside 0..256.
        """
        ...


class Ranked(msgspec.Struct, frozen=True):
    """Answers to one question, best first, of equal ones the smaller id first; two (k,) arrays."""

    id: NDArray[np.int64]
    score: NDArray[np.float64]
    """Larger is more alike, above 0; comparable only between answers of one index to one question."""


class PictureIndex(Protocol):
    """Pictures by id, asked with local features. Answers depend on what is held, never on the order of adding."""

    def __len__(self) -> int:
        """Pictures held."""
        ...

    def ids(self) -> NDArray[np.int64]:
        """(n,) int64 ids held, ascending."""
        ...

    def add(self, ids: NDArray[np.int64], pictures: Sequence[NDArray[np.uint8]]) -> None:
        """Take in pictures.

        Args:
            ids: (n,) int64, none of them held yet.
            pictures: for each the (k, 128) uint8 codes of its features, k >= 0, the strongest first: an index may keep
                the first ones only.

        Raises:
            ValueError: wrong shapes or types, or an id twice; then nothing was added.
        """
        ...

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Forget pictures; an id that is not held is no error, so that a removal can be repeated."""
        ...

    def search(self, codes: NDArray[np.uint8], top: int) -> Ranked:
        """The ``top`` pictures most alike to (k, 128) uint8 codes; fewer where fewer are alike at all.

        Raises:
            ValueError: wrong shape or type, or ``top`` below 1.
        """
        ...


def inside(places: NDArray[np.float32], box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """Which features a region question is asked with: those whose middle lies in the box.

    Args:
        places: (n, 4) float32: x, y, scale, angle of each feature.
        box: x, y, width, height in the same pixels; left and upper border belong to it.
    """
    x, y, width, height = box
    across, down = places[:, 0], places[:, 1]
    chosen: NDArray[np.bool_] = (across >= x) & (across < x + width) & (down >= y) & (down < y + height)
    return chosen
