"""The reference data set of known software (RDS version 3): one SQLite database with a table ``FILE``.

Its rows are not kept: a match names the row's number in the delivered file. Nothing but that one table is ever read, whatever
else the file holds; SQLite itself is native code, so this runs behind the lock only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import numpy as np

from homeward.known.hashes import read_hash, read_hashes
from homeward.known.records import EXACT_KINDS, KNOWN, KnownListRefused, Report
from homeward.known.shelf import Shelf

_PAGE = 8192
"""Rows fetched at a time."""
_MOST_BYTES = 1 << 20
"""Of one row: a longer one names no file."""


def read_nsrl(path: str, shelf: Shelf) -> Iterator[Report]:
    """Read the database at ``path`` onto ``shelf``; yields the growing report now and then, at last complete.

    Raises:
        KnownListRefused: another database, or a damaged one.
    """
    report = Report("nsrl", purpose=KNOWN)
    try:
        connection = sqlite3.connect(f"file:{quote(path)}?mode=ro&immutable=1", uri=True, isolation_level=None)
        try:
            yield from _read(connection, shelf, report)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise KnownListRefused(f"it is a database that cannot be read: {error}") from None


def _read(connection: sqlite3.Connection, shelf: Shelf, report: Report) -> Iterator[Report]:
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_BYTES)
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "query_only=ON", "mmap_size=0", "cache_size=-16000"):
        connection.execute(f"PRAGMA {pragma}")
    made = connection.execute("SELECT type, sql FROM sqlite_master WHERE name = 'FILE' COLLATE NOCASE").fetchall()
    real = len(made) == 1 and made[0][0] == "table" and str(made[0][1]).upper().startswith("CREATE TABLE")
    columns = [str(row[1]).lower() for row in connection.execute("PRAGMA table_info(FILE)")] if real else []
    kinds = [kind for kind in EXACT_KINDS if kind in columns]
    if not kinds:
        raise KnownListRefused("it is a database, but not of known software: it has no table FILE with hashes")
    connection.set_authorizer(_only_that_table)
    cursor = connection.execute(f"SELECT {', '.join(kinds)} FROM FILE")
    first = 1
    while rows := cursor.fetchmany(_PAGE):
        _take(kinds, rows, first, shelf, report)
        first += len(rows)
        yield report


def _take(kinds: list[str], rows: list[tuple[Any, ...]], first: int, shelf: Shelf, report: Report) -> None:
    columns = [read_hashes(kind, column) for kind, column in zip(kinds, zip(*rows, strict=True), strict=True)]
    if all(column is not None for column in columns):
        refs = np.arange(first, first + len(rows), dtype=np.uint64)
        for kind, column in zip(kinds, columns, strict=True):
            assert column is not None
            shelf.exact(kind, column, refs)
        return
    for number, row in enumerate(rows, first):
        found, faults = [], []
        for kind, text in zip(kinds, row, strict=True):
            value = read_hash(kind, str(text)) if text not in (None, "") else ""
            if isinstance(value, bytes):
                found.append((kind, value))
            elif value:
                faults.append(value)
        shelf.one(found, number)
        if faults or not found:
            report.problem(number, " and ".join(faults or ["it has no hash"]))
            report.incomplete += bool(found)
            report.skipped += not found


def _only_that_table(action: int, table: str | None, *_: str | None) -> int:
    allowed = action == sqlite3.SQLITE_SELECT or (action == sqlite3.SQLITE_READ and (table or "").upper() == "FILE")
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY
