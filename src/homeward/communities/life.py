"""A board's life: where everybody who was ever seen on it was seen, period by period, and how many went from where to where.

In each period a member stands at the one place where most of their posts are, so that members are neither lost nor counted
twice from one period to the next: the widths of an alluvial drawing add up.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

UNSEEN, ELSEWHERE = -1, -2
"""Places of those who were not seen in a period, and of those on a board that has no line of its own."""


class Sightings(NamedTuple):
    """Posts: ``person`` and ``board`` (n,) int64 number members and boards, ``time`` (n,) float64 is in seconds since 1970."""

    person: NDArray[np.int64]
    board: NDArray[np.int64]
    time: NDArray[np.float64]


class Flow(msgspec.Struct, frozen=True):
    """Members who stood at one place in a period and at another (or the same) one in the next."""

    period: int
    start: int
    end: int
    members: int


class Life(msgspec.Struct, frozen=True):
    """``places``: boards with a line of their own, the board itself first; then :data:`ELSEWHERE` and :data:`UNSEEN`."""

    members: int
    places: tuple[int, ...]
    sizes: tuple[tuple[int, ...], ...]
    """Of each period, how many members stood at each of ``places``; each adds up to ``members``."""
    flows: tuple[Flow, ...]
    """Between consecutive periods; ``start`` and ``end`` are among ``places``."""


def life(seen: Sightings, board: int, edges: NDArray[np.float64], most: int = 6) -> Life:
    """Follow everybody who was ever seen on ``board``.

    Args:
        seen: posts on all boards.
        board: the one whose life it is.
        edges: (k + 1,) ascending times between which the k periods lie; what is outside is left out.
        most: other boards with a line of their own, those where most members stood.
    """
    inside = (seen.time >= edges[0]) & (seen.time < edges[-1])
    cohort = np.unique(seen.person[inside & (seen.board == board)])
    chosen = inside & np.isin(seen.person, cohort)
    person = np.searchsorted(cohort, seen.person[chosen])
    period = np.searchsorted(edges, seen.time[chosen], side="right") - 1
    at = _main_places(person, period, seen.board[chosen], (len(edges) - 1, len(cohort)))
    others = at[(at != board) & (at != UNSEEN)]
    names, counts = np.unique(others, return_counts=True)
    kept = names[np.lexsort((names, -counts))[:most]]
    at[(at != UNSEEN) & (at != board) & ~np.isin(at, kept)] = ELSEWHERE
    places = (board, *map(int, kept), ELSEWHERE, UNSEEN)
    sizes = tuple(tuple(int(np.count_nonzero(row == place)) for place in places) for row in at)
    return Life(len(cohort), places, sizes, tuple(flow for now in range(len(at) - 1) for flow in _flows(at, now)))


def _main_places(
    person: NDArray[np.int64], period: NDArray[np.int64], board: NDArray[np.int64], shape: tuple[int, int]
) -> NDArray[np.int64]:
    """(periods, members): the board with most posts of each, the one with the lower number where two have as many."""
    found = np.full(shape, UNSEEN, np.int64)
    if len(person):
        rows, counts = np.unique(np.stack([period, person, board]), axis=1, return_counts=True)
        order = np.lexsort((-rows[2], counts))  # what is written last stays
        found[rows[0, order], rows[1, order]] = rows[2, order]
    return found


def _flows(at: NDArray[np.int64], now: int) -> list[Flow]:
    pairs, counts = np.unique(at[now : now + 2], axis=1, return_counts=True)
    return [Flow(now, int(start), int(end), int(count)) for (start, end), count in zip(pairs.T, counts, strict=True)]
