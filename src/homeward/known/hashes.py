"""Telling a usable hash from everything else that stands in a list."""

from __future__ import annotations

import hashlib

from homeward.known.records import EXACT_KINDS, WIDTHS

_BY_LENGTH = {2 * WIDTHS[kind]: kind for kind in EXACT_KINDS}
_HEX = frozenset("0123456789abcdefABCDEF")
_OF_NOTHING = {kind: hashlib.new(kind, usedforsecurity=False).digest() for kind in EXACT_KINDS}


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
    if value == _OF_NOTHING.get(kind):
        return f"{kind} is that of an empty file, which would name every empty file"
    return value
