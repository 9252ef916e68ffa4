"""What captures show, as records of the room of communities; nothing of handles that are protected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from homeward.communities.records import Handle, Identifier, Post, Window
from homeward.flow.communities.boards import windows_of
from homeward.flow.communities.guarding import NEEDED, board_names, guard
from homeward.store import event_reads

if TYPE_CHECKING:
    from homeward.communities.captures import Standing
    from homeward.store import Case
    from homeward.store.events import Events

WORDLESS = ("posts", "recipients", "attachments", *NEEDED)
TABLES = (*WORDLESS, "texts")


class Observed(msgspec.Struct, frozen=True):
    """Everything that is held and may be compared."""

    posts: list[Post]
    apart: list[Post]
    """Of handles that are left out, for what was there before others; never to be shown."""
    identifiers: list[Identifier]
    texts: dict[Handle, str]
    protected: int
    """Handles that are left out."""
    boards: dict[tuple[str, str], str]
    """(Site, board) -> its name over all sites."""


def observed(case: Case, events: Events, standing: Standing, *, words: bool = True) -> Observed:
    """Read the tables of :data:`TABLES`, or without ``words`` those of :data:`WORDLESS`, which costs much less.

    A board is named ``site / board`` where a site has several.
    """
    rows, guarded = event_reads.posts(events), guard(case, events, standing)
    boards = {(site, board): place(site, name) for (site, board), name in board_names(case, events, guarded).items()}
    shown = [Identifier(Handle(site, name), kind, token) for site, name, kind, token in event_reads.identifiers(events)]
    handles = {Handle(row.site, row.handle) for row in rows} | {one.handle for one in shown}
    hidden = {one for one in handles if guarded(one.site, one.name)}
    posts = [
        Post(
            f"{row.id}",
            boards[row.site, row.board],
            Handle(row.site, row.handle),
            None if row.time is None else row.time / 1e9,
            row.zone,
            row.reply_to or None,
            row.files,
            row.unseen,
            row.length,
        )
        for row in rows
    ]
    texts = {Handle(site, name): text for site, name, text in event_reads.texts(events)} if words else {}
    return Observed(
        [post for post in posts if post.handle not in hidden],
        [post for post in posts if post.handle in hidden],
        [one for one in shown if one.handle not in hidden],
        {handle: text for handle, text in texts.items() if handle not in hidden},
        len(hidden),
        boards,
    )


def place(site: str, board: str) -> str:
    """The name of a board over all sites."""
    return f"{site} / {board}" if board and board != site else site


def windows(events: Events, standing: Standing, seen: Observed) -> list[Window]:
    """What captures cover of every board. Needs ``posts`` and ``attachments``."""
    return [
        msgspec.structs.replace(window, board=seen.boards[one.site, one.board])
        for one in event_reads.boards(events)
        for window in windows_of(standing, one.captures, one.board)
    ]
