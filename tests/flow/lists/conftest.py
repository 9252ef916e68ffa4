"""A case with seized files, and a way to add lists to it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homeward.flow.known import AddedList, Manner, add_known_list
from homeward.flow.progress import Quiet
from homeward.store import Case

sys.path.insert(0, str(Path(__file__).parent))  # helpers of these tests are imported by name

from listed import BODIES, Here, taken


@pytest.fixture(autouse=True)
def _here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "locked" not in request.fixturenames:
        monkeypatch.setattr("homeward.flow.known.Pool", Here)
        monkeypatch.setattr("homeward.flow.claims.Pool", Here)


@pytest.fixture
def locked() -> None:
    """This test reads lists behind the lock."""


@pytest.fixture
def seized(tmp_path: Path) -> Path:
    folder = tmp_path / "seized"
    folder.mkdir()
    for name, body in BODIES.items():
        (folder / f"{name}.txt").write_bytes(body)
    return folder


@pytest.fixture
def case(tmp_path: Path, seized: Path) -> Iterator[Case]:
    with taken(tmp_path / "case", seized) as case:
        yield case


@pytest.fixture
def add(case: Case, tmp_path: Path) -> Any:
    def added(text: str | bytes, name: str = "list", together: tuple[str, ...] = (), **manner: Any) -> AddedList:
        body = text.encode() if isinstance(text, str) else text
        file = tmp_path / f"{name}-{hashlib.sha256(body).hexdigest()[:8]}"
        file.write_bytes(body)
        return add_known_list(case, file, name, Quiet(), Manner(**manner), together)

    return added
