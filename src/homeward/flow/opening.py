"""Bytes of items, read again from their exhibits: whole files as they lie, everything else copied out behind the lock."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from functools import partial
from itertools import groupby
from pathlib import Path

import msgspec

from homeward.core import StackedPath
from homeward.evidence import Fetched, FetchOrder, Source, source_at
from homeward.evidence.worker import read_answer
from homeward.flow.scratch import nameless
from homeward.flow.units import CHANGED, Lost, Unit
from homeward.sandbox import Call, Limits, Message, Pool
from homeward.sandbox import Lost as WorkerLost

FETCH = "homeward.evidence.worker:fetch"
FETCHING = Limits(memory=768 << 20, cpu_seconds=12 * 3600, wall_seconds=900.0, file_bytes=1 << 42)
SPOOL = 512 << 20
"""Bytes copied out of a container before they are worked off: bounds the disk space that is used meanwhile."""
GONE = "the file on disk is gone"
OTHER = "the file on disk is no longer as it was registered: its size, its time or its number is another"


class Opened(msgspec.Struct, frozen=True):
    """An item's bytes: ``size`` bytes from ``offset`` of a descriptor that is given back with :meth:`Opener.release`."""

    unit: Unit
    fd: int
    offset: int
    size: int


class Opener:
    """Opens items one after the other; a locked worker that reads containers is started when the first is met."""

    def __init__(self) -> None:
        self._pool: Pool | None = None
        self._holders: dict[int, int] = {}

    def open(self, units: Iterable[Unit]) -> Iterator[Opened | Lost]:
        """Each unit opened, or why it cannot be; lazily, so that descriptors and disk space stay bounded."""
        for (location, path), group in groupby(units, key=lambda unit: (unit.location, unit.source)):
            listed = list(group)
            source = source_at(Path(location), StackedPath.parse(path).layers[0])
            if source is None:
                yield from (Lost(unit.item, GONE, again=False, later=True) for unit in listed)
            elif source.stamp != listed[0].stamp:
                yield from (Lost(unit.item, OTHER, again=False, later=True) for unit in listed)
            else:
                yield from self._plain(source, [unit for unit in listed if unit.path == unit.source])
                yield from self._inside(source, [unit for unit in listed if unit.path != unit.source])

    def release(self, fd: int) -> None:
        """One item less needs ``fd``; the last one closes it."""
        self._holders[fd] -= 1
        if not self._holders[fd]:
            del self._holders[fd]
            os.close(fd)

    def close(self) -> None:
        """Close everything."""
        for fd in self._holders:
            os.close(fd)
        self._holders.clear()
        if self._pool is not None:
            self._pool.close()

    def _plain(self, source: Source, units: list[Unit]) -> Iterator[Opened | Lost]:
        for unit in units:
            try:
                fds = source.open()
            except OSError as error:
                yield Lost(unit.item, f"it cannot be opened: {(error.strerror or 'unknown').lower()}", again=False, later=True)
                continue
            for other in fds[1:]:
                os.close(other)
            self._hold(fds[0])
            yield Opened(unit, fds[0], 0, unit.size)

    def _inside(self, source: Source, units: list[Unit]) -> Iterator[Opened | Lost]:
        waiting = {StackedPath.parse(unit.path): unit for unit in units}
        while waiting:
            before = len(waiting)
            reason = yield from self._round(source, waiting)
            if len(waiting) == before:
                again = bool(reason)
                reason = reason or "it is not where it was registered any more"
                later = again and not _unchanged(source, units[0])
                yield from (Lost(unit.item, reason, again, later) for unit in waiting.values())
                return

    def _round(self, source: Source, waiting: dict[StackedPath, Unit]) -> Generator[Opened | Lost, None, str]:
        """Copy out as much as one spool holds; returns why the worker was lost, if it was."""
        if self._pool is None:
            self._pool = Pool([FETCH], workers=1, limits=FETCHING)
        spool, scratch = nameless(), nameless()
        self._hold(spool)
        files: tuple[int, ...] = ()
        reason = ""
        try:
            files = source.open()
            order = FetchOrder(source.order(), tuple(map(str, waiting)), SPOOL)
            check = partial(read_answer, wanted=waiting)
            call = Call(0, FETCH, msgspec.msgpack.encode(order), (*files, scratch, spool), check)
            for event in self._pool.run([call]):
                if isinstance(event, WorkerLost):
                    reason = event.reason
                elif isinstance(event, Message) and isinstance(event.body, Fetched):
                    yield self._fetched(event.body, waiting, spool)
        except OSError as error:
            reason = f"it cannot be opened: {(error.strerror or 'unknown').lower()}"
        finally:
            for fd in (*files, scratch):
                os.close(fd)
            self.release(spool)
        return reason

    def _fetched(self, fetched: Fetched, waiting: dict[StackedPath, Unit], spool: int) -> Opened | Lost:
        unit = waiting.pop(fetched.path)
        if fetched.sha256 != unit.sha256:
            return Lost(unit.item, CHANGED, again=False)
        self._hold(spool)
        return Opened(unit, spool, fetched.offset, fetched.size)

    def _hold(self, fd: int) -> None:
        self._holders[fd] = self._holders.get(fd, 0) + 1


def _unchanged(source: Source, unit: Unit) -> bool:
    """Whether a source is still there as it was: a medium may have been taken away while it was read."""
    now = source_at(Path(unit.location), source.path)
    return now is not None and now.stamp == source.stamp
