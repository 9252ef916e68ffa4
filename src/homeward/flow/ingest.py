"""``homeward ingest``: exhibits and everything in them, registered."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from homeward.core import StackedPath, WrongUse
from homeward.core.errors import said
from homeward.evidence import Found, Source, sources
from homeward.evidence.records import NEEDS_EXTRA
from homeward.evidence.types import kind_of
from homeward.flow.reading import read_sources
from homeward.sandbox import Lost
from homeward.store import reads
from homeward.store.exhibits import register
from homeward.store.intake import Note, OccurrenceRow, compare_claims, compare_contents, take

if TYPE_CHECKING:
    from homeward.flow.claims import Stated
    from homeward.flow.progress import Progress
    from homeward.store import Case
    from homeward.store.models import Exhibit

log = logging.getLogger("homeward.flow")

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
        WrongUse: claims for several deliveries, a label or authority is empty, a label belongs to another exhibit, or a
            source lies inside the case.
        EvidenceMissing: a source does not exist.
    """
    if claims and len(deliveries) > 1:
        raise WrongUse("the hashes that came with a delivery are compared with that delivery alone: ingest one at a time")
    for delivery in deliveries:
        _check(case, delivery)
    stated = _stated(claims, deliveries[0].location) if claims else None
    report = Intake()
    for delivery in deliveries:
        exhibit = register(case, delivery.label, str(delivery.location.resolve()), delivery.authority, delivery.acquirer)
        _take_in(case, exhibit, delivery.location, jobs, progress, report)
        if stated:
            report.notes += compare_claims(case, exhibit, stated.by_path)
            report.notes += compare_contents(case, exhibit, stated.contents)
            report.notes += take(case, exhibit, {}, [], stated.notes).notes
        if second_reader:
            report.notes += _second_opinion(case, exhibit, delivery.location)
    return report


def _check(case: Case, delivery: Delivery) -> None:
    said(delivery.label, "the exhibit's label")
    said(delivery.authority, "the authority under which the exhibit was seized")
    if delivery.acquirer:
        said(delivery.acquirer, "the name of who acquired the exhibit")
    location = delivery.location.resolve()
    if not str(location).isprintable():
        raise WrongUse(f"the path to {delivery.location.name!a} cannot be recorded: mount or rename it to printable UTF-8")
    if not os.path.lexists(delivery.location):
        raise WrongUse(f"there is nothing at {delivery.location}")
    home = case.folder.resolve()
    if location.is_relative_to(home) or home.is_relative_to(location):
        raise WrongUse(f"{delivery.location} and the case lie inside each other")


def _stated(claims: Path, location: Path) -> Stated:
    from homeward.flow.claims import read_stated  # the readers of lists take as long to load as everything else here

    return read_stated(claims, location)


def _take_in(case: Case, exhibit: Exhibit, location: Path, jobs: int, progress: Progress, report: Intake) -> None:
    known = reads.stamps(case, exhibit.pk)
    progress.begin(f"Reading {exhibit.label}", None)
    gone = set(known)  # shrinks, so that what is new needs no memory
    writer = _Writer(case, exhibit, progress, report)

    def unread() -> Iterator[Source]:
        for source in sources(location):
            gone.discard(_text(source.path))
            if known.get(_text(source.path)) == source.stamp:
                report.unchanged += 1
            else:
                yield source

    read_sources(unread(), writer, jobs)
    writer.flush()
    writer.gone(gone)


class _Writer:
    """Collects rows and commits them in batches; a source counts as read with the batch that holds its last row."""

    def __init__(self, case: Case, exhibit: Exhibit, progress: Progress, report: Intake) -> None:
        self._case, self._exhibit, self._progress, self._report = case, exhibit, progress, report
        self._rows: list[OccurrenceRow] = []
        self._notes: list[Note] = []
        self._stamps: dict[str, str] = {}
        self._suspect: frozenset[str] = frozenset()
        """Sources that never count as read: what is wrong with them is looked at again, and said, each time."""

    def found(self, source: Source, found: Found) -> None:
        """One occurrence."""
        self._rows.append(_row(source, found))
        self._notes += _notes(found)
        self._report.unreadable += not found.readable
        if found.reason.endswith(NEEDS_EXTRA):
            self._suspect |= {_text(source.path)}
        if len(self._rows) >= BATCH:
            self.flush()

    def lost(self, source: Source, lost: Lost) -> None:
        """What was found before stands; the source itself is a row with the reason."""
        reason = f"reading it failed: {lost.reason}"
        self.found(source, msgspec.structs.replace(source.unreadable(), size=source.size, reason=reason))

    def finished(self, source: Source) -> None:
        """It counts as read from the next commit on."""
        self._stamps[_text(source.path)] = source.stamp
        self._progress.advance(1, source.size)

    def flush(self) -> None:
        if not self._rows and not self._stamps:
            return
        stamps = {path: stamp for path, stamp in self._stamps.items() if path not in self._suspect}
        taken = take(self._case, self._exhibit, stamps, self._rows, self._notes)
        self._suspect |= taken.replaced
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
            take(self._case, self._exhibit, {}, [], notes)
            self._report.notes += notes  # said each time, as long as they are missing


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
    from homeward.evidence.second_reader import IMAGES, Listed, differences  # brings the image libraries

    listed, images = reads.listing(case, exhibit.pk), reads.containers(case, exhibit.pk, IMAGES)
    first = {path: Listed(size, sha256, deleted) for path, (size, sha256, deleted) in listed.items()}
    base = location if location.is_dir() else location.parent
    places = {path: base / StackedPath.parse(path).layers[0] for path in images}
    notes = [Note("second reader", d.path, d.text) for d in differences(places, first)]
    return take(case, exhibit, {}, [], notes).notes


def _text(path: str) -> str:
    """A source's path in the one text form of stacked paths."""
    return str(StackedPath.of([path]))
