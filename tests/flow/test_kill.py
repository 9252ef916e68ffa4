"""Killed at any moment, a re-run ends where an undisturbed run ends."""

from __future__ import annotations

import hashlib
import random
import signal
from pathlib import Path

import pytest
from killing import POINTS, commands, run, state

from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case
from warm import Point, start


@pytest.fixture
def known(material: Path, tmp_path: Path) -> Path:
    listed = tmp_path / "known.csv"
    digest = hashlib.sha256((material / "room2.jpg").read_bytes()).hexdigest()
    listed.write_text(f"sha256,series,victim_identified\n{digest},Lighthouse,no\n")
    return listed


@pytest.fixture
def undisturbed(material: Path, known: Path, tmp_path: Path) -> dict[str, object]:
    folder = tmp_path / "undisturbed"
    Case.create(folder, "Test Unit").close()
    for command in commands(folder, material, known):
        run(command)
    return state(folder)


def _nothing_wrong(folder: Path) -> None:
    with Case.open(folder) as case:
        assert verify(case, Quiet(), full=True).faults == []


def _killed_twice(command: list[str], point: Point) -> bool:
    """Kill it the first time it comes to ``point``, then the second time, and let it end; whether it came there at all."""
    for count in (1, 2):
        ended = start(command, point, count).end()
        if ended.code != -signal.SIGKILL:
            assert ended.code == 0, ended.err
            return count > 1
    run(command)
    return True


@pytest.mark.slow
def test_killed_at_every_named_point(material: Path, known: Path, tmp_path: Path, undisturbed: dict[str, object]) -> None:
    for at, point in enumerate(POINTS.values()):
        folder = tmp_path / f"case{at}"
        Case.create(folder, "Test Unit").close()
        killed = [_killed_twice(command, point) for command in commands(folder, material, known)]
        assert any(killed), point
        assert state(folder) == undisturbed, point
        _nothing_wrong(folder)


@pytest.mark.slow
def test_killed_thirty_times_at_random(material: Path, known: Path, tmp_path: Path, undisturbed: dict[str, object]) -> None:
    rng = random.Random(11)
    folder = tmp_path / "case"
    Case.create(folder, "Test Unit").close()
    kills = 0
    while kills < 30:
        for command in commands(folder, material, known):
            running = start(command)
            kills += running.kill_after(rng.uniform(0.1, 2))
            running.end()
    for command in commands(folder, material, known):
        run(command)
    assert state(folder) == undisturbed
    _nothing_wrong(folder)


@pytest.mark.slow
def test_two_workers_share_one_queue(material: Path, known: Path, tmp_path: Path, undisturbed: dict[str, object]) -> None:
    folder = tmp_path / "case"
    Case.create(folder, "Test Unit").close()
    for command in commands(folder, material, known)[:2]:
        run(command)
    helpers = [start(["work", str(folder)]) for _ in range(2)]
    for helper in helpers:
        ended = helper.end()
        assert ended.code == 0, ended.err
    run(["process", str(folder)])
    assert state(folder) == undisturbed
    _nothing_wrong(folder)
