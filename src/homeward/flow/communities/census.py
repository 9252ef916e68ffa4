"""How many handles a board had, beyond those that captures show."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from homeward.communities.coverage import at_least, recaptured
from homeward.store import event_reads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from homeward.communities.records import Window
    from homeward.store.event_reads import Board, Often
    from homeward.store.events import Events

_FEWEST = 7
"""Handles that two captures must have in common: with fewer the estimate is biased (Robson and Regier 1964)."""


def census(events: Events, board: Board, windows: Sequence[Window], often: Often) -> dict[str, Any]:
    """An estimate with its 95 % interval. Needs ``posts``.

    ``by`` is ``recapture`` where two show the same days of the board and have enough handles in common; ``captures`` names
    them, and the estimate is of those who wrote in these days. Where that is fewer than all captures show, it says nothing of
    the board. Else it is ``frequencies``: a bound from below.
    """
    if shared := _longest(windows):
        first, second, start, end = shared
        counts = event_reads.in_both(events, board, (first, second), (start, end))
        if counts[2] >= _FEWEST and (told := recaptured(*counts)).total >= often.handles:
            return {"by": "recapture", "captures": [first, second], **_told(*told)}
    return {"by": "frequencies", "captures": list(board.captures), **_told(*at_least(*often))}


def _longest(windows: Sequence[Window]) -> tuple[str, str, int, int] | None:
    """The two captures that cover most of the same time, and which time that is, in nanoseconds since 1970."""
    pairs = [(max(a.start, b.start), min(a.end, b.end), a.capture, b.capture) for a, b in combinations(windows, 2)]
    start, end, first, second = max(pairs, key=lambda pair: pair[1] - pair[0], default=(0.0, 0.0, "", ""))
    return (first, second, int(start * 1e9), int(end * 1e9)) if end > start else None


def _told(total: float, low: float, high: float) -> dict[str, int]:
    return {"handles": round(total), "low": round(low), "high": round(high)}
