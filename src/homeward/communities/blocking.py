"""Which pairs of handles are looked at at all: those that share something rare. A pool of a million has too many others.

Exact identifiers and shared files come first; names by rare sequences of letters; partners of replies. Only in a pool that
is small already does style nominate, as it cannot tell anyone among a million (of true pairs with few posts, half lie beyond
the nearest 2 % by style).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from homeward.communities.pool import Pool
from homeward.communities.records import Handle
from homeward.communities.style import weighted

Matrix = Any  # scipy's sparse arrays come without types
Ids = NDArray[np.int64]
SMALL = 5000
"""Handles up to which style may nominate."""
MOST = 5_000_000
"""Pairs that are compared at most. Of more, each handle keeps the others that share most with it."""
_RARE = 50  # handles that may share an identifier, a file or a partner for it to nominate
_NAMES = 60
_SHARED_LETTERS = 3
_BY_STYLE = 30
_AT_ONCE = 5_000_000  # meetings that are in memory together


class Pairs(NamedTuple):
    """Pairs of handles of different sites, each once: rows of the pool, ``a`` below ``b``; (n,) int64 each."""

    a: Ids
    b: Ids


class _Met(NamedTuple):
    """(n,) each: pairs as one number, and how many others share more with the handle that has this one for a candidate."""

    code: Ids
    rank: Ids


def candidates(pool: Pool) -> Pairs:
    """Pairs of handles of two sites that share something rare, in ascending order."""
    return nominated(pool)[0]


def nominated(pool: Pool) -> tuple[Pairs, bool]:
    """Pairs of handles of two sites that share something rare, in ascending order; whether these are :data:`MOST` of more."""
    kinds = (
        (pool.identifiers, _RARE, 1),
        (pool.files, _RARE, 1),
        (pool.partners, _RARE, 1),
        (pool.names, _NAMES, _SHARED_LETTERS),
    )
    shared = [_sharing(rows, pool.site, most, least) for rows, most, least in kinds]
    more = any(cut for _, cut in shared)
    met = [one for one, _ in shared]
    if len(pool.handles) <= SMALL:
        met.append(_near(pool))
    code, rank = (np.concatenate(column) for column in zip(*met, strict=True))
    order = np.lexsort((rank, code))
    code, rank = code[order], rank[order]
    once = np.diff(code, prepend=-1) > 0
    code, rank = code[once], rank[once]
    if len(code) > MOST:
        more, code = True, np.sort(code[np.argsort(rank, kind="stable")[:MOST]])
    handles = max(len(pool.handles), 1)
    return Pairs(code // handles, code % handles), more


def coded(pool: Pool, wanted: Iterable[tuple[Handle, Handle]]) -> Ids:
    """(n,) pairs of handles of the pool, each as one number: the lower row times the handles, and the other."""
    rows = [sorted(bisect_left(pool.handles, one) for one in pair) for pair in wanted]
    return np.array([low * len(pool.handles) + high for low, high in rows], np.int64)


def including(pairs: Pairs, pool: Pool, wanted: Iterable[tuple[Handle, Handle]]) -> Pairs:
    """The pairs, and those of wanted handles of the pool that are not among them, in ascending order."""
    handles = max(len(pool.handles), 1)
    code = np.union1d(pairs.a * handles + pairs.b, coded(pool, wanted))
    return Pairs(code // handles, code % handles)


def _sharing(rows: Matrix, site: Ids, most: int, least: int) -> tuple[_Met, bool]:
    """Pairs of rows of two sites that share ``least`` columns of those that two to ``most`` rows have; whether there were more.

    Of some rows at a time, as who answers the same few people, and two sites of which one mirrors the other, make many times
    more pairs than are asked for: once they are too many, each row keeps the others that share the most and the rarest with it.
    """
    held, handles = np.bincount(rows.indices, minlength=rows.shape[1]), rows.shape[0]
    rare = (held >= 2) & (held <= most)
    entries = rows.tocoo()
    row, column = entries.row[rare[entries.col]], entries.col[rare[entries.col]]
    weight = np.ones(len(row)) if least > 1 else np.sqrt(1 + np.log(handles / held[column]))
    narrow = sparse.csr_array((weight, (row, column)), shape=rows.shape)
    holders, meetings = narrow.T.tocsr(), np.cumsum(np.bincount(row, weights=held[column], minlength=handles))
    found, cut, kept = [_Met(np.empty(0, np.int64), np.empty(0, np.int64))], False, handles
    ends = np.searchsorted(meetings, np.arange(_AT_ONCE, meetings.max(initial=0), _AT_ONCE))
    for start, end in pairwise(np.unique([0, *ends, handles]).tolist()):
        some = _ranked((narrow[start:end] @ holders).tocoo(), start, site, least)
        found.append(_Met(*(column[some.rank < kept] for column in some)))
        if sum(len(one.code) for one in found) > 2 * MOST:  # each pair may be there twice, once for either handle
            cut, kept = True, max(1, MOST // handles)
            found = [_Met(*(column[one.rank < kept] for column in one)) for one in found]
    code, rank = (np.concatenate(column) for column in zip(*found, strict=True))
    return _Met(code, rank), cut


def _ranked(both: Matrix, start: int, site: Ids, least: int) -> _Met:
    """Of rows from ``start`` on, those of other sites that they share enough with, each row's strongest first."""
    row, column = both.row.astype(np.int64) + start, both.col.astype(np.int64)
    chosen = (both.data >= least) & (site[row] != site[column])
    row, column = row[chosen], column[chosen]
    order = np.lexsort((column, -both.data[chosen], row))
    row, column = row[order], column[order]
    code = np.minimum(row, column) * len(site) + np.maximum(row, column)
    return _Met(code, np.arange(len(row)) - np.searchsorted(row, row))


def _near(pool: Pool) -> _Met:
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
    row, column = np.concatenate(rows), np.concatenate(columns)
    code = np.minimum(row, column) * len(pool.handles) + np.maximum(row, column)
    return _Met(code, np.zeros(len(code), np.int64))
