"""A board's life as the workbench draws it: its members over time, and where they went. Numbers only; nobody is named."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from homeward.communities import life as lives
from homeward.communities.life import ELSEWHERE, UNSEEN, Sightings
from homeward.core import WrongUse
from homeward.flow.communities import captures
from homeward.flow.communities.observed import TABLES, observed, place, windows
from homeward.flow.communities.succession import persons

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from homeward.communities.records import Window
    from homeward.flow.communities.captures import Reason
    from homeward.store import Case

_DAY = 86_400.0  # of wall clocks the zone is not known
PERIODS = 12
"""Periods at most: months where these are enough, else as many months together as it takes."""


def life(case: Case, site: str, board: str, reason: Reason) -> dict[str, Any]:
    """Where all who were ever seen on a board were seen, period by period; handles that are probably one person count once.

    Raises:
        WrongUse: no capture shows the board with a time.
    """
    name = place(site, board)
    with captures.opened(case, "life", f"{site} {board}", reason, TABLES) as (events, standing, asked):
        seen = observed(case, events, standing)
        posts = [post for post in seen.posts if post.time is not None]
        known = sorted({post.board for post in posts})
        if name in known:
            number = {board: index for index, board in enumerate(known)}
            person = persons(case, seen, standing)
            sightings = Sightings(
                np.array([person[post.handle] for post in posts], np.int64),
                np.array([number[post.board] for post in posts], np.int64),
                np.array([post.time for post in posts], np.float64),
            )
            told = windows(events, standing, seen)
            edges = _edges(_within(sightings, number[name], told))
            found = lives.life(sightings, number[name], edges)
            covered = _covered(edges, [w for w in told if w.board == name])
        asked.shown = int(name in known)
    if name not in known:
        raise WrongUse(f"no capture that is held shows a board {name!r} with times")
    names = {ELSEWHERE: "another board", UNSEEN: "not seen"} | dict(enumerate(known))
    return {
        "board": name,
        "members": found.members,
        "places": [names[at] for at in found.places],
        "periods": [
            {"from": _day(start), "to": _day(end), "covered": share, "sizes": list(sizes)}
            for start, end, share, sizes in zip(edges[:-1], edges[1:], covered, found.sizes, strict=True)
        ],
        "flows": [
            {"period": flow.period, "from": names[flow.start], "to": names[flow.end], "members": flow.members}
            for flow in found.flows
        ],
    }


def _within(seen: Sightings, board: int, told: list[Window]) -> NDArray[np.float64]:
    """Times that captures are said to cover, if any of the board's are: a clock that is decades off stretches no period."""
    kept = np.zeros(len(seen.time), bool)
    for start, end in {(one.start, one.end) for one in told}:
        kept |= (start - _DAY <= seen.time) & (seen.time < end + _DAY)
    return seen.time[kept] if kept[seen.board == board].any() else seen.time


def _edges(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """First days of months around all ``times``, :data:`PERIODS` periods at most."""
    first, last = (datetime.fromtimestamp(float(at), UTC) for at in (times.min(), times.max()))
    begin, end = first.year * 12 + first.month - 1, last.year * 12 + last.month
    step = -(-(end - begin) // PERIODS)
    months = range(begin, end + step, step)
    return np.array([datetime(at // 12, at % 12 + 1, 1, tzinfo=UTC).timestamp() for at in months], np.float64)


def _covered(edges: NDArray[np.float64], told: list[Window]) -> list[float]:
    """Of each period, the share of its posts that captures hold, as they were estimated: that of the best one at any time."""
    days = [np.arange(start, end, _DAY) for start, end in pairwise(edges)]
    best = [np.max([np.where((w.start <= d) & (d < w.end), w.completeness, 0.0) for w in told], axis=0) for d in days]
    return [round(float(one.mean()), 3) for one in best]


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(float(seconds), UTC).strftime("%Y-%m-%d")
