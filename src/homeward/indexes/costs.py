"""Which engine is quicker, from rates measured on this machine and from how the codes lie in their buckets.

Speed alone depends on this; the hits do not. Rates are measured once a process, in processor time, and only when there is
enough to do for the choice to matter.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import cache, partial
from math import comb

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.indexes.planes import CHUNKS, Planes, chunk_values

_SAMPLE = 1 << 17
"""Codes that are looked at to learn how they lie."""
_FEW, _FEW_FILLED = 4_000_000_000, 200_000_000
"""Pairs below which everything is scanned without weighing: measuring the rates and making buckets, or the rates alone, costs
about as much."""


class Work(msgspec.Struct, frozen=True, eq=False):
    """What is to be done: m queries against n codes, ``later`` for each pair of one set once."""

    queries: int
    codes: int
    radii: NDArray[np.int8]
    spread: NDArray[np.float64]
    """(16,) probability that two of the codes collide in a chunk; queries are taken to lie like the codes."""
    later: bool
    """Half of the pairs only."""
    filled: bool
    """Whether buckets are there already."""


class Rates(msgspec.Struct, frozen=True):
    """Nanoseconds of processor time: a pair scanned, a bucket visited, a code compared in a bucket, a code put into one."""

    scan: float
    visit: float
    candidate: float
    fill: float


def collisions(codes: Planes) -> NDArray[np.float64]:
    """(16,) probability that two different ones of these codes have the same value in a chunk; 1/65536 for random codes."""
    some = codes[:, :: codes.shape[1] // _SAMPLE + 1]
    size = some.shape[1]
    counts = (np.bincount(chunk_values(some, chunk)) for chunk in range(CHUNKS))
    same = np.array([float((count.astype(np.float64) ** 2).sum()) for count in counts]) - size
    found: NDArray[np.float64] = np.maximum(same / max(1, size * (size - 1)), 2.0**-16)
    return found


def cheaper_in_buckets(work: Work, rates: Rates | None = None) -> bool:
    """Whether multi-index hashing is expected to beat comparing everything."""
    pairs = work.queries * work.codes / (2 if work.later else 1)
    if pairs < (_FEW_FILLED if work.filled else _FEW):
        return False
    known = rates or measured()
    return in_buckets(work, known) < pairs * known.scan


def in_buckets(work: Work, rates: Rates) -> float:
    """Expected nanoseconds of multi-index hashing."""
    total = 0.0
    for radius, collision in zip(work.radii.tolist(), work.spread.tolist(), strict=True):
        visits = work.queries * sum(comb(16, bits) for bits in range(radius + 1)) / (2 if work.later else 1)
        total += visits * (rates.visit + work.codes * collision * rates.candidate)
        total += (work.queries + (0 if work.filled or work.later else work.codes)) * rates.fill * (radius >= 0)
    return total


@cache
def measured() -> Rates:
    """Rates of the machine that this runs on: about a tenth of a second."""
    from homeward.indexes import engines

    size = 1 << 18
    word = np.random.default_rng(0).integers(0, 1 << 32, size, dtype=np.uint32)
    codes = np.stack([np.roll(word, 7 * plane) for plane in range(CHUNKS // 2)])
    crowded = codes.copy()
    crowded[0] &= 15  # chunk 0 is 0..15: of 17 buckets that a query visits, 5 hold a sixteenth of the codes each
    radii = np.full(CHUNKS, -1, np.int8)
    radii[0] = 1

    def visits(among: Planes, count: int) -> float:
        some, held = np.ascontiguousarray(among[:, :count]), [engines.fill(among, 0)]
        look = partial(engines.in_buckets, some, among, 31, radii, later=False, buckets=held, threads=1)
        return _quickest(look) / (17 * count)

    few = np.ascontiguousarray(codes[:, :128])
    scan = _quickest(partial(engines.scanned, few, codes, 31, later=False, threads=1)) / (128 * size)
    visit, crowd = visits(codes, 8192), visits(crowded, 64)
    fill = _quickest(lambda: [engines.fill(codes, 0)]) / size
    return Rates(scan, visit, max(0.0, crowd - visit) * 17 / (5 * size / 16), fill)


def _quickest(act: Callable[[], Iterable[object]]) -> float:
    """Nanoseconds of processor time of the quickest of three runs."""
    times = []
    for _ in range(3):
        before = time.thread_time_ns()
        for _ in act():
            pass
        times.append(time.thread_time_ns() - before)
    return float(min(times))
