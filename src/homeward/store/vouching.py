"""Rows and segments against the ledger entries that vouch for them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from homeward.store.digests import (
    NO_ROWS,
    PAGE,
    clues_digest,
    failures_digest,
    findings_digest,
    header_digest,
    media_digest,
    rows_digest,
    text_digest,
)
from homeward.store.intake import MANIFEST, manifest_digest
from homeward.store.kept import HELD, held_sum
from homeward.store.known_vouching import KnownVouching
from homeward.store.models import (
    CameraLink,
    ClueEvent,
    CopyMember,
    Exhibit,
    Finding,
    Header,
    Job,
    Kin,
    Media,
    Occurrence,
    SegmentRun,
    SightLink,
    TextLine,
)
from homeward.store.texts import index_fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import Model

    from homeward.store.case import Case
    from homeward.store.ledger import Entry

CAMERAS = ("item__sha256", "device__sha256", "merged", "score", "log10_lr", "calibration", "reason", "caveats")
COPIES = ("item__sha256", "exemplar__sha256", "evidence", "distance", "score", "map")
SIGHTS = (
    "a__sha256", "b__sha256", "score", "place_score", "place_lr", "object_lr", "box_a", "box_b", "reason", "key",
)  # fmt: skip
KIN = ("a__sha256", "b__sha256", "kinship", "score", "inliers", "map", "key")


def kin_digest(case: Case, batch: int) -> str:
    """Digest of the verdicts on pairs that were written with ledger entry ``batch``."""
    return rows_digest(Kin.objects.using(case.alias).filter(batch=batch).values_list(*KIN).iterator(chunk_size=PAGE))


def sights_digest(case: Case, batch: int) -> str:
    """Digest of the sights that were written with ledger entry ``batch``."""
    return rows_digest(SightLink.objects.using(case.alias).filter(batch=batch).values_list(*SIGHTS).iterator(chunk_size=PAGE))


def set_digest(case: Case, step: str) -> str:
    """Digest of everything that a whole-set step holds now, empty for a step that keeps no rows."""
    held: dict[str, tuple[type[Model], tuple[str, ...]]] = {
        **HELD,
        "copies": (CopyMember, COPIES),
        "devices": (CameraLink, CAMERAS),
    }
    if step not in held:
        return ""
    model, columns = held[step]
    return rows_digest(model._default_manager.using(case.alias).values_list(*columns).iterator(chunk_size=PAGE))


class Vouching:
    """Shown every ledger entry in order; yields what no longer agrees with it."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._seen: dict[str, set[int]] = defaultdict(set)
        self._sets: dict[str, tuple[int, str]] = {}
        self._exhibits: dict[str, tuple[str, str]] = {}
        self._agency = ""
        self._known = KnownVouching(case)
        self._older = False
        """There are entries from before findings and failures were vouched for."""
        self.occurrences = 0
        self.stretches = 0

    def look(self, entry: Entry) -> Iterator[str]:
        """What is wrong with the rows that ``entry`` vouches for."""
        details = entry.details
        if entry.act == "case.init":
            self._agency = str(details.get("agency"))
        if entry.act == "exhibit.add":
            acquirer = self._case.custody.names(entry.seq).get("acquirer", "")
            self._exhibits[str(details.get("label"))] = (str(details.get("authority")), acquirer)
        if entry.act == "ingest.batch":
            yield from self._manifest(entry.seq, details.get("manifest", ""))
        if entry.act == "step.batch":
            self._seen["media"].add(entry.seq)
            if media_digest(self._case, entry.seq) != details.get("media"):
                yield f"what was decoded with ledger entry {entry.seq} has been changed since"
            if header_digest(self._case, entry.seq) != details.get("headers", NO_ROWS):
                yield f"what was read of headers with ledger entry {entry.seq} has been changed since"
            if text_digest(self._case, entry.seq) != details.get("texts", NO_ROWS):
                yield f"what was read in pictures with ledger entry {entry.seq} has been changed since"
        if entry.act in {"ingest.batch", "step.batch"}:
            yield from self._told(entry)
        yield from self._kin(entry)
        yield from self._clues(entry)
        self._known.look(entry)
        if entry.act == "step.set":
            self._sets[str(details.get("step"))] = (entry.seq, str(details.get("rows")))
        yield from self._segments(entry.seq, details.get("segments", []))

    def finish(self) -> Iterator[str]:
        """What is wrong with rows that no entry vouches for, and with the results of whole-set steps."""
        yield from self._registered()
        for step, (seq, digest) in self._sets.items():
            # A plain digest of what is now summed up stands in entries from before it was.
            summed = step in HELD and len(digest) != len(NO_ROWS)
            if (held_sum if summed else set_digest)(self._case, step) != digest:
                yield f"the results of the step {step} are not those of ledger entry {seq}"
        yield from self._known.finish()
        if fault := index_fault(self._case):
            yield fault
        failed = Q(state="failed") | Q(batch__isnull=False)
        for name, model, those in (
            ("media", Media, Q()),
            ("media", Header, Q()),
            ("media", TextLine, Q()),
            ("occurrence", Occurrence, Q()),
            ("segment", SegmentRun, Q()),
            ("finding", Finding, Q()),
            ("failure", Job, failed),
            ("kin", Kin, Q()),
            ("sight", SightLink, Q()),
            ("clue", ClueEvent, Q()),
        ):
            rows = model._default_manager.using(self._case.alias).filter(those)
            batches = set(rows.values_list("batch", flat=True).distinct())
            if None in batches and not self._older:
                yield f"no ledger entry vouches for a {name}"
            for batch in sorted(one for one in batches - self._seen[name] if one is not None):
                yield f"{name} rows say that ledger entry {batch} vouches for them, and it does not"

    def _told(self, entry: Entry) -> Iterator[str]:
        """What is wrong with findings and failures."""
        self._older |= "findings" not in entry.details
        for name, digest in (("finding", findings_digest), ("failure", failures_digest)):
            told = entry.details.get(f"{name}s")
            if told is not None:
                self._seen[name].add(entry.seq)
                if digest(self._case, entry.seq) != told:
                    yield f"the {name}s that ledger entry {entry.seq} recorded have been changed since"

    def _clues(self, entry: Entry) -> Iterator[str]:
        if entry.act == "clue.events":
            self._seen["clue"].add(entry.seq)
            if clues_digest(self._case, entry.seq) != entry.details.get("rows"):
                yield f"what was said about clues with ledger entry {entry.seq} has been changed since"

    def _registered(self) -> Iterator[str]:
        """What is wrong with the case's own name and its exhibits; both stand in entries in full."""
        if self._agency and self._case.info.agency != self._agency:
            yield f"the case's agency is not the one it was made for ({self._agency})"
        rows = Exhibit.objects.using(self._case.alias).order_by("id").values_list("label", "authority", "acquirer")
        held = {label: tuple(rest) for label, *rest in rows}
        for label in sorted(held.keys() | self._exhibits.keys()):
            if label not in self._exhibits:
                yield f"no ledger entry registered the exhibit {label}"
            elif label not in held:
                yield f"the exhibit {label} was registered and is gone"
            elif held[label] != self._exhibits[label]:
                yield f"the exhibit {label} is not as it was registered: its authority or acquirer was changed"

    def _kin(self, entry: Entry) -> Iterator[str]:
        """What is wrong with the verdicts on pairs, and the sights, that ``entry`` vouches for."""
        if "kin" in entry.details:
            self._seen["kin"].add(entry.seq)
            if kin_digest(self._case, entry.seq) != entry.details["kin"]:
                yield f"the verdicts on copies that ledger entry {entry.seq} recorded have been changed since"
        if "sights" in entry.details:
            self._seen["sight"].add(entry.seq)
            if sights_digest(self._case, entry.seq) != entry.details["sights"]:
                yield f"the sights that ledger entry {entry.seq} recorded have been changed since"

    def _manifest(self, seq: int, digest: str) -> Iterator[str]:
        self._seen["occurrence"].add(seq)
        rows = list(Occurrence.objects.using(self._case.alias).filter(batch=seq).values_list(*MANIFEST))
        self.occurrences += len(rows)
        if manifest_digest(rows) != digest:
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
