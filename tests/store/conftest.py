"""A case on each database: the embedded one, and a real PostgreSQL that is started for the session."""

from __future__ import annotations

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
def elsewhere(case: Case) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Runs code in a process of its own, with the test's case open as ``case``."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str) -> subprocess.Popen[str]:
        path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
        worker = subprocess.Popen(
            [sys.executable, "-c", OPENING + code, str(case.folder)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        started.append(worker)
        return worker

    yield start
    for worker in started:
        assert worker.stdout is not None
        worker.stdout.close()
