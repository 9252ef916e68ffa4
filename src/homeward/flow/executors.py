"""Who carries out item steps. One interface: plain units in, plain outcomes out, in any order.

``inline`` uses one locked worker, ``processes`` several on this machine. An executor on other machines takes the same units,
opens the exhibit there and sends back the same outcomes. There is no executor without the lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import msgspec

from homeward.flow.answers import read_described, read_said
from homeward.flow.opening import Opened, Opener
from homeward.flow.units import Described, Lost, Order, Tool, Unit
from homeward.sandbox import Call, Limits, Message, Pool
from homeward.sandbox import Lost as WorkerLost

DECODING = Limits(memory=400 << 20, cpu_seconds=30, wall_seconds=60.0)
MEASURING = Limits(memory=1 << 30, cpu_seconds=60, wall_seconds=120.0)
"""More than for decoding: local features are measured at many scales at once."""
READING = Limits(memory=1536 << 20, cpu_seconds=240, wall_seconds=120.0)
"""Words are read by networks, of a clip in up to forty frames."""
STILLS, VIDEOS = "homeward.flow.tasks.stills:describe", "homeward.flow.tasks.clips:describe"
_DESCRIBING = (STILLS, VIDEOS)
"""By the same workers: what the second loads besides the first is little."""
TEXT = "homeward.flow.tasks.text:read"
LIMITS = {STILLS: DECODING, VIDEOS: DECODING, TEXT: READING}
"""Of each task; of every other :data:`MEASURING`."""


def limits_with(tool: Tool) -> Limits:
    """Of a worker that asks a plug-in: a model is held several times over while it is loaded, and then works in memory."""
    return Limits(memory=(2 << 30) + 4 * tool.size, cpu_seconds=120, wall_seconds=120.0)


Outcome = Described | Lost
_Kind = tuple[tuple[str, ...], bytes]


class Executor(Protocol):
    """Describes items; use it as a context manager."""

    def describe(self, units: Iterable[Unit]) -> Iterator[Outcome]:
        """One outcome for each unit, in any order; units are pulled only as they can be worked on."""
        ...

    def measure(self, task: str, units: Iterable[Unit], tool: Tool | None = None) -> Iterator[Outcome]:
        """The same by another sandbox task, for stills, or by a plug-in."""
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
        self._pools: dict[_Kind, Pool] = {}

    def describe(self, units: Iterable[Unit]) -> Iterator[Outcome]:
        """See :class:`Executor`."""
        videos: list[Unit] = []
        yield from self._run(STILLS, _sort_out(units, videos))
        if videos:
            yield from self._run(VIDEOS, videos)

    def measure(self, task: str, units: Iterable[Unit], tool: Tool | None = None) -> Iterator[Outcome]:
        """See :class:`Executor`."""
        if tool is None:
            yield from self._run(task, units)
            return
        with Path(tool.model).open("rb") as model:
            yield from self._run(task, units, (tool, model.fileno()))

    def pool(self, task: str, tool: Tool | None = None) -> Pool:
        """The workers for a task, started when they are first asked for; those of one plug-in see no other."""
        kind = _kind(task, tool)
        if kind not in self._pools:
            limits = limits_with(tool) if tool else LIMITS.get(task, MEASURING)
            self._pools[kind] = Pool(kind[0], workers=self._jobs, limits=limits)
        return self._pools[kind]

    def _run(self, task: str, units: Iterable[Unit], handed: tuple[Tool, int] | None = None) -> Iterator[Outcome]:
        tool = handed[0] if handed else None
        for other in [kind for kind in self._pools if kind != _kind(task, tool)]:
            self._pools.pop(other).close()
        unopened: list[Lost] = []
        told: set[int] = set()
        for event in self.pool(task, tool).run(self._calls(task, units, unopened, handed)):
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

    def _calls(self, task: str, units: Iterable[Unit], unopened: list[Lost], handed: tuple[Tool, int] | None) -> Iterator[Call]:
        manifest, models = (handed[0].manifest, (handed[1],)) if handed else (b"", ())
        for opened in self._opener.open(units):
            if isinstance(opened, Lost):
                unopened.append(opened)
                continue
            order = Order(opened.unit.item, opened.offset, opened.size, opened.unit.sha256, manifest)
            check = partial(read_described, opened.unit) if handed is None else partial(read_said, opened.unit, manifest)
            yield Call(opened, task, msgspec.msgpack.encode(order), (opened.fd, *models), check)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for pool in self._pools.values():
            pool.close()
        self._opener.close()


def _kind(task: str, tool: Tool | None) -> _Kind:
    """The tasks that the workers for ``task`` know, and the plug-in that they ask."""
    return (_DESCRIBING if task in _DESCRIBING else (task,)), tool.manifest if tool else b""


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
