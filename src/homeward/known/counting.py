"""Counting in long texts, several times as fast as ``bytes.count`` where what is counted is rare."""

from __future__ import annotations

import numpy as np


def count_lines(text: bytes, end: int) -> int:
    """How often a line ends before ``end``."""
    return int(np.count_nonzero(np.frombuffer(text, np.uint8, end) == ord("\n"))) if end else 0


def count_key(text: bytes, key: bytes) -> int:
    """At how many places ``key``, of three letters or more, begins in ``text``.

    Its second letter is looked for first: the first one is a quotation mark, and those are everywhere.
    """
    view = np.frombuffer(text, np.uint8)
    places = np.flatnonzero(view[1 : max(1, len(view) - len(key) + 2)] == key[1])
    for offset in (2, 0, *range(3, len(key))):
        places = places[view[places + offset] == key[offset]]
    return len(places)
