"""Two runs over one case share its work, and each says what the other has in hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from homeward.cli import homeward
from homeward.core import WrongUse
from homeward.flow import process as flow
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.progress import Quiet
from homeward.flow.steps import DESCRIBE
from homeward.store import Case, reads
from homeward.store.models import Job

KEY = flow.step_key(DESCRIBE)


@pytest.fixture
def taken_in(case: Case, material: Path) -> Case:
    ingest(case, [Delivery("A", material, "W", "")], Quiet())
    case.jobs.enqueue(KEY, DESCRIBE.kinds)
    return case


def test_work_is_leased_portion_after_portion(taken_in: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "PORTION", 3)
    waiting = taken_in.jobs.pending(KEY)
    leased = Job.objects.using(taken_in.alias).filter(state="leased")
    units = flow._leased(taken_in, KEY, {}, [])
    first = [next(units) for _ in range(3)]
    assert leased.count() == 3
    next(units)
    assert leased.count() == 6 < waiting
    assert len({unit.item for unit in [*first, *units]}) == waiting - 1


def test_a_round_ends(taken_in: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "PORTION", 2)
    monkeypatch.setattr(flow, "ROUND", 4)
    sizes: dict[int, int] = {}
    assert len(list(flow._leased(taken_in, KEY, sizes, []))) == len(sizes) == 4
    assert all(sizes.values())


@pytest.mark.parametrize("command", ["process", "work"])
def test_what_another_run_has_in_hand_is_said(taken_in: Case, command: str) -> None:
    others = Job.objects.using(taken_in.alias).order_by("item_id")[:2].values_list("id", flat=True)
    Job.objects.using(taken_in.alias).filter(id__in=list(others)).update(state="leased", owner="another-machine/1/1")
    said = CliRunner().invoke(homeward, [command, str(taken_in.folder)])
    assert "2 are being worked on by another run" in said.output
    assert reads.status(taken_in)["occurrences"]["pending"] == 2


def test_a_run_alone_speaks_of_no_other(taken_in: Case) -> None:
    assert "another run" not in CliRunner().invoke(homeward, ["process", str(taken_in.folder)]).output


def test_a_run_can_stop_after_a_step(taken_in: Case) -> None:
    flow.process(taken_in, "inline", 1, Quiet(), until="stack")
    told = reads.status(taken_in)
    assert told["occurrences"]["pending"] == 0
    assert {row["step"] for row in told["steps"]} == {"describe"}
    with pytest.raises(WrongUse, match="there is no step 'stick'; there are, in this order: describe, "):
        flow.process(taken_in, "inline", 1, Quiet(), until="stick")


def test_an_empty_case_can_be_processed(case: Case) -> None:
    flow.process(case, "inline", 1, Quiet())
    assert reads.status(case)["occurrences"]["total"] == 0
