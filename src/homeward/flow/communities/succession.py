"""``homeward succession``: which board follows one that was taken down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from homeward.communities import personas as groups
from homeward.communities.records import Handle, Members
from homeward.communities.succession import Period, over_periods
from homeward.communities.times import day
from homeward.core import WrongUse
from homeward.flow.communities import captures
from homeward.flow.communities.circles import circles
from homeward.flow.communities.linked import linked
from homeward.flow.communities.observed import TABLES, Observed, observed, place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from homeward.communities.captures import Standing
    from homeward.communities.succession import Succession, Successor
    from homeward.flow.communities.captures import Reason
    from homeward.store import Case

_RELINKED = 0.5  # probability from which two handles count as one member: succession needs no more
_PRIOR = 0.1  # share of handles that have a counterpart, where nobody is asked
_PERIOD = 365 * 86_400.0  # seconds


def followed(case: Case, closed: list[tuple[str, str, str]], reason: Reason) -> list[dict[str, Any]]:
    """What followed each closed board: (site, board, day of the take-down). The years before and after it are compared.

    Raises:
        WrongUse: a day is no day, or no capture shows the board.
    """
    try:
        days = [day(when).timestamp() for *_, when in closed]
    except ValueError as error:
        raise WrongUse(str(error)) from None
    with captures.opened(case, "succession", " ".join(site for site, *_ in closed), reason, TABLES) as (
        events,
        standing,
        asked,
    ):
        seen = observed(case, events, standing)
        known = {post.board for post in seen.posts}
        lost = [board for site, name, _ in closed if (board := place(site, name)) not in known]
        person = {} if lost else persons(case, seen, standing)
        asked.shown = 0 if lost else len(closed)
    if lost:
        raise WrongUse(f"no capture that is held shows a board {lost[0]!r}")
    downs = [(place(site, board), down) for (site, board, _), down in zip(closed, days, strict=True)]
    told = _followed(seen, person, downs)
    return [
        told[board, down] | {"circles": circles(seen.posts, person, board, down, _PERIOD), "down": when}
        for (board, down), (*_, when) in zip(downs, closed, strict=True)
    ]


def persons(case: Case, seen: Observed, standing: Standing) -> dict[Handle, int]:
    """A number for each handle; those that are probably one person, or are by what people ruled, share it."""
    found = linked(case, seen, standing, _PRIOR)
    number = {handle: index for index, handle in enumerate(found.comparer.pool.handles)}
    for one in groups.personas(found.comparer, found.links, found.rulings(), least=_RELINKED):
        number.update(dict.fromkeys(one.handles, number[one.handles[0]]))
    return number


def _followed(
    seen: Observed, person: dict[Handle, int], downs: Sequence[tuple[str, float]]
) -> dict[tuple[str, float], dict[str, Any]]:
    """What followed boards that were closed, each so many seconds after 1970: those of one day are looked at together."""
    names = sorted({post.board for post in seen.posts})
    number = {name: index for index, name in enumerate(names)}

    def members(low: float, high: float) -> Members:
        pairs = {(person[p.handle], number[p.board]) for p in seen.posts if p.time is not None and low <= p.time < high}
        table = np.array(sorted(pairs), np.int64).reshape(-1, 2)
        return Members(table[:, 0], table[:, 1])

    shut = {down: sorted({number[board] for board, when in downs if when == down}) for _, down in downs}
    periods = [
        Period(members(down - _PERIOD, down), members(down, down + _PERIOD), np.array(some)) for down, some in shut.items()
    ]
    closed = [down for down, some in shut.items() for _ in some]
    return {(names[found.board], down): _told(found, names) for down, found in zip(closed, over_periods(periods), strict=True)}


def _told(found: Succession, names: list[str]) -> dict[str, Any]:
    return {
        "board": names[found.board],
        "label": found.label,
        "members": found.members,
        "moves": found.moves,
        "rate_of_false_discovery": found.q,
        "successors": [_successor(one, names) for one in found.successors],
        "candidates": [_successor(one, names) for one in found.candidates],
    }


def _successor(one: Successor, names: list[str]) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(one)
    return told | {"board": names[one.board]}
