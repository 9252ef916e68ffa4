"""What captures show of each post and handle, row by row, for what is inferred. A post that several hold comes once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from homeward.store.event_reads import NAMED, SAME

if TYPE_CHECKING:
    from homeward.store.events import Events


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


def posts(events: Events) -> list[PostRow]:
    """Every post, by site, handle and time. Needs ``posts`` and ``attachments``."""
    found = events.rows(
        "WITH hung AS (SELECT capture, seq, list(DISTINCT name ORDER BY name) FILTER (name <> '') AS files,"
        " count(*) FILTER (name = '') AS unseen"
        f" FROM (SELECT capture, seq, {NAMED} AS name FROM attachments) GROUP BY capture, seq)"
        " SELECT min(id), site, board, handle, CASE WHEN bool_or(zoned) THEN time END, any_value(zone), min(reply_to),"
        " max(length), list_sort(list_distinct(flatten(list(files) FILTER (files IS NOT NULL)))), max(coalesce(unseen, 0))"
        " FROM posts LEFT JOIN hung USING (capture, seq) WHERE handle <> ''"
        f" GROUP BY {SAME} ORDER BY site, handle, time, min(id)"
    )
    return [
        PostRow(post, site, board, handle, time, zone, reply_to or "", length or 0, tuple(files or ()), unseen)
        for post, site, board, handle, time, zone, reply_to, length, files, unseen in found
    ]


def identifiers(events: Events) -> list[tuple[str, str, str, str]]:
    """Site, handle, kind and token of every identifier that a handle shows. Needs ``identifiers``."""
    return events.rows("SELECT DISTINCT site, handle, kind, token FROM identifiers ORDER BY ALL")


def texts(events: Events) -> Iterator[tuple[str, str, str]]:
    """Site, handle and all its words, where they may be kept. Needs ``posts`` and ``texts``."""
    yield from events.rows(
        "WITH said AS (SELECT DISTINCT site, handle, time, text FROM posts JOIN texts USING (capture, seq) WHERE handle <> '')"
        " SELECT site, handle, string_agg(text, ' ' ORDER BY time, text) FROM said GROUP BY site, handle ORDER BY site, handle"
    )
