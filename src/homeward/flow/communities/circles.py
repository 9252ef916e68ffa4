"""Where circles of a closed board's members went, by who answers whom: a second look beside that at boards, and a hint only."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from homeward.communities.groups import Contacts, detected, periods
from homeward.communities.pool import authors
from homeward.communities.succession import successions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homeward.communities.groups import Groups
    from homeward.communities.records import Handle, Post

    Places = dict[int, Counter[str]]
_OWN = 0.5  # of a circle's members were on the board, for it to be a circle of that board
_MOST = 3  # boards by which a later circle is told, and later circles of one


def circles(posts: Iterable[Post], person: dict[Handle, int], board: str, down: float, period: float) -> list[dict[str, Any]]:
    """Circles of members of ``board`` before it was closed, the largest first, and those in which they are new afterwards.

    Args:
        posts: of all boards.
        person: the number of whoever is behind a handle.
        board: the one that was closed.
        down: when, in seconds since 1970.
        period: seconds before and after it that are looked at.
    """
    told = [post for post in posts if post.time is not None]
    before = [post for post in told if down - period <= (post.time or 0.0) < down]
    after = [post for post in told if down <= (post.time or 0.0) < down + period]
    count = max(person.values(), default=-1) + 1
    contacts = _contacts(before, person)
    first, then = detected(contacts, count), detected(_contacts(after, person), count)
    places, later = _places(before, person), _places(after, person)
    closed = np.array([g for g, members in enumerate(_members(first)) if _share(members, places, board) >= _OWN], np.int64)
    pairs = periods(contacts, first, then, closed)
    named = {int(pairs[1].board[at]): int(then.group[pairs[1].member[at]]) for at in range(len(pairs[1].member))}
    sets = _members(then)
    rows = [
        {
            "members": found.members,
            "moves": found.moves,
            "held": round(float(first.stability[found.board]), 2),
            "candidates": [
                {
                    "boards": _boards(sets[named[one.board]], later),
                    "joined": one.joined,
                    "expected": one.expected,
                    "size": one.size,
                }
                for one in found.candidates[:_MOST]
            ],
        }
        for found in successions(*pairs, closed)
    ]
    return sorted(rows, key=lambda row: (-int(str(row["members"])), -int(str(row["moves"]))))


def _contacts(posts: list[Post], person: dict[Handle, int]) -> Contacts:
    """Who answered whom, each pair once."""
    by = authors(posts)
    pairs = set()
    for post in posts:
        other = by.get((post.handle.site, post.board, post.reply_to)) if post.reply_to else None
        if other is not None and person[other] != person[post.handle]:
            pairs.add(tuple(sorted((person[other], person[post.handle]))))
    ends = np.array(sorted(pairs), np.int32).reshape(-1, 2)
    return Contacts(ends[:, 0], ends[:, 1])


def _places(posts: list[Post], person: dict[Handle, int]) -> Places:
    found: Places = defaultdict(Counter)
    for post in posts:
        found[person[post.handle]][post.board] += 1
    return found


def _members(groups: Groups) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in groups.stability]
    for member in np.flatnonzero(groups.group >= 0).tolist():
        found[groups.group[member]].append(member)
    return found


def _share(members: list[int], places: Places, board: str) -> float:
    return sum(board in places[member] for member in members) / max(len(members), 1)


def _boards(members: list[int], places: Places) -> list[dict[str, Any]]:
    """The boards on which most of a circle's members were seen."""
    counts = Counter(board for member in members for board in places[member])
    return [{"board": board, "members": count} for board, count in counts.most_common(_MOST)]
