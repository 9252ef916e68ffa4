"""Who carries out item steps. One interface: plain units in, plain outcomes out, in any order.

``inline`` uses one locked worker, ``processes`` several on this machine. An executor on other machines takes the same units,
opens the exhibit there and sends back the same outcomes. There is no executor without the lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import TracebackType
from typing import Protocol, Self

import msgspec

from homeward.flow.answers import read_described
from homeward.flow.opening import Opened, Opener
from homeward.flow.units import Described, Lost, Order, Unit
from homeward.sandbox import Call, Limits, Message, Pool
from homeward.sandbox import Lost as WorkerLost

DECODING = Limits(memory=400 << 20, cpu_seconds=30, wall_seconds=60.0)
MEASURING = Limits(memory=1 << 30, cpu_seconds=60, wall_seconds=120.0)
"""More than for decoding: local features are measured at many scales at once."""
READING = Limits(memory=1536 << 20, cpu_seconds=240, wall_seconds=120.0)
"""Words are read by networks, of a clip in up to forty frames."""
STILLS, VIDEOS = "homeward.flow.tasks:describe", "homeward.flow.tasks_video:describe"
_DESCRIBING = (STILLS, VIDEOS)
"""By the same workers: what the second loads besides the first is little."""
TEXT = "homeward.flow.tasks_text:read"
LIMITS = {STILLS: DECODING, VIDEOS: DECODING, TEXT: READING}
"""Of each task; of every other :data:`MEASURING`."""

Outcome = Described | Lost


class Executor(Protocol):
    """Describes items; use it as a context manager."""

    def describe(self, units: Iterable[Unit]) -> Iterator[Outcome]:
        """One outcome for each unit, in any order; units are pulled only as they can be worked on."""
        ...

    def measure(self, task: str, units: Iterable[Unit]) -> Iterator[Outcome]:
        """The same by another sandbox task, for stills."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class Processes:
    """``jobs`` locked workers on this machine. One kind of work begins when another has ended, whose workers are let go then:
    what they have loaded would lie in memory for nothing.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._opener = Opener()
        self._pools: dict[tuple[str, ...], Pool] = {}

    def describe(self, units: Iterable[Unit]) -> Iterator[Outcome]:
        """See :class:`Executor`."""
        videos: list[Unit] = []
        yield from self._run(STILLS, _sort_out(units, videos))
        if videos:
            yield from self._run(VIDEOS, videos)

    def measure(self, task: str, units: Iterable[Unit]) -> Iterator[Outcome]:
        """See :class:`Executor`."""
        yield from self._run(task, units)

    def pool(self, task: str) -> Pool:
        """The workers for a task, started when they are first asked for."""
        tasks = _together(task)
        if tasks not in self._pools:
            self._pools[tasks] = Pool(tasks, workers=self._jobs, limits=LIMITS.get(task, MEASURING))
        return self._pools[tasks]

    def _run(self, task: str, units: Iterable[Unit]) -> Iterator[Outcome]:
        for other in [tasks for tasks in self._pools if tasks != _together(task)]:
            self._pools.pop(other).close()
        unopened: list[Lost] = []
        told: set[int] = set()
        for event in self.pool(task).run(self._calls(task, units, unopened)):
            yield from unopened
            unopened.clear()
            opened: Opened = event.key  # type: ignore[assignment]
            item = opened.unit.item
            if isinstance(event, Message):
                if item not in told:
                    told.add(item)
                    yield event.body
                continue
            self._opener.release(opened.fd)
            if item in told:
                continue
            if isinstance(event, WorkerLost):
                # What the decoder itself said is final; a worker that was lost may have been unlucky.
                yield Lost(item, event.reason, again=event.cause not in {"error", "denied"})
            else:
                yield Lost(item, "the decoder said nothing about it", again=True)
        yield from unopened

    def _calls(self, task: str, units: Iterable[Unit], unopened: list[Lost]) -> Iterator[Call]:
        for opened in self._opener.open(units):
            if isinstance(opened, Lost):
                unopened.append(opened)
                continue
            order = Order(opened.unit.item, opened.offset, opened.size, opened.unit.sha256)
            yield Call(opened, task, msgspec.msgpack.encode(order), (opened.fd,), partial(read_described, opened.unit))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for pool in self._pools.values():
            pool.close()
        self._opener.close()


def _together(task: str) -> tuple[str, ...]:
    """The tasks that the workers for ``task`` know."""
    return _DESCRIBING if task in _DESCRIBING else (task,)


def _sort_out(units: Iterable[Unit], videos: list[Unit]) -> Iterator[Unit]:
    """Pass stills on and keep videos for later."""
    for unit in units:
        if unit.kind == "video":
            videos.append(unit)
        else:
            yield unit


EXECUTORS: dict[str, Callable[[int], Executor]] = {
    "processes": Processes,
    "inline": lambda jobs: Processes(1),  # noqa: ARG005 - one worker whatever was asked for
}
