"""What the grid of veils needs of every item, as arrays: a million rows are read in seconds and not one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from homeward.store.models import CopyMember, Item, Match, SegmentRun, SeriesEvent, SeriesMember, StepRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from numpy.typing import NDArray

    from homeward.store.case import Case


def state(case: Case) -> list[Any]:
    """Changes whenever what the grid shows may have changed, categories aside."""
    alias = case.alias
    last = SegmentRun.objects.using(alias).order_by("-id").values_list("id", flat=True).first()
    counts = [model.objects.using(alias).count() for model in (CopyMember, SeriesEvent, Match)]
    return [last, *counts, _keys(case)]


def copies(case: Case) -> NDArray[np.int64]:
    """(n, 2): item and exemplar of every item in a stack of verified copies, by item."""
    return _array(CopyMember.objects.using(case.alias).order_by("item").values_list("item_id", "exemplar_id"))


def clips(case: Case) -> NDArray[np.int64]:
    """Items that are videos."""
    return _array(Item.objects.using(case.alias).filter(kind="video").order_by("id").values_list("id"))[:, 0]


def matched(case: Case) -> NDArray[np.int64]:
    """Items that a known list names, whatever its purpose, false hits left out."""
    query = Match.objects.using(case.alias).filter(silenced="").order_by("item").values_list("item_id").distinct()
    return _array(query)[:, 0]


def series(case: Case) -> list[tuple[int, str]]:
    """Item and series of every item that is in one."""
    return list(SeriesMember.objects.using(case.alias).order_by("item").values_list("item_id", "series"))


def names(case: Case, items: Sequence[int]) -> dict[int, str]:
    """SHA-256 of some items, at most a page of them."""
    return dict(Item.objects.using(case.alias).filter(id__in=list(items)).values_list("id", "sha256"))


def number(case: Case, sha256: str) -> int | None:
    """The item with this SHA-256; None where there is none, whatever is asked for: PostgreSQL takes no zero characters."""
    if not sha256.isalnum():
        return None
    return Item.objects.using(case.alias).filter(sha256=sha256).values_list("id", flat=True).first()


def numbers(case: Case, names: Sequence[str]) -> dict[str, int]:
    """Item by SHA-256, of at most a page of them."""
    return dict(Item.objects.using(case.alias).filter(sha256__in=list(names)).values_list("sha256", "id"))


def _keys(case: Case) -> list[Any]:
    return list(StepRun.objects.using(case.alias).order_by("step").values_list("key", flat=True))


def _array(query: QuerySet[Any, Any]) -> NDArray[np.int64]:
    rows = list(query.iterator(chunk_size=50_000))
    return np.array(rows, np.int64).reshape(len(rows), -1) if rows else np.zeros((0, 2), np.int64)
