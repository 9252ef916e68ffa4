"""Who has which work in hand, for a while. Like the leases of jobs these are no records: nothing is decided by them, and no
ledger entry vouches for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction
from django.db.models import Count

from homeward.core.time import utc_now
from homeward.store import bulk
from homeward.store.models import Lease

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from homeward.store.case import Case

MOST = 2000
"""Stacks that one person holds; of more the ones are let go that they were at first."""


class HeldRow(msgspec.Struct, frozen=True):
    """Something in hand; names as in :class:`homeward.store.models.Lease`."""

    item: int
    person: str
    handed: int | None


def take(case: Case, items: Sequence[int], person: str, until: datetime) -> set[int]:
    """Take stacks (the items that stand for them) in hand, or hold them longer; those that somebody else has already."""
    if not items:
        return set()
    with transaction.atomic(using=case.alias):
        held = Lease.objects.using(case.alias)
        held.filter(until__lt=utc_now()).delete()
        rows = [
            (one, person, until) for one in sorted(items)
        ]  # in one order for everybody: two at once wait, and block no other
        bulk.insert(case.alias, Lease, ("item", "person", "until"), rows, ignore=True)
        mine = held.filter(person=person)
        mine.filter(item__in=items, until__lt=until).update(until=until)
        if (over := mine.count() - MOST) > 0:
            first = mine.exclude(item__in=items).order_by("until", "id").values_list("item_id", flat=True)[:over]
            mine.filter(item__in=list(first)).delete()
        return set(held.filter(item__in=items).exclude(person=person).values_list("item_id", flat=True))


def others(case: Case, person: str) -> dict[int, str]:
    """Stacks that others have in hand now, and who."""
    held = Lease.objects.using(case.alias).filter(until__gte=utc_now()).exclude(person=person)
    return dict(held.values_list("item_id", "person"))


def of(case: Case, person: str) -> list[HeldRow]:
    """What somebody has in hand now."""
    held = Lease.objects.using(case.alias).filter(until__gte=utc_now(), person=person).order_by("item")
    return [HeldRow(*row) for row in held.values_list("item_id", "person", "handed")]


def release(case: Case, person: str) -> None:
    """Let go of everything that was not handed to somebody."""
    Lease.objects.using(case.alias).filter(person=person, handed=None).delete()


def hand(case: Case, items: Sequence[int], person: str, to: str, until: datetime, batch: int) -> int:
    """Put what ``person`` has in hand, of these stacks, into the hand of another; how many."""
    held = Lease.objects.using(case.alias).filter(item__in=items, person=person, until__gte=utc_now())
    return held.update(person=to, until=until, handed=batch)


def spoke(case: Case, items: Sequence[int], person: str, until: datetime) -> None:
    """What somebody was handed, of these stacks, and has said something of, is held like everything else from now on."""
    held = Lease.objects.using(case.alias).filter(person=person).exclude(handed=None)
    rows = sorted(set(held.values_list("item_id", flat=True)) & set(items))
    held.filter(item__in=rows).update(handed=None, until=until)


def handed(case: Case, person: str) -> dict[int, int]:
    """Ledger entries by which work was handed to somebody who has it still, and how many stacks."""
    held = Lease.objects.using(case.alias).filter(person=person, until__gte=utc_now()).exclude(handed=None)
    rows = held.values_list("handed").annotate(many=Count("id")).order_by("-handed")
    return {batch: many for batch, many in rows if batch is not None}
