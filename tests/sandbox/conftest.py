"""Workers import their tasks by name: this folder must be on the path of every process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeward.sandbox import pool

_start_zygote = pool.start_zygote

HERE = str(Path(__file__).parent)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [HERE, os.environ.get("PYTHONPATH", "")]))
sys.path.insert(0, HERE)


@pytest.fixture(scope="module", autouse=True)
def _zygotes_of_its_own() -> Iterator[None]:
    """What is tested here begins as everybody's does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "start_zygote", _start_zygote)
        yield
