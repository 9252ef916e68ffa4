"""A picture from outside a case, measured behind the lock and not kept."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from contextvars import ContextVar
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any, Literal

import msgspec

from homeward.core import HomewardError
from homeward.flow.answers import read_described, read_said
from homeward.flow.executors import Processes
from homeward.flow.units import Described, Order, Tool, Unit
from homeward.sandbox import Call, Lost, Message


class TooLittle(HomewardError, ValueError):
    """The picture asked with cannot be read, or shows too little to find anything by."""


class Answers(list[dict[str, Any]]):
    """Answers to a question, best first."""

    looked = 0
    """At how many pictures was looked, where more share something with what is asked; 0 where it was looked at all."""


class Handed:
    """A picture that somebody handed over: its bytes lie in memory alone, under no name, until it is closed."""

    name = "the picture"

    def __init__(self, data: bytes) -> None:
        self._fd = os.memfd_create("picture", os.MFD_CLOEXEC)
        with os.fdopen(os.dup(self._fd), "wb") as file:
            file.write(data)

    def open(self, mode: Literal["rb"]) -> BufferedReader:
        """A file of its own over the same bytes."""
        return open(f"/proc/self/fd/{self._fd}", mode)  # noqa: PTH123 - a descriptor has no path of its own

    def close(self) -> None:
        """Forget it."""
        os.close(self._fd)


Picture = Path | Handed
"""What a case can be asked with."""


_kept: ContextVar[Processes | None] = ContextVar("kept", default=None)


@contextlib.contextmanager
def keeping(crew: Processes) -> Iterator[None]:
    """Questions meanwhile are measured by ``crew``, whose workers go on to the next question: to start some costs a second."""
    token = _kept.set(crew)
    try:
        yield
    finally:
        _kept.reset(token)


@contextlib.contextmanager
def at_work() -> Iterator[Processes]:
    """Locked workers for one question: those that are kept, or some that are started for it alone."""
    kept = _kept.get()
    if kept is not None:
        yield kept
        return
    with Processes(1) as crew:
        yield crew


def asked(
    crew: Processes, picture: Picture, task: str, tool: Tool | None = None, box: tuple[int, int, int, int] | None = None
) -> tuple[str, Described]:
    """SHA-256 of a picture, and what a locked worker of ``crew`` says of it when given ``task``, or the plug-in ``tool``
    says of the part of it in ``box``.

    Raises:
        TooLittle: it cannot be read.
        OSError: it cannot be opened.
    """
    if isinstance(picture, Path) and not picture.is_file():  # a pipe or a device would never end
        raise TooLittle(f"{picture.name} is no file that can be read")
    with contextlib.ExitStack() as beside, picture.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        unit = Unit(0, sha256, size, "still", "", "", picture.name, "", picture.name)
        order = msgspec.msgpack.encode(Order(0, 0, size, sha256, tool.manifest if tool else b"", box))
        check = partial(read_said, unit, tool.manifest) if tool else partial(read_described, unit)
        fds = [file.fileno()]
        if tool:
            fds.append(beside.enter_context(Path(tool.model).open("rb")).fileno())
        call = Call(0, task, order, tuple(fds), check)
        said: Described | None = None
        lost = ""
        for event in crew.pool(task, tool).run([call]):  # to its end: the workers are asked again
            if isinstance(event, Lost):
                lost = event.reason
            elif isinstance(event, Message):
                said = event.body
    if lost:
        raise TooLittle(f"{picture.name} cannot be read: {lost}")
    if said is None or said.failure:
        raise TooLittle(f"{picture.name} cannot be read{f': {said.failure}' if said else ''}")
    return sha256, said
