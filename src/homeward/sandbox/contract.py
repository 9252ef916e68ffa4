"""What crosses the wall between Homeward and a locked worker.

A *task* is a module-level function ``task(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]`` named
``"package.module:function"``. It runs in a process that can neither open, write, connect, fork nor exec: all it has
are the file descriptors it was handed, and all it can do is yield messages. A module that defines ``warm_up()`` has it
called once before the lock, to import and initialise everything lazy: behind it nothing can be imported or compiled any
more (a numba kernel needs its signatures given, a read-only array is another type to it), and no thread can be started
(Pillow's AVIF decoder, PyAV's decoders and its conversions must be told to use one).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """What one call may use before its worker is ended."""

    memory: int = 384 << 20
    """Bytes of address space beyond what the warmed-up worker holds."""
    cpu_seconds: int = 30
    wall_seconds: float = 60.0
    """Seconds without a message or a sign of life (:func:`homeward.sandbox.alive`) before the worker counts as hung."""
    file_bytes: int = 0
    """Largest size to which a handed-over spool file may grow."""
    message_bytes: int = 64 << 20
    """Largest single message."""


class Call(msgspec.Struct, frozen=True):
    """One piece of work: descriptors are borrowed (the caller closes them after :class:`Finished` or :class:`Lost`)."""

    key: Hashable
    task: str
    payload: bytes = b""
    fds: tuple[int, ...] = ()
    read: Callable[[bytes], Any] = bytes
    """Makes of a message what :class:`Message` holds. A worker whose message it refuses (``ValueError``,
    ``msgspec.DecodeError``) has been taken over or is broken: it is lost, and what it said is not passed on."""


class Message(msgspec.Struct, frozen=True):
    """Something the task yielded, as the call's ``read`` took it."""

    key: Hashable
    body: Any


class Finished(msgspec.Struct, frozen=True):
    """The task came to its end."""

    key: Hashable


class Lost(msgspec.Struct, frozen=True):
    """The task did not come to its end; everything it yielded before stands, its worker is gone or renewed.

    ``cause`` is one of ``error`` (it raised), ``crash``, ``memory``, ``time`` (CPU), ``hang`` (no message in time),
    ``denied`` (it asked the kernel for something forbidden), ``flood`` (message or spool file too large).
    """

    key: Hashable
    cause: str
    reason: str
    """One plain sentence without a path."""
