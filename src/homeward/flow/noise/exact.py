"""Residuals in full of the pictures whose digests agree at all, kept so that each is measured once.

A digest loses a fifth of the agreement, and half where it adds up 2 x 2 samples of a picture of more than a megapixel. How many
residuals are kept is bounded: they take half a byte a pixel.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.camera import middle, unpacked
from homeward.flow.noise.digests import buckets, by_item
from homeward.flow.steps import RESIDUALS
from homeward.flow.units import RESIDUAL
from homeward.indexes import fingerprint, marks
from homeward.links.devices import copies_from

if TYPE_CHECKING:
    from homeward.store import Case
    from homeward.store.noise import Shot

MOST_OF_A_SIZE, MOST = 256, 2048
"""Pictures of one size and of a case whose residuals are kept: at most 2 MiB each."""
WORTH = 1.5
"""Deviations of strangers by which a picture must agree with some other one."""
SEVERAL = 3
"""Pictures of one size from which residuals are worth their while: of two, a person sees as much."""
_AT_ONCE = 8  # planes multiplied with as many: two times 128 MiB at most
_ROWS = 64  # pictures whose parts are looked at together


def survivors(case: Case) -> list[int]:
    """Items worth a residual: of each native size those that agree best with some other picture."""
    chosen: list[int] = []
    for shots, digests in buckets(case):
        held, matrix = marks.compare(fingerprint.prints(digests))
        rows = worth(matrix, fingerprint.floor(matrix, 64 * held.sure.shape[1]), MOST - len(chosen))
        chosen += [shots[at].item for at in rows]
    return chosen


def worth(matrix: NDArray[np.float32], strangers: float, left: int) -> list[int]:
    """Pictures of one size that are worth a residual, the best first.

    It depends on what the digests say and on nothing that was kept before: however deliveries came, the same are chosen. That
    copies of one picture agree says nothing: a picture is worth what it shares with others.

    Args:
        matrix: (n, n) correlations of digests.
        strangers: their measured standard deviation where two devices meet.
        left: how many more residuals the case may have.
    """
    if len(matrix) < SEVERAL:
        return []
    copies, best = copies_from(strangers), np.empty(len(matrix))
    for at, row in enumerate(matrix):  # row by row: a second matrix would not fit
        others = np.where(row < copies, row, -1)
        others[at] = -1
        best[at] = others.max() / strangers
    order = np.argsort(-best, kind="stable")[: min(MOST_OF_A_SIZE, left)]
    rows = [int(at) for at in order if best[at] >= WORTH]
    return rows if len(rows) >= SEVERAL else []


def sharpen(case: Case, shots: list[Shot], matrix: NDArray[np.float32], strangers: float, left: int) -> int:
    """Put exact correlations into ``matrix`` (n, n) for those that :func:`worth` chooses, on the scale of its own strangers.

    Returns:
        How many of the ``left`` residuals of the case were used.
    """
    chosen = worth(matrix, strangers, left)
    _, _, wide, high = middle(shots[0].width, shots[0].height)
    values = by_item(case, RESIDUAL, wide * high // 2, RESIDUALS) if chosen else {}
    rows = np.array([at for at in sorted(chosen) if shots[at].item in values], np.int64)
    if len(rows) > 1:
        exact = correlations([values[shots[at].item] for at in rows], (high, wide))
        floor = fingerprint.floor(exact, wide * high)
        matrix[np.ix_(rows, rows)] = exact * np.float32(strangers / floor)
    return len(chosen)


def there(case: Case, shots: list[Shot]) -> set[int]:
    """Which of some pictures of one size have a residual that is kept."""
    _, _, wide, high = middle(shots[0].width, shots[0].height)
    return {shot.item for shot in shots}.intersection(by_item(case, RESIDUAL, wide * high // 2, RESIDUALS))


def correlations(packed: list[NDArray[np.uint8]], shape: tuple[int, int]) -> NDArray[np.float32]:
    """(n, n) float32 correlations of packed residuals of one size, without marks, see :mod:`homeward.indexes.marks`."""
    parts = by_tile(packed, shape)
    size, samples = len(packed), marks.tile_samples(shape)
    squares = np.einsum("kii->ki", parts).astype(np.float64)
    found = np.zeros((size, len(parts)), bool)
    for top in range(0, size, _ROWS):
        rows = slice(top, top + _ROWS)
        ones, others = marks.outstanding(parts[:, rows], squares[:, rows], squares, samples)
        found[rows] |= ones
        found |= others
    found = marks.beside(found)
    left = (~found).T.astype(np.float32)
    parts *= left[:, :, None]
    parts *= left[:, None]
    energy = (squares * left).T.astype(np.float32) @ left
    exact: NDArray[np.float32] = (
        parts.sum(axis=0) / np.sqrt(np.maximum(energy * energy.T, np.float32(1e-12))) * marks.kept(found, found)
    )
    np.fill_diagonal(exact, 1)
    return exact


def by_tile(packed: list[NDArray[np.uint8]], shape: tuple[int, int]) -> NDArray[np.float32]:
    """(k, n, n) float32 sums of products in each tile, row by row, of residuals of norm 1."""
    parts = np.empty((marks.TILES**2, len(packed), len(packed)), np.float32)
    for start in range(0, len(packed), _AT_ONCE):
        some = _tiles(packed[start : start + _AT_ONCE], shape)
        for other in range(0, start + 1, _AT_ONCE):
            against = some if other == start else _tiles(packed[other : other + _AT_ONCE], shape)
            for at, (ones, others) in enumerate(zip(some, against, strict=True)):
                block = ones @ others.T
                parts[at, start : start + len(ones), other : other + len(others)] = block
                parts[at, other : other + len(others), start : start + len(ones)] = block.T
    return parts


def _tiles(packed: list[NDArray[np.uint8]], shape: tuple[int, int]) -> list[NDArray[np.float32]]:
    """(n, samples) of each tile."""
    planes = np.stack([unpacked(values, shape) for values in packed])
    planes /= np.maximum(np.linalg.norm(planes, axis=(1, 2), keepdims=True), np.float32(1e-6))
    down, across = marks.tile_edges(shape)
    return [
        planes[:, top:bottom, left:right].reshape(len(planes), -1)
        for top, bottom in pairwise(down)
        for left, right in pairwise(across)
    ]
