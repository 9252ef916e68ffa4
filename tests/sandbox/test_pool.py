"""A locked worker can do nothing but compute, and whatever it does wrong costs one call."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from hostile_tasks import ATTEMPTS

from files_open import files_open
from homeward.sandbox import Call, Finished, Limits, Lost, Message, Pool, SandboxFailed, landlock

TIGHT = Limits(memory=256 << 20, cpu_seconds=1, wall_seconds=60.0, file_bytes=1 << 20, message_bytes=1 << 20)
# Only for those that hang: on a busy machine a second of processor time can take many on the clock.
HASTY = Limits(memory=256 << 20, wall_seconds=3.0)
TASKS = ("hostile_tasks:echo", "hostile_tasks:attempt", "hostile_tasks:misbehave")


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(TASKS, workers=2, limits=TIGHT) as started:
        yield started


def _bodies(pool: Pool, call: Call) -> list[bytes]:
    return [event.body for event in pool.run([call]) if isinstance(event, Message)]


@pytest.mark.parametrize("what", sorted(ATTEMPTS))
def test_a_locked_worker_is_denied(pool: Pool, what: str, tmp_path: Path) -> None:
    evidence = tmp_path / "evidence"
    evidence.write_bytes(b"as it was")
    fd = os.open(evidence, os.O_RDONLY)
    try:
        (answer,) = _bodies(pool, Call(1, "hostile_tasks:attempt", what.encode(), (fd,)))
    finally:
        os.close(fd)
    allowed_words = (b"denied", b"oserror 9:") if what.startswith("write to") else (b"denied", b"oserror 1:")
    assert answer.startswith(allowed_words), answer
    assert evidence.read_bytes() == b"as it was"
    assert not Path("/tmp/homeward-escape").exists()


def test_the_kernel_locks_everything_here(pool: Pool) -> None:
    report = pool.locks
    assert report.no_new_privs
    assert report.seccomp
    assert report.landlock_abi == landlock.abi()
    assert "locked" in report.sentence() or "limits" in report.sentence()


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("crash", "crash"),
        ("abort", "crash"),
        ("quit", "crash"),
        ("memory", "memory"),
        ("slow memory", "memory"),
        ("burn", "time"),
        ("hang", "hang"),
        ("flood", "flood"),
        ("raise", "error"),
    ],
)
def test_misbehaviour_costs_only_its_call(pool: Pool, kind: str, cause: str) -> None:
    never, keep = os.pipe()
    calls = [Call(at, "hostile_tasks:echo", b"fine") for at in range(4)]
    calls.insert(2, Call("bad", "hostile_tasks:misbehave", kind.encode(), (never,)))
    try:
        with Pool(TASKS, workers=2, limits=HASTY) if kind == "hang" else nullcontext(pool) as used:
            events = list(used.run(calls))
    finally:
        os.close(never)
        os.close(keep)
    lost = [event for event in events if isinstance(event, Lost)]
    assert [(event.key, event.cause) for event in lost] == [("bad", cause)]
    assert "/" not in lost[0].reason
    assert sorted(event.key for event in events if isinstance(event, Finished)) == [0, 1, 2, 3]
    assert Message("bad", b"before") in events


def test_a_spool_cannot_outgrow_its_limit(pool: Pool) -> None:
    with tempfile.TemporaryFile() as spool:
        (before, lost) = list(pool.run([Call(1, "hostile_tasks:misbehave", b"spool", (spool.fileno(),))]))
        assert isinstance(before, Message)
        assert isinstance(lost, Lost)
        assert lost.cause == "flood"
        assert os.fstat(spool.fileno()).st_size <= TIGHT.file_bytes


def test_calls_are_pulled_only_when_a_worker_is_free(pool: Pool) -> None:
    pulled = 0

    def calls() -> Iterator[Call]:
        nonlocal pulled
        for at in range(100):
            pulled += 1
            yield Call(at, "hostile_tasks:echo", b"x")

    finished = 0
    for event in pool.run(calls()):
        finished += isinstance(event, Finished)
        assert pulled <= finished + 2 + 1
    assert finished == 100


def test_stopping_early_leaves_a_usable_pool(pool: Pool) -> None:
    running = pool.run(Call(at, "hostile_tasks:echo", b"x") for at in range(50))
    next(running)
    running.close()
    assert _bodies(pool, Call(1, "hostile_tasks:echo", b"again")) == [b"again"]


def test_a_thousand_calls_leak_no_descriptor(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"content")
    fd = os.open(tmp_path / "f", os.O_RDONLY)
    try:
        before = files_open()
        events = list(pool.run(Call(at, "hostile_tasks:echo", b"", (fd, fd)) for at in range(1000)))
        assert sum(isinstance(event, Finished) for event in events) == 1000
        assert sum(event.body == b"content" for event in events if isinstance(event, Message)) == 2000
        assert not files_open() - before
    finally:
        os.close(fd)


@pytest.mark.skipif(landlock.abi() == 0, reason="this kernel has no Landlock")
def test_readable_paths_and_nothing_beside_them(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "a").write_bytes(b"may be read")
    (tmp_path / "b").write_bytes(b"may not")
    with Pool(["hostile_tasks:read_path", "hostile_tasks:attempt"], workers=1, readable=[tmp_path / "open"]) as pool:
        assert _bodies(pool, Call(1, "hostile_tasks:read_path", bytes(tmp_path / "open" / "a"))) == [b"may be read"]
        (lost,) = pool.run([Call(2, "hostile_tasks:read_path", bytes(tmp_path / "b"))])
        assert isinstance(lost, Lost)
        assert lost.cause == "denied"
        (answer,) = _bodies(pool, Call(3, "hostile_tasks:attempt", b"write a file"))
        assert answer.startswith(b"denied")


def test_a_task_that_does_not_exist_is_one_sentence() -> None:
    with pytest.raises(SandboxFailed, match="no_such_module"):
        Pool(["no_such_module:task"])


def test_workers_vanish_when_their_owner_is_killed() -> None:
    script = (
        "from homeward.sandbox import Pool; import os\n"
        "p = Pool(['hostile_tasks:echo'], workers=2)\n"
        "print(p._zygote.pid, *[w.pid for w in p._workers], flush=True); os.read(0, 1)"
    )
    owner = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pids = [int(pid) for pid in owner.stdout.readline().split()]
    assert len(pids) == 3
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    deadline = time.monotonic() + 10
    while any(_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, "locked workers outlive their owner"
        os.sched_yield()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
