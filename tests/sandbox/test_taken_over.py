"""What a worker says is checked, not trusted: one that was taken over costs its own calls and nothing else."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from taken_over_tasks import own_error

from homeward.core import WrongUse
from homeward.sandbox import Call, Finished, Limits, Lost, Message, Pool, SandboxFailed, landlock, wire
from homeward.sandbox.pool import NONSENSE
from homeward.sandbox.process import Worker

TASKS = (
    "echo", "chatter", "speak", "finish_and_turn_deaf", "hold_back", "open_descriptors", "change", "fail", "keep",
    "work_long",
)  # fmt: skip
LIMITS = Limits(memory=256 << 20, cpu_seconds=1, wall_seconds=60.0, message_bytes=1 << 20)
FINISHED = wire.HEADER.pack(wire.FINISHED, 0)


def _task(name: str) -> str:
    return f"taken_over_tasks:{name}"


def _pool(workers: int = 1, limits: Limits = LIMITS) -> Pool:
    return Pool([_task(name) for name in TASKS], workers=workers, limits=limits)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with _pool() as started:
        yield started


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


class Clock:
    """The pool's clock: it goes on when it is told to, so that no test depends on the machine's speed."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        self.now += 0.001  # a pool that waits in vain must come to an end
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "monotonic", made)
    return made


def _outcome(pool: Pool, name: str, payload: bytes = b"", fds: tuple[int, ...] = ()) -> tuple[list[bytes], Finished | Lost]:
    *messages, last = pool.run([Call("it", _task(name), payload, fds)])
    assert not isinstance(last, Message)
    return [message.body for message in messages if isinstance(message, Message)], last


def _still_serves(pool: Pool) -> bool:
    return _outcome(pool, "echo", b"honest") == ([b"honest"], Finished("it"))


def test_endless_messages_end_with_the_processor_time(pool: Pool) -> None:
    last = None
    for event in pool.run([Call(1, _task("chatter"))]):
        last = event
    assert isinstance(last, Lost)
    assert last.cause == "time"
    assert _still_serves(pool)


@pytest.mark.parametrize(
    "said",
    [
        FINISHED * 3,
        FINISHED + wire.HEADER.pack(wire.MESSAGE, 6) + b"forged",
        FINISHED + b"\x00",
        wire.HEADER.pack(wire.FINISHED, 1) + b"x",
        wire.HEADER.pack(wire.CALL, 0),
        wire.HEADER.pack(200, 0),
        wire.HEADER.pack(wire.ERROR, 3) + b"\xc1\xc1\xc1",
        own_error("", "no cause"),
        own_error("solved", "a cause that nobody knows"),
    ],
)
def test_an_answer_that_makes_no_sense_is_a_crash(pool: Pool, pipe: tuple[int, int], said: bytes) -> None:
    _, last = _outcome(pool, "speak", said, (pipe[0],))
    assert isinstance(last, Lost)
    assert last.cause == "crash"
    assert _still_serves(pool)


def test_what_the_call_does_not_take_for_an_answer_is_a_crash_and_not_passed_on(pool: Pool) -> None:
    for read in (int, msgspec.msgpack.Decoder(int).decode):
        events = list(pool.run([Call("it", _task("echo"), b"\xc1 no number", read=read)]))
        assert events == [Lost("it", "crash", NONSENSE)]
    deep = b"\x91" * 100_000 + b"\xc0"  # lists in lists
    events = list(pool.run([Call("it", _task("echo"), deep, read=msgspec.msgpack.decode)]))
    assert events == [Lost("it", "crash", NONSENSE)]
    assert list(pool.run([Call("it", _task("echo"), b"7", read=int)])) == [Message("it", 7), Finished("it")]


def test_a_frame_that_announces_too_much_is_a_flood(pool: Pool, pipe: tuple[int, int]) -> None:
    _, last = _outcome(pool, "speak", wire.HEADER.pack(wire.MESSAGE, 0xFFFFFFFF), (pipe[0],))
    assert isinstance(last, Lost)
    assert last.cause == "flood"
    assert _still_serves(pool)


@settings(max_examples=20, deadline=None)
@given(said=st.binary(max_size=40))
def test_whatever_a_worker_says_gives_one_end_for_its_call(said: bytes) -> None:
    with _pool(limits=Limits(wall_seconds=0.3)) as impatient:
        *messages, last = impatient.run([Call("it", _task("speak"), said)])
        assert isinstance(last, Finished | Lost)
        assert all(isinstance(message, Message) and message.key == "it" for message in messages)


def test_reasons_are_one_short_line_without_a_path(pipe: tuple[int, int]) -> None:
    with _pool() as pool:
        _, honest = _outcome(pool, "fail", ("é" * 5000).encode())
        said = own_error("error", "bad\x1b[2J\nfile /home/a/b.jpg " + "x" * 3000)
        _, forged = _outcome(pool, "speak", said, (pipe[0],))
    assert isinstance(honest, Lost)
    assert honest.reason.startswith("ValueError: éé")
    assert isinstance(forged, Lost)
    for lost in (honest, forged):
        assert lost.cause == "error"
        assert lost.reason.isprintable()
        assert "/" not in lost.reason
        assert len(lost.reason) <= 200


def test_a_worker_that_does_not_listen_holds_nobody_up(pipe: tuple[int, int], clock: Clock) -> None:
    with _pool(limits=Limits(wall_seconds=0.5)) as pool:
        deaf = Call("deaf", _task("finish_and_turn_deaf"), fds=(pipe[0],))
        events = list(pool.run([deaf, Call("next", _task("echo"), bytes(4 << 20))]))
    assert events == [Finished("deaf"), Message("next", bytes(4 << 20)), Finished("next")]


