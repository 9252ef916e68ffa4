"""Reading things on disk behind the lock: every occurrence in them, hashed in one pass."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Protocol, cast

import msgspec

from homeward.evidence import Found, Source
from homeward.evidence.worker import read_found
from homeward.flow.scratch import nameless
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
    calls = _calls(sources, taker)
    first = next(calls, None)
    if first is not None:
        _read(chain([first], calls), taker, jobs)


def _read(calls: Iterable[Call], taker: Taker, jobs: int) -> None:
    with Pool([READ], workers=jobs, limits=READING) as pool:
        for event in pool.run(calls):
            source, fds = cast("tuple[Source, tuple[int, ...]]", event.key)
            if isinstance(event, Message):
                taker.found(source, event.body)
                continue
            for fd in fds:
                os.close(fd)
            if isinstance(event, Lost):
                taker.lost(source, event)
            taker.finished(source)


def _calls(sources: Iterable[Source], taker: Taker) -> Iterator[Call]:
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
        fds = (*files, nameless())
        check = partial(read_found, names=frozenset(source.names))
        yield Call((source, fds), READ, msgspec.msgpack.encode(source.order()), fds, check)
