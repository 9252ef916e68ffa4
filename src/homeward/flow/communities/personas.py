"""``homeward personas`` and ``homeward succession``: what may follow from who wrote where. Hypotheses; people decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from homeward.communities import personas as groups
from homeward.communities.blocking import candidates
from homeward.communities.channels import Comparer
from homeward.communities.linking import links
from homeward.communities.pool import pool
from homeward.communities.records import Handle, Members
from homeward.communities.succession import successions
from homeward.communities.times import day
from homeward.core import WrongUse
from homeward.flow.communities import captures
from homeward.flow.communities.observed import TABLES, Observed, observed, place
from homeward.store import noise
from homeward.store.captures import attached_items

if TYPE_CHECKING:
    from homeward.communities.linking import Link
    from homeward.communities.succession import Successor
    from homeward.flow.communities.captures import Reason
    from homeward.store import Case

MOST_LINKS = 200
"""Hypotheses that one query shows at most."""
_RELINKED = 0.5  # probability from which two handles count as one member: succession needs no more
_PRIOR = 0.1  # share of handles that have a counterpart, where nobody is asked
_PERIOD = 365 * 86_400.0  # seconds


def hypotheses(case: Case, reason: Reason, least: float = 0.5, limit: int = 50, prior: float = 0.1) -> dict[str, Any]:
    """Pairs of handles of two sites that may be one person, the most probable first, and groups that hold together.

    Raises:
        WrongUse: ``least`` or ``prior`` is no share, or more is asked for than may be shown.
    """
    if not 0 < limit <= MOST_LINKS:
        raise WrongUse(f"one query shows between 1 and {MOST_LINKS} hypotheses")
    if not (0 < least <= 1 and 0 < prior < 1):
        raise WrongUse("a probability and a prior lie between 0 and 1")
    with captures.opened(case, "personas", "", reason, TABLES) as (events, standing, asked):
        seen = observed(case, events, standing)
        comparer, told, compared = _linked(case, seen, prior)
        found = [link for link in told if link.probability >= least]
        shown = found[:limit]
        asked.shown, asked.withheld = len(shown), len(found) - len(shown)
        whole = groups.personas(comparer, shown, least=least)
    return {
        "handles": len(comparer.pool.handles),
        "protected": seen.protected,
        "compared": compared,
        "prior": prior,
        "links": [_link(link) for link in shown],
        "personas": [msgspec.to_builtins(one) | {"handles": [h._asdict() for h in one.handles]} for one in whole],
        "beyond_limit": asked.withheld,
    }


def _linked(case: Case, seen: Observed, prior: float) -> tuple[Comparer, list[Link], int]:
    """What compares the handles, what speaks for one person, and how many pairs were compared."""
    comparer = Comparer(pool(seen.posts, seen.identifiers, cameras_of(case, seen), seen.texts))
    pairs = candidates(comparer.pool)
    return comparer, links(comparer, pairs, prior=prior), len(pairs.a)


def cameras_of(case: Case, seen: Observed) -> dict[str, str]:
    """Attached file -> the device that noise supports, of those that are items of this case."""
    items = attached_items(case, {file for post in seen.posts for file in post.files})
    devices = {row.item: f"noise:{name}" for name, members in noise.devices(case).items() for row in members}
    return {file: devices[item] for file, item in items.items() if item in devices}


def _link(link: Link) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(link)
    told |= {"a": link.a._asdict(), "b": link.b._asdict(), "log10_lr": link.log_lr / float(np.log(10))}
    told["parts"] = [{"of": name, "log10_lr": value / float(np.log(10))} for name, value in link.parts]
    del told["log_lr"]
    return told


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
        person = {} if lost else _persons(case, seen)
        asked.shown = 0 if lost else len(closed)
    if lost:
        raise WrongUse(f"no capture that is held shows a board {lost[0]!r}")
    return [
        _followed(seen, person, place(site, board), down) | {"down": when}
        for (site, board, when), down in zip(closed, days, strict=True)
    ]


def _persons(case: Case, seen: Observed) -> dict[Handle, int]:
    """A number for each handle; those that are probably one person share it."""
    comparer, told, _ = _linked(case, seen, _PRIOR)
    number = {handle: index for index, handle in enumerate(comparer.pool.handles)}
    for one in groups.personas(comparer, told, least=_RELINKED):
        number.update(dict.fromkeys(one.handles, number[one.handles[0]]))
    return number


def _followed(seen: Observed, person: dict[Handle, int], board: str, down: float) -> dict[str, Any]:
    """What followed a board that was closed ``down`` seconds after 1970."""
    names = sorted({post.board for post in seen.posts})
    number = {name: index for index, name in enumerate(names)}

    def members(low: float, high: float) -> Members:
        pairs = {(person[p.handle], number[p.board]) for p in seen.posts if p.time is not None and low <= p.time < high}
        table = np.array(sorted(pairs), np.int64).reshape(-1, 2)
        return Members(table[:, 0], table[:, 1])

    shut = np.array([number[board]])
    (found,) = successions(members(down - _PERIOD, down), members(down, down + _PERIOD), shut)
    return {
        "board": board,
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
