"""A case that can only be read: on a read-only medium, or without permission to write. Nothing is left beside it."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from homeward.store import database
from homeward.store.errors import CaseOutdated, StoreError

DATABASE = "case.db"


def only_readable(folder: Path) -> bool:
    """Whether the case in ``folder`` cannot be written by this process."""
    return not all(os.access(path, os.W_OK) for path in (folder, folder / DATABASE) if path.exists())


class Medium:
    """Opens such a case's database, and keeps what has to be written meanwhile in a private folder."""

    def __init__(self, folder: Path) -> None:
        self._database = folder / DATABASE
        self._before = self._stamp()

    @cached_property
    def _private(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="homeward-")

    @property
    def scratch(self) -> Path:
        """A folder of its own that vanishes with :meth:`close`."""
        return Path(self._private.name)

    def connect(self, alias: str, address: str) -> None:
        """Make ``alias`` usable for reading the case whose database is at ``address``.

        Raises:
            CaseOutdated: a team database has tables of an older version.
            DatabaseUnreachable: it does not answer.
        """
        if address == "sqlite":
            self._connect_embedded(alias)
        else:
            database.connect(alias, database.postgresql(address, read_only=True), read_only=True)

    def _connect_embedded(self, alias: str) -> None:
        log, index = (Path(f"{self._database}{suffix}") for suffix in ("-wal", "-shm"))
        pending = log.exists() and log.stat().st_size > 0
        try:
            if not pending or index.exists():
                # Without a write-ahead log SQLite would have to make one; "immutable" says that it need not.
                how = "mode=ro" if pending else "immutable=1"
                database.connect(alias, database.sqlite_reading(_address(self._database, how)), read_only=True)
                return
        except CaseOutdated:
            database.disconnect(alias)
        database.connect(alias, database.sqlite_reading(_address(self._copied(log), "immutable=1")), read_only=True)

    def close(self) -> None:
        """Give everything back.

        Raises:
            StoreError: somebody else wrote to the case meanwhile, which may have been read half before and half after.
        """
        if "_private" in self.__dict__:
            self._private.cleanup()
        if self._stamp() != self._before:
            raise StoreError("the case was written to while it was read: run the same command again")

    def _copied(self, log: Path) -> Path:
        """A private copy in which what stands in the write-ahead log is in its place and the tables are up to date."""
        copy = self.scratch / DATABASE
        shutil.copyfile(self._database, copy)
        if log.exists():
            shutil.copyfile(log, f"{copy}-wal")
        database.connect(alias := f"copy-{uuid.uuid4().hex[:12]}", database.sqlite(copy))
        database.disconnect(alias)
        return copy

    def _stamp(self) -> tuple[int, int, int] | None:
        if not self._database.exists():  # a team's database keeps readers and writers apart itself
            return None
        now = self._database.stat()
        return now.st_ino, now.st_size, now.st_mtime_ns


def _address(path: Path, how: str) -> str:
    return f"file:{quote(str(path.resolve()))}?{how}"
