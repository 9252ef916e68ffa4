"""A small case that has been through everything, for all that leaves it."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeward.flow.known import add_known_list
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.store import Case
from homeward.testing import scenes
from homeward.testing.encoding import encode

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def seized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three rooms, one of them twice and one in an archive, and a file that is no picture."""
    folder = tmp_path_factory.mktemp("material") / "seized"
    folder.mkdir()
    for seed in range(2):
        (folder / f"{seed}.jpg").write_bytes(encode(scenes.room(seed)))
    (folder / "ägain.jpg").write_bytes((folder / "1.jpg").read_bytes())
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("DCIM/2.jpg", encode(scenes.room(2)))
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.fixture(scope="session")
def case(seized: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """That material after the steps that are quick, one of its pictures on a list."""
    from exchange_case import make_case

    home = tmp_path_factory.mktemp("exchange")
    case = make_case(home / "case", seized, "Unit A")
    listed = hashlib.md5((seized / "0.jpg").read_bytes()).hexdigest()
    (home / "known.csv").write_text(f"md5,category,series,victim identified\n{listed},2,Harbour,no\n")
    add_known_list(case, home / "known.csv", "known", Quiet())
    process(case, "inline", 1, Quiet(), until="sights")
    yield case
    case.close()
