"""A process that has imported and warmed everything up and does nothing but fork workers.

It handles no foreign bytes. A fresh worker costs a fork, not a start of Python; when this process ends, the kernel kills
every worker, and it ends when the one that started it does.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from pathlib import Path

import msgspec

from homeward.sandbox import wire
from homeward.sandbox.locks import die_with_parent
from homeward.sandbox.worker import Orders, Task, load, serve

_MOST_DESCRIPTORS = os.sysconf("SC_OPEN_MAX")


def main() -> None:
    """Serve requests on standard input's socket: a descriptor means *fork*, a number means *tell me how it ended*."""
    control = socket.socket(fileno=os.dup(0))
    _silence()
    first = wire.receive(control)
    if first is None:
        return
    orders = msgspec.msgpack.decode(first[1], type=Orders)
    _spare()
    gc.disable()  # nothing of what is loaded goes away again
    try:
        tasks = load(orders.tasks)
    except Exception as error:
        wire.send(control, wire.ERROR, f"{type(error).__name__}: {error}".encode())
        return
    gc.collect()
    gc.freeze()  # pages shared with the workers stay shared
    gc.enable()
    wire.send(control, wire.CALL)
    workers: set[int] = set()
    while (frame := wire.receive(control)) is not None:
        kind, body, fds = frame
        if kind == wire.CALL:
            pid = _fork(fds[0], tasks, orders)
            os.close(fds[0])
            workers.add(pid)
            wire.send(control, kind, str(pid).encode())
        else:
            _, status = os.waitpid(int(body), 0)
            workers.discard(int(body))
            wire.send(control, kind, str(os.waitstatus_to_exitcode(status)).encode())
    _end(workers)


def _end(workers: set[int]) -> None:
    """End the workers of an owner that is gone, in whatever way: nobody watches their clocks any more.

    They are waited for, since their processor time would be counted nowhere otherwise.
    """
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    for pid in workers:
        os.waitpid(pid, 0)


def _fork(fd: int, tasks: dict[str, Task], orders: Orders) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        die_with_parent()
        os.closerange(3, fd)  # whatever the modules left open is no business of foreign bytes
        os.closerange(fd + 1, _MOST_DESCRIPTORS)
        serve(socket.socket(fileno=fd), tasks, orders.limits, [Path(path) for path in orders.readable])
        code = 0
    except OSError:
        code = 0  # the parent is gone
    finally:
        os._exit(code)


def _spare() -> None:
    """Spare every start what numba would load only to see that it is there: no kernel calls C or linear algebra by these."""
    for name in ("cffi", "scipy.linalg"):
        # This is how the import system is told that there is no such module; its type does not say so.
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def _silence() -> None:
    """Foreign bytes make C libraries talk; what they say could hold a path, and nobody reads it."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)


if __name__ == "__main__":
    if len(sys.argv) != 1:
        sys.exit("this is started by homeward.sandbox.Pool")
    main()
