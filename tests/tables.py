"""The tables of a new case: made once by all migrations, and copied from then on, which takes a hundredth of the time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import pytest


@contextmanager
def copied(folder: Path) -> Iterator[None]:
    """While it is entered, an embedded database that is not there yet begins as a copy of one in ``folder``."""
    from homeward.store import database

    really, made, one_at_a_time = database.connect, folder / "case.db", Lock()

    def connect(alias: str, connection: dict[str, Any], *, read_only: bool = False) -> None:
        path = Path(connection["NAME"])
        if "sqlite" in connection["ENGINE"] and not read_only and not path.exists():
            with one_at_a_time:
                if not made.exists():
                    really("tables", database.sqlite(made))
                    database.disconnect("tables")
            shutil.copyfile(made, path)
        really(alias, connection, read_only=read_only)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "connect", connect)
        yield


def make(url: str) -> None:
    """In an empty database of a team."""
    from homeward.store import database

    database.configure()
    database.connect("tables", database.postgresql(url))
    database.disconnect("tables")
