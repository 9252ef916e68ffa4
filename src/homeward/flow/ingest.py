"""``homeward ingest``: exhibits and everything in them, registered."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from homeward.core import StackedPath, WrongUse
from homeward.core.time import utc_now
from homeward.evidence import Found, Source, sources
from homeward.evidence.claims import read_claims
from homeward.evidence.second_reader import differences
from homeward.evidence.types import kind_of
from homeward.evidence.worker import read_found
from homeward.sandbox import Call, Limits, Lost, Message, Pool
from homeward.store import reads
from homeward.store.exhibits import register
from homeward.store.intake import Note, OccurrenceRow, compare_claims, take

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case
    from homeward.store.models import Exhibit

log = logging.getLogger("homeward.flow")

READ = "homeward.evidence.worker:read"
READING = Limits(memory=768 << 20, cpu_seconds=12 * 3600, wall_seconds=900.0, file_bytes=1 << 42)
"""A whole disk is one call: time is bounded by silence (an unreadable medium), not in all. Memory allows for large tables."""
BATCH = 512
"""Occurrences committed together."""


class Delivery(msgspec.Struct, frozen=True):
    """One exhibit to take in."""

    label: str
    location: Path
    authority: str
    acquirer: str


class Intake(msgspec.Struct):
    """What an ingest did."""

    occurrences: int = 0
    items: int = 0
    unchanged: int = 0
    unreadable: int = 0
    notes: list[Note] = []


def ingest(
    case: Case,
    deliveries: Sequence[Delivery],
    progress: Progress,
    *,
    jobs: int = 2,
    claims: Path | None = None,
    second_reader: bool = False,
) -> Intake:
    """Register every delivery. What was read before and has not changed on disk is not read again.

    Raises:
        WrongUse: a label or authority is empty, a label belongs to another exhibit, or a source lies inside the case.
        EvidenceMissing: a source does not exist.
    """
    for delivery in deliveries:
        _check(case, delivery)
    stated = read_claims(claims) if claims else {}
    report = Intake()
    with ExitStack() as stack:
        pool = stack.enter_context(Pool([READ], workers=jobs, limits=READING))
        for delivery in deliveries:
            exhibit = register(case, delivery.label, str(delivery.location.resolve()), delivery.authority, delivery.acquirer)
            _take_in(case, exhibit, delivery.location, pool, progress, report)
            if stated:
                report.notes += compare_claims(case, exhibit, stated)
            if second_reader:
                report.notes += _second_opinion(case, exhibit, delivery.location)
    return report


def _check(case: Case, delivery: Delivery) -> None:
    if not delivery.label.strip() or not delivery.authority.strip():
        raise WrongUse("an exhibit needs a label and the authority under which it was seized")
    location = delivery.location.resolve()
    if not os.path.lexists(delivery.location):
        raise WrongUse(f"there is nothing at {delivery.location}")
    home = case.folder.resolve()
    if location.is_relative_to(home) or home.is_relative_to(location):
        raise WrongUse(f"{delivery.location} and the case lie inside each other")


def _take_in(case: Case, exhibit: Exhibit, location: Path, pool: Pool, progress: Progress, report: Intake) -> None:
    known = reads.stamps(case, exhibit.pk)
    progress.begin(f"Reading {exhibit.label}", None)
    seen: set[str] = set()
    writer = _Writer(case, exhibit, report)
    with _Scratch() as scratch:

        def calls() -> Iterator[Call]:
            for source in sources(location):
                seen.add(_text(source.path))
                if known.get(_text(source.path)) == source.stamp:
                    report.unchanged += 1
                    continue
                call = _call(source, scratch, writer)
                if call is not None:
                    yield call

        for event in pool.run(calls()):
            source, fds = event.key  # type: ignore[misc]
            if isinstance(event, Message):
                writer.add(source, _row(source, found := read_found(event.body)), _notes(found))
                continue
            scratch.give_back(fds[-1])
            _close(fds[:-1])
            if isinstance(event, Lost):
                writer.lost(source, event)
            writer.finish(source)
            progress.advance(1, source.size)
        writer.flush()
    writer.gone(set(known) - seen)


def _call(source: Source, scratch: _Scratch, writer: _Writer) -> Call | None:
    """The call that reads ``source``; None (and a row) where it cannot even be opened."""
    if source.reason:
        writer.add(source, _row(source, source.unreadable()), [])
        writer.finish(source)
        return None
    try:
        files = source.open()
    except OSError as error:
        reason = f"it cannot be opened: {(error.strerror or 'unknown').lower()}"
        writer.add(source, _row(source, msgspec.structs.replace(source.unreadable(), reason=reason)), [])
        writer.finish(source)
        return None
    fds = (*files, scratch.take())
    return Call((source, fds), READ, msgspec.msgpack.encode(source.order()), fds)


class _Scratch:
    """Nameless temporary files for copies that need random access, one for each call under way."""

    def __init__(self) -> None:
        self._free: list[int] = []

    def take(self) -> int:
        if self._free:
            return self._free.pop()
        file = tempfile.TemporaryFile(prefix="homeward-")  # noqa: SIM115 - its descriptor outlives this call
        fd = os.dup(file.fileno())
        file.close()
        return fd

    def give_back(self, fd: int) -> None:
        os.ftruncate(fd, 0)
        self._free.append(fd)

    def __enter__(self) -> _Scratch:
        return self

    def __exit__(self, *_: object) -> None:
        _close(self._free)


class _Writer:
    """Collects rows and commits them in batches; a source counts as read with the batch that holds its last row."""

    def __init__(self, case: Case, exhibit: Exhibit, report: Intake) -> None:
        self._case, self._exhibit, self._report = case, exhibit, report
        self._rows: list[OccurrenceRow] = []
        self._notes: list[Note] = []
        self._stamps: dict[str, str] = {}

    def add(self, source: Source, row: OccurrenceRow, notes: list[Note]) -> None:
        self._rows.append(row)
        self._notes += notes
        self._report.unreadable += not row.readable
        if len(self._rows) >= BATCH:
            self.flush()

    def lost(self, source: Source, lost: Lost) -> None:
        """The worker was lost over a source: what it had found stands, the source itself is a row with the reason."""
        own = msgspec.structs.replace(source.unreadable(), size=source.size, reason=f"reading it failed: {lost.reason}")
        self.add(source, _row(source, own), [])

    def finish(self, source: Source) -> None:
        self._stamps[_text(source.path)] = source.stamp

    def flush(self) -> None:
        if not self._rows and not self._stamps:
            return
        taken = take(self._case, self._exhibit, self._stamps, self._rows, self._notes)
        self._report.occurrences += taken.occurrences
        self._report.items += taken.items
        self._report.notes += taken.notes
        log.info("ingest batch", extra={"fields": {"occurrences": taken.occurrences, "items": taken.items}})
        self._rows, self._notes, self._stamps = [], [], {}

    def gone(self, paths: set[str]) -> None:
        """Sources that were registered and are no longer on disk."""
        text = "it was registered and is no longer there"
        notes = [Note("evidence missing", StackedPath.parse(path), text) for path in sorted(paths)]
        if notes:
            self._report.notes += take(self._case, self._exhibit, {}, [], notes).notes


def _row(source: Source, found: Found) -> OccurrenceRow:
    times = found.times
    return OccurrenceRow(
        _text(source.path),
        found.path,
        found.size,
        found.digests,
        found.mime,
        kind_of(found.mime),
        times.modified,
        times.accessed,
        times.changed,
        times.created,
        found.deleted,
        found.embedded,
        found.address,
        found.extension_mismatch,
        found.container,
        found.readable,
        found.reason,
    )


def _notes(found: Found) -> list[Note]:
    """Hashes that a container states about itself and that are not what was measured."""
    return [
        Note("claim differs", found.path, f"its stored {c.algorithm} is {c.stated}, measured {c.measured}")
        for c in found.claims
        if c.stated != c.measured
    ]


def _second_opinion(case: Case, exhibit: Exhibit, location: Path) -> list[Note]:
    """Differences between what was registered and what a second reader lists, as findings."""
    first = reads.listing(case, exhibit.pk)
    notes = [Note("second reader", d.path, d.text) for d in differences(location, first)]
    return take(case, exhibit, {}, [], notes).notes


def _text(path: str) -> str:
    """A source's path in the one text form of stacked paths."""
    return str(StackedPath.of([path]))


def _close(fds: Sequence[int]) -> None:
    for fd in fds:
        os.close(fd)


