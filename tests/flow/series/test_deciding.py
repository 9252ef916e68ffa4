"""Decisions by real processes: killed at any moment, and several at once."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest
from killing import POINTS, run
from series_case import deliver, groups, hold, see, series_of, sha

from homeward.flow.progress import Quiet
from homeward.flow.series.deciding import merge
from homeward.flow.series.listing import proposals, shown
from homeward.flow.verify import verify
from homeward.store import Case
from warm import start

BODIES = {"a": "1", "b": "1", "c": "2", "d": "2", "f": "3", "g": "3", "i": "4", "j": "4"}
WHERE = (
    "while series are replaced",
    "before the ledger entry",
    "after the ledger entry, before the commit",
    "after the commit",
)
REFUSED = {"merge": "has ended", "split": "no pictures of the series", "undo": "taken back before"}
"""What is said of a decision that was made before."""
BY = ["--why", "one room", "--by", "P"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with the series ab, cd and fgij, the last held together by a person, and a picture that no run has grouped yet."""
    return make(tmp_path_factory.mktemp("deciding") / "case")


def make(folder: Path, url: str = "") -> Path:
    with Case.create(folder, "Test Unit", url) as case:
        deliver(case, "X", BODIES)
        see(case, {("a", "c"): 3500})
        hold(case)
        merge(case, series_of(case, "f"), series_of(case, "i"), "P", "one bedspread")
        deliver(case, "Y", {"h": "1"})
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "case"))


@pytest.fixture
def anywhere(made: Path, tmp_path: Path, database_url: str) -> Path:
    """The same on each kind of database."""
    folder = tmp_path / "case"
    return make(folder, database_url) if database_url else Path(shutil.copytree(made, folder))


def deciding(folder: Path, act: str, one: str = "a", other: str = "c") -> list[str]:
    """The command that makes a decision."""
    with Case.open(folder) as case:
        if act in {"accept", "reject"}:
            (asked,) = proposals(case)
            return ["series", str(folder), act, asked["id"], *BY]
        if act == "undo":
            (decided,) = shown(case, series_of(case, "f"))["history"]
            return ["series", str(folder), "undo", decided["event"], *BY]
        name = series_of(case, one)
        said = [name, series_of(case, other)] if act == "merge" else [name, "--items", sha("b")]
    return ["series", str(folder), act, *said, *BY]


def standing(folder: Path) -> list[str]:
    with Case.open(folder) as case:
        assert verify(case, Quiet()).faults == []
        return groups(case, *BODIES, "h")


def kill_and_repeat(folder: Path, tmp_path: Path, act: str, where: str, count: int) -> None:
    """Kill a decision at a point, make it again, and end as if nothing had been."""
    undisturbed = Path(shutil.copytree(folder, tmp_path / "undisturbed"))
    run(deciding(undisturbed, act))
    command, wanted = deciding(folder, act), standing(undisturbed)
    assert start(command, POINTS[where], count).end().code == -signal.SIGKILL
    done = standing(folder) == wanted
    again = start(command).end()
    assert (again.code, REFUSED[act] in again.err) == ((2, True) if done else (0, False))
    assert standing(folder) == wanted
    with Case.open(folder) as case, Case.open(undisturbed) as other:
        for name in "afi":
            told = [
                [(one["act"], one["taken_back"]) for one in shown(some, series_of(some, name))["history"]]
                for some in (case, other)
            ]
            assert told[0] == told[1]


def test_a_decision_that_is_killed_before_its_commit_was_never_begun(folder: Path, tmp_path: Path) -> None:
    kill_and_repeat(folder, tmp_path, "undo", "after the ledger entry, before the commit", 2)


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2], ids=["while evidence is grouped", "while it is decided"])
@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("act", REFUSED)
def test_a_decision_that_is_killed_was_made_or_never_begun(
    folder: Path, tmp_path: Path, act: str, where: str, count: int
) -> None:
    kill_and_repeat(folder, tmp_path, act, where, count)


def test_two_people_decide_at_once(anywhere: Path) -> None:
    commands = [deciding(anywhere, "merge", "a", "c"), deciding(anywhere, "merge", "a", "f")]
    for one in [start(command) for command in commands]:
        ended = one.end()
        assert ended.code == 0, ended.err
    assert standing(anywhere) == ["abcdfghij"]


def test_of_two_who_take_back_one_decision_at_once_one_is_told_in_a_sentence(anywhere: Path) -> None:
    command = deciding(anywhere, "undo")
    said = [one.end() for one in [start(command) for _ in range(2)]]
    assert sorted(one.code for one in said) == [0, 2]
    (refused,) = (one.err for one in said if one.code)
    assert refused == "Error: that was taken back before\n"
    assert standing(anywhere) == ["abh", "cd", "fg", "ij"]


def test_of_a_yes_and_a_no_at_once_one_stands_and_the_other_is_told_so(anywhere: Path) -> None:
    commands = [deciding(anywhere, act) for act in ("accept", "reject")]
    said = [one.end() for one in [start(command) for command in commands]]
    assert sorted(one.code for one in said) == [0, 2]
    (refused,) = (one.err for one in said if one.code)
    assert "no proposals have a name that begins with" in refused
    assert standing(anywhere) == (["abcdh", "fgij"] if said[0].code == 0 else ["abh", "cd", "fgij"])
    with Case.open(anywhere) as case:
        assert proposals(case) == []
