"""A sign of life from a task that works long on something large before it has anything to say."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from homeward.sandbox import wire

if TYPE_CHECKING:
    import socket

EVERY = 2.0
"""Seconds between two signs: far below any limit of silence."""


class _Line:
    """Where signs go: nowhere outside a locked worker."""

    sock: socket.socket | None = None
    due = 0.0


def speak_on(sock: socket.socket) -> None:
    """From now on signs of life go to ``sock``."""
    _Line.sock = sock


def alive() -> None:
    """Say that the work goes on.

    Call it where something was truly got done, such as a block hashed: a loop that goes round in circles must stay silent and
    be ended.
    """
    if _Line.sock is not None and (now := time.monotonic()) >= _Line.due:
        _Line.due = now + EVERY
        wire.send(_Line.sock, wire.ALIVE)
