"""A small case that has been through everything, made on the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from homeward.testing import scenes
from homeward.testing.encoding import encode

for folder in (Path(__file__).parent, Path(__file__).parents[1] / "flow"):  # helpers of these tests are imported by name
    sys.path.insert(0, str(folder))


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small case that has been through everything; returns its parent folder."""
    home = tmp_path_factory.mktemp("cli")
    from command_line import homeward

    (home / "seized").mkdir()
    for seed in range(3):
        (home / "seized" / f"{seed}.jpg").write_bytes(encode(scenes.room(seed)))
    (home / "seized" / "again.jpg").write_bytes((home / "seized" / "1.jpg").read_bytes())
    (home / "seized" / "=cmd().txt").write_text("a name that a spreadsheet would run")
    (home / "seized" / "\x1b[31mred\nname.txt").write_text("a name that a terminal would obey")
    os.mkfifo(home / "pipe")
    (home / "odd\udcff").mkdir()
    import hashlib

    digest = hashlib.md5((home / "seized" / "2.jpg").read_bytes()).hexdigest()
    (home / "list.csv").write_text(f"md5,category,series,victim identified\n{digest},1,Harbour,no\nbroken,1,,\n")
    for command in (
        ("init", "case", "--agency", "Unit A"),
        ("ingest", "case", "seized", "--exhibit", "X1", "--authority", "W 1"),
        ("known", "add", "case", "list.csv"),
        ("process", "case"),
    ):
        done = homeward(*command, cwd=home)
        assert done.returncode == 0, done.stderr
        assert "Next: " in done.stdout
    return home
