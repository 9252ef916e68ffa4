"""One locked process as seen from outside: what it is given, how long it has been quiet, what it has used."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import struct
import time

import msgspec

from homeward.sandbox import wire
from homeward.sandbox.contract import Call, Limits
from homeward.sandbox.locks import LockReport

CALLS_A_LIFE = 5_000
"""A worker is renewed after so many calls, so that what C libraries leak stays bounded."""
_ROOM_FOR_A_REASON = 8 << 10
_PAGE = os.sysconf("SC_PAGESIZE")
_CLOCK = os.sysconf("SC_CLK_TCK")


class Worker:
    """A process that the zygote has forked and that has said it is locked."""

    def __init__(self, pid: int, sock: socket.socket, report: LockReport, limits: Limits) -> None:
        self.pid, self.sock, self.report, self._limits = pid, sock, report, limits
        self.call: Call | None = None
        self.inbox = wire.Inbox(limits.message_bytes + _ROOM_FOR_A_REASON)
        self._served = 0
        self._quiet_since = 0.0
        self._stat = io.FileIO(f"/proc/{pid}/stat")  # kept open: it is read after every call
        self._cpu_at_start, self._warm = self._used()
        # One that takes what it is sent too slowly must not stop the others for ever.
        seconds, rest = divmod(limits.wall_seconds, 1)
        patience = struct.pack("@ll", int(seconds), int(rest * 1e6))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)

    def fit(self) -> bool:
        """Whether it is alive and silent, as one that waits for a call must be."""
        try:
            self.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def start(self, call: Call) -> None:
        """Hand a call over.

        Raises:
            ConnectionError, BlockingIOError: it has ended, or does not listen.
        """
        self.call = call
        self._served += 1
        self._quiet_since = time.monotonic()
        wire.send(self.sock, wire.CALL, msgspec.msgpack.encode((call.task, call.payload)), call.fds)

    def heard(self) -> None:
        """It has said something just now."""
        self._quiet_since = time.monotonic()

    def overdue(self, silent: bool) -> str:
        """Why it must be ended (``time`` or ``hang``), empty while it may go on."""
        if self._used()[0] - self._cpu_at_start > self._limits.cpu_seconds:
            return "time"
        return "hang" if silent and time.monotonic() - self._quiet_since > self._limits.wall_seconds else ""

    def done(self) -> bool:
        """Its call is over; return whether a fresh worker should take its place before the next one."""
        self.call = None
        self._cpu_at_start, resident = self._used()
        return self._served >= CALLS_A_LIFE or resident > self._warm + self._limits.memory // 2

    def end(self) -> None:
        """Kill it, where it has not ended by itself; its exit code stays with the zygote."""
        if self._stat.closed:
            return
        self.sock.close()
        self._stat.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def _used(self) -> tuple[float, int]:
        """Seconds of processor time and bytes of resident memory, from ``/proc/PID/stat`` (proc(5), fields 14, 15, 24)."""
        try:
            fields = os.pread(self._stat.fileno(), 1024, 0).rpartition(b")")[2].split()
        except ProcessLookupError:
            return 0.0, 0
        return (int(fields[11]) + int(fields[12])) / _CLOCK, int(fields[21]) * _PAGE
