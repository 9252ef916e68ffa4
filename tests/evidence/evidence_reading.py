"""What the parent does with the room's tasks, in one process and without a pool."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from homeward.core import StackedPath
from homeward.evidence import Fetched, FetchOrder, Found, Source, sources
from homeward.evidence.worker import fetch, read, read_answer, read_found

ROOM = 1 << 40


def occurrences(location: Path) -> dict[str, Found]:
    """Every occurrence by its stacked path; no two may share one."""
    found: dict[str, Found] = {}
    for source in sources(location):
        for row in rows_of(source):
            assert str(row.path) not in found, f"two rows for {row.path}"
            found[str(row.path)] = row
    return found


def rows_of(source: Source) -> list[Found]:
    if source.reason:
        return [source.unreadable()]
    fds = source.open()
    try:
        with tempfile.TemporaryFile() as scratch:
            bodies = list(read((*fds, scratch.fileno()), msgspec.msgpack.encode(source.order())))
            assert os.fstat(scratch.fileno()).st_size == 0, "the scratch file is left empty"
    finally:
        for fd in fds:
            os.close(fd)
    return [read_found(body, source.names) for body in bodies]


def read_bytes(folder: Path, name: str, data: bytes) -> dict[str, Found]:
    """Occurrences in one file of this content."""
    (folder / name).write_bytes(data)
    return occurrences(folder / name)


def contents(location: Path, wanted: Iterable[StackedPath], budget: int = ROOM) -> dict[str, bytes]:
    """Content of what can be fetched, in as many rounds as the budget asks for."""
    found: dict[str, bytes] = {}
    everything = list(wanted)
    for source in sources(location):
        names = {source.stacked.layers[0], *(source.order().names if not source.reason else ())}
        left: Sequence[StackedPath] = [path for path in everything if path.layers[0] in names]
        while left and not source.reason:
            fetched, left = _round(source, left, budget)
            found |= fetched
    return found


def _round(source: Source, wanted: Sequence[StackedPath], budget: int) -> tuple[dict[str, bytes], Sequence[StackedPath]]:
    fds = source.open()
    found: dict[str, bytes] = {}
    left: Sequence[StackedPath] = ()
    order = msgspec.msgpack.encode(FetchOrder(source.order(), tuple(map(str, wanted)), budget))
    try:
        with tempfile.TemporaryFile() as scratch, tempfile.TemporaryFile() as spool:
            for body in fetch((*fds, scratch.fileno(), spool.fileno()), order):
                answer = read_answer(body, set(wanted))
                if isinstance(answer, Fetched):
                    found[str(answer.path)] = os.pread(spool.fileno(), answer.size, answer.offset)
                else:
                    left = answer.paths
    finally:
        for fd in fds:
            os.close(fd)
    assert found or not left, "a round that brings nothing asks for no other round"
    assert len(left) < len(wanted)
    return found, left
