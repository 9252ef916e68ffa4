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
from homeward.flow.noise_digests import buckets
from homeward.flow.process import segment_folder
from homeward.flow.steps import RESIDUALS
from homeward.flow.units import RESIDUAL
from homeward.indexes import fingerprint

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


def survivors(case: Case) -> list[int]:
    """Items worth a residual: of each native size those that agree best with some other picture."""
    chosen: list[int] = []
    for shots, digests in buckets(case):
        if len(shots) < 2:
            continue
        held = fingerprint.prints(digests)
        matrix = fingerprint.gram(held)
        strangers = fingerprint.floor(matrix, 64 * held.sure.shape[1])
        np.fill_diagonal(matrix, -1)
        best = matrix.max(axis=1) / strangers
        order = np.argsort(-best, kind="stable")[:MOST_OF_A_SIZE]
        worth = [shots[at].item for at in order if best[at] >= WORTH]
        chosen += worth if len(worth) >= SEVERAL else []
    return chosen[:MOST]


def sharpen(case: Case, shots: list[Shot], matrix: NDArray[np.float32], strangers: float) -> None:
    """Put exact correlations into ``matrix`` (n, n) where both residuals are there, on the scale of its own strangers."""
    _, _, wide, high = middle(shots[0].width, shots[0].height)
    values = _kept(case, wide * high // 2)
    rows = np.array([at for at, shot in enumerate(shots) if shot.item in values], np.int64)
    if len(rows) < 2:
        return
    exact = correlations([values[shots[at].item] for at in rows], (high, wide))
    floor = fingerprint.floor(exact, wide * high)
    matrix[np.ix_(rows, rows)] = exact * np.float32(strangers / floor)


def correlations(packed: list[NDArray[np.uint8]], shape: tuple[int, int]) -> NDArray[np.float32]:
    """(n, n) float32 correlations of packed residuals of one size, taken as those of digests are; the diagonal is 1."""
    found = np.eye(len(packed), dtype=np.float32)
    for start in range(0, len(packed), _AT_ONCE):
        some = _unit(packed[start : start + _AT_ONCE], shape)
        for other in range(0, start + 1, _AT_ONCE):
            block = _product(some, some if other == start else _unit(packed[other : other + _AT_ONCE], shape))
            found[start : start + len(some), other : other + block.shape[1]] = block
            found[other : other + block.shape[1], start : start + len(some)] = block.T
    np.fill_diagonal(found, 1)
    return found


def _product(some: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    edges = np.linspace(0, some.shape[1], fingerprint.STRIPS + 1).astype(int)
    return fingerprint.even(np.stack([some[:, first:last] @ others[:, first:last].T for first, last in pairwise(edges)]))


def _unit(packed: list[NDArray[np.uint8]], shape: tuple[int, int]) -> NDArray[np.float32]:
    planes = np.stack([unpacked(values, shape).ravel() for values in packed])
    planes /= np.maximum(np.linalg.norm(planes, axis=1, keepdims=True), np.float32(1e-6))
    return planes


def _kept(case: Case, width: int) -> dict[int, NDArray[np.uint8]]:
    runs = case.segments.read(segment_folder(RESIDUAL, width, RESIDUALS))
    return {int(record["item"]): record["value"] for run in runs for record in run}
