"""A case on a read-only medium answers every question, and says in one sentence that it takes nothing in."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from command_line import COMMANDS

READING = [
    ["status", "case"],
    ["matches", "case"],
    ["stacks", "case"],
    ["links", "case"],
    ["cameras", "case"],
    ["findings", "case"],
    ["clues", "case"],
    ["links", "case", "--fused"],
    ["series", "case"],
    ["series", "case", "proposals"],
    ["watch", "case"],
    ["leads", "case"],
    ["generations", "case"],
    ["firsthand", "case"],
    ["clocks", "case"],
    ["whereabouts", "case"],
    ["known", "list", "case"],
    ["find", "case", "seized/1.jpg", "--by", "copy"],
    ["verify", "case", "--full"],
]
GIVING = [["export", "case", "--format", "csv", "ro.csv"], ["clues", "case", "export", "ro.json"]]
WRITING = [
    ["ingest", "case", "seized", "--exhibit", "X2", "--authority", "W 1"],
    ["known", "add", "case", "list.csv"],
    ["known", "remove", "case", "list", "--agency", "A", "--reason", "a test"],
    ["known", "vote", "case", "0" * 32, "--deny", "--agency", "A", "--reason", "a test"],
    ["process", "case"],
    ["work", "case"],
    ["clues", "case", "add", "--kind", "text", "--value", "X", "--picture", "0000"],
    ["clues", "case", "set", "0000", "--note", "X"],
    ["clues", "case", "import", "ro.json"],
    ["series", "case", "merge", "0000", "1111", "--why", "a test"],
    ["series", "case", "split", "0000", "--items", "0000", "--why", "a test"],
    ["series", "case", "accept", "0000", "--why", "a test"],
    ["series", "case", "reject", "0000", "--why", "a test"],
    ["series", "case", "undo", "0000", "--why", "a test"],
    ["series", "case", "set", "0000", "--note", "X"],
    ["series", "case", "weigh", "age", "1", "--why", "a test"],
    ["watch", "case", "--seen", "0000"],
    ["leads", "case", "add", "--series", "0000", "--task", "X", "--why", "a test"],
    ["leads", "case", "set", "0000", "--state", "done"],
    ["erase", "case", "--name", "root", "--authority", "W", "--reason", "a test"],
]
Said = list[list[Any]]


@pytest.fixture
def home(worked: Path, tmp_path: Path) -> Path:
    """The worked case and its evidence, to be mounted."""
    shutil.copytree(worked / "case", tmp_path / "case")
    shutil.copytree(worked / "seized", tmp_path / "seized", copy_function=shutil.copy2)
    shutil.copy(worked / "list.csv", tmp_path)
    return tmp_path


def _content(folder: Path) -> Mapping[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_command_on_a_read_only_medium(home: Path, on_read_only_medium: Callable[[Path, str, str], str]) -> None:
    before = _content(home / "case")
    commands = [*([*command, "--json"] for command in READING), *GIVING, *WRITING]
    said: Said = json.loads(on_read_only_medium(home / "case", COMMANDS, json.dumps(commands)))
    assert _content(home / "case") == before
    reading, giving, writing = said[: len(READING)], said[len(READING) : -len(WRITING)], said[-len(WRITING) :]
    for command, (code, out, err) in zip(READING, reading, strict=True):
        assert (code, err) == (0, ""), command
        json.loads(out)
    assert json.loads(reading[0][1])["read_only"] is True
    assert json.loads(reading[-2][1])[0]["paths"] == ["X1 > 1.jpg", "X1 > again.jpg"]
    assert json.loads(reading[-1][1])["recorded"] is False
    for code, out, err in giving:
        assert (code, err) == (0, "")
        assert "The ledger does not know of this" in out
    for command, (code, _, err) in zip(WRITING, writing, strict=True):
        assert (code, err.count("\n")) == (2, 1), command
        assert "can only be read: copy it" in err


def test_a_case_that_was_left_in_the_middle_is_read_too(
    home: Path, on_read_only_medium: Callable[[Path, str, str], str]
) -> None:
    """What the database's log holds counts, with its index and without; nothing of it is lost or written back."""
    import sqlite3

    database = sqlite3.connect(home / "case" / "case.db")
    for statement in ("PRAGMA wal_autocheckpoint = 0", "UPDATE homeward_caseinfo SET agency = 'From the log'"):
        database.execute(statement)
    database.commit()
    for left in ("", "-shm", "-wal"):
        shutil.copy(home / "case" / f"case.db{left}", home / f"case.db{left}")
    database.close()
    for with_index in (True, False):
        for left in ("", "-shm", "-wal") if with_index else ("", "-wal"):
            shutil.copy(home / f"case.db{left}", home / "case" / f"case.db{left}")
        before = _content(home / "case")
        ((code, out, err),) = json.loads(on_read_only_medium(home / "case", COMMANDS, '[["status", "case", "--json"]]'))
        assert (code, err) == (0, "")
        assert json.loads(out)["agency"] == "From the log"
        assert _content(home / "case") == before
        (home / "case" / "case.db-shm").unlink(missing_ok=True)
