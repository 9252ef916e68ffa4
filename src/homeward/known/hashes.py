"""Telling a usable hash from everything else that stands in a list."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeward.known.records import EXACT_KINDS, WIDTHS

_BY_LENGTH = {2 * WIDTHS[kind]: kind for kind in EXACT_KINDS}
_HEX = frozenset("0123456789abcdefABCDEF")
EMPTY = {kind: hashlib.new(kind, usedforsecurity=False).digest() for kind in EXACT_KINDS}
"""Hashes of nothing, which would name every empty file."""


def kind_by_length(text: str) -> str | None:
    """The exact kind whose hexadecimal form has this length, None where ``text`` is no such form.

    A PDQ is as long as a SHA-256, so 64 digits mean PDQ only where a column says so.
    """
    kind = _BY_LENGTH.get(len(text))
    return kind if kind and _HEX.issuperset(text) else None


def read_hash(kind: str, text: str) -> bytes | str:
    """The hash as bytes, or the reason, for the end of a sentence, why it cannot be used."""
    digits = 2 * WIDTHS[kind]
    if len(text) != digits or not _HEX.issuperset(text):
        return f"{kind} is not {digits} hexadecimal digits"
    value = bytes.fromhex(text)
    if len(set(value)) == 1:
        return f"{kind} is a filler of one repeated byte"
    if value == EMPTY.get(kind):
        return f"{kind} is that of an empty file, which would name every empty file"
    return value


def read_hashes(kind: str, texts: Sequence[Any]) -> NDArray[np.uint8] | None:
    """Many hashes as (n, width) bytes; None as soon as one of them cannot be used, for whatever reason."""
    width = WIDTHS[kind]
    if not texts:
        return np.empty((0, width), np.uint8)
    try:
        joined = "".join(texts)
    except TypeError:
        return None
    if set(map(len, texts)) != {2 * width}:
        return None
    try:
        body = bytes.fromhex(joined)  # which leaves out spaces: seen by the length
    except ValueError:
        return None
    if len(body) != width * len(texts):
        return None
    values = np.frombuffer(body, np.uint8).reshape(-1, width)
    if (values == values[:, :1]).all(axis=1).any():
        return None
    empty = EMPTY.get(kind)
    if empty and (values == np.frombuffer(empty, np.uint8)).all(axis=1).any():
        return None
    return values
