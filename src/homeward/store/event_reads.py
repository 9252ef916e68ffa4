"""Questions to the tables of captures. One post that several captures hold counts once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from homeward.store.events import Events

_ONCE = "DISTINCT (site, board, thread, handle, time, CASE WHEN time IS NULL THEN capture || id ELSE '' END)"
"""Captures of several agencies number the same posts each in its own way; what is the same is who spoke where and when."""


class Board(msgspec.Struct, frozen=True):
    """A place of exchange as captures show it; times in nanoseconds since 1970."""

    site: str
    board: str
    captures: tuple[str, ...]
    posts: int
    handles: int
    first: int | None
    last: int | None
    attachments: int
    not_captured: int
    """Attachments that were seen, and are in no capture."""


class Member(msgspec.Struct, frozen=True):
    """A handle on a board."""

    site: str
    board: str
    handle: str
    posts: int
    first: int
    last: int
    joined: bool
    """Whether a capture shows how it came."""
    left: bool
    """Whether a capture shows how it went."""


def boards(events: Events) -> list[Board]:
    """Every board, by site and name. Needs ``posts`` and ``attachments``."""
    rows = events.rows(
        f"SELECT site, board, list(DISTINCT capture ORDER BY capture), count({_ONCE}),"
        " count(DISTINCT handle) FILTER (handle <> ''), min(time), max(time)"
        " FROM posts GROUP BY site, board ORDER BY site, board"
    )
    hung = _attached(events)
    return [
        Board(site, board, tuple(labels), posts, handles, first, last, *hung.get((site, board), (0, 0)))
        for site, board, labels, posts, handles, first, last in rows
    ]


def _attached(events: Events) -> dict[tuple[str, str], tuple[int, int]]:
    """(Site, board) -> attachments, and those that no capture has."""
    rows = events.rows(
        "WITH hung AS (SELECT p.site, p.board, p.thread, p.handle, p.time, a.place, a.name, bool_or(a.captured) AS captured"
        " FROM attachments a JOIN posts p USING (capture, seq) GROUP BY ALL)"
        " SELECT site, board, count(*), count(*) FILTER (NOT captured) FROM hung GROUP BY site, board"
    )
    return {(site, board): (count, lost) for site, board, count, lost in rows}


def members(events: Events, site: str, board: str) -> list[Member]:
    """Who was on a board, those who wrote most first. Needs ``posts``."""
    rows = events.rows(
        f"SELECT site, board, handle, count({_ONCE}) AS said, min(time), max(time), bool_or(kind = 'joined'),"
        " bool_or(kind = 'left') FROM posts WHERE site = ? AND board = ? AND handle <> '' AND time IS NOT NULL"
        " GROUP BY site, board, handle ORDER BY said DESC, handle",
        (site, board),
    )
    return [Member(*row) for row in rows]


def captures_of(events: Events, site: str, board: str) -> list[str]:
    """Which captures show a board. Needs ``posts``."""
    query = "SELECT DISTINCT capture FROM posts WHERE site = ? AND board = ? ORDER BY capture"
    return [label for (label,) in events.rows(query, (site, board))]


def held_hashes(events: Events) -> dict[str, set[Any]]:
    """Hashes of attachments by kind: ``sha256``, ``sha1``, ``md5``, and ``start`` (first digits of a SHA-256)."""
    kinds = ("sha256", "sha1", "md5", "start")
    return {
        kind: {value for (value,) in events.rows(f"SELECT DISTINCT {kind} FROM attachments WHERE {kind} <> ''")}
        for kind in kinds
    }
