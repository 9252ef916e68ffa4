"""Categories that people gave items: rows that are never changed. What holds now is the newest that was not taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db.models import Max

from homeward.store import bulk, digests
from homeward.store.intake import CHUNK
from homeward.store.models import Grade

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from homeward.core.canonical import Plain
    from homeward.store.case import Case

COLUMNS = ("item", "scheme", "code", "takes_back", "person", "batch")


class GradeRow(msgspec.Struct, frozen=True):
    """One row; names as in :class:`homeward.store.models.Grade`."""

    id: int
    item: int
    scheme: str
    code: str
    takes_back: int | None
    person: str
    batch: int


def write(
    case: Case, items: Sequence[int], scheme: str, code: str, person: tuple[str, str], takes_back: int | None = None
) -> int:
    """Record what a person (key, name) said of some items; the ledger entry that vouches for it."""
    details: dict[str, Plain] = {"person": person[0], "scheme": scheme, "code": code, "items": len(items)}
    if takes_back is not None:
        details["takes_back"] = takes_back
    with case.batch("grade", details, {"who": person[1]}) as batch:
        bulk.insert(case.alias, Grade, COLUMNS, [(item, scheme, code, takes_back, person[0], batch.seq) for item in items])
        batch.details["rows"] = digests.GRADES.digest(case, batch.seq)
    return batch.seq


def rows(case: Case, after: int = 0) -> Iterator[GradeRow]:
    """Every row after the one with the number ``after``, in order."""
    query = Grade.objects.using(case.alias).filter(id__gt=after).order_by("id")
    for row in query.values_list("id", "item_id", "scheme", "code", "takes_back", "person", "batch").iterator(chunk_size=5000):
        yield GradeRow(*row)


def said_of(case: Case, items: Sequence[int]) -> Iterator[GradeRow]:
    """Every row about some items, in order."""
    for first in range(0, len(items), CHUNK):
        query = Grade.objects.using(case.alias).filter(item_id__in=items[first : first + CHUNK]).order_by("id")
        for row in query.values_list("id", "item_id", "scheme", "code", "takes_back", "person", "batch"):
            yield GradeRow(*row)


def taken_back(case: Case) -> set[int]:
    """Entries that were taken back."""
    query = Grade.objects.using(case.alias).exclude(takes_back=None)
    return {one for one in query.values_list("takes_back", flat=True).distinct() if one is not None}


def last_of(case: Case, person: str) -> int | None:
    """The newest entry of a person that is no taking back and was not taken back."""
    rows = Grade.objects.using(case.alias)
    gone = rows.exclude(takes_back=None).values("takes_back")
    found: int | None = rows.filter(person=person, takes_back=None).exclude(batch__in=gone).aggregate(last=Max("batch"))["last"]
    return found


def items_of(case: Case, batch: int) -> list[int]:
    """The items that an entry is about."""
    return list(Grade.objects.using(case.alias).filter(batch=batch).order_by("item").values_list("item_id", flat=True))


def items_by(case: Case, person: str) -> set[str]:
    """SHA-256 of all items that a person gave a category."""
    rows = Grade.objects.using(case.alias).filter(person=person, takes_back=None).exclude(code="")
    return set(rows.values_list("item__sha256", flat=True).distinct())
