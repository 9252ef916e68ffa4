"""``homeward export --format vics --into FILE``: a file of Project VIC is read behind the lock and written again, added to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core import WrongUse
from homeward.exchange.target import write_file
from homeward.exchange.vic_back import Back, written_back
from homeward.flow.claims import READING
from homeward.flow.exchange.exporting import Telling
from homeward.known.records import KnownListRefused
from homeward.known.vic_spots import Spot
from homeward.known.worker import Order, read_spots
from homeward.sandbox import Call, Lost, Message, Pool
from homeward.store import media_out

if TYPE_CHECKING:
    from homeward.exchange.medium import Medium
    from homeward.store import Case

TASK = "homeward.known.worker:places"


def export_into(case: Case, original: Path, target: Path) -> Back:
    """Write ``original`` to ``target`` (see :func:`write_file`), with what is ours added to the records of our media.

    Raises:
        WrongUse: the file cannot be read, is no Project VIC in UTF-8, or is the target itself.
    """
    if target.exists() and original.exists() and target.samefile(original):
        raise WrongUse(f"{target} is the file itself: write it somewhere else")
    telling, done = Telling(case), Back()

    def media(values: list[str]) -> dict[str, Medium]:
        return {row["md5"]: telling.medium(row) for row in media_out.by_md5(case, values)}

    details: dict[str, Any] = {"format": "vics", "version": "as it was"}

    def parts(fd: int) -> Iterator[bytes]:
        before = os.fstat(fd)
        yield from written_back(lambda at, size: os.pread(fd, size, at), before.st_size, _spots(fd), media, done)
        if (after := os.fstat(fd)).st_mtime_ns != before.st_mtime_ns or after.st_size != before.st_size:
            raise KnownListRefused("it was written to while it was read")
        details.update({"into": done.sha256, "media": done.added})

    try:
        stream = original.open("rb")
    except OSError as error:
        raise WrongUse(f"{original} cannot be read: {(error.strerror or str(error)).lower()}") from error
    with stream:
        try:
            write_file(case, target, parts(stream.fileno()), details)
        except KnownListRefused as error:
            raise WrongUse(f"{original}: {error}") from error
    return done


def _spots(fd: int) -> Iterator[list[Spot]]:
    order = msgspec.msgpack.encode(Order(os.fstat(fd).st_size))
    with Pool([TASK], workers=1, limits=READING) as pool:
        for event in pool.run([Call(0, TASK, order, (fd,), read_spots)]):
            if isinstance(event, Lost):
                raise KnownListRefused(f"reading it failed: {event.reason}")
            if isinstance(event, Message):
                if event.body.refused:
                    raise KnownListRefused(event.body.refused)
                yield event.body.spots
