"""What is stored, read in the shapes that others build on (design, section 6)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import Case as DbCase
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, TextField, Value, When
from django.db.models.functions import Coalesce, NullIf

from homeward.core.time import Moment
from homeward.store.models import (
    ClipLink,
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
    StackMember,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet

    from homeward.store.case import Case

STATES = ("done", "duplicate", "not media", "failed", "pending")
"""Every occurrence is in exactly one of these."""


def occurrences(case: Case) -> Iterator[dict[str, Any]]:
    """One dictionary an occurrence with its state and reason, in the order of exhibit and path, streamed."""
    columns = (
        "exhibit__label", "path", "size", "modified", "accessed", "changed", "created", "zoned", "deleted", "embedded",
        "item__md5", "item__sha1", "item__sha256", "item__mime", "extension_mismatch", "container", "state", "why",
    )  # fmt: skip
    query = _with_state(case).order_by("exhibit__label", "path").values(*columns)
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
    failed = Job.objects.using(alias).filter(item=OuterRef("item"), state="failed").order_by("id")
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
    findings = Finding.objects.using(alias).values_list("kind").annotate(count=Count("id"))
    return {
        "agency": case.info.agency,
        "exhibits": Exhibit.objects.using(alias).count(),
        "occurrences": {"total": sum(states.values()), **{state: states.get(state, 0) for state in STATES}},
        "items": Item.objects.using(alias).count(),
        "steps": [dict(row) for row in jobs.order_by("step", "version", "state")],
        "failures": [{"reason": row["why"], "count": row["count"]} for row in failures.order_by("-count", "why")],
        "damaged": Media.objects.using(alias).filter(current=True).exclude(damage="").count(),
        "findings": dict(findings.order_by("kind")),
        "known_lists": KnownList.objects.using(alias).filter(state="current").count(),
        "matched_items": Match.objects.using(alias).filter(silenced="").values("item").distinct().count(),
        "stacks": StackMember.objects.using(alias).values("exemplar").distinct().count(),
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


def stacks(case: Case) -> list[dict[str, Any]]:
    """Stacks, the largest first; a stack's id is its exemplar's SHA-256, and it has two or more places."""
    rows = StackMember.objects.using(case.alias).values_list("exemplar__sha256", "item_id", "item__sha256", "distance")
    paths, ranges = stacked_paths(case), _ranges(case)
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for exemplar, item, sha256, distance in rows.order_by("exemplar__sha256", "distance", "item__sha256"):
        member = {"sha256": sha256, "distance": distance, "paths": paths.get(item, [])}
        if (sha256, exemplar) in ranges:
            member["ranges"] = ranges[sha256, exemplar]
        found[exemplar].append(member)
    listed = [
        {"id": exemplar, "kind": "near" if len(members) > 1 else "exact", "items": members}
        for exemplar, members in found.items()
    ]
    return sorted(listed, key=lambda stack: (-len(stack["items"]), stack["id"]))


def _ranges(case: Case) -> dict[tuple[str, str], list[dict[str, list[float]]]]:
    """For every two clips, either first: which seconds of the first are which of the second."""
    found: dict[tuple[str, str], list[dict[str, list[float]]]] = defaultdict(list)
    for a, b, stretches in ClipLink.objects.using(case.alias).values_list("a__sha256", "b__sha256", "stretches"):
        for times in stretches:
            first, second = [time / 1000 for time in times[:2]], [time / 1000 for time in times[2:]]
            found[a, b].append({"member": first, "exemplar": second})
            found[b, a].append({"member": second, "exemplar": first})
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


def item_sizes(case: Case) -> dict[int, tuple[str, int, int]]:
    """SHA-256, pixels and damage (per mille missing) of every item that was decoded."""
    query = (
        Media.objects.using(case.alias)
        .filter(current=True)
        .values_list("item_id", "item__sha256", "width", "height", "missing")
    )
    return {item: (sha256, width * height, missing) for item, sha256, width, height, missing in query}


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
