"""The frames of one known clip as vPDQ keeps them in JSON: an array of texts ``hash,quality,seconds``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec.json import Decoder

from homeward.known.columns import LATEST
from homeward.known.hashes import read_hash
from homeward.known.json_text import UNDECODABLE, Cursor, numbered
from homeward.known.records import Details, Report
from homeward.known.rowwise import Rowwise
from homeward.known.shelf import Shelf
from homeward.known.text import Stream

_FRAME = re.compile(r"([^,]*),(\d{1,3}),(\d{1,9}(?:\.\d{1,9})?(?:e[+-]?\d{1,2})?)", re.ASCII)
"""Upstream writes seconds to three figures, from a hundred on with an exponent."""
_array = Decoder(list[Any]).decode
_value = Decoder().decode


def read_vpdq(stream: Stream, shelf: Shelf) -> Iterator[Report]:
    """Read the frames of a clip onto ``shelf``; yields the growing report, at last complete.

    Raises:
        KnownListRefused: it is broken, or something follows the array.
    """
    cursor, rows, report = Cursor(stream), Rowwise(shelf), Report("vpdq")
    cursor.need(b"[", "at the beginning")
    for window in cursor.windows(_array):
        for line, raw in numbered(window.body, window.line):
            read = _frame(raw)
            if isinstance(read, str):
                report.skipped += 1
                report.problem(line, read)
            else:
                value, quality, time_ms = read
                rows.add(Details(line, quality), [("pdq", value)], time_ms)
        yield report
    if cursor.peek().strip(b"\0"):
        raise cursor.broken("something stands behind its end")
    rows.flush()
    yield report


def _frame(raw: bytes) -> tuple[bytes, int, int] | str:
    """Hash, quality and milliseconds of one element, or why it is no frame."""
    try:
        text = _value(raw)
    except UNDECODABLE:
        return "it cannot be read"
    found = _FRAME.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        return "it is not a text of a hash, a quality and seconds"
    value = read_hash("pdq", found[1].strip())
    if isinstance(value, str):
        return value
    if int(found[2]) > 100:
        return "its quality is more than 100"
    time_ms = round(1000 * float(found[3]))
    return (value, int(found[2]), time_ms) if time_ms <= LATEST else "its time is later than any that is told apart"
