"""Tasks that behave as if foreign bytes had taken the worker over: they speak on its socket themselves."""

from __future__ import annotations

import ctypes
import mmap
import os
import stat
from collections.abc import Callable, Iterator

import msgspec

from homeward.sandbox import alive, life, wire

LEFT_OPEN = os.open(os.devnull, os.O_WRONLY)
"""A descriptor that a careless module holds when workers are forked."""

_libc = ctypes.CDLL(None, use_errno=True)


def echo(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    yield payload


def chatter(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    while True:
        yield b""


def speak(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Write ``payload`` to the socket as it is, then be silent (given a pipe) or go on as if nothing had happened."""
    os.write(_own_socket(), payload)
    if fds:
        os.read(fds[0], 1)
    yield b""


def finish_and_turn_deaf(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Say that the call is over and never listen again (an end of the pipe that nobody closes)."""
    os.write(_own_socket(), wire.HEADER.pack(wire.FINISHED, 0))
    yield from ()
    os.read(fds[0], 1)


def work_long(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Give a sign of life for each byte that comes, five times; the first without."""
    life.EVERY = 0
    for _ in range(5):
        alive()
        os.read(fds[0], 1)
    yield b"done"


def spin(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Never come to an end."""
    yield str(os.getpid()).encode()
    while True:
        pass


def hold_back(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Speak once the other side of the pipe is written to."""
    os.read(fds[0], 1)
    yield b"released"


def open_descriptors(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """The kind of every open descriptor but the handed-over ones."""
    found = []
    for fd in range(256):
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            continue
        if fd not in fds:
            found.append("socket" if stat.S_ISSOCK(mode) else "device" if stat.S_ISCHR(mode) else "other")
    yield " ".join(found).encode()


def change(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Try every way to change what may only be read; yield the names of those that did not fail."""
    for name, way in _WAYS.items():
        try:
            way(fds[0])
        except (OSError, ValueError):
            continue
        yield name.encode()


def fail(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    yield from ()
    raise ValueError(payload.decode())


_kept: list[bytes] = []


def keep(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Leak as many bytes as ``payload`` says, and yield who did it."""
    _kept.append(b"x" * int(payload))
    yield str(os.getpid()).encode()


def own_error(cause: str, reason: str) -> bytes:
    """An error frame as :func:`speak` sends it."""
    body = msgspec.msgpack.encode((cause, reason))
    return wire.HEADER.pack(wire.ERROR, len(body)) + body


def _own_socket() -> int:
    return next(fd for fd in range(3, 256) if _is_socket(fd))


def _is_socket(fd: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError:
        return False


def _map_shared(fd: int) -> None:
    """``mmap`` without Python's own copy of the descriptor, which the lock refuses before the kernel is asked."""
    _libc.mmap.restype = ctypes.c_void_p
    found = _libc.mmap(None, ctypes.c_size_t(4096), mmap.PROT_WRITE, mmap.MAP_SHARED, fd, ctypes.c_long(0))
    if found == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "mmap")
    ctypes.memset(found, 0x58, 1)


_WAYS: dict[str, Callable[[int], object]] = {
    "write": lambda fd: os.write(fd, b"X"),
    "pwrite": lambda fd: os.pwrite(fd, b"X", 0),
    "pwritev": lambda fd: os.pwritev(fd, [b"X"], 0),
    "ftruncate": lambda fd: os.ftruncate(fd, 0),
    "fallocate": lambda fd: os.posix_fallocate(fd, 0, 1 << 16),
    "fchmod": lambda fd: os.fchmod(fd, 0o777),
    "utime": lambda fd: os.utime(fd, (0, 0)),
    "extended attribute": lambda fd: os.setxattr(fd, "user.a", b"X"),
    "shared map": _map_shared,
    "open again": lambda fd: os.write(os.open(f"/proc/self/fd/{fd}", os.O_RDWR), b"X"),
}
