"""Questions to the tables of captures: counts, and rows for what is inferred. One post that several hold counts once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from homeward.store.events import Events

_NTH = "dense_rank() OVER (PARTITION BY capture, site, board, thread, handle, time ORDER BY id)"
_POSTS = f"(SELECT *, {_NTH} AS nth FROM posts) AS posts"
"""Posts, and which of one handle's at one moment each is within its capture: many clocks of chats count minutes alone."""
SAME = "site, board, thread, handle, time, nth, CASE WHEN time IS NULL THEN capture || id ELSE '' END"
"""Captures of several agencies number the same posts each in its own way; what is the same is who spoke where and when."""
NAMED = "CASE WHEN sha256 <> '' THEN sha256 WHEN sha1 <> '' THEN sha1 WHEN md5 <> '' THEN md5 ELSE start END"
"""What names an attachment: a hash, or the first digits of one; empty where nothing does."""
_FEW = 10
"""Handles of a conversation that is called by who takes part in it; more are a board."""
_ONCE = f"DISTINCT ({SAME})"


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


class Contact(msgspec.Struct, frozen=True):
    """Two handles of one site, and how often they answered each other, wrote to each other alone, or called each other."""

    a: str
    b: str
    replies: int
    private: int
    calls: int


class Often(NamedTuple):
    """How many handles a board shows, and of them those with one post and with two."""

    handles: int
    once: int
    twice: int


class PostRow(msgspec.Struct, frozen=True):
    """A post; ``files`` are by SHA-256, else SHA-1, MD5 or the first digits of a SHA-256."""

    id: str
    site: str
    board: str
    handle: str
    time: int | None
    """Nanoseconds since 1970 UTC; None where the source has none, or one of an unknown zone."""
    zone: int | None
    """Minutes ahead of UTC, as the source writes."""
    reply_to: str
    length: int
    files: tuple[str, ...]
    unseen: int
    """Attachments that are in no capture."""


def boards(events: Events) -> list[Board]:
    """Every board, by site and name. Needs ``posts`` and ``attachments``."""
    rows = events.rows(
        f"SELECT site, board, list(DISTINCT capture ORDER BY capture), count({_ONCE}),"
        " count(DISTINCT handle) FILTER (handle <> ''), min(time), max(time)"
        f" FROM {_POSTS} GROUP BY site, board ORDER BY site, board"
    )
    hung = _attached(events)
    return [
        Board(site, board, tuple(labels), posts, handles, first, last, *hung.get((site, board), (0, 0)))
        for site, board, labels, posts, handles, first, last in rows
    ]


def often(events: Events) -> dict[tuple[str, str], Often]:
    """(Site, board) -> how often its handles wrote. Needs ``posts``."""
    rows = events.rows(
        "SELECT site, board, count(*), count(*) FILTER (said = 1), count(*) FILTER (said = 2)"
        f" FROM (SELECT site, board, handle, count({_ONCE}) AS said FROM {_POSTS} WHERE handle <> ''"
        " GROUP BY site, board, handle)"
        " GROUP BY site, board"
    )
    return {(site, board): Often(*counts) for site, board, *counts in rows}


def in_both(events: Events, board: Board, captures: tuple[str, str], days: tuple[int, int]) -> tuple[int, int, int]:
    """Handles of a board that each of two captures shows between two times, and those that both show. Needs ``posts``."""
    ((first, second, both),) = events.rows(
        "SELECT count(*) FILTER (one), count(*) FILTER (two), count(*) FILTER (one AND two)"
        " FROM (SELECT bool_or(capture = ?) AS one, bool_or(capture = ?) AS two FROM posts"
        " WHERE site = ? AND board = ? AND handle <> '' AND zoned AND time >= ? AND time < ? GROUP BY handle)",
        (*captures, board.site, board.board, *days),
    )
    return first, second, both


