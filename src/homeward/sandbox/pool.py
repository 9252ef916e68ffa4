"""Locked workers, started, fed, watched and renewed."""

from __future__ import annotations

import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from homeward.core import HomewardError, WrongUse
from homeward.sandbox import wire
from homeward.sandbox.contract import Call, Finished, Limits, Lost, Message
from homeward.sandbox.locks import LockReport
from homeward.sandbox.process import Worker
from homeward.sandbox.worker import Orders

TICK = 0.25
"""Seconds between two looks at the clocks of busy workers."""
NONSENSE = "the decoder's answer makes no sense"
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "MALLOC_ARENA_MAX"), "1")
_PATH = re.compile(r"(?:/[^\s/'\"]+)+/?")
_REASON = 200
_SAID = {"error", "memory", "denied", "flood"}
"""Causes that a worker may name itself."""

Event = Message | Finished | Lost


class SandboxFailed(HomewardError, RuntimeError):
    """Workers cannot be started at all."""


class Pool:
    """``workers`` locked processes that know ``tasks``; use it as a context manager.

    ``readable`` lists paths whose files tasks may open for reading themselves (only where Landlock can enforce it).

    Raises:
        SandboxFailed: a task cannot be imported, or no process can be started.
        WrongUse: fewer than one worker.
    """

    def __init__(
        self, tasks: Sequence[str], *, workers: int = 2, limits: Limits | None = None, readable: Sequence[Path] = ()
    ) -> None:
        if workers < 1:
            raise WrongUse("a pool needs at least one worker")
        self._limits = limits or Limits()
        self._tasks = frozenset(tasks)
        self._running = False
        self._look_at = 0.0
        self._workers: list[Worker] = []
        self._control, theirs = socket.socketpair()
        with theirs:
            self._zygote = start_zygote(theirs)
        try:
            orders = Orders(tuple(tasks), self._limits, tuple(str(path) for path in readable))
            self._ask(wire.CALL, msgspec.msgpack.encode(orders))
            self._workers.extend(self._fork() for _ in range(workers))
        except BaseException:
            self.close()
            raise

    @property
    def locks(self) -> LockReport:
        """What the workers have given up."""
        return self._workers[0].report

    def run(self, calls: Iterable[Call]) -> Iterator[Event]:
        """Carry out ``calls``, each pulled only when a worker is free, and yield what comes, in order of arrival.

        For every call: any number of :class:`Message`, then one :class:`Finished` or :class:`Lost`. Descriptors of a call
        must stay open until then. Closing the iterator early ends what is still running.

        Raises:
            WrongUse: another run of this pool has not come to its end, or a call names a task that the pool does not know.
            SandboxFailed: the process that starts workers has ended.
        """
        if self._running:
            raise WrongUse("this pool is still carrying out other calls")
        self._running = True
        waiting = iter(calls)
        more = True
        try:
            with selectors.DefaultSelector() as selector:
                while True:
                    while more and (idle := self._idle()) is not None:
                        call = next(waiting, None)
                        if call is None:
                            more = False
                        else:
                            busy = self._start(idle, call)
                            selector.register(busy.sock, selectors.EVENT_READ, busy)
                    if not selector.get_map():
                        return
                    yield from self._turn(selector)
        finally:
            self._running = False
            for worker in [worker for worker in self._workers if worker.call is not None]:
                self._renew(worker)

    def close(self) -> None:
        """End every worker and the zygote."""
        for worker in self._workers:
            worker.end()
        self._workers.clear()
        self._control.close()
        try:
            self._zygote.wait(timeout=5)  # it collects the workers first, so that their time is counted
        except subprocess.TimeoutExpired:
            self._zygote.kill()
            self._zygote.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _ask(self, kind: int, body: bytes = b"", fds: tuple[int, ...] = ()) -> bytes:
        """One question to the zygote, one answer of the same kind."""
        try:
            wire.send(self._control, kind, body, fds)
            answer = wire.receive(self._control)
        except OSError:
            answer = None
        if answer is None:
            raise SandboxFailed("the process that starts locked workers has ended")
        if answer[0] == wire.ERROR:
            raise SandboxFailed(f"locked workers cannot be started: {answer[1].decode(errors='replace')}")
        if answer[0] != kind:  # an interrupt came between an earlier question and its answer
            raise SandboxFailed("the process that starts locked workers answers another question")
        return answer[1]

    def _fork(self) -> Worker:
        ours, theirs = socket.socketpair()
        with theirs:
            pid = int(self._ask(wire.CALL, b"", (theirs.fileno(),)))
        ready = wire.receive(ours)
        if ready is None or ready[0] != wire.READY:
            ours.close()
            why = ready[1].decode(errors="replace") if ready else "it ended at once"
            raise SandboxFailed(f"a worker cannot be locked: {why}")
        return Worker(pid, ours, msgspec.msgpack.decode(ready[1], type=LockReport), self._limits)

    def _idle(self) -> Worker | None:
        return next((worker for worker in self._workers if worker.call is None), None)

    def _start(self, worker: Worker, call: Call) -> Worker:
        """Hand a call to an idle worker, or to a fresh one in its place when it is not what it should be."""
        if call.task not in self._tasks:
            raise WrongUse(f"this pool does not know the task {call.task}")
        if worker.fit():
            try:
                worker.start(call)
            except (ConnectionError, BlockingIOError):
                pass
            else:
                return worker
        at = self._workers.index(worker)
        self._renew(worker)
        self._workers[at].start(call)
        return self._workers[at]

    def _turn(self, selector: selectors.BaseSelector) -> Iterator[Event]:
        """Wait for whatever comes next; now and then look at the clocks of those still busy."""
        for key, _ in selector.select(TICK):
            yield from self._listen(key.data, selector)
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + TICK
        # The one who takes our events may have kept us long: what waits unread is no silence.
        talking = {key.data for key, _ in selector.select(0)}
        busy = [key.data for key in selector.get_map().values()]
        for worker, cause in [(worker, worker.overdue(worker not in talking)) for worker in busy]:
            if cause:
                yield self._lose(worker, selector, cause)

    def _listen(self, worker: Worker, selector: selectors.BaseSelector) -> Iterator[Event]:
        call = worker.call
        assert call is not None
        try:
            data = worker.sock.recv(1 << 20)
        except ConnectionError:
            data = b""
        if not data:
            yield self._lose(worker, selector)
            return
        worker.heard()
        try:
            for kind, body in worker.inbox.feed(data):
                if kind == wire.ALIVE and not body:
                    continue
                if kind != wire.MESSAGE:
                    yield self._conclude(worker, selector, kind, body)
                    return
                try:
                    said = call.read(body)
                except (ValueError, RecursionError, msgspec.DecodeError):
                    yield self._lose(worker, selector, "crash", NONSENSE)
                    return
                yield Message(call.key, said)
        except OverflowError as error:
            yield self._lose(worker, selector, "flood", str(error))

    def _conclude(self, worker: Worker, selector: selectors.BaseSelector, kind: int, body: bytes) -> Finished | Lost:
        """The worker says that its call is over. It may have been taken over, so what it says is checked, not trusted."""
        call = worker.call
        assert call is not None
        verdict = ("", "") if kind == wire.FINISHED and not body else _why(kind, body)
        if verdict is None or not worker.inbox.empty:
            return self._lose(worker, selector, "crash", NONSENSE)
        selector.unregister(worker.sock)
        if worker.done() or verdict[0] == "memory":
            self._renew(worker)
        return Lost(call.key, *verdict) if verdict[0] else Finished(call.key)

    def _lose(self, worker: Worker, selector: selectors.BaseSelector, cause: str = "", reason: str = "") -> Lost:
        """End a worker (``cause`` empty: it has ended by itself), put a fresh one in its place, say what happened."""
        call = worker.call
        assert call is not None
        selector.unregister(worker.sock)
        code = self._renew(worker)
        if not cause:
            cause = {-signal.SIGXFSZ: "flood", -signal.SIGXCPU: "time", -signal.SIGKILL: "memory"}.get(code, "crash")
        reasons = {
            "time": f"decoding took more than {self._limits.cpu_seconds} seconds of processor time",
            "hang": f"nothing came for {self._limits.wall_seconds:.0f} seconds",
            "flood": "it writes more than one file may write",
            "memory": "it needs more memory than one file may use",
            "crash": f"the decoder crashed ({_signal_name(code)})",
        }
        return Lost(call.key, cause, reason or reasons[cause])

    def _renew(self, worker: Worker) -> int:
        """Replace a worker; return the exit code of the old one (negative: the signal that ended it)."""
        worker.end()
        code = int(self._ask(wire.MESSAGE, str(worker.pid).encode()))
        self._workers[self._workers.index(worker)] = self._fork()
        return code


def start_zygote(control: socket.socket) -> subprocess.Popen[bytes]:
    """The process that forks workers, as it is asked to through ``control``."""
    return subprocess.Popen(
        [sys.executable, "-m", "homeward.sandbox.zygote"],
        stdin=control.fileno(),
        stdout=subprocess.DEVNULL,
        env={**os.environ, **_ONE_THREAD},
        process_group=0,  # Ctrl-C is for this process, which then ends the zygote itself
    )


def _why(kind: int, body: bytes) -> tuple[str, str] | None:
    """Cause and reason as a worker gives them, fit to be shown; None when it is nothing a worker would say."""
    try:
        cause, reason = msgspec.msgpack.decode(body, type=tuple[str, str])
    except msgspec.DecodeError:
        return None
    if kind != wire.ERROR or cause not in _SAID:
        return None
    shown = "".join(letter if letter.isprintable() else " " for letter in reason[: 10 * _REASON])
    return cause, _PATH.sub("…", shown)[:_REASON]


def _signal_name(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
