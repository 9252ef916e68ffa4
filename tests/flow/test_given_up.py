"""What locked workers were lost over: counted once on the way, given up the second time, and tried again when a person asks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from homeward.cli import homeward
from homeward.flow.executors import Processes
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process, step_key
from homeward.flow.progress import Quiet
from homeward.flow.steps import DESCRIBE
from homeward.flow.units import Described, Lost, Unit
from homeward.flow.verify import verify
from homeward.store import Case, reads
from homeward.store.ledger import decode

LOSSES = {"count": 0}


class Losing(Processes):
    """Loses a worker over one picture, as often as it is told."""

    def describe(self, units: Iterable[Unit]) -> Iterator[Described | Lost]:
        for unit in units:
            if unit.path.endswith("room2.jpg") and LOSSES["count"]:
                LOSSES["count"] -= 1
                yield Lost(unit.item, "its worker was lost", again=True)
            else:
                yield from super().describe([unit])


class Counting(Quiet):
    """Knows how far every stage got."""

    def __init__(self) -> None:
        self.stages: list[list[int]] = []

    def begin(self, stage: str, total: int | None) -> None:
        self.stages.append([0, total or 0])

    def advance(self, count: int = 1, size: int = 0) -> None:
        self.stages[-1][0] += count


@pytest.fixture(autouse=True)
def losing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeward.flow.process.EXECUTORS", {"inline": Losing})
    LOSSES["count"] = 0


def lost_twice(case: Case, material: Path) -> None:
    LOSSES["count"] = 2
    ingest(case, [Delivery("A", material, "W", "")], Quiet())
    process(case, "inline", 1, Quiet(), "describe")
    assert {"reason": "its worker was lost", "count": 1} in reads.status(case)["failures"]


def test_an_item_that_is_tried_twice_counts_once(case: Case, material: Path) -> None:
    LOSSES["count"] = 1
    ingest(case, [Delivery("A", material, "W", "")], Quiet())
    counting = Counting()
    process(case, "inline", 1, counting, "describe")
    ((done, total),) = counting.stages
    assert done == total > 1


def test_what_is_added_meanwhile_is_a_stage_of_its_own(case: Case, material: Path, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    for number in range(3):
        (tmp_path / "more" / f"{number}.jpg").write_bytes((material / "room1.jpg").read_bytes() + bytes([number]))

    class Adding(Counting):
        def advance(self, count: int = 1, size: int = 0) -> None:
            super().advance(count, size)
            if len(self.stages) == 1 and self.stages[0][0] == 1:
                ingest(case, [Delivery("B", tmp_path / "more", "W", "")], Quiet())
                case.jobs.enqueue(step_key(DESCRIBE), DESCRIBE.kinds)

    ingest(case, [Delivery("A", material, "W", "")], Quiet())
    adding = Adding()
    process(case, "inline", 1, adding, "describe")
    assert len(adding.stages) == 2
    assert all(done == total for done, total in adding.stages)
    assert adding.stages[1][1] == 3


def test_what_was_given_up_is_tried_again_when_a_person_asks(case: Case, material: Path) -> None:
    lost_twice(case, material)
    failed = reads.status(case)["occurrences"]["failed"]
    process(case, "inline", 1, Quiet(), "describe")
    assert reads.status(case)["occurrences"]["failed"] == failed, "never by itself"
    command = ["process", str(case.folder), "--executor", "inline", "--until", "describe"]
    told = CliRunner().invoke(homeward, command)
    assert "1 were given up after two lost workers: homeward process" in " ".join(told.output.split())
    told = CliRunner().invoke(homeward, [*command, "--retry"])
    assert told.exit_code == 0
    assert "1 are tried again." in told.output
    assert "given up" not in told.output
    assert reads.status(case)["occurrences"]["failed"] < failed
    assert [decode(body).act for _, body in case.custody.entries()].count("step.retry") == 1
    assert not verify(case, Quiet()).faults
    again = CliRunner().invoke(homeward, [*command, "--retry"])
    assert "0 are tried again." in again.output
    assert [decode(body).act for _, body in case.custody.entries()].count("step.retry") == 1


def test_it_is_given_up_again_and_outcomes_stay_vouched_for(case: Case, material: Path) -> None:
    lost_twice(case, material)
    LOSSES["count"] = 2
    command = ["process", str(case.folder), "--executor", "inline", "--until", "describe", "--retry"]
    assert "1 were given up" in CliRunner().invoke(homeward, command).output
    assert not verify(case, Quiet()).faults
    with sqlite3.connect(case.folder / "case.db") as database:
        database.execute("UPDATE homeward_job SET reason = 'nothing' WHERE attempts = 2")
    database.close()
    assert "the outcomes that ledger entry" in "\n".join(verify(case, Quiet()).faults)
