"""A case and a little material, made anew for each test."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case
from homeward.testing import scenes
from homeward.testing.encoding import encode

sys.path.insert(0, str(Path(__file__).parent))  # helpers of these tests are imported by name


@pytest.fixture(scope="session")
def made_material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six pictures, a copy, a near-copy, a text and a broken file; not to be changed."""
    folder = tmp_path_factory.mktemp("made") / "material"
    (folder / "sub").mkdir(parents=True)
    for seed in range(6):
        (folder / f"room{seed}.jpg").write_bytes(encode(scenes.room(seed)))
    (folder / "sub" / "same.jpg").write_bytes((folder / "room0.jpg").read_bytes())
    (folder / "sub" / "smaller.jpg").write_bytes(encode(scenes.resize(scenes.room(1), 0.6)))
    (folder / "notes.txt").write_text("nothing to see\n")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 this is no picture")
    return folder


@pytest.fixture
def material(made_material: Path, tmp_path: Path) -> Path:
    """The same, for a test that may change it."""
    return shutil.copytree(made_material, tmp_path / "material")


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with Case.create(tmp_path / "case", "Test Unit") as made:
        yield made


@pytest.fixture(scope="session", autouse=True)
def _words_unread() -> Iterator[None]:
    """Reading words takes a second a picture: only the tests about it do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("homeward.descriptors.text_models.available", lambda: False)
        yield


@pytest.fixture
def two(tmp_path: Path, database_url: str) -> Iterator[Case]:
    """A case with the series ab and cd, and a picture e that lies alone."""
    from series_case import FIRST, deliver, groups, hold

    with Case.create(tmp_path / "two", "Test Unit", database_url) as case:
        deliver(case, "X", FIRST)
        hold(case)
        assert groups(case, *FIRST) == ["ab", "cd", "e"]
        yield case
        assert verify(case, Quiet()).faults == []
