"""A picture file from outside a case, measured behind the lock and not kept."""

from __future__ import annotations

import contextlib
import hashlib
from functools import partial
from pathlib import Path

import msgspec

from homeward.core import HomewardError
from homeward.flow.answers import read_described, read_said
from homeward.flow.executors import Processes
from homeward.flow.units import Described, Order, Tool, Unit
from homeward.sandbox import Call, Lost, Message


class TooLittle(HomewardError, ValueError):
    """The picture asked with cannot be read, or shows too little to find anything by."""


def asked(
    crew: Processes, picture: Path, task: str, tool: Tool | None = None, box: tuple[int, int, int, int] | None = None
) -> tuple[str, Described]:
    """SHA-256 of a picture file, and what a locked worker of ``crew`` says of it when given ``task``, or the plug-in ``tool``
    says of the part of it in ``box``.

    Raises:
        TooLittle: it cannot be read.
        OSError: it cannot be opened.
    """
    if not picture.is_file():  # a pipe or a device would never end
        raise TooLittle(f"{picture.name} is no file that can be read")
    with contextlib.ExitStack() as beside, picture.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        unit = Unit(0, sha256, size, "still", "", str(picture.parent), picture.name, "", picture.name)
        order = msgspec.msgpack.encode(Order(0, 0, size, sha256, tool.manifest if tool else b"", box))
        check = partial(read_said, unit, tool.manifest) if tool else partial(read_described, unit)
        fds = [file.fileno()]
        if tool:
            fds.append(beside.enter_context(Path(tool.model).open("rb")).fileno())
        call = Call(0, task, order, tuple(fds), check)
        said: Described | None = None
        for event in crew.pool(task, tool).run([call]):  # to its end: the workers are asked again
            if isinstance(event, Lost):
                raise TooLittle(f"{picture.name} cannot be read: {event.reason}")
            if isinstance(event, Message):
                said = event.body
    if said is None or said.failure:
        raise TooLittle(f"{picture.name} cannot be read{f': {said.failure}' if said else ''}")
    return sha256, said
