"""Overwriting parts of a file."""

from __future__ import annotations

import struct


def over(data: bytes, at: int, new: bytes) -> bytes:
    """``data`` with ``new`` written over it at ``at``."""
    return data[:at] + new + data[at + len(new) :]


def put(data: bytes, at: int, form: str, *values: int) -> bytes:
    """``data`` with ``values``, packed as :mod:`struct` does, written over it at ``at``."""
    return over(data, at, struct.pack(form, *values))