def test_an_idle_worker_that_was_killed_is_replaced(pool: Pool) -> None:
    victim = pool._workers[0].pid
    os.kill(victim, signal.SIGKILL)
    ended = select.poll()
    ended.register(pool._workers[0].sock, select.POLLIN)
    assert ended.poll(10_000)
    assert _still_serves(pool)
    assert pool._workers[0].pid != victim


def test_events_that_wait_for_a_slow_reader_are_no_silence(pipe: tuple[int, int], clock: Clock) -> None:
    with _pool(workers=2, limits=Limits(wall_seconds=60)) as pool:
        calls = [Call("first", _task("echo"), b"x"), Call("second", _task("hold_back"), fds=(pipe[0],))]
        running = pool.run(calls)
        seen = [next(running)]
        os.write(pipe[1], b"!")
        select.select([pool._workers[1].sock], [], [])
        clock.now += 61  # the reader is busy for longer than a worker may be silent
        assert Finished("second") in [*seen, *running]


@pytest.mark.parametrize("silence", [50, 61])
def test_work_that_gives_signs_of_life_may_take_longer_than_silence_may(
    pipe: tuple[int, int], clock: Clock, monkeypatch: pytest.MonkeyPatch, silence: float
) -> None:
    heard = Worker.heard

    def slowly(worker: Worker) -> None:
        heard(worker)
        clock.now += silence  # before the next sign, which the worker gives when it is told to
        if silence < 60:
            os.write(pipe[1], b"!")

    monkeypatch.setattr(Worker, "heard", slowly)
    with _pool(limits=Limits(wall_seconds=60)) as pool:
        messages, last = _outcome(pool, "work_long", fds=(pipe[0],))
    if silence < 60:
        assert (messages, last) == ([b"done"], Finished("it"))
    else:
        assert isinstance(last, Lost)
        assert last.cause == "hang"


def test_no_worker_outlives_an_owner_that_was_killed() -> None:
    """One that is busy for ever would otherwise keep a core for ever: only its owner watches its clock."""
    script = (
        "import os, signal\n"
        "from homeward.sandbox import Call, Pool\n"
        "pool = Pool(['taken_over_tasks:spin'], workers=1)\n"
        "for message in pool.run([Call(1, 'taken_over_tasks:spin')]):\n"
        "    print(message.body.decode(), pool._zygote.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL
    for pid in map(int, ended.stdout.split()):
        with contextlib.suppress(ProcessLookupError):
            watched = os.pidfd_open(pid)
            assert select.select([watched], [], [], 30)[0], "it still runs"
            os.close(watched)


def test_a_worker_that_leaks_is_renewed_before_its_limit() -> None:
    with _pool() as pool:
        events = list(pool.run(Call(at, _task("keep"), str(30 << 20).encode()) for at in range(20)))
        assert sum(isinstance(event, Finished) for event in events) == 20
        assert len({event.body for event in events if isinstance(event, Message)}) == 4  # each lives to 128 MiB


def test_the_lock_leaves_one_socket_and_the_null_device(pool: Pool) -> None:
    assert _outcome(pool, "open_descriptors") == ([b"device device device socket"], Finished("it"))


def test_what_may_only_be_read_cannot_be_changed(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "evidence").write_bytes(b"as it was")
    before = (tmp_path / "evidence").stat()
    fd = os.open(tmp_path / "evidence", os.O_RDONLY)
    try:
        assert _outcome(pool, "change", fds=(fd,)) == ([], Finished("it"))
    finally:
        os.close(fd)
    after = (tmp_path / "evidence").stat()
    assert (tmp_path / "evidence").read_bytes() == b"as it was"
    assert (after.st_mode, after.st_mtime_ns, after.st_size) == (before.st_mode, before.st_mtime_ns, before.st_size)


def test_a_second_run_is_refused_while_one_goes_on(pool: Pool) -> None:
    running = pool.run(Call(at, _task("echo"), b"x") for at in range(3))
    next(running)
    with pytest.raises(WrongUse, match="other calls"):
        next(pool.run([Call("lost without a word?", _task("echo"))]))
    assert sum(isinstance(event, Finished) for event in running) == 3
    assert _still_serves(pool)


def test_a_task_that_the_pool_does_not_know_is_wrong_use(pool: Pool) -> None:
    with pytest.raises(WrongUse, match="nothing_like_it"):
        list(pool.run([Call(1, "taken_over_tasks:nothing_like_it")]))
    assert _still_serves(pool)


def test_a_pool_of_nobody_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match="at least one"):
        _pool(workers=0)


def test_when_the_zygote_is_gone_it_says_so() -> None:
    with _pool() as pool:
        pool._zygote.kill()
        pool._zygote.wait()
        with pytest.raises(SandboxFailed, match="has ended"):
            list(pool.run([Call(1, _task("chatter"))]))


@pytest.mark.skipif(landlock.abi() == 0, reason="this kernel has no Landlock")
def test_a_worker_that_cannot_be_locked_says_why(tmp_path: Path) -> None:
    with pytest.raises(SandboxFailed, match="cannot be locked: No such file"):
        Pool([_task("echo")], workers=1, readable=[tmp_path / "missing"])


def test_an_interrupt_from_the_keyboard_reaches_no_worker() -> None:
    script = (
        "from homeward.sandbox import Call, Pool; import os, signal\n"
        "with Pool(['taken_over_tasks:echo'], workers=1) as pool:\n"
        "    signal.signal(signal.SIGINT, signal.SIG_IGN); os.killpg(0, signal.SIGINT)\n"
        "    print(*pool.run([Call(1, 'taken_over_tasks:echo', b'alive')]))"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, start_new_session=True, check=True)
    assert "alive" in ended.stdout
    assert "Finished(key=1)" in ended.stdout
    assert ended.stderr == ""