def hung_on(events: Events) -> list[tuple[str, str, str]]:
    """(Site, board, hash or first digits of one) of what hangs on posts, each once. Needs ``posts`` and ``attachments``."""
    rows = events.rows(
        "SELECT DISTINCT site, board, named FROM posts"
        f" JOIN (SELECT capture, seq, {NAMED} AS named FROM attachments) USING (capture, seq) WHERE named <> ''"
    )
    return [(site, board, name) for site, board, name in rows]


def _attached(events: Events) -> dict[tuple[str, str], tuple[int, int]]:
    """(Site, board) -> attachments, and those that no capture has."""
    rows = events.rows(
        "WITH hung AS (SELECT site, board, thread, handle, time, nth, a.place, a.name, bool_or(a.captured) AS captured"
        f" FROM attachments a JOIN {_POSTS} USING (capture, seq) GROUP BY ALL)"
        " SELECT site, board, count(*), count(*) FILTER (NOT captured) FROM hung GROUP BY site, board"
    )
    return {(site, board): (count, lost) for site, board, count, lost in rows}


def members(events: Events, site: str, board: str) -> list[Member]:
    """Who was on a board, those who wrote most first. Needs ``posts``."""
    rows = events.rows(
        f"SELECT site, board, handle, count({_ONCE}) AS said, min(time), max(time), bool_or(kind = 'joined'),"
        f" bool_or(kind = 'left') FROM {_POSTS} WHERE site = ? AND board = ? AND handle <> '' AND time IS NOT NULL"
        " GROUP BY site, board, handle ORDER BY said DESC, handle",
        (site, board),
    )
    return [Member(*row) for row in rows]


def untimed(events: Events, site: str, board: str) -> set[str]:
    """Handles of a board of whose posts none has a time. Needs ``posts``."""
    query = "SELECT handle FROM posts WHERE site = ? AND board = ? AND handle <> '' GROUP BY handle HAVING count(time) = 0"
    return {name for (name,) in events.rows(query, (site, board))}


def places(events: Events) -> list[tuple[str, str]]:
    """(Site, board) of every board. Needs ``posts``."""
    return [(site, board) for site, board in events.rows("SELECT DISTINCT site, board FROM posts")]


def conversations(events: Events) -> list[tuple[str, str, list[str]]]:
    """(Site, board, handles) of every private conversation of few. Needs ``posts`` and ``recipients``."""
    found = events.rows(
        "SELECT site, board, list(DISTINCT handle) AS handles FROM (SELECT site, board, handle, kind FROM posts"
        " UNION ALL SELECT site, board, r.handle, kind FROM recipients r JOIN posts USING (capture, seq))"
        f" WHERE board <> site GROUP BY site, board HAVING bool_and(kind <> 'message') AND len(handles) <= {_FEW}"
    )
    return [(site, board, handles) for site, board, handles in found]


def captures_of(events: Events, site: str, board: str) -> list[str]:
    """Which captures show a board. Needs ``posts``."""
    query = "SELECT DISTINCT capture FROM posts WHERE site = ? AND board = ? ORDER BY capture"
    return [label for (label,) in events.rows(query, (site, board))]


def handles(events: Events, site: str) -> set[str]:
    """Every handle of a site. Needs ``posts``."""
    return {name for (name,) in events.rows("SELECT DISTINCT handle FROM posts WHERE site = ? AND handle <> ''", (site,))}


def everybody(events: Events) -> set[tuple[str, str]]:
    """(Site, handle) of all who wrote or were written to. Needs ``posts`` and ``recipients``."""
    found = events.rows(
        "SELECT site, handle FROM posts WHERE handle <> ''"
        " UNION SELECT site, r.handle FROM recipients r JOIN posts USING (capture, seq)"
    )
    return {(site, handle) for site, handle in found}


