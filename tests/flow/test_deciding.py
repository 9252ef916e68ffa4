"""Decisions by real processes: killed at any moment, and several at once."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest
from killing import POINTS, start
from series_case import deliver, groups, hold, series_of

from homeward.flow.progress import Quiet
from homeward.flow.series import shown
from homeward.flow.verify import verify
from homeward.store import Case

BODIES = {"a": "1", "b": "1", "c": "2", "d": "2", "f": "3", "g": "3"}
WHERE = (
    "while series are replaced",
    "before the ledger entry",
    "after the ledger entry, before the commit",
    "after the commit",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with the series ab, cd and fg, and a picture that no run has grouped yet."""
    folder = tmp_path_factory.mktemp("deciding") / "case"
    with Case.create(folder, "Test Unit") as case:
        deliver(case, "X", BODIES)
        hold(case)
        deliver(case, "Y", {"h": "1"})
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "case"))


def merging(folder: Path, one: str, other: str) -> list[str]:
    with Case.open(folder) as case:
        return ["series", str(folder), "merge", series_of(case, one), series_of(case, other), "--why", "one room", "--by", "P"]


def standing(folder: Path) -> list[str]:
    with Case.open(folder) as case:
        assert verify(case, Quiet()).faults == []
        return groups(case, *BODIES, "h")


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2], ids=["while evidence is grouped", "while it is decided"])
@pytest.mark.parametrize("where", WHERE)
def test_a_decision_that_is_killed_was_made_or_never_begun(folder: Path, where: str, count: int) -> None:
    command = merging(folder, "a", "c")
    killed = start(command, POINTS[where], count)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    done = standing(folder) == ["abcdh", "fg"]
    again = start(command)
    _, errors = again.communicate()
    assert (again.returncode, b"has ended" in errors) == ((2, True) if done else (0, False))
    assert standing(folder) == ["abcdh", "fg"]
    with Case.open(folder) as case:
        assert [one["act"] for one in shown(case, series_of(case, "a"))["history"]] == ["merge"]


def test_two_people_decide_at_once(folder: Path) -> None:
    commands = [merging(folder, "a", "c"), merging(folder, "a", "f")]
    for one in [start(command) for command in commands]:
        _, errors = one.communicate()
        assert one.returncode == 0, errors.decode()
    assert standing(folder) == ["abcdfgh"]
