"""Reading things on disk behind the lock: every occurrence in them, hashed in one pass."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from types import TracebackType
from typing import Protocol, Self, cast

import msgspec

from homeward.evidence import Found, Source
from homeward.evidence.worker import read_found
from homeward.sandbox import Call, Limits, Lost, Message, Pool

READ = "homeward.evidence.worker:read"
READING = Limits(memory=768 << 20, cpu_seconds=12 * 3600, wall_seconds=900.0, file_bytes=1 << 42)
"""A whole disk is one call: time is bounded by silence (an unreadable medium), not in all. Memory allows for large tables."""


class Taker(Protocol):
    """Takes what is read. For each source: any number of ``found``, perhaps one ``lost``, then ``finished``."""

    def found(self, source: Source, found: Found) -> None:
        """One occurrence."""

    def lost(self, source: Source, lost: Lost) -> None:
        """The worker was lost: what was found before stands."""

    def finished(self, source: Source) -> None:
        """Nothing more comes of this source."""


def read_sources(sources: Iterable[Source], taker: Taker, jobs: int) -> None:
    """Read every source with up to ``jobs`` locked workers; none is started when there is nothing to read."""
    with _Scratch() as scratch:
        calls = _calls(sources, taker, scratch)
        first = next(calls, None)
        if first is not None:
            _read(chain([first], calls), taker, jobs, scratch)


def _read(calls: Iterable[Call], taker: Taker, jobs: int, scratch: _Scratch) -> None:
    with Pool([READ], workers=jobs, limits=READING) as pool:
        for event in pool.run(calls):
            source, fds = cast("tuple[Source, tuple[int, ...]]", event.key)
            if isinstance(event, Message):
                taker.found(source, event.body)
                continue
            scratch.give_back(fds[-1])
            for fd in fds[:-1]:
                os.close(fd)
            if isinstance(event, Lost):
                taker.lost(source, event)
            taker.finished(source)


def _calls(sources: Iterable[Source], taker: Taker, scratch: _Scratch) -> Iterator[Call]:
    for source in sources:
        found = source.unreadable() if source.reason else None
        try:
            files = source.open()
        except OSError as error:
            reason = f"it cannot be opened: {(error.strerror or 'unknown').lower()}"
            found = msgspec.structs.replace(source.unreadable(), reason=reason)
        if found is not None:
            taker.found(source, found)
            taker.finished(source)
            continue
        fds = (*files, scratch.take())
        check = partial(read_found, names=frozenset(source.names))
        yield Call((source, fds), READ, msgspec.msgpack.encode(source.order()), fds, check)


class _Scratch:
    """Nameless temporary files for copies that need random access, one for each call under way."""

    def __init__(self) -> None:
        self._free: list[int] = []

    def take(self) -> int:
        if self._free:
            return self._free.pop()
        with tempfile.TemporaryFile(prefix="homeward-") as file:
            return os.dup(file.fileno())

    def give_back(self, fd: int) -> None:
        os.ftruncate(fd, 0)
        self._free.append(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for fd in self._free:
            os.close(fd)
