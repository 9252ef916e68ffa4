"""Events of communities: tables in Parquet, sealed, beside the case's database. Nothing of them is open between two questions.

DuckDB writes them to memory and reads them from memory; on disk they are only ever encrypted (:mod:`homeward.store.sealing`).
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from homeward.store import sealing
from homeward.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from homeward.store.known_files import NewShelf

TABLES = {
    "posts": {
        "seq": "BIGINT", "id": "VARCHAR", "site": "VARCHAR", "handle": "VARCHAR", "time": "BIGINT", "zoned": "BOOLEAN",
        "zone": "SMALLINT", "unsure": "BOOLEAN", "board": "VARCHAR", "thread": "VARCHAR", "shown": "VARCHAR", "kind": "VARCHAR",
        "reply_to": "VARCHAR", "forwarded": "VARCHAR", "length": "BIGINT",
    },
    "recipients": {"seq": "BIGINT", "handle": "VARCHAR"},
    "attachments": {
        "seq": "BIGINT", "place": "INTEGER", "name": "VARCHAR", "path": "VARCHAR", "sha256": "VARCHAR", "sha1": "VARCHAR",
        "md5": "VARCHAR", "start": "VARCHAR", "size": "BIGINT", "mime": "VARCHAR", "captured": "BOOLEAN",
    },
    "identifiers": {
        "site": "VARCHAR", "handle": "VARCHAR", "kind": "VARCHAR", "value": "VARCHAR", "token": "VARCHAR",
    },
    "reports": {"id": "VARCHAR", "provider": "VARCHAR", "body": "VARCHAR", "own": "VARCHAR", "guarded": "VARCHAR"},
    "texts": {"seq": "BIGINT", "text": "VARCHAR"},
}  # fmt: skip
"""Columns of each table. ``seq`` numbers the posts of a capture; ``time`` is in nanoseconds since 1970, of a wall clock where
``zoned`` is false; ``zone`` is in minutes; ``body`` of a report is JSON; ``own`` and
``guarded`` are tokens of identifiers of its account, and of those whom it names as victims or as whom it was meant for."""
_NUMPY = {"BIGINT": np.int64, "INTEGER": np.int32, "SMALLINT": np.int16, "BOOLEAN": np.bool_, "VARCHAR": np.object_}
_AT_ONCE = 20_000
"""Rows that are handed to DuckDB together."""
_PART = 250_000
"""Rows of one part of a table; more are another part, so that memory is bounded."""
_PART_CHARACTERS = 64 << 20
_MEMORY = "2GB"
_LONG = {"texts": 1, "reports": 2}
"""Tables of long rows, and the column that is long."""
_NAME = re.compile(r"([a-z]+)-(\d+)")


class TooMuch(StoreError):
    """A query needs more memory than it may take."""


class EventWriter:
    """Collects rows and leaves sealed parts (``posts-0``, ``texts-0`` ...) on a shelf."""

    def __init__(self, shelf: NewShelf, key: bytes) -> None:
        self._shelf = shelf
        self._key = key
        self._db = _connect()
        self._rows: dict[str, list[Sequence[Any]]] = {name: [] for name in TABLES}
        self._held = dict.fromkeys(TABLES, 0)
        self._parts = dict.fromkeys(TABLES, 0)
        self._characters = dict.fromkeys(TABLES, 0)
        self.counts = dict.fromkeys(TABLES, 0)
        for name, columns in TABLES.items():
            self._db.execute(f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})")

    def add(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Take rows in, values in the order of :data:`TABLES`; None where a number is not known."""
        self._rows[table].extend(rows)
        self.counts[table] += len(rows)
        if (column := _LONG.get(table)) is not None:
            self._characters[table] += sum(len(row[column]) for row in rows)
        if len(self._rows[table]) >= _AT_ONCE or self._characters[table] >= _PART_CHARACTERS:
            self._insert(table)
            if self._held[table] >= _PART or self._characters[table] >= _PART_CHARACTERS:
                self._seal(table)

    def finish(self) -> None:
        """Seal what is left, and give the memory back."""
        for table in TABLES:
            self._insert(table)
            if self._held[table]:
                self._seal(table)
        self._db.close()

    def _insert(self, table: str) -> None:
        rows = self._rows[table]
        if not rows:
            return
        columns = TABLES[table]
        given = {
            name: _column(values, kind) for (name, kind), values in zip(columns.items(), zip(*rows, strict=True), strict=True)
        }
        self._db.register("given", given)
        self._db.execute(f"INSERT INTO {table} SELECT {', '.join(columns)} FROM given")
        self._db.unregister("given")
        self._held[table] += len(rows)
        rows.clear()

    def _seal(self, table: str) -> None:
        name = f"{table}-{self._parts[table]}"
        plain = os.memfd_create(name, os.MFD_CLOEXEC)
        try:
            self._db.execute(f"COPY {table} TO '/proc/self/fd/{plain}' (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)")
            sealing.seal(plain, self._shelf.begin(name), self._key, name)
        finally:
            os.close(plain)
        self._db.execute(f"DELETE FROM {table}")
        self._parts[table] += 1
        self._held[table] = 0
        self._characters[table] = 0


class Events:
    """Tables of some captures, open for questions; each has a column ``capture`` with the label of its capture."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Ask; ``values`` stand in the places of question marks."""
        return self._db.execute(sql, list(values)).fetchall()


@contextmanager
def opened(captures: Mapping[str, tuple[Path, bytes, Collection[str]]], tables: Sequence[str]) -> Iterator[Events]:
    """Open ``tables`` of captures: label -> their folder, its key, and the names of the files that were recorded of it.

    Raises:
        CaseDamaged: a file is missing or was changed.
        TooMuch: a question, or all that is held, needs more memory than one query may take.
    """
    fds: list[int] = []
    db = _connect()
    try:
        for table in tables:
            columns = ", ".join(f"{column} {kind}" for column, kind in TABLES[table].items())
            db.execute(f"CREATE TABLE {table} (capture VARCHAR, {columns})")
            for label, (folder, key, names) in captures.items():
                for part in _parts(names, table):
                    fds.append(sealing.unseal(folder / part, key))
                    columns = ", ".join(TABLES[table])
                    source = f"read_parquet('/proc/self/fd/{fds[-1]}')"
                    db.execute(f"INSERT INTO {table} SELECT ?, {columns} FROM {source}", [label])
                    os.close(fds.pop())
        yield Events(db)
    except duckdb.OutOfMemoryException:
        raise TooMuch(f"what its captures hold is more than one query can take into memory ({_MEMORY})") from None
    finally:
        for fd in fds:
            os.close(fd)
        db.close()


def _parts(names: Collection[str], table: str) -> list[str]:
    """The sealed parts of a table, in order."""
    found = [(int(told[2]), name) for name in names if (told := _NAME.fullmatch(name)) and told[1] == table]
    return [name for _, name in sorted(found)]


def _column(values: Sequence[Any], kind: str) -> Any:
    dtype: Any = _NUMPY[kind]
    if dtype is np.object_:
        return np.array(values, dtype)
    missing = [value is None for value in values]
    if not any(missing):
        return np.array(values, dtype)
    return np.ma.array([value or 0 for value in values], dtype=dtype, mask=missing)


def _connect() -> duckdb.DuckDBPyConnection:
    """A database in memory that neither spills to a disk nor loads anything."""
    return duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": _MEMORY,
            "temp_directory": "",
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
        }
    )
