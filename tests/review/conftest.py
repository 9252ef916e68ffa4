"""A workbench over a small case, and people of every role."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # helpers of these tests are imported by name

from bench_people import somebody

from homeward.review.application import BENCH, application
from homeward.review.bench import Workbench
from homeward.store import Case

ON_BOTH = {"test_finding", "test_grids", "test_permissions", "test_sessions", "test_work"}
"""Files whose questions to the database, or whose locks in it, are the workbench's own."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames and metafunc.definition.path.parent == Path(__file__).parent:
        databases = ["sqlite", "postgresql"] if metafunc.module.__name__ in ON_BOTH else ["sqlite"]
        metafunc.parametrize("case", databases, indirect=True, scope="module")


@pytest.fixture(scope="module")
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """One case for all tests of a file, on the database that is asked for."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgresql")()
    with Case.create(tmp_path_factory.mktemp("review") / "case", "Test Unit", url) as made:
        yield made


@pytest.fixture
def new_case(tmp_path: Path) -> Iterator[Case]:
    """One that nobody works on yet."""
    with Case.create(tmp_path / "case", "Test Unit") as made:
        yield made


@pytest.fixture
def bench(case: Case) -> Iterator[Workbench]:
    with Workbench(case) as made:
        application(made)
        yield made


@pytest.fixture
def client(bench: Workbench) -> Callable[..., Any]:
    """Makes browsers, of somebody with a role or of nobody."""
    from django.test import Client

    def make(role: str = "", *, strict: bool = False) -> Any:
        made = Client(enforce_csrf_checks=strict, SERVER_NAME="127.0.0.1", **{BENCH: bench})
        if role:
            answer = made.post("/api/session/link", {"word": bench.link(somebody(bench, role))}, "application/json")
            assert answer.status_code == 204, answer.content
        return made

    return make
