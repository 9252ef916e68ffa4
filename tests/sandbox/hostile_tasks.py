"""Tasks that try what a hostile file would: each runs inside a locked worker."""
# The plain system calls are what is tried here:
# ruff: noqa: PTH102, PTH108, PTH123, SIM115, C901

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator

_libc = ctypes.CDLL(None, use_errno=True)
_ZYGOTE = os.getpid()
"""Who imported this: for a worker, its parent. (A worker cannot ask: denied, ``getppid`` answers -1, which is everybody.)"""


def echo(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    yield payload
    for fd in fds:
        yield os.pread(fd, 100, 0)


def attempt(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Run one named attempt; report ``denied`` only when the system refused it."""
    try:
        yield f"done: {ATTEMPTS[payload.decode()](fds)}".encode()
    except (PermissionError, threading.ThreadError) as error:
        yield f"denied: {error}".encode()
    except OSError as error:
        yield f"oserror {error.errno}: {error}".encode()
    except (RuntimeError, ValueError) as error:
        yield f"denied: {error}".encode()


def _syscall(number: int, *arguments: object) -> int:
    result = _libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(result)


def _start_thread(_: object) -> None:
    threading.Thread(target=int).start()


ATTEMPTS = {
    "read a file": lambda _: open("/etc/hostname").read(),
    "write a file": lambda _: open("/tmp/homeward-escape", "w"),
    "make a folder": lambda _: os.mkdir("/tmp/homeward-escape-folder"),
    "remove a file": lambda _: os.unlink("/tmp/homeward-escape"),
    "list a folder": lambda _: os.listdir("/"),
    "write to what it may only read": lambda fds: os.write(fds[0], b"changed"),
    "a socket": lambda _: socket.socket(),
    "a connection": lambda fds: _syscall(42, fds[0], b"\x02\x00\x00\x09\x7f\x00\x00\x01" + bytes(8), 16),  # connect
    "a pair of sockets": lambda _: socket.socketpair(),
    "a program": lambda _: subprocess.run(["/bin/true"]),
    "exec": lambda _: os.execv("/bin/true", ["true"]),
    "a fork": lambda _: os.fork(),
    "a thread": _start_thread,
    "executable memory": lambda _: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
    "a signal to its parent": lambda _: os.kill(_ZYGOTE, signal.SIGTERM),
    "another user": lambda _: os.setuid(12345),
    "a new name in the kernel": lambda _: _syscall(319, b"x", 0),  # memfd_create on x86_64
    "to trace": lambda _: _syscall(101, 0, 0, 0, 0),  # ptrace on x86_64
    "more memory": lambda _: resource.setrlimit(resource.RLIMIT_AS, (1 << 50, 1 << 50)),
}  # fmt: skip


def misbehave(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """End badly in a named way, after one message."""
    yield b"before"
    kind = payload.decode()
    if kind == "crash":
        ctypes.string_at(0)
    elif kind == "abort":
        os.abort()
    elif kind == "memory":
        yield bytes(len(bytearray(1 << 40)))
    elif kind == "slow memory":
        kept = []
        while True:
            kept.append(bytearray(1 << 20))
    elif kind == "burn":
        while True:
            pass
    elif kind == "hang":
        os.read(fds[0], 1)
    elif kind == "flood":
        yield bytes(2 << 20)
    elif kind == "raise":
        raise ValueError("cannot decode /secret/place/picture.jpg")
    elif kind == "quit":
        os._exit(0)
    elif kind == "spool":
        while True:
            os.write(fds[0], bytes(1 << 16))


def read_path(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    yield open(payload, "rb").read()
