"""A name that the law wants gone is gone from the ledger, and where it still stands is said."""

from __future__ import annotations

import json
from pathlib import Path

from command_line import homeward

NAME = "Somebody Whose Name Is Protected"
WHY = ("--authority", "court order 3/2026", "--reason", "erasure by law", "--json")


def test_a_name_is_erased_from_every_entry_and_what_is_left_is_said(tmp_path: Path) -> None:
    (tmp_path / "seized").mkdir()
    (tmp_path / "seized" / f"letter to {NAME}.txt").write_text("x")
    assert homeward("init", "case", "--agency", "A", cwd=tmp_path).returncode == 0
    exhibit = ("--exhibit", "X", "--authority", "W", "--acquirer", NAME)
    assert homeward("ingest", "case", "seized", *exhibit, cwd=tmp_path).returncode == 0
    assert homeward("export", "case", "--format", "csv", f"{NAME}.csv", cwd=tmp_path).returncode == 0
    done = homeward("erase", "case", "--name", NAME, *WHY, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    left = {"paths of sources": 1, "paths of files": 1}
    assert json.loads(done.stdout) == {"fields": {"acquirer": 1}, "left": left, "within": [[3, "file"]]}
    again = homeward("erase", "case", "--name", NAME, *WHY, cwd=tmp_path)
    assert again.returncode == 2
    assert "with --entry and --field: 3 file" in again.stderr
    by_entry = homeward("erase", "case", "--entry", "3", "--field", "file", *WHY, cwd=tmp_path)
    assert json.loads(by_entry.stdout) == {"fields": {"file": 1}, "left": {}, "within": []}
    assert homeward("erase", "case", "--entry", "3", "--field", "file", *WHY, cwd=tmp_path).returncode == 1
    assert homeward("erase", "case", "--name", NAME, *WHY, cwd=tmp_path).returncode == 2
    assert homeward("verify", "case", "--full", cwd=tmp_path).returncode == 0
    (kept,) = (path for path in (tmp_path / "case").rglob("*") if path.is_file() and NAME.encode() in path.read_bytes())
    assert kept.name == "case.db"  # the path of the letter
