"""``homeward process``: every pending step for everything new."""

from __future__ import annotations

import importlib
import logging
import time
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from homeward.core import WrongUse
from homeward.flow import plugins
from homeward.flow.executors import EXECUTORS, Executor
from homeward.flow.steps import DESCRIBE, STEPS, TEXT, Step
from homeward.flow.units import Described, Lost, Unit
from homeward.store import again, captures, digests, headers, reads, results, texts
from homeward.store.jobs import StepKey
from homeward.store.kept import Overtaken
from homeward.store.results import MediaRow
from homeward.store.segments import folder_name, record_dtype
from homeward.store.texts import LineRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from homeward.flow.progress import Progress
    from homeward.store import Case

log = logging.getLogger("homeward.flow")

BATCH = 256
"""Items committed together: a kill loses at most this much work, a commit costs a few milliseconds."""
PATIENCE = 20.0
"""Seconds after which fewer are committed: a clip can take as long as thousands of stills."""
ROUND = 1024
"""Items worked on before clips have their turn; an archive is walked once for as many of them."""
PORTION = 64
"""Items leased together: few enough that a second run finds something to do, at a few milliseconds a lease."""


def retry(case: Case) -> int:
    """Have the next :func:`process` try again what steps gave up because a locked worker was lost over it twice; how many.

    It is given up anew after two more losses.
    """
    return again.retry(case, _keys(case))


def given_up(case: Case) -> int:
    """How many items :func:`retry` would try again."""
    return again.given_up(case, _keys(case))


def _keys(case: Case) -> list[StepKey]:
    return [step_key(step) for step in all_steps(case) if step.kinds]


def process(case: Case, executor: str, jobs: int, progress: Progress, until: str = "") -> None:
    """Run every pending step, or those up to the one called ``until``; returns when nothing is left that can be done.

    Raises:
        WrongUse: there is no such step.
    """
    steps = all_steps(case)
    names = [step.name for step in steps]
    if until and until not in names:
        raise WrongUse(f"there is no step {until!r}; there are, in this order: {', '.join(names)}")
    _let_go(case)
    case.jobs.release()  # what an earlier run of this process had set aside
    case.jobs.reclaim()
    for step in steps[: names.index(until) + 1] if until else steps:
        if step.kinds:
            describe_pending(case, step, executor, jobs, progress)
        else:
            _whole_set(case, step, progress)


def _let_go(case: Case) -> None:
    """Destroy captures that may be held no longer: whoever runs nothing but this keeps none beyond its date."""
    if captures.events(case):
        from homeward.flow.communities.captures import expire  # brings DuckDB, which takes a tenth of a second to load

        expire(case, [], "")


def all_steps(case: Case) -> list[Step]:
    """Every step, those that ask the case's own plug-ins last."""
    return [*STEPS, *plugins.steps(case)]


def help_out(case: Case, jobs: int, progress: Progress) -> int:
    """Take item steps from the case's queue until it is empty, beside whoever else does; return how many were done here.

    A step whose items are chosen by what came before it is worked on only once a ``process`` has chosen them.
    """
    case.jobs.reclaim()
    done = 0
    for step in all_steps(case):
        if step.kinds and _ready(step):
            done += (_work_off if step.chosen else describe_pending)(case, step, "processes", jobs, progress)
    return done


def describe_pending(case: Case, step: Step, executor: str, jobs: int, progress: Progress) -> int:
    """Run an item step until its queue is empty; return how many items were worked on here."""
    key = step_key(step)
    if not _ready(step):
        return 0
    if step.chosen:
        case.jobs.enqueue_items(key, _function(step.chosen)(case))
    else:
        case.jobs.enqueue(key, step.kinds)
    return _work_off(case, step, executor, jobs, progress)


def _ready(step: Step) -> bool:
    return not step.needs or bool(_function(step.needs)())


def _work_off(case: Case, step: Step, executor: str, jobs: int, progress: Progress) -> int:
    if not case.jobs.pending(step_key(step)):
        return 0
    far = _Far(case, step, progress)
    with EXECUTORS[executor](jobs) as crew:
        while _round(case, step, crew, far):
            pass
    return len(far.items)


class _Far:
    """How far a run of a step is: each item counts once, however often it is tried; what others add is a new stage."""

    def __init__(self, case: Case, step: Step, progress: Progress) -> None:
        self._case, self._step, self._progress = case, step, progress
        self.items: set[int] = set()
        """Worked on so far."""
        self._begin(0)

    def advance(self, item: int, size: int, uncommitted: int) -> None:
        """One more outcome; ``uncommitted`` before it still stand as to be done."""
        if item in self.items:
            return
        self.items.add(item)
        if not self._left:
            self._begin(uncommitted)
        self._left -= 1
        self._progress.advance(1, size)

    def _begin(self, uncommitted: int) -> None:
        self._left = max(1, self._case.jobs.pending(step_key(self._step)) - uncommitted)
        self._progress.begin(self._step.caption, self._left)


def step_key(step: Step) -> StepKey:
    """The step's part of a result's key."""
    return StepKey(step.name, step.version, step.params_digest)


def _round(case: Case, step: Step, crew: Executor, far: _Far) -> int:
    """Work on up to :data:`ROUND` items; how many there were."""
    sizes: dict[int, int] = {}
    done: list[Described | Lost] = []
    committed = time.monotonic()
    tool = plugins.tool_of(case, step) if step.plugin else None
    if step.plugin and tool is None:
        return 0  # it was taken out meanwhile
    units = _leased(case, step_key(step), sizes, done)
    for outcome in crew.describe(units) if step is DESCRIBE else crew.measure(step.function, units, tool):
        far.advance(outcome.item, sizes[outcome.item], len(done))
        done.append(outcome)
        if len(done) >= BATCH or time.monotonic() - committed > PATIENCE:
            _commit(case, step, done)
            done.clear()
            committed = time.monotonic()
    _commit(case, step, done)
    return len(sizes)


