"""Who was the first to post an item, by tokens that name nobody; gone with the captures that showed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import connections
from django.db.models import Count, Max

from homeward.store import bulk, digests
from homeward.store.database import is_sqlite, settled
from homeward.store.models import FirstPosting, Item
from homeward.store.results import step_key, write_step_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.models import QuerySet

    from homeward.core.canonical import Plain
    from homeward.store.batch import Batch
    from homeward.store.case import Case

STEP = "posters"
_COLUMNS = ("item", "site", "handle", "time", "passed_on")


class PosterRow(msgspec.Struct, frozen=True):
    """A :class:`~homeward.store.models.FirstPosting`."""

    item: int
    site: str
    """Empty, as the handle, where somebody protected who it was: the time alone is kept, and nobody later counts as first."""
    handle: str
    """Token of site and handle under the key of the case."""
    time: int
    """Seconds since 1970 in UTC."""
    passed_on: bool = False


def rows(case: Case) -> Iterator[PosterRow]:
    """The earliest postings of each item, in the order of items."""
    query = _all(case).order_by("item", "site", "handle").values_list("item_id", *_COLUMNS[1:])
    yield from (PosterRow(*row) for row in query.iterator(chunk_size=5000))


def replace(case: Case, rows: Sequence[PosterRow]) -> None:
    """Put ``rows`` in the place of all that there are, inside the caller's batch."""
    _destroy(case)
    bulk.insert(case.alias, FirstPosting, _COLUMNS, [msgspec.structs.astuple(row) for row in rows])


def forget(case: Case, batch: Batch) -> None:
    """Destroy all rows inside the caller's batch; the next run reads what is still held."""
    if step_key(case, STEP):
        _destroy(case)
        write_step_key(case, batch, STEP, "")
        batch.details["sets"] = {STEP: digests.SETS[STEP].digest(case)}


def settle(case: Case) -> bool:
    """Bring what was destroyed to an end, outside of any batch; False where a reader of the case holds it up."""
    return settled(case.alias, FirstPosting._meta.db_table)


def _destroy(case: Case) -> None:
    """Delete all rows, and overwrite what they leave."""
    if is_sqlite(case.alias):
        _run(case, "PRAGMA secure_delete=ON")
    _all(case).delete()
    if is_sqlite(case.alias):
        _run(case, "PRAGMA secure_delete=OFF")  # of other deletions nothing is secret, and it costs time


def _run(case: Case, sql: str) -> None:
    with connections[case.alias].cursor() as cursor:
        cursor.execute(sql)


def items_measured(case: Case) -> list[Plain]:
    """Changes whenever there are other items."""
    found = Item.objects.using(case.alias).aggregate(last=Max("id"), many=Count("id"))
    return [found["last"], found["many"]]


def _all(case: Case) -> QuerySet[FirstPosting]:
    return FirstPosting.objects.using(case.alias).all()
