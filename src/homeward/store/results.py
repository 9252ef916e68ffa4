"""What steps found, written: media records and stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core.time import utc_now
from homeward.store import bulk
from homeward.store.models import Finding, Media, StackMember, StepRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from homeward.store.case import Case


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


def write_item_findings(case: Case, rows: Iterable[tuple[str, int, str]], batch: int) -> None:
    """Add findings about items, given as (kind, item, text), inside the caller's batch."""
    now = utc_now()
    values = [(kind, f"item-{item}", item, text, now, batch) for kind, item, text in rows]
    bulk.insert(case.alias, Finding, ("kind", "subject", "item", "text", "found", "batch"), values, ignore=True)


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
