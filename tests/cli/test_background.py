"""Background collections by the command line: in, listed, out, and wrong use in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import homeward

from homeward.testing import scenes
from homeward.testing.encoding import encode


@pytest.mark.slow
def test_a_collection_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "room.jpg").write_bytes(encode(scenes.room(3, 320, 240)))
    (tmp_path / "shop" / "bad.jpg").write_bytes(b"no picture")
    assert homeward("init", "case", "--agency", "A", cwd=tmp_path).returncode == 0
    added = homeward("background", "add", "case", "shop", "--name", "shops", cwd=tmp_path)
    assert added.returncode == 0, added.stderr
    assert "Added 1 pictures to shops; skipped 1 files." in added.stdout
    assert "shop/bad.jpg" in added.stdout
    again = homeward("background", "add", "case", "shop", "--name", "shops", cwd=tmp_path)
    assert "Added 0 pictures to shops; 1 were there before" in again.stdout
    (row,) = json.loads(homeward("background", "list", "case", "--json", cwd=tmp_path).stdout)
    assert (row["name"], row["pictures"], row["places"]) == ("shops", 1, 1)
    wrong = homeward("background", "remove", "case", "other", "--reason", "a test", cwd=tmp_path)
    assert (wrong.returncode, "no background collection 'other'; there are: shops" in wrong.stderr) == (2, True)
    assert homeward("background", "remove", "case", "shops", "--reason", "a test", cwd=tmp_path).returncode == 0
    assert json.loads(homeward("background", "list", "case", "--json", cwd=tmp_path).stdout) == []
    assert homeward("verify", "case", cwd=tmp_path).returncode == 0
