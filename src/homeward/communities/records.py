"""What a capture shows, as plain records: who stood where, when, and with which files. Observations only, never inferences.

Names follow SIOC (Site, Forum, UserAccount, Post) in the words of this project. A handle is an account at one site; a
civil identity has no place in any record of this room. Times are seconds since 1970-01-01 UTC; what a capture does not
say is None. Text is no part of a post: what a method needs of it comes as counts (``Style``).
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray


class Handle(NamedTuple):
    """An account at a place of exchange, by the name or number that the site itself uses."""

    site: str
    name: str


class Post(msgspec.Struct, frozen=True):
    """One message of a board, a thread or a chat."""

    id: str
    """Unique within its board and capture."""
    board: str
    """The board within the site; the site's own name where it has one board only."""
    handle: Handle
    time: float | None
    offset: int | None = None
    """Minutes ahead of UTC that the writer's clock or files show, where they show any."""
    reply_to: str | None = None
    files: tuple[str, ...] = ()
    """SHA-256 of attached files, in their order; what was seen but not captured has no place here."""
    unseen: int = 0
    """Attachments that were seen but not captured."""
    length: int | None = None
    """Characters of text."""


class Window(msgspec.Struct, frozen=True):
    """What one capture covers of one board, and how much of it."""

    capture: str
    board: str
    start: float
    end: float
    completeness: float
    """Estimated share of the board's posts inside the window that the capture holds, 0..1."""


class Identifier(msgspec.Struct, frozen=True):
    """Something a handle shows that others rarely share: a key, an address, a wallet, a messenger name."""

    handle: Handle
    kind: str
    value: str
    """Keyed digest of the value, never the value itself."""


class Membership(msgspec.Struct, frozen=True):
    """When a handle was seen on a board.

    Censored: the handle may have been there before ``first`` (``left``) or after ``last`` (``right``), because no
    capture covers the time before or after.
    """

    handle: Handle
    board: str
    first: float
    last: float
    left: bool
    right: bool
    posts: int


class Members(NamedTuple):
    """Who was seen on which board in one period, for whole networks: two arrays instead of a record a member.

    Every pair stands once. ``member`` (n,) int64 numbers persons or handles, the same number in every period; ``board``
    (n,) int64 numbers boards, likewise.
    """

    member: NDArray[np.int64]
    board: NDArray[np.int64]
