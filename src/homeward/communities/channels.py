"""What two handles have in common, one number for each independent kind of observation.

A number says nothing by itself: ``linking`` turns it into a likelihood ratio. Not-a-number means that one of the two shows
nothing of the kind, which is no evidence either way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from homeward.communities.blocking import Pairs
from homeward.communities.pool import Pool
from homeward.communities.row_dots import row_dots
from homeward.communities.style import weighted

CHANNELS = ("identifier", "name", "files", "camera", "partners", "style", "hours", "weeks", "moments", "offset")
Matrix = Any  # scipy's sparse arrays come without types
Values = NDArray[np.float64]
_LEAST_POSTS = 5  # for habits of time to mean anything
_LEAST_WEEKS = 4  # in which anybody wrote, while both were there


class Comparer:
    """The tables of a pool made ready once, for any number of comparisons."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._tables = [
            _by_rarity(pool.identifiers, len(pool.handles)),
            weighted(pool.names),
            _by_rarity(pool.files, len(pool.handles)),
            _unit(pool.cameras),
            weighted(pool.partners),
            weighted(pool.grams),
            _unit(_root(_smooth(pool.hours))),
            _unit(_root(pool.weeks)),
            pool.moments,
            _unit(_root(pool.offsets)),
        ]

    def scores(self, pairs: Pairs) -> Values:
        """Compare pairs of handles.

        Returns:
            (n, 10) float64 for n pairs, in the order of ``CHANNELS``: greater is more alike. Shared identifiers and files as
            the sum of ln(handles / handles that have it); names, partners, style and weeks as cosines in 0..1, the first three
            weighted by rarity; cameras as the cosine of files each; hours and offsets as Bhattacharyya's coefficient, 0..1;
            moments as minus the minutes in which both posted for each minute expected of a stranger.
        """
        found = np.full((len(pairs.a), len(CHANNELS)), np.nan)
        for column, rows in enumerate(self._tables):
            present = np.diff(rows.indptr) > 0
            if CHANNELS[column] in {"hours", "weeks", "moments"}:
                present = present & (self.pool.posts >= _LEAST_POSTS)
            both = present[pairs.a] & present[pairs.b]
            if CHANNELS[column] in {"weeks", "moments"}:
                both = both & _together(self.pool.weeks, pairs)
            told = np.flatnonzero(both)
            found[told, column] = _dots(rows, pairs.a[told], pairs.b[told])
        moments = CHANNELS.index("moments")
        found[:, moments] = -found[:, moments] / _by_chance(self.pool, pairs)
        return found


def _dots(rows: Matrix, a: NDArray[np.int64], b: NDArray[np.int64]) -> Values:
    ends, columns = rows.indptr.astype(np.int64), rows.indices.astype(np.int64)
    return np.asarray(row_dots(ends, columns, rows.data.astype(np.float64), a, b), np.float64)


def _by_rarity(rows: Matrix, handles: int) -> Matrix:
    """Ones to square roots of ln(handles / holders), so that the product of two rows adds up what they share."""
    holders = np.bincount(rows.indices, minlength=rows.shape[1])
    rarity = np.sqrt(np.log(np.maximum(handles, 2) / np.maximum(holders, 1)))
    return sparse.csr_array((rarity[rows.indices], rows.indices, rows.indptr), shape=rows.shape)


def _unit(rows: Matrix) -> Matrix:
    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    scaled = rows.data / np.repeat(np.maximum(length, 1e-9), np.diff(rows.indptr))
    return sparse.csr_array((scaled, rows.indices, rows.indptr), shape=rows.shape)


def _root(rows: Matrix) -> Matrix:
    return sparse.csr_array((np.sqrt(rows.data), rows.indices, rows.indptr), shape=rows.shape)


def _smooth(hours: Matrix) -> Matrix:
    """Each hour shared with its two neighbours: a clock that is an hour off still fits."""
    turn = sparse.csr_array(
        0.5 * np.eye(24, dtype=np.float32) + 0.25 * (np.eye(24, k=1) + np.eye(24, k=-1) + np.eye(24, k=23) + np.eye(24, k=-23))
    )
    smooth = sparse.csr_array(hours @ turn)
    smooth.sort_indices()
    return smooth


def _together(weeks: Matrix, pairs: Pairs) -> NDArray[np.bool_]:
    """Whether the times of two handles overlap: one that ends where the other begins has moved, which is no contradiction."""
    rows = np.flatnonzero(np.diff(weeks.indptr))
    first, last = np.full(weeks.shape[0], np.iinfo(np.int64).max), np.full(weeks.shape[0], -1)
    first[rows], last[rows] = weeks.indices[weeks.indptr[rows]], weeks.indices[weeks.indptr[rows + 1] - 1]
    shared = np.minimum(last[pairs.a], last[pairs.b]) - np.maximum(first[pairs.a], first[pairs.b])
    return np.asarray(shared >= _LEAST_WEEKS, np.bool_)


def _by_chance(pool: Pool, pairs: Pairs) -> Values:
    """Minutes that two strangers as busy as these would share; never below one, so that a single chance counts little."""
    minutes = max(pool.moments.shape[1], 1)
    return np.asarray(np.maximum(pool.posts[pairs.a] * pool.posts[pairs.b] / minutes, 1.0), np.float64)
