"""Locked workers, started, fed, watched and renewed."""

from __future__ import annotations

import contextlib
import os
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

from homeward.core import HomewardError
from homeward.sandbox import wire
from homeward.sandbox.contract import Call, Finished, Limits, Lost, Message
from homeward.sandbox.locks import LockReport
from homeward.sandbox.worker import Orders

TICK = 0.25
"""Seconds between two looks at the clocks of busy workers."""
CALLS_A_LIFE = 5_000
"""A worker is renewed after so many calls, so that what C libraries leak stays bounded."""
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "MALLOC_ARENA_MAX"), "1")
_PAGE = os.sysconf("SC_PAGESIZE")
_CLOCK = os.sysconf("SC_CLK_TCK")

Event = Message | Finished | Lost


class SandboxFailed(HomewardError, RuntimeError):
    """Workers cannot be started at all."""


class _Worker:
    """One locked process as seen from outside."""

    def __init__(self, pid: int, sock: socket.socket, report: LockReport, limits: Limits) -> None:
        self.pid, self.sock, self.report = pid, sock, report
        self.warm = _resident(pid)
        self.served = 0
        self.call: Call | None = None
        self._most = limits.message_bytes
        self._quiet_since = self._cpu_at_start = 0.0

    def start(self, call: Call) -> None:
        """Hand a call over."""
        self.call = call
        self.served += 1
        self.inbox = wire.Inbox(self._most + 64)
        self._quiet_since, self._cpu_at_start = time.monotonic(), _cpu_seconds(self.pid)
        wire.send(self.sock, wire.CALL, msgspec.msgpack.encode((call.task, call.payload)), call.fds)

    def heard(self) -> None:
        """It has said something just now."""
        self._quiet_since = time.monotonic()

    def overdue(self, limits: Limits) -> str:
        """Why it must be ended (``time`` or ``hang``), empty while it may go on."""
        if _cpu_seconds(self.pid) - self._cpu_at_start > limits.cpu_seconds:
            return "time"
        return "hang" if time.monotonic() - self._quiet_since > limits.wall_seconds else ""

    def worn_out(self, limits: Limits) -> bool:
        """Whether a fresh worker should take its place before the next call."""
        return self.served >= CALLS_A_LIFE or _resident(self.pid) > self.warm + limits.memory // 2


