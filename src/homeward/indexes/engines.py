"""Every hit between two sets of codes by the engine that is quickest for them; all engines give the same hits.

Three are to choose from: numpy blocks, which need no compiler; the compiled scan; and multi-index hashing (Norouzi, Punjani
and Fleet, arXiv 1307.2982), which puts codes into buckets by 16 bits and looks only into those that can hold a neighbour.
A code is 16 chunks. When a radius R is shared out so that the chunks' radii r satisfy sum(r + 1) = R + 1, two codes within
R bits differ by at most r bits in at least one chunk, or else they would differ by more than R in all: so nothing is missed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import combinations, pairwise
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.indexes.costs import Work, cheaper_in_buckets, collisions
from homeward.indexes.exact import compare_all
from homeward.indexes.planes import CHUNKS, Hits, Planes, chunk_values

_BUFFER = 1 << 18
"""Hits that a kernel returns at a time."""
_WORTH_COMPILING = 100_000_000
"""Pairs worth loading the compiler and its kernels for, 0.4 s of processor time; once loaded, a hundredth is worth it."""


SIGNATURE = 3
"""Planes that are kept beside a code in its bucket."""


class Buckets(msgspec.Struct, frozen=True, eq=False):
    """All codes of a set in the buckets of one chunk, see :func:`homeward.indexes.compiled.fill_buckets`."""

    starts: NDArray[np.uint32]
    rows: NDArray[np.uint32]
    signatures: NDArray[np.uint32]


class Space(NamedTuple):
    """Memory that buckets are filled in one chunk after the other: fresh pages cost as much as the filling."""

    filled: Buckets
    by_upper: NDArray[np.uint32]


def hits(
    queries: Planes,
    codes: Planes,
    radius: int,
    *,
    later: bool = False,
    buckets: Sequence[Buckets] | None = None,
    spread: NDArray[np.float64] | None = None,
    threads: int = 1,
) -> Iterator[Hits]:
    """All pairs of a query and a code at most ``radius`` bits apart, in runs of bounded size.

    Args:
        queries: (8, m) planes.
        codes: (8, n) planes.
        radius: bits, 0..256.
        later: queries and codes are the same; each pair of different columns once, either of them as the query.
        buckets: of every chunk of ``codes``, where they are kept; made and dropped chunk by chunk otherwise.
        spread: how the codes collide, see :func:`homeward.indexes.costs.collisions`, where it is known.
        threads: how many to share the work among; more of them hold more hits at a time.
    """
    pairs = queries.shape[1] * codes.shape[1]
    if pairs < _WORTH_COMPILING // (100 if "homeward.indexes.compiled" in sys.modules else 1):
        return compare_all(queries, codes, radius, later=later)
    spread = collisions(codes) if spread is None else spread
    work = Work(queries.shape[1], codes.shape[1], chunk_radii(radius, spread), spread, later, buckets is not None)
    if cheaper_in_buckets(work):
        return in_buckets(queries, codes, radius, work.radii, later=later, buckets=buckets, threads=threads)
    return scanned(queries, codes, radius, later=later, threads=threads)


def chunk_radii(radius: int, spread: NDArray[np.float64]) -> NDArray[np.int8]:
    """(16,) bits that each chunk is searched with, -1 for not at all: the wider ones where codes collide least."""
    least, wider = divmod(radius + 1, CHUNKS)
    radii = np.full(CHUNKS, least - 1, np.int8)
    radii[np.argsort(spread, kind="stable")[:wider]] += 1
    return radii


def scanned(queries: Planes, codes: Planes, radius: int, *, later: bool, threads: int) -> Iterator[Hits]:
    """By comparing everything."""
    from homeward.indexes.compiled import TILE, scan

    def part(first: int, last: int) -> Iterator[Hits]:
        return _resumed(
            partial(scan, queries, codes, first, last, radius, later), [first // TILE * TILE if later else 0, first]
        )

    edges = np.linspace(0, queries.shape[1], (1 if threads == 1 else 4 * threads) + 1).astype(np.int64).tolist()
    return _shared_out([partial(part, *edge) for edge in pairwise(edges)], threads)


def in_buckets(
    queries: Planes,
    codes: Planes,
    radius: int,
    radii: NDArray[np.int8],
    *,
    later: bool,
    buckets: Sequence[Buckets] | None,
    threads: int,
) -> Iterator[Hits]:
    """By multi-index hashing."""
    space = make_space(codes) if threads == 1 and not buckets else None

    def part(chunk: int) -> Iterator[Hits]:
        from homeward.indexes.compiled import look_up

        held = buckets[chunk] if buckets else fill(codes, chunk, space)
        order, marks = (held.rows, held.signatures) if later else _visiting(queries, chunk)
        kernel = partial(look_up, queries, order, marks, codes, held.starts, held.rows, held.signatures)
        return _resumed(partial(kernel, masks(int(radii[chunk])), chunk, radii, radius, later), [0, 0, 0, 0])

    return _shared_out([partial(part, chunk) for chunk in range(CHUNKS) if radii[chunk] >= 0], threads)


def fill(codes: Planes, chunk: int, space: Space | None = None) -> Buckets:
    """Put a set of codes into the buckets of a chunk; those in ``space`` before are overwritten."""
    from homeward.indexes.compiled import fill_buckets

    filled, by_upper = space or make_space(codes)
    fill_buckets(codes, chunk, filled.starts, filled.rows, filled.signatures, by_upper)
    return filled


def make_space(codes: Planes) -> Space:
    """Room for the buckets of one chunk."""
    from homeward.indexes.compiled import PADDING, VALUES

    size = codes.shape[1]
    signatures = np.zeros((SIGNATURE, size + PADDING), np.uint32)
    filled = Buckets(np.empty(VALUES + 1, np.uint32), np.empty(size, np.uint32), signatures)
    return Space(filled, np.empty((size, 5), np.uint32))


@cache
def masks(radius: int) -> NDArray[np.uint16]:
    """All values of a chunk with at most ``radius`` bits set, fewest first."""
    sets = (bits for size in range(radius + 1) for bits in combinations(range(16), size))
    return np.array([sum(1 << bit for bit in bits) for bits in sets], np.uint16)


def _visiting(queries: Planes, chunk: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Columns of the queries in the order of a chunk's value, and their signatures in that order, padded."""
    from homeward.indexes.compiled import PADDING

    order = np.argsort(chunk_values(queries, chunk), kind="stable").astype(np.uint32)
    marks = np.zeros((SIGNATURE, len(order) + PADDING), np.uint32)
    for at, step in enumerate((2, 4, 6)):
        marks[at, : len(order)] = queries[((chunk >> 1) + step) & 7, order]
    return order, marks


def _resumed(kernel: Callable[..., int], begin: list[int]) -> Iterator[Hits]:
    """Run a kernel to its end."""
    state = np.array(begin, np.int64)
    row, column, distance = np.empty(_BUFFER, np.uint32), np.empty(_BUFFER, np.uint32), np.empty(_BUFFER, np.int16)
    while state[0] >= 0:
        count = kernel(state, row, column, distance)
        yield row[:count].astype(np.int64), column[:count].astype(np.int64), distance[:count].astype(np.int64)


def _shared_out(parts: Sequence[Callable[[], Iterator[Hits]]], threads: int) -> Iterator[Hits]:
    if threads == 1:
        for part in parts:
            yield from part()
        return
    with ThreadPoolExecutor(threads) as pool:
        for found in pool.map(lambda part: list(part()), parts):
            yield from found
