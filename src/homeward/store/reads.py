"""What is stored, read in the shapes that others build on (design, section 6)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Case as DbCase
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, TextField, Value, When
from django.db.models.functions import Coalesce, NullIf

from homeward.core.time import Moment
from homeward.store.intake import CHUNK
from homeward.store.models import (
    CopyMember,
    Exhibit,
    Finding,
    Item,
    Job,
    KnownList,
    LedgerHead,
    Match,
    Media,
    Occurrence,
    SegmentRun,
    Source,
)
from homeward.store.plugins import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import QuerySet

    from homeward.store.case import Case

STATES = ("done", "duplicate", "not media", "failed", "pending")
"""Every occurrence is in exactly one of these."""


def occurrences(case: Case) -> Iterator[dict[str, Any]]:
    """One dictionary an occurrence with its state and reason, and what is known of the thing on disk that it lies in, in the
    order of exhibit and path, streamed.
    """
    around = Occurrence.objects.using(case.alias).filter(exhibit=OuterRef("exhibit"), key=OuterRef("source__key"), current=True)
    second = Finding.objects.using(case.alias).filter(occurrence=OuterRef("pk"), kind="second reader").order_by("id")
    told = {
        "source_sha256": Subquery(around.values("item__sha256")[:1]),
        "second_reader": Subquery(second.values("text")[:1]),
    }
    columns = (
        "exhibit__label", "exhibit__authority", "source__path", *told, "address",
        "path", "size", "modified", "accessed", "changed", "created", "zoned", "deleted", "embedded",
        "item__md5", "item__sha1", "item__sha256", "item__mime", "extension_mismatch", "container", "state", "why",
    )  # fmt: skip
    query = _with_state(case).annotate(**told).order_by("exhibit__label", "path").values(*columns)
    for row in query.iterator(chunk_size=2000):
        for name in ("modified", "accessed", "changed", "created"):
            row[name] = str(Moment(row[name], row["zoned"])) if row[name] is not None else ""
        yield row


def _with_state(case: Case) -> QuerySet[Any]:
    """Current occurrences with ``state`` (one of :data:`STATES`) and ``why``.

    Duplicates are the second and later readable occurrences of an item, in the order of exhibit and path: the order in
    which rows were written says nothing, because a run that was killed and resumed writes them in another one.
    """
    alias = case.alias
    current = Occurrence.objects.using(alias).filter(current=True)
    before = Q(exhibit__lt=OuterRef("exhibit")) | Q(exhibit=OuterRef("exhibit"), path__lt=OuterRef("path"))
    earlier = current.filter(before, item=OuterRef("item"), readable=True)
    failed = (
        Job.objects.using(alias).filter(item=OuterRef("item"), state="failed").exclude(step__startswith=PREFIX).order_by("id")
    )
    decoded = Media.objects.using(alias).filter(item=OuterRef("item"), current=True)
    told = {"failure": Subquery(failed.values("reason")[:1]), "damage": Subquery(decoded.values("damage")[:1])}
    return current.annotate(**told).annotate(
        state=DbCase(
            When(Q(readable=False) | Q(item__isnull=True), then=Value("failed")),
            When(Exists(earlier), then=Value("duplicate")),
            When(item__kind="", then=Value("not media")),
            When(failure__isnull=False, then=Value("failed")),
            When(Exists(decoded), then=Value("done")),
            default=Value("pending"),
        ),
        why=DbCase(
            When(readable=False, then=F("reason")),
            default=Coalesce("failure", NullIf("damage", Value("")), "reason"),
            output_field=TextField(),
        ),
    )


def status(case: Case) -> dict[str, Any]:
    """Counts by state and step, failures with their reasons, damaged pictures, findings, lists."""
    alias = case.alias
    states = dict(_with_state(case).order_by().values_list("state").annotate(count=Count("id")))
    failures = _with_state(case).filter(state="failed").order_by().values("why").annotate(count=Count("id"))
    jobs = Job.objects.using(alias).values("step", "version", "state").annotate(count=Count("id"))
    waiting = Job.objects.using(alias).filter(state__in=("pending", "leased")).exclude(reason="").values("reason")
    findings = Finding.objects.using(alias).values_list("kind").annotate(count=Count("id"))
    return {
        "agency": case.info.agency,
        "exhibits": Exhibit.objects.using(alias).count(),
        "occurrences": {"total": sum(states.values()), **{state: states.get(state, 0) for state in STATES}},
        "items": Item.objects.using(alias).count(),
        "steps": [dict(row) for row in jobs.order_by("step", "version", "state")],
        "failures": [{"reason": row["why"], "count": row["count"]} for row in failures.order_by("-count", "why")],
        "waiting": list(waiting.annotate(count=Count("item", distinct=True)).order_by("-count", "reason")),
        "damaged": Media.objects.using(alias).filter(current=True).exclude(damage="").count(),
        "findings": dict(findings.order_by("kind")),
        "known_lists": KnownList.objects.using(alias).filter(state="current").count(),
        "matched_items": Match.objects.using(alias).filter(silenced="").values("item").distinct().count(),
        "stacks": CopyMember.objects.using(alias).values("exemplar").distinct().count(),
        "ledger_entries": LedgerHead.objects.using(alias).get().size,
    }


def findings(case: Case) -> list[dict[str, Any]]:
    """Every finding with what it is about."""
    query = Finding.objects.using(case.alias).order_by("kind", "occurrence__path", "item__sha256")
    columns = ("kind", "text", "occurrence__exhibit__label", "occurrence__path", "item__sha256", "item_id")
    rows = list(query.values(*columns))
    paths = stacked_paths(case, {row["item_id"] for row in rows if row["item_id"]})
    return [
        {
            "kind": row["kind"],
            "text": row["text"],
            "sha256": row["item__sha256"],
            "paths": [row["occurrence__path"]] if row["occurrence__path"] else paths.get(row["item_id"], []),
        }
        for row in rows
    ]


def stacked_paths(case: Case, items: Iterable[int] | None = None) -> dict[int, list[str]]:
    """Every path of each item (of all items without a choice), with the exhibit's label in front."""
    query = Occurrence.objects.using(case.alias).filter(current=True, readable=True, item__isnull=False)
    chosen = set(items) if items is not None else None
    if chosen is not None and len(chosen) <= 500:
        query = query.filter(item_id__in=chosen)
    found: dict[int, list[str]] = defaultdict(list)
    rows = query.order_by("exhibit__label", "path").values_list("item_id", "exhibit__label", "path")
    for item, label, path in rows.iterator(chunk_size=5000):
        if item is not None and (chosen is None or item in chosen):
            found[item].append(f"{label} > {path}")
    return found


