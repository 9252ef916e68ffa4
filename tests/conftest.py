"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
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