def contacts(events: Events, site: str) -> list[Contact]:
    """Who answered, wrote privately to or called whom at one site. Needs ``posts`` and ``recipients``.

    A number that posts of several handles bear answers nobody, and cannot make one answer thousands.
    """
    rows = events.rows(
        "WITH said AS (SELECT DISTINCT site, board, id, handle, reply_to, kind FROM posts WHERE site = ? AND handle <> ''),"
        " numbered AS (SELECT board, id, min(handle) AS handle FROM said GROUP BY board, id HAVING count(DISTINCT handle) = 1),"
        " answered AS (SELECT p.handle a, q.handle b, 1 AS replies, 0 AS private, 0 AS calls FROM said p JOIN numbered q"
        " ON p.reply_to = q.id AND p.board = q.board WHERE p.reply_to <> ''),"
        " wrote AS (SELECT DISTINCT p.handle a, r.handle b, p.id, 0 AS replies, (p.kind = 'private')::INT AS private,"
        " (p.kind = 'call')::INT AS calls FROM posts p"
        " JOIN recipients r USING (capture, seq) WHERE p.site = ? AND p.kind IN ('private', 'call') AND p.handle <> '')"
        " SELECT least(a, b), greatest(a, b), sum(replies)::BIGINT, sum(private)::BIGINT, sum(calls)::BIGINT"
        " FROM (FROM answered UNION ALL SELECT a, b, replies, private, calls FROM wrote)"
        " WHERE a <> b GROUP BY 1, 2 ORDER BY 1, 2",
        (site, site),
    )
    return [Contact(*row) for row in rows]


def victims(events: Events) -> set[tuple[str, str]]:
    """(Site, handle) of those with an identifier that a report names among its victims or those it was meant for.

    Needs ``identifiers`` and ``reports``.
    """
    found = events.rows(
        "SELECT DISTINCT i.site, i.handle FROM identifiers i"
        " JOIN (SELECT DISTINCT unnest(string_split(guarded, ' ')) AS token FROM reports) g USING (token) WHERE token <> ''"
    )
    return {(site, handle) for site, handle in found}


def reports(events: Events, word: str = "") -> list[tuple[str, str, str]]:
    """Provider, body and tokens of victims (joined by blanks) of reports that say ``word`` anywhere. Needs ``reports``."""
    return events.rows("SELECT DISTINCT provider, body, guarded FROM reports WHERE contains(body, ?)", (word,))


def posts(events: Events) -> list[PostRow]:
    """Every post, by site, handle and time. Needs ``posts`` and ``attachments``."""
    found = events.rows(
        "WITH hung AS (SELECT capture, seq, list(DISTINCT name ORDER BY name) FILTER (name <> '') AS files,"
        " count(*) FILTER (name = '') AS unseen"
        f" FROM (SELECT capture, seq, {NAMED} AS name FROM attachments) GROUP BY capture, seq)"
        " SELECT min(id), site, board, handle, CASE WHEN bool_or(zoned) THEN time END, any_value(zone), min(reply_to),"
        " max(length), list_sort(list_distinct(flatten(list(files) FILTER (files IS NOT NULL)))), max(coalesce(unseen, 0))"
        f" FROM {_POSTS} LEFT JOIN hung USING (capture, seq) WHERE handle <> ''"
        f" GROUP BY {SAME} ORDER BY site, handle, time, min(id)"
    )
    return [
        PostRow(post, site, board, handle, time, zone, reply_to or "", length or 0, tuple(files or ()), unseen)
        for post, site, board, handle, time, zone, reply_to, length, files, unseen in found
    ]


def identifiers(events: Events) -> list[tuple[str, str, str, str]]:
    """Site, handle, kind and token of every identifier that a handle shows. Needs ``identifiers``."""
    return events.rows("SELECT DISTINCT site, handle, kind, token FROM identifiers ORDER BY ALL")


def texts(events: Events) -> list[tuple[str, str, str]]:
    """Site, handle and all its words, where they may be kept. Needs ``posts`` and ``texts``."""
    return events.rows(
        "WITH said AS (SELECT DISTINCT site, handle, time, text FROM posts JOIN texts USING (capture, seq) WHERE handle <> '')"
        " SELECT site, handle, string_agg(text, ' ' ORDER BY time, text) FROM said GROUP BY site, handle ORDER BY site, handle"
    )
