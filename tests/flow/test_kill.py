"""Killed at any moment, a re-run ends where an undisturbed run ends."""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
from pathlib import Path

import pytest
from killing import POINTS, commands, run, start, state

from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case


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


@pytest.mark.slow
def test_killed_at_every_named_point(material: Path, known: Path, tmp_path: Path, undisturbed: dict[str, object]) -> None:
    kills = 0
    for at, point in enumerate(POINTS.values()):
        folder = tmp_path / f"case{at}"
        Case.create(folder, "Test Unit").close()
        for command in commands(folder, material, known):
            for count in (1, 2):
                killed = start(command, point, count)
                killed.communicate()
                kills += killed.returncode == -signal.SIGKILL
            run(command)
        assert state(folder) == undisturbed, point
        _nothing_wrong(folder)
    assert kills >= 16


@pytest.mark.slow
def test_killed_thirty_times_at_random(material: Path, known: Path, tmp_path: Path, undisturbed: dict[str, object]) -> None:
    rng = random.Random(11)
    folder = tmp_path / "case"
    Case.create(folder, "Test Unit").close()
    kills = 0
    while kills < 30:
        for command in commands(folder, material, known):
            running = start(command)
            try:
                running.wait(timeout=rng.uniform(0.2, 2.5))
            except subprocess.TimeoutExpired:
                running.kill()
                kills += 1
            running.communicate()
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
        _, errors = helper.communicate()
        assert helper.returncode == 0, errors.decode()
    run(["process", str(folder)])
    assert state(folder) == undisturbed
    _nothing_wrong(folder)
