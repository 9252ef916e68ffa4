"""The manifest of all evidence: one row an occurrence, for a spreadsheet or a script (RFC 4180, UTF-8, no picture, no veil)."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import homeward
from homeward.core.canonical import Plain
from homeward.exchange.target import write_file
from homeward.store import reads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeward.store import Case

COLUMNS = (
    "exhibit", "path", "size", "modified", "accessed", "changed", "created", "deleted", "embedded", "md5", "sha1",
    "sha256", "type", "extension_mismatch", "state", "reason", "authority", "source", "source_sha256", "address",
    "second_reader",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(case: Case, target: Path) -> int:
    """Write every occurrence to ``target`` (see :func:`write_file`); return the number of rows.

    A cell that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    details: dict[str, Plain] = {"format": "csv", "rows": 0, "program": homeward.__version__}
    rows = 0

    def counted() -> Iterator[bytes]:
        nonlocal rows
        for rows, line in enumerate(lines(case)):  # noqa: B007 - the heading is line 0
            yield line
        details["rows"] = rows

    write_file(case, target, counted(), details)
    return rows


def lines(case: Case) -> Iterator[bytes]:
    """A heading, then a line for every occurrence."""
    yield _line(COLUMNS)
    for row in reads.occurrences(case):
        yield _line(_cells(row))


def _cells(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        _safe(row["exhibit__label"]), _safe(row["path"]), row["size"], row["modified"], row["accessed"], row["changed"],
        row["created"], _yes(row["deleted"]), _yes(row["embedded"]), row["item__md5"] or "", row["item__sha1"] or "",
        row["item__sha256"] or "", row["item__mime"] or "", _yes(row["extension_mismatch"]), row["state"], _safe(row["why"]),
        _safe(row["exhibit__authority"]), _safe(row["source__path"]), row["source_sha256"] or "", row["address"],
        _safe(row["second_reader"] or ""),
    )  # fmt: skip


def _line(cells: tuple[Any, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode("utf-8")


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _yes(value: bool) -> str:
    return "yes" if value else "no"
