"""Rows and segments against the ledger entries that vouch for them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q

from homeward.store import digests
from homeward.store.intake import MANIFEST, OLDER_MANIFEST, manifest_digest, path_key
from homeward.store.known_vouching import KnownVouching
from homeward.store.models import Header, Job, Media, Occurrence, SegmentRun, StepRun, TextLine
from homeward.store.people import Acquainted
from homeward.store.registered import Registered
from homeward.store.texts import index_fault
from homeward.store.tokens import Told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import Model

    from homeward.store.case import Case
    from homeward.store.digests import Vouched
    from homeward.store.ledger import Entry

_STEP = "step.batch"
RECORDS: dict[str, tuple[Vouched, dict[str, tuple[str, ...]], str]] = {
    "decoded": (digests.MEDIA, {_STEP: ("media",)}, "what was decoded with ledger entry {} has"),
    "header": (digests.HEADERS, {_STEP: ("headers",)}, "what was read of headers with ledger entry {} has"),
    "finding": (
        digests.FINDINGS,
        {_STEP: ("findings",), "ingest.batch": ("findings",)},
        "the findings that ledger entry {} recorded have",
    ),
    "outcome": (digests.JOBS, {_STEP: ("jobs", "failures")}, "the outcomes that ledger entry {} recorded have"),
    "text": (digests.TEXTS, {_STEP: ("texts",)}, "what was read in pictures with ledger entry {} has"),
    "kin": (
        digests.KIN,
        {"step.part": ("kin",), "step.set": ("kin",)},
        "the verdicts on copies that ledger entry {} recorded have",
    ),
    "sight": (digests.SIGHTS, {"step.part": ("sights",)}, "the sights that ledger entry {} recorded have"),
    "grade": (digests.GRADES, {"grade": ("rows",)}, "the categories that ledger entry {} recorded have"),
    "search": (digests.SEARCHES, {"search": ("rows",)}, "the search that ledger entry {} kept has"),
    "background": (
        digests.BACKGROUNDS,
        {"step.part": ("backgrounds",)},
        "what ledger entry {} recorded of background collections has",
    ),
    "clue": (digests.CLUES, {"clue.events": ("rows",)}, "what was said about clues with ledger entry {} has"),
    "matching": (
        digests.MATCHINGS,
        {"match.messages": ("rows",)},
        "the messages of matchings that ledger entry {} recorded have",
    ),
    "capture": (digests.CAPTURES, {"capture.events": ("rows",)}, "what was said about captures with ledger entry {} has"),
    "series": (digests.SERIES, {"series.events": ("rows",)}, "what was said about series with ledger entry {} has"),
}
"""Records that carry the number of their entry: by name what they are, where in which acts their digest stands (the newest name
first), and what to call them."""
_PATHS = ("path", "key", "exhibit__label", "source__path", "source__key", "source__exhibit__label")


class Vouching:
    """Shown every ledger entry in order; yields what no longer agrees with it."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._seen: dict[str, set[int]] = defaultdict(set)
        self._sets: dict[str, tuple[int, str]] = {}
        self._keys: dict[str, str] = {}
        self._outcomes: dict[int, str] = {}
        """What entries vouch for of outcomes, less what was tried again since."""
        self._registered = Registered(case)
        self._known = KnownVouching(case)
        self._people = Acquainted(case)
        self._tokens = Told(case)
        self._older: set[str] = set()
        """What there are entries for that are from before it was vouched for."""
        self.occurrences = 0
        self.stretches = 0

    def look(self, entry: Entry) -> Iterator[str]:
        """What is wrong with the rows that ``entry`` vouches for."""
        details = entry.details
        self._registered.look(entry)
        self._known.look(entry)
        self._people.look(entry)
        self._tokens.look(entry)
        if entry.act == "ingest.batch":
            yield from self._manifest(entry.seq, details)
        for name in RECORDS:
            yield from self._records(name, entry)
        if entry.act == "step.retry":
            yield from self._retried(entry)
        if entry.act == "step.set":
            self._sets[str(details.get("step"))] = (entry.seq, str(details.get("rows")))
            self._older |= {"keys"} - details.keys()
        self._sets |= {name: (entry.seq, str(told)) for name, told in details.get("sets", {}).items()}
        self._keys |= details.get("keys", {})
        yield from self._segments(entry.seq, details.get("segments", []))

    def finish(self) -> Iterator[str]:
        """What is wrong with rows that no entry vouches for, and with the results of whole-set steps."""
        yield from self._registered.finish()
        kind, _, called = RECORDS["outcome"]
        for seq, told in self._outcomes.items():
            if not kind.agrees(self._case, seq, told):
                yield f"{called.format(seq)} been changed since"
        for step, (seq, told) in self._sets.items():
            held = digests.SETS.get(step)
            # A plain digest stands also in entries from before what a step holds was summed up.
            summed = step in digests.SUMMED and len(told) != len(digests.NO_ROWS)
            if held and not (held.adds_up(self._case, told) if summed else held.agrees(self._case, None, told)):
                yield f"the results of the step {step} are not those of ledger entry {seq}"
        yield from self._known.finish()
        yield from self._people.finish()
        yield from self._tokens.finish()
        yield from self._complete()
        if fault := index_fault(self._case):
            yield fault
        for name, (kind, _, _) in RECORDS.items():
            yield from self._unseen(name, kind.model)
        yield from self._unseen("occurrence", Occurrence)
        yield from self._unseen("segment", SegmentRun)
        for name, model, place in (
            ("occurrence", Occurrence, ("exhibit", "key")),
            ("decoded", Media, ("item",)),
            ("header", Header, ("item",)),
        ):
            yield from self._superseded(name, model, place)
        yield from self._superseded("text", TextLine, ("item",))

    def _records(self, name: str, entry: Entry) -> Iterator[str]:
        kind, acts, called = RECORDS[name]
        keys = acts.get(entry.act, ())
        if keys and keys[0] not in entry.details:
            self._older.add(name)
        key = next((key for key in keys if key in entry.details), None)
        if key is not None:
            self._seen[name].add(entry.seq)
            if name == "outcome":
                self._outcomes[entry.seq] = entry.details[key]
            elif not kind.agrees(self._case, entry.seq, entry.details[key]):
                yield f"{called.format(entry.seq)} been changed since"

    def _retried(self, entry: Entry) -> Iterator[str]:
        for seq, (before, after) in entry.details["outcomes"].items():
            if self._outcomes.get(int(seq)) != before:
                yield f"ledger entry {entry.seq} tries again what ledger entry {seq} did not record"
            self._outcomes[int(seq)] = after

    def _unseen(self, name: str, model: type[Model]) -> Iterator[str]:
        """What is wrong with rows that say that another entry vouches for them, or none."""
        rows = model._default_manager.using(self._case.alias)
        if model is Job:  # what is still to do is vouched for by nothing
            told = ("failed",) if name in self._older else ("failed", "done")
            rows = rows.filter(Q(state__in=told) | Q(batch__isnull=False))
        batches = set(rows.values_list("batch", flat=True).distinct())
        if None in batches and name not in self._older:
            yield f"no ledger entry vouches for some rows ({name})"
        for batch in sorted(one for one in batches - self._seen[name] if one is not None):
            yield f"{name} rows say that ledger entry {batch} vouches for them, and it does not"

    def _superseded(self, name: str, model: type[Model], place: tuple[str, ...]) -> Iterator[str]:
        """What is wrong with rows that say that they count no longer: a later row must have taken their place."""
        rows = model._default_manager.using(self._case.alias)
        later: Any = rows.filter(current=True, batch__gt=OuterRef("batch"), **{column: OuterRef(column) for column in place})
        if model is TextLine:  # another reading may have found no line
            again = Job.objects.using(self._case.alias).filter(step="text", state="done")
            later = again.filter(item=OuterRef("item"), batch__gt=OuterRef("batch"))
        lost = rows.filter(~Exists(later), current=False).count()
        if lost:
            yield f"{lost} rows ({name}) say that they count no longer, and nothing took their place"

    def _complete(self) -> Iterator[str]:
        """What is wrong with the records that say for which input a step is complete."""
        held = dict(StepRun.objects.using(self._case.alias).values_list("step", "key"))
        for step in sorted(held.keys() | self._keys.keys()):
            unknown = step not in self._keys and "keys" in self._older
            if not unknown and held.get(step) != self._keys.get(step):
                yield f"the record of what the step {step} is complete for was changed"

    def _manifest(self, seq: int, details: dict[str, Any]) -> Iterator[str]:
        self._seen["occurrence"].add(seq)
        rows = Occurrence.objects.using(self._case.alias).filter(batch=seq)
        self.occurrences += len(manifest := list(rows.values_list(*MANIFEST)))
        older = [row[: len(OLDER_MANIFEST)] for row in manifest]
        told = details.get("manifest", "")
        exhibit = details.get("exhibit")
        misplaced = any(
            (key, source_key, {label, source_label}) != (path_key(path), path_key(source), {exhibit})
            for path, key, label, source, source_key, source_label in rows.values_list(*_PATHS)
        )
        if misplaced or told not in {manifest_digest(manifest), manifest_digest(older)}:
            yield f"the occurrences that ledger entry {seq} registered have been changed since"

    def _segments(self, seq: int, stretches: list[dict[str, Any]]) -> Iterator[str]:
        self._seen["segment"].add(seq)
        runs = {f"{run.descriptor}/{run.file}:{run.first}": run for run in self._runs(seq)}
        if len(runs) != len(stretches):
            yield f"ledger entry {seq} vouches for {len(stretches)} stretches of descriptors, and {len(runs)} are there"
        for stretch in stretches:
            self.stretches += 1
            run = runs.get(f"{stretch['file']}:{stretch['first']}")
            if run is None or (run.count, run.sha256) != (stretch["count"], stretch["sha256"]):
                yield f"a stretch of segment {stretch['file']} is not the one that ledger entry {seq} recorded"
            elif self._case.segments.digest(run) != stretch["sha256"]:
                last = stretch["first"] + stretch["count"] - 1
                yield f"segment {stretch['file']} was changed in records {stretch['first']} to {last}"

    def _runs(self, seq: int) -> Iterable[SegmentRun]:
        return SegmentRun.objects.using(self._case.alias).filter(batch=seq)