class Pool:
    """``workers`` locked processes that know ``tasks``; use it as a context manager.

    ``readable`` lists paths whose files tasks may open for reading themselves (only where Landlock can enforce it).

    Raises:
        SandboxFailed: a task cannot be imported, or no process can be started.
    """

    def __init__(
        self, tasks: Sequence[str], *, workers: int = 2, limits: Limits | None = None, readable: Sequence[Path] = ()
    ) -> None:
        self._limits = limits or Limits()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._zygote = subprocess.Popen(
                [sys.executable, "-m", "homeward.sandbox.zygote"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env={**os.environ, **_ONE_THREAD},
                close_fds=True,
            )
        self._orders(tasks, readable)
        self._workers: list[_Worker] = []
        try:
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
        """
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
                            idle.start(call)
                            selector.register(idle.sock, selectors.EVENT_READ, idle)
                    if not selector.get_map():
                        return
                    yield from self._turn(selector)
        finally:
            for worker in [worker for worker in self._workers if worker.call is not None]:
                self._renew(worker)

    def close(self) -> None:
        """End every worker and the zygote."""
        for worker in self._workers:
            worker.sock.close()
            _kill(worker.pid)
        self._workers.clear()
        self._control.close()
        self._zygote.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _orders(self, tasks: Sequence[str], readable: Sequence[Path]) -> None:
        orders = Orders(tuple(tasks), self._limits, tuple(str(path) for path in readable))
        try:
            wire.send(self._control, wire.CALL, msgspec.msgpack.encode(orders))
            answer = wire.receive(self._control)
        except OSError:
            answer = None
        if answer is None or answer[0] == wire.ERROR:
            self._control.close()
            self._zygote.wait()
            why = answer[1].decode() if answer else "the process ended at once"
            raise SandboxFailed(f"locked workers cannot be started: {why}")

    def _fork(self) -> _Worker:
        ours, theirs = socket.socketpair()
        with theirs:
            wire.send(self._control, wire.CALL, b"", (theirs.fileno(),))
        answer = wire.receive(self._control)
        ready = wire.receive(ours) if answer else None
        if answer is None or ready is None:
            raise SandboxFailed("a locked worker ended before its first call")
        return _Worker(int(answer[1]), ours, msgspec.msgpack.decode(ready[1], type=LockReport), self._limits)

    def _idle(self) -> _Worker | None:
        return next((worker for worker in self._workers if worker.call is None), None)

    def _turn(self, selector: selectors.BaseSelector) -> Iterator[Event]:
        """Wait for whatever comes next, then look at the clocks of those who said nothing."""
        spoke = [key.data for key, _ in selector.select(TICK)]
        for worker in spoke:
            yield from self._listen(worker, selector)
        for key in list(selector.get_map().values()):
            worker = key.data
            if worker not in spoke and (cause := worker.overdue(self._limits)):
                selector.unregister(worker.sock)
                yield self._lose(worker, cause)

    def _listen(self, worker: _Worker, selector: selectors.BaseSelector) -> Iterator[Event]:
        call = worker.call
        assert call is not None
        try:
            data = worker.sock.recv(1 << 20)
        except ConnectionError:
            data = b""
        if not data:
            selector.unregister(worker.sock)
            yield self._lose(worker, "")
            return
        worker.heard()
        try:
            for kind, body in worker.inbox.feed(data):
                if kind == wire.MESSAGE:
                    yield Message(call.key, body)
                    continue
                selector.unregister(worker.sock)
                worker.call = None
                cause, reason = ("", "") if kind == wire.FINISHED else _why(body)
                if cause == "memory" or worker.worn_out(self._limits):
                    self._renew(worker)
                yield Lost(call.key, cause, reason) if cause else Finished(call.key)
        except OverflowError as error:
            selector.unregister(worker.sock)
            lost = self._lose(worker, "flood")
            yield Lost(lost.key, lost.cause, str(error))

    def _lose(self, worker: _Worker, cause: str) -> Lost:
        """End a worker (``cause`` empty: it has ended by itself), put a fresh one in its place, say what happened."""
        call = worker.call
        assert call is not None
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
        return Lost(call.key, cause, reasons[cause])

    def _renew(self, worker: _Worker) -> int:
        """Replace a worker; return the exit code of the old one (negative: the signal that ended it)."""
        worker.sock.close()
        if worker.call is None or not _ended(worker.pid):
            _kill(worker.pid)
        wire.send(self._control, wire.MESSAGE, str(worker.pid).encode())
        answer = wire.receive(self._control)
        if answer is None:
            raise SandboxFailed("the process that starts locked workers has ended")
        self._workers[self._workers.index(worker)] = self._fork()
        return int(answer[1])


def _why(body: bytes) -> tuple[str, str]:
    try:
        return msgspec.msgpack.decode(body, type=tuple[str, str])
    except msgspec.DecodeError:
        return "error", "the worker's answer makes no sense"


def _signal_name(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _ended(pid: int) -> bool:
    """Whether the process is over (the zygote has not collected it yet, so its number cannot be another's)."""
    return _stat(pid)[0] in {"Z", "X"}


def _cpu_seconds(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _CLOCK


def _resident(pid: int) -> int:
    return int(_stat(pid)[21]) * _PAGE


def _stat(pid: int) -> list[str]:
    """Fields of ``/proc/PID/stat`` from the state on (proc(5), field 3 is index 0)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ["X", *["0"] * 49]
    return text.rpartition(")")[2].split()
