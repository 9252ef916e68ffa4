"""The room's tasks run in this process unless a test asks for locked workers."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from homeward.evidence import worker


@pytest.fixture(scope="session", autouse=True)
def _warm() -> Iterator[None]:
    """Warm up as a worker does, and give the process its time zone back."""
    before = os.environ.get("TZ")
    worker.warm_up()
    yield
    if before is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.fixture(scope="session")
def forensic() -> None:
    """The second reader: skip where it is absent, fail where everything is required."""
    if importlib.util.find_spec("dfvfs") is not None:
        return
    if os.environ.get("HOMEWARD_REQUIRE_DATA") == "1":
        pytest.fail("dfvfs is required here: make forensic")
    pytest.skip("the second reader needs the extra: pip install 'homeward[forensic]'")


class Hung(BaseException):
    """Not an ``Exception``: code that goes on after every error must not swallow it."""


@pytest.fixture(autouse=True)
def _always_ends() -> Iterator[None]:
    """Hostile input that makes a reader run for ever fails its test instead of stopping all of them."""

    def end(*_: object) -> None:
        raise Hung("still running after a minute")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def images(shared_data: Path) -> Path:
    """The folder of disk images with known content."""
    return shared_data / "evidence"
