"""Who has which work in hand, for a while: a stack, a proposal, a series, a clue. Like the leases of jobs these are no records:
nothing is decided by them, and no ledger entry vouches for them.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
from django.db import connections, transaction
from django.db.models import Count, Q

from homeward.core.time import utc_now
from homeward.store import bulk
from homeward.store.database import is_sqlite
from homeward.store.models import Lease

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from homeward.store.case import Case

MOST = 2000
"""Pieces of one kind that one person holds; of more the ones are let go that they were at first."""


class Taken(msgspec.Struct, frozen=True):
    """What came of reaching for work."""

    mine: list[str]
    """In hand now, in the order in which it was asked for."""
    others: dict[str, str]
    """Of what was asked for, what somebody else has, and who."""


@contextmanager
def _alone(case: Case) -> Iterator[None]:
    """One at a time: who changes what is in hand locks many rows, and two who did so in different orders would block each
    other for ever.
    """
    with transaction.atomic(using=case.alias):
        if not is_sqlite(case.alias):
            with connections[case.alias].cursor() as cursor:
                cursor.execute(f'LOCK TABLE "{Lease._meta.db_table}" IN SHARE ROW EXCLUSIVE MODE')
        yield


def take(case: Case, kind: str, names: Sequence[str], person: str, until: datetime, most: int = MOST) -> Taken:
    """Take the first ``most`` pieces of work in hand that nobody else has, or hold them longer."""
    if not names:
        return Taken([], {})
    with _alone(case):
        held = Lease.objects.using(case.alias)
        held.filter(until__lt=utc_now()).delete()
        taken = others(case, kind, person)
        free = [one for one in dict.fromkeys(names) if one not in taken][:most]
        bulk.insert(
            case.alias, Lease, ("kind", "name", "person", "until"), [(kind, one, person, until) for one in free], ignore=True
        )
        mine = held.filter(kind=kind, person=person)
        mine.filter(name__in=free, until__lt=until).update(until=until)
        if (over := mine.count() - MOST) > 0:
            first = mine.exclude(name__in=free).order_by("until", "id").values_list("id", flat=True)[:over]
            held.filter(id__in=list(first)).delete()
    return Taken(free, {one: taken[one] for one in names if one in taken})


def others(case: Case, kind: str, person: str) -> dict[str, str]:
    """Work that others have in hand now, and who."""
    held = Lease.objects.using(case.alias).filter(kind=kind, until__gte=utc_now()).exclude(person=person)
    return dict(held.values_list("name", "person"))


def of(case: Case, kind: str, person: str) -> list[str]:
    """What somebody has in hand now."""
    held = Lease.objects.using(case.alias).filter(kind=kind, until__gte=utc_now(), person=person)
    return list(held.order_by("id").values_list("name", flat=True))


def release(case: Case, person: str, kind: str = "", names: Sequence[str] = ()) -> None:
    """Let go of work of one kind, or of everything; what was handed to somebody stays theirs."""
    which = Q(kind=kind, name__in=names) if kind else Q()
    with _alone(case):
        Lease.objects.using(case.alias).filter(which, person=person, handed=None).delete()


def hand(case: Case, kind: str, names: Sequence[str], person: str, to: str, until: datetime, batch: int) -> int:
    """Put what ``person`` has in hand, of this work, into the hand of another; how many pieces."""
    with _alone(case):
        held = Lease.objects.using(case.alias).filter(kind=kind, name__in=names, person=person, until__gte=utc_now())
        return held.update(person=to, until=until, handed=batch)


def spoke(case: Case, kind: str, names: Sequence[str], person: str, until: datetime) -> None:
    """What somebody was handed, of this work, and has said something of, is held like everything else from now on."""
    held = Lease.objects.using(case.alias).filter(kind=kind, person=person).exclude(handed=None)
    if rows := set(held.values_list("name", flat=True)) & set(names):
        with _alone(case):
            held.filter(name__in=rows).update(handed=None, until=until)


def handed(case: Case, kind: str, person: str) -> dict[int, int]:
    """Ledger entries by which work was handed to somebody who has it still, and how many pieces."""
    held = Lease.objects.using(case.alias).filter(kind=kind, person=person, until__gte=utc_now()).exclude(handed=None)
    rows = held.values_list("handed").annotate(many=Count("id")).order_by("-handed")
    return {batch: many for batch, many in rows if batch is not None}
