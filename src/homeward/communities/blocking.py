"""Which pairs of handles are looked at at all: those that share something rare. A pool of a million has too many others.

Exact identifiers and shared files come first; names by rare sequences of letters; partners of replies. Only in a pool that
is small already do hours, weeks and style nominate, as they cannot tell anyone among a million (of true pairs with few
posts, half lie beyond the nearest 2 % by style).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from homeward.communities.pool import Pool
from homeward.communities.style import weighted

Matrix = Any  # scipy's sparse arrays come without types
Ids = NDArray[np.int64]
SMALL = 5000
"""Handles up to which style may nominate."""
_RARE = 50  # handles that may share an identifier, a file or a partner for it to nominate
_NAMES = 60
_SHARED_LETTERS = 3
_BY_STYLE = 30
_AT_ONCE = 10_000  # rows whose pairs are in memory together


class Pairs(NamedTuple):
    """Pairs of handles of different sites, each once: rows of the pool, ``a`` below ``b``; (n,) int64 each."""

    a: Ids
    b: Ids


def candidates(pool: Pool) -> Pairs:
    """Every pair of handles of two sites that shares something rare, in ascending order."""
    shared = [
        _sharing(pool.identifiers, pool.site, _RARE),
        _sharing(pool.files, pool.site, _RARE),
        _sharing(pool.partners, pool.site, _RARE),
        _sharing(pool.names, pool.site, _NAMES, _SHARED_LETTERS),
    ]
    if len(pool.handles) <= SMALL:
        shared.append(_near(pool))
    a = np.concatenate([pair[0] for pair in shared])
    b = np.concatenate([pair[1] for pair in shared])
    low, high = np.minimum(a, b), np.maximum(a, b)
    kept = pool.site[low] != pool.site[high]
    code = np.unique(low[kept] * len(pool.handles) + high[kept])
    return Pairs(code // max(len(pool.handles), 1), code % max(len(pool.handles), 1))


def _sharing(rows: Matrix, site: Ids, most: int, least: int = 1) -> tuple[Ids, Ids]:
    """Pairs of rows of two sites that share ``least`` columns of those that two to ``most`` rows have.

    Of some rows at a time, as within one site who answers the same few people makes many times more pairs than are asked for.
    """
    held = np.bincount(rows.indices, minlength=rows.shape[1])
    rare = (held >= 2) & (held <= most)
    entries = rows.tocoo()
    kept = rare[entries.col]
    ones = np.ones(int(kept.sum()), np.int32)
    narrow = sparse.csr_array((ones, (entries.row[kept], entries.col[kept])), shape=rows.shape)
    holders = narrow.T.tocsr()
    found = [(np.empty(0, np.int64), np.empty(0, np.int64))]
    for start in range(0, rows.shape[0], _AT_ONCE):
        both = (narrow[start : start + _AT_ONCE] @ holders).tocoo()
        row, column = both.row.astype(np.int64) + start, both.col.astype(np.int64)
        chosen = (row < column) & (both.data >= least) & (site[row] != site[column])
        found.append((row[chosen], column[chosen]))
    a, b = (np.concatenate(side) for side in zip(*found, strict=True))
    return a, b


def _near(pool: Pool) -> tuple[Ids, Ids]:
    """The nearest by style, on other sites, of every handle that has any text."""
    style = weighted(pool.grams)
    spoken = np.flatnonzero(np.diff(style.indptr))
    rows, columns = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for start in range(0, len(spoken), 200):
        part = spoken[start : start + 200]
        like = (style[part] @ style.T).toarray()
        like[pool.site[part][:, None] == pool.site[None, :]] = -1
        count = min(_BY_STYLE, like.shape[1])
        nearest = np.argpartition(-like, count - 1, axis=1)[:, :count]
        good = np.take_along_axis(like, nearest, axis=1) > 0
        rows.append(np.repeat(part, count)[good.ravel()])
        columns.append(nearest.ravel()[good.ravel()])
    return np.concatenate(rows), np.concatenate(columns)