def repeated_items(case: Case) -> list[int]:
    """Items that can be looked at and lie in more than one place."""
    query = Occurrence.objects.using(case.alias).filter(current=True, readable=True).exclude(item__kind="")
    counted = query.values("item").annotate(count=Count("id")).filter(count__gt=1, item__isnull=False)
    return list(counted.order_by("item").values_list("item", flat=True))


def counts(case: Case) -> list[int]:
    """Numbers that change whenever occurrences or items do."""
    alias = case.alias
    last = Occurrence.objects.using(alias).order_by("-id").values_list("id", flat=True).first()
    return [Item.objects.using(alias).count(), Occurrence.objects.using(alias).filter(current=True).count(), last or 0]


def stills(case: Case) -> dict[str, int]:
    """Every item that is a still picture, by SHA-256."""
    return dict(Item.objects.using(case.alias).filter(kind="still").values_list("sha256", "id"))


class Facts(msgspec.Struct, frozen=True):
    """What is known of a decoded item beside what it shows."""

    sha256: str
    width: int
    height: int
    missing: int
    """Per mille of the area that is lost."""
    camera: bool
    """Its metadata names a camera."""
    size: int
    """Bytes of the file."""

    @property
    def rank(self) -> tuple[int, bool, int, int, str]:
        """The less processed the smaller: less damaged, from a camera, larger, less compressed; at last by name."""
        return self.missing, not self.camera, -self.width * self.height, -self.size, self.sha256


