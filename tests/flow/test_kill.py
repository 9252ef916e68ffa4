"""Killed at any moment, a re-run ends where an undisturbed run ends."""

from __future__ import annotations

import hashlib
import random
import signal
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from killing import POINTS, READING, commands, run, state

from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case
from warm import Point, start

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def known(made_material: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    listed = tmp_path_factory.mktemp("known") / "known.csv"
    digest = hashlib.sha256((made_material / "room2.jpg").read_bytes()).hexdigest()
    listed.write_text(f"sha256,series,victim_identified\n{digest},Lighthouse,no\n")
    return listed


Undisturbed = Callable[[bool], dict[str, object]]


@pytest.fixture(scope="module")
def undisturbed(made_material: Path, known: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """What a case says that nobody disturbed, where words are read and where they are not."""

    @cache
    def said(wordless: bool) -> dict[str, object]:
        folder = new(tmp_path_factory.mktemp("undisturbed"))
        for command in commands(folder, made_material, known):
            run(command, wordless=wordless)
        return state(folder)

    return said


def new(home: Path) -> Path:
    home.mkdir(exist_ok=True)
    Case.create(home / "case", "Test Unit").close()
    return home / "case"


def _nothing_wrong(folder: Path) -> None:
    with Case.open(folder) as case:
        assert verify(case, Quiet(), full=True).faults == []


def _killed_twice(command: list[str], point: Point, wordless: bool) -> bool:
    """Kill it the first time it comes to ``point``, then the second time, and let it end; whether it came there at all."""
    for count in (1, 2):
        ended = start(command, point, count, wordless=wordless).end()
        if ended.code != -signal.SIGKILL:
            assert ended.code == 0, ended.err
            return count > 1
    run(command, wordless=wordless)
    return True


@pytest.mark.parametrize("where", POINTS)
def test_killed_at_every_named_point(
    where: str, made_material: Path, known: Path, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    folder, wordless = new(tmp_path), where != READING
    killed = [_killed_twice(command, POINTS[where], wordless) for command in commands(folder, made_material, known)]
    assert any(killed)
    assert state(folder) == undisturbed(wordless)
    _nothing_wrong(folder)


def test_killed_thirty_times_at_random(made_material: Path, known: Path, tmp_path: Path, undisturbed: Undisturbed) -> None:
    """Whenever a run comes to its end, what it leaves is looked at, and the next kills are for another case."""
    rng = random.Random(11)
    kills = tries = 0
    while kills < 30:
        tries += 1
        folder = new(tmp_path / str(tries))
        killed = True
        while killed and kills < 30:
            for command in commands(folder, made_material, known):
                running = start(command, wordless=True)
                killed = running.kill_after(rng.uniform(0.1, 2))
                running.end()
                kills += killed
        for command in commands(folder, made_material, known):
            run(command, wordless=True)
        assert state(folder) == undisturbed(True)
        _nothing_wrong(folder)


def test_two_workers_share_one_queue(made_material: Path, known: Path, tmp_path: Path, undisturbed: Undisturbed) -> None:
    folder = new(tmp_path)
    for command in commands(folder, made_material, known)[:2]:
        run(command)
    helpers = [start(["work", str(folder)], wordless=True) for _ in range(2)]
    for helper in helpers:
        ended = helper.end()
        assert ended.code == 0, ended.err
    run(["process", str(folder)], wordless=True)
    assert state(folder) == undisturbed(True)
    _nothing_wrong(folder)
