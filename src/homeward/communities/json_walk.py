"""Exports that are one JSON document with a long list of messages somewhere inside: walked, never held as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from homeward.communities.captured import CaptureRefused, Summary
from homeward.known import KnownListRefused
from homeward.known.json_text import Cursor, split
from homeward.sandbox import ByteRange

Walked = tuple[dict[str, Any], dict[str, Any]]
_DEEPEST = 8
_WHOSE = {"name", "type", "id", "guild", "channel"}
"""What says of which chat the messages of an object are."""
_rows = msgspec.json.Decoder(list[dict[str, Any]]).decode
_row = msgspec.json.Decoder(dict[str, Any]).decode


def walk(source: ByteRange, listed: str, summary: Summary) -> Iterator[Walked]:
    """Every element of every list called ``listed``, with what was said before it in the objects around it.

    Objects are gone into where they may hold such a list (``within``): those that are small are taken as values.

    Raises:
        CaptureRefused: it is no JSON, ends in the middle, or says only behind a list whose it is.
    """
    source.seek(0)
    try:
        cursor = Cursor(source)
        yield from _object(cursor, listed, {}, summary, 0)
        if cursor.peek():
            raise cursor.broken("something follows where it should end")
    except KnownListRefused as error:
        raise CaptureRefused(str(error)) from None


def _object(cursor: Cursor, listed: str, around: dict[str, Any], summary: Summary, depth: int) -> Iterator[Walked]:
    cursor.need(b"{", "where an object begins")
    told, passed = dict(around), False
    if cursor.take(b"}"):
        return
    if depth > _DEEPEST:
        raise cursor.broken("it is nested too deeply")
    while True:
        name = cursor.value()
        if not isinstance(name, str):
            raise cursor.broken("a name is no text")
        cursor.need(b":", f"after {name[:40]!r}")
        if name == listed and cursor.take(b"["):
            yield from _elements(cursor, told, summary)
            passed = True
        elif name in {"chats", "left_chats"} and cursor.peek() == b"{":
            yield from _object(cursor, listed, told, summary, depth + 1)
        elif name == "list" and cursor.take(b"["):
            yield from _objects(cursor, listed, told, summary, depth + 1)
        elif passed and name in _WHOSE:
            raise cursor.broken(f"{name!r} stands behind its {listed}: no exporter writes so, and whose they are was not known")
        else:
            told[name] = cursor.value()
        if cursor.take(b"}"):
            return
        cursor.need(b",", "between two values")


def _objects(cursor: Cursor, listed: str, around: dict[str, Any], summary: Summary, depth: int) -> Iterator[Walked]:
    if cursor.take(b"]"):
        return
    while True:
        yield from _object(cursor, listed, around, summary, depth)
        if cursor.take(b"]"):
            return
        cursor.need(b",", "between two values")


def _elements(cursor: Cursor, told: dict[str, Any], summary: Summary) -> Iterator[Walked]:
    for window in cursor.windows(_rows):
        if window.rows is not None:
            yield from ((told, row) for row in window.rows)
            continue
        for raw in split(window.body):
            try:
                row = _row(raw)
            except (msgspec.DecodeError, ValueError, RecursionError):
                summary.problem(f"line {window.line}", "a message is no JSON object")
            else:
                yield told, row
