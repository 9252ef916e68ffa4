"""What steps found, written: media records, known lists, matches, stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core.time import utc_now
from homeward.store import bulk
from homeward.store.models import Finding, KnownEntry, KnownList, Match, Media, StackMember, StepRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from homeward.store.case import Case

CHUNK = 5_000
"""Rows handed to the database at a time: bounds memory however long a list is."""


class MediaRow(msgspec.Struct, frozen=True):
    """What a decode said about an item; ``missing`` in per mille, ``facts`` plain JSON."""

    item: int
    format: str
    width: int
    height: int
    duration_ms: int | None
    missing: int
    damage: str
    facts: dict[str, Any]


class EntryRow(msgspec.Struct, frozen=True):
    """One hash of one row of a known list; ``value`` in lower-case hexadecimal."""

    line: int
    kind: str
    value: str
    quality: int | None
    codes: str
    series: str
    victim_identified: bool | None
    extra: dict[str, str]


class MatchRow(msgspec.Struct, frozen=True):
    """An item (at ``time_ms``, -1 for a still) named by a list entry at ``distance`` bits (0 for an exact hash)."""

    item: int
    time_ms: int
    entry: int
    distance: int
    quality: int | None


class StackRow(msgspec.Struct, frozen=True):
    """Membership of an item in the stack of ``exemplar``, ``distance`` bits from it."""

    item: int
    exemplar: int
    distance: int


def write_media(case: Case, rows: Iterable[MediaRow], batch: int) -> None:
    """Add media records inside the caller's batch, in the place of what older versions said of the same items."""
    columns = ("item", "format", "width", "height", "duration_ms", "missing", "damage", "facts", "current", "batch")
    values = [(*msgspec.structs.astuple(row), True, batch) for row in rows]
    items = [value[0] for value in values]
    Media.objects.using(case.alias).filter(item_id__in=items, current=True).update(current=False)
    bulk.insert(case.alias, Media, columns, values)


def write_item_findings(case: Case, rows: Iterable[tuple[str, int, str]]) -> None:
    """Add findings about items, given as (kind, item, text), inside the caller's batch."""
    now = utc_now()
    values = [(kind, f"item-{item}", item, text, now) for kind, item, text in rows]
    bulk.insert(case.alias, Finding, ("kind", "subject", "item", "text", "found"), values, ignore=True)


def known_list(case: Case, digest: str) -> KnownList | None:
    """The list that was read from a file with this SHA-256, if it has been added."""
    return KnownList.objects.using(case.alias).filter(digest=digest).first()


def write_known_list(case: Case, name: str, digest: str, entries: Iterable[EntryRow], batch: int) -> tuple[KnownList, int]:
    """Add a list inside the caller's batch, streaming; return it and the number of its hashes."""
    added = KnownList.objects.using(case.alias).create(
        name=name, digest=digest, added=utc_now(), entries=0, skipped=0, batch=batch
    )
    columns = ("list", "line", "kind", "value", "quality", "codes", "series", "victim_identified", "extra")
    count = 0
    chunk: list[tuple[Any, ...]] = []
    for entry in entries:
        chunk.append((added.pk, *msgspec.structs.astuple(entry)))
        if len(chunk) == CHUNK:
            count += bulk.insert(case.alias, KnownEntry, columns, chunk)
            chunk.clear()
    count += bulk.insert(case.alias, KnownEntry, columns, chunk)
    return added, count


def finish_known_list(case: Case, added: KnownList, entries: int, skipped: int) -> None:
    """Note how many hashes a list gave and how many rows were left out, inside the caller's batch."""
    KnownList.objects.using(case.alias).filter(id=added.pk).update(entries=entries, skipped=skipped)


def replace_matches(case: Case, rows: Sequence[MatchRow]) -> None:
    """Put ``rows`` in the place of all matches, inside the caller's batch."""
    Match.objects.using(case.alias).all().delete()
    values = [msgspec.structs.astuple(row) for row in rows]
    bulk.insert(case.alias, Match, ("item", "time_ms", "entry", "distance", "quality"), values, ignore=True)


def replace_stacks(case: Case, rows: Sequence[StackRow]) -> None:
    """Put ``rows`` in the place of all stacks, inside the caller's batch."""
    StackMember.objects.using(case.alias).all().delete()
    values = [msgspec.structs.astuple(row) for row in rows]
    bulk.insert(case.alias, StackMember, ("item", "exemplar", "distance"), values)


def step_key(case: Case, step: str) -> str:
    """The key of the last complete run of a whole-set step, empty if it never ran."""
    row = StepRun.objects.using(case.alias).filter(step=step).first()
    return row.key if row else ""


def write_step_key(case: Case, step: str, key: str) -> None:
    """Record that a whole-set step is complete for ``key``, inside the caller's batch."""
    StepRun.objects.using(case.alias).update_or_create(step=step, defaults={"key": key})