def _leased(case: Case, key: StepKey, sizes: dict[int, int], done: list[Described | Lost]) -> Iterator[Unit]:
    """Lease portion after portion as they can be worked on; ``sizes`` gets every item, ``done`` those without any bytes."""
    while len(sizes) < ROUND and (leased := case.jobs.lease(key, PORTION)):
        units = [unit_of(row) for row in reads.work(case, leased)]
        sizes |= dict.fromkeys(leased, 0) | {unit.item: unit.size for unit in units}
        lacking = sorted(set(leased) - {unit.item for unit in units})
        done += [Lost(item, "no exhibit holds its bytes any more", again=False) for item in lacking]
        yield from units


def unit_of(row: dict[str, Any]) -> Unit:
    """An item to be opened, from a row of :func:`homeward.store.reads.work`."""
    return Unit(
        item=row["item_id"],
        sha256=row["item__sha256"],
        size=row["item__size"],
        kind=row["item__kind"],
        mime=row["item__mime"],
        location=row["exhibit__location"],
        source=row["source__path"],
        stamp=row["source__stamp"],
        path=row["path"],
    )


def _commit(case: Case, step: Step, done: list[Described | Lost]) -> None:
    """Write outcomes in one transaction; those whose lease went elsewhere meanwhile are left out."""
    key = step_key(step)
    described = sorted((o for o in done if isinstance(o, Described) and not o.failure), key=lambda o: o.item)
    with case.batch("step.batch", {"step": key.name, "version": key.version, "params": key.params}) as batch:
        case.jobs.renew()
        held = case.jobs.done(key, [o.item for o in described], batch.seq)
        described = [o for o in described if o.item in held]
        if step is DESCRIBE:
            results.write_media(case, map(_media, described), batch.seq)
            headers.write_headers(case, ((o.item, msgspec.structs.astuple(o.heading)) for o in described), batch.seq)
            previews = [("other preview", o.item, o.other_preview) for o in described if o.other_preview]
            results.write_item_findings(case, previews, batch.seq)
        texts.write_lines(case, map(_read, described) if step is TEXT else (), batch.seq)
        for folder, records in _records(step, described):
            batch.append(folder, records)
        failed = sum(_failed(case, key, outcome, batch.seq) for outcome in done)
        batch.details |= {
            "items": len(described),
            "failed": failed,
            "media": digests.MEDIA.digest(case, batch.seq),
            "findings": digests.FINDINGS.digest(case, batch.seq),
            "jobs": digests.JOBS.digest(case, batch.seq),
            "headers": digests.HEADERS.digest(case, batch.seq),
            "texts": digests.TEXTS.digest(case, batch.seq),
        }
        batch.skip = not described and not failed
    log.info("step batch", extra={"fields": {"step": key.name, "items": len(described), "others": len(done) - len(described)}})


def _failed(case: Case, key: StepKey, outcome: Described | Lost, batch: int) -> bool:
    """Write that an item has failed, if it has; whether it has for good."""
    if isinstance(outcome, Described):
        return bool(outcome.failure) and case.jobs.failed(key, outcome.item, outcome.failure, batch)
    if outcome.later:
        case.jobs.set_aside(key, outcome.item, outcome.reason)
        return False
    if outcome.again:
        return case.jobs.lost(key, outcome.item, outcome.reason, batch)
    return case.jobs.failed(key, outcome.item, outcome.reason, batch)


def _media(outcome: Described) -> MediaRow:
    return MediaRow(
        outcome.item,
        outcome.format,
        outcome.width,
        outcome.height,
        outcome.duration_ms,
        outcome.missing,
        outcome.damage,
        msgspec.to_builtins(outcome.facts),
    )


def _read(outcome: Described) -> tuple[int, list[LineRow]]:
    rows = [
        LineRow(one.time_ms, one.text, *one.box, one.angle, one.confidence, one.source, msgspec.to_builtins(one.words))
        for one in outcome.lines
    ]
    return outcome.item, rows


def _records(step: Step, described: list[Described]) -> Iterator[tuple[str, Any]]:
    """Segment folder and records of everything described, veils first."""
    values: dict[tuple[str, int], list[tuple[int, int, int, bytes]]] = {}
    for outcome in described:
        for picture in outcome.pictures:
            if step is DESCRIBE:
                values.setdefault(("veil", len(picture.veil)), []).append((outcome.item, picture.time_ms, 0, picture.veil))
            for name, (quality, value) in picture.values.items():
                values.setdefault((name, len(value)), []).append((outcome.item, picture.time_ms, quality, value))
    for (name, width), rows in values.items():
        records = np.zeros(len(rows), record_dtype(width))
        for at, (item, time_ms, quality, value) in enumerate(rows):
            records[at] = (item, time_ms, quality, np.frombuffer(value, np.uint8))
        yield segment_folder(name, width, step), records


def segment_folder(name: str, width: int, step: Step = DESCRIBE) -> str:
    """Where a step's records of descriptor ``name`` lie."""
    return folder_name(name, step.version, step.params_digest[:8], width)


def _whole_set(case: Case, step: Step, progress: Progress) -> None:
    while True:
        try:
            _function(step.function)(case, step, progress)
            return
        except Overtaken:
            continue


def _function(name: str) -> Callable[..., Any]:
    module, function = name.split(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found
