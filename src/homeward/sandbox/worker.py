"""What runs behind the lock: calls in, messages out, until the socket closes."""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from homeward.sandbox import life, wire
from homeward.sandbox.contract import Limits
from homeward.sandbox.locks import lock_down


class Orders(msgspec.Struct, frozen=True):
    """What a zygote is started with."""

    tasks: tuple[str, ...]
    limits: Limits
    readable: tuple[str, ...]


Task = Callable[[tuple[int, ...], bytes], Iterator[bytes]]


def load(names: Sequence[str]) -> dict[str, Task]:
    """Import every task and warm its module up; this is the last time that files are opened.

    Raises:
        ImportError, AttributeError: no such task.
    """
    tasks: dict[str, Task] = {}
    modules = []
    for name in names:
        module_name, function = name.split(":")
        module = importlib.import_module(module_name)
        tasks[name] = getattr(module, function)
        if module not in modules:
            modules.append(module)
    for module in modules:
        if warm_up := getattr(module, "warm_up", None):
            warm_up()
    return tasks


def serve(sock: socket.socket, tasks: dict[str, Task], limits: Limits, readable: Sequence[Path]) -> None:
    """Lock this process for good, say what was locked, and answer calls until the other side closes."""
    try:
        report = lock_down(limits, readable)
    except OSError as error:
        why = error.strerror or type(error).__name__
        wire.send(sock, wire.ERROR, why.encode())
        return
    wire.send(sock, wire.READY, msgspec.msgpack.encode(report))
    life.speak_on(sock)
    while (frame := wire.receive(sock)) is not None:
        _, body, fds = frame
        name, payload = msgspec.msgpack.decode(body, type=tuple[str, bytes])
        try:
            _answer(sock, tasks[name], fds, payload, limits.message_bytes)
        finally:
            for fd in fds:
                with contextlib.suppress(OSError):
                    os.close(fd)


def _answer(sock: socket.socket, task: Task, fds: tuple[int, ...], payload: bytes, most: int) -> None:
    try:
        for body in task(fds, payload):
            if len(body) > most:
                _error(sock, "flood", f"a message of {len(body)} bytes is larger than allowed")
                return
            wire.send(sock, wire.MESSAGE, body)
    except MemoryError:
        _error(sock, "memory", "it needs more memory than one file may use")
    except PermissionError as error:
        _error(sock, "denied", f"it asked for something forbidden ({error.strerror or 'permission denied'})")
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            _error(sock, "flood", "it writes more than one file may write")
        else:
            _error(sock, "error", f"{type(error).__name__}: {error}"[:1000])
    else:
        wire.send(sock, wire.FINISHED)


def _error(sock: socket.socket, cause: str, reason: str) -> None:
    wire.send(sock, wire.ERROR, msgspec.msgpack.encode((cause, reason)))
