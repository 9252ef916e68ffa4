"""Nameless files that locked workers may write to."""

from __future__ import annotations

import os
import tempfile


def nameless() -> int:
    """A descriptor of a new empty file that vanishes when it is closed everywhere.

    Each call has its own: a worker that was taken over keeps what it was handed, and could write to what another one reads.
    """
    with tempfile.TemporaryFile(prefix="homeward-") as file:
        return os.dup(file.fileno())