def item_facts(case: Case, items: Iterable[int] | None = None) -> dict[int, Facts]:
    """Facts of every item that was decoded (of all without a choice)."""
    columns = ("item_id", "item__sha256", "width", "height", "missing", "facts", "item__size")
    query = Media.objects.using(case.alias).filter(current=True).values_list(*columns)
    chosen = sorted(items) if items is not None else []
    parts = [chosen[first : first + CHUNK] for first in range(0, len(chosen), CHUNK)]
    found = {}
    for part in [query] if items is None else [query.filter(item_id__in=some) for some in parts]:
        for item, sha256, width, height, missing, facts, size in part.iterator(chunk_size=2000):
            said = facts.get("metadata") or {}
            camera = bool(said.get("make") or said.get("model"))
            found[item] = Facts(sha256, width, height, missing, camera, size)
    return found


def item_names(case: Case, items: Sequence[int] | None = None) -> dict[int, str]:
    """SHA-256 of every item that can be looked at (of all without a choice)."""
    query = Item.objects.using(case.alias).exclude(kind="").values_list("id", "sha256")
    if items is None:
        return dict(query)
    parts = (items[first : first + CHUNK] for first in range(0, len(items), CHUNK))
    return dict(row for part in parts for row in query.filter(id__in=part))


def decoded_stills(case: Case) -> list[int]:
    """Every still that was decoded."""
    query = Media.objects.using(case.alias).filter(current=True, item__kind="still")
    return list(query.order_by("item").values_list("item_id", flat=True))


def clip_sizes(case: Case) -> list[tuple[int, str, int, int]]:
    """Item, SHA-256, width and height of every clip that was decoded."""
    query = Media.objects.using(case.alias).filter(current=True, item__kind="video")
    return list(query.order_by("item").values_list("item_id", "item__sha256", "width", "height"))


def work(case: Case, items: Iterable[int]) -> list[dict[str, Any]]:
    """For each item the best place to read it from: a file in a folder before the same bytes in an archive."""
    columns = (
        "item_id", "item__sha256", "item__size", "item__kind", "item__mime", "path", "source__path", "source__stamp",
        "exhibit__location", "exhibit__label",
    )  # fmt: skip
    query = Occurrence.objects.using(case.alias).filter(current=True, readable=True, item_id__in=list(items))
    found: dict[int, dict[str, Any]] = {}
    for row in query.order_by("id").values(*columns):
        plain = row["path"] == row["source__path"]
        if row["item_id"] not in found or (plain and not found[row["item_id"]]["plain"]):
            found[row["item_id"]] = {**row, "plain": plain}
    return [found[item] for item in sorted(found)]


def stamps(case: Case, exhibit: int) -> dict[str, str]:
    """Stamp of every source of an exhibit that was read to its end."""
    query = Source.objects.using(case.alias).filter(exhibit_id=exhibit).exclude(stamp="")
    return dict(query.values_list("path", "stamp"))


def listing(case: Case, exhibit: int) -> dict[str, tuple[int, str | None, bool]]:
    """Size, SHA-256 and whether it was deleted, of every current occurrence of an exhibit, by path."""
    query = Occurrence.objects.using(case.alias).filter(exhibit_id=exhibit, current=True)
    return {path: tuple(rest) for path, *rest in query.values_list("path", "size", "item__sha256", "deleted")}  # type: ignore[misc]


def containers(case: Case, exhibit: int, kinds: Iterable[str]) -> list[str]:
    """Paths of the exhibit's own files that were opened as one of ``kinds``."""
    query = Occurrence.objects.using(case.alias).filter(exhibit_id=exhibit, current=True, container__in=list(kinds))
    return list(query.filter(path=F("source__path")).order_by("path").values_list("path", flat=True))


def exhibits(case: Case) -> list[Exhibit]:
    """Every exhibit in order of registration."""
    return list(Exhibit.objects.using(case.alias).order_by("id"))


def segment_runs(case: Case) -> Iterator[SegmentRun]:
    """Every committed stretch."""
    return SegmentRun.objects.using(case.alias).order_by("id").iterator()
