"""``homeward boards``: the places of exchange that captures show, and who was there, within what safeguards allow."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.communities.memberships import censored
from homeward.communities.records import Handle, Membership, Window
from homeward.communities.times import day
from homeward.core import WrongUse
from homeward.core.time import Moment
from homeward.flow.communities import captures
from homeward.flow.communities.census import census
from homeward.flow.communities.guarding import NEEDED, board_names, guard
from homeward.store import event_reads
from homeward.store.captures import attached_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from homeward.communities.captures import Standing
    from homeward.flow.communities.captures import Reason
    from homeward.store import Case
    from homeward.store.event_reads import Board, Member, Often
    from homeward.store.events import Events

MOST_HANDLES = 200
"""Handles that one query shows at most."""
FEWEST = 2
"""Posts below which a member is counted, and not named."""


def boards(case: Case, reason: Reason) -> list[dict[str, Any]]:
    """Every board as it is shown."""
    with captures.opened(case, "boards", "", reason, ("posts", "recipients", "attachments", *NEEDED)) as (
        events,
        standing,
        asked,
    ):
        names = board_names(case, events, guard(case, events, standing))
        joined, written = _joined(case, event_reads.hung_on(events)), event_reads.often(events)
        found = [
            _board(one, standing, joined[one.site, one.board])
            | {"census": _census(events, standing, one, written.get((one.site, one.board)))}
            | {"board": names[one.site, one.board]}
            for one in event_reads.boards(events)
        ]
        asked.shown = len(found)
    return found


def members(case: Case, site: str, board: str, reason: Reason, limit: int = MOST_HANDLES) -> dict[str, Any]:
    """Who was on a board: at most ``limit`` handles by name, no protected one, and none that wrote next to nothing.

    Who wrote nothing that has a time is counted (``without_time``), and not named.

    Raises:
        WrongUse: more are asked for than may be shown, or there is no such board.
    """
    if not 0 < limit <= MOST_HANDLES:
        raise WrongUse(f"one query shows between 1 and {MOST_HANDLES} handles")
    with captures.opened(case, "members", f"{site} {board}", reason, ("posts", *NEEDED)) as (events, standing, asked):
        found, timeless = event_reads.members(events, site, board), event_reads.untimed(events, site, board)
        guarded = guard(case, events, standing)
        named = [one for one in found if not guarded(site, one.handle)]
        shown = [one for one in named if one.posts >= FEWEST][:limit]
        without_time = sum(not guarded(site, name) for name in timeless)
        asked.shown, asked.withheld = len(shown), len(found) + len(timeless) - len(shown)
        windows = windows_of(standing, event_reads.captures_of(events, site, board), board)
    if not found and not timeless:
        raise WrongUse(f"no capture that is held shows a board {board!r} of {site!r}")
    return {
        "site": site,
        "board": board,
        "members": [_member(one, windows) for one in shown],
        "protected": len(found) - len(named) + len(timeless) - without_time,
        "without_time": without_time,
        "few_posts": sum(one.posts < FEWEST for one in named),
        "beyond_limit": max(0, sum(one.posts >= FEWEST for one in named) - limit),
    }


def windows_of(standing: Standing, labels: Iterable[str], board: str) -> list[Window]:
    """What each of these captures covers of a board."""
    found = []
    for label in labels:
        mandate = standing.captures[label].added.mandate
        start, end = day(mandate.begins).timestamp(), day(mandate.ends).timestamp() + 86_400
        found.append(Window(label, board, start, end, mandate.completeness / 1000))
    return found


def _census(events: Events, standing: Standing, board: Board, written: Often | None) -> dict[str, Any] | None:
    """How many handles there were; None where nobody's name is known."""
    return census(events, board, windows_of(standing, board.captures, board.board), written) if written else None


def _joined(case: Case, hung: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str], set[int]]:
    """(Site, board) -> items of the case that hang on its posts."""
    items = attached_items(case, {name for _, _, name in hung})
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    for site, board, name in hung:
        if name in items:
            found[site, board].add(items[name])
    return found


def _board(one: Board, standing: Standing, items: set[int]) -> dict[str, Any]:
    told = msgspec.to_builtins(one)
    covered = [standing.captures[label].added.mandate for label in one.captures]
    return {
        **told,
        "captures": list(one.captures),
        "items": len(items),
        "first": _shown(one.first),
        "last": _shown(one.last),
        "covered": [
            {"capture": label, "from": told.begins, "to": told.ends, "completeness": told.completeness / 1000}
            for label, told in zip(one.captures, covered, strict=True)
        ],
    }


def _member(one: Member, windows: list[Window]) -> dict[str, Any]:
    seen = Membership(Handle(one.site, one.handle), one.board, one.first / 1e9, one.last / 1e9, True, True, one.posts)
    interval = censored(seen, windows, joined=one.joined, left=one.left)
    return {
        "handle": one.handle,
        "posts": one.posts,
        "first": _shown(one.first),
        "last": _shown(one.last),
        "left_censored": interval.left,
        "right_censored": interval.right,
    }


def _shown(ns: int | None) -> str | None:
    return None if ns is None else str(Moment(ns))
