"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings

# Machines are shared: how long one example took says nothing about the code.
settings.register_profile("homeward", deadline=None)
settings.load_profile("homeward")

REPOSITORY = Path(__file__).resolve().parents[1]


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
