"""What steps over everything hold, changed by the rows that change: the ledger vouches for the whole by a sum of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Max

from homeward.core import HomewardError
from homeward.store import bulk, results
from homeward.store.digests import PAGE, SETS, RowSum
from homeward.store.errors import CaseDamaged
from homeward.store.intake import CHUNK
from homeward.store.ledger.entries import decode
from homeward.store.models import Item, SegmentRun

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from django.db.models import QuerySet

    from homeward.store.case import Case


class Overtaken(HomewardError, RuntimeError):
    """Another run has completed the step meanwhile: what was worked out here goes on from rows that are no longer there."""


class Seen(msgspec.Struct, frozen=True):
    """How far a step over everything has come in what only grows."""

    base: str
    """Digest of everything else that it reads: with another one it begins anew."""
    items: int = 0
    """The last item, by row id."""
    runs: int = 0
    """The last stretch of the descriptors that it reads, by row id."""
    after: int = -1
    """Ledger entry of the step whose results it reads; -1 for none."""
    frames: int = 0
    """Frames of clips among what was read."""
    entry: int = -1
    """Ledger entry that vouches for what it holds now."""


def seen(case: Case, step: str) -> Seen | None:
    """How far ``step`` has come; None where it never ran."""
    try:
        return msgspec.json.decode(results.step_key(case, step), type=Seen)
    except msgspec.DecodeError:
        return None


def newest(case: Case, folders: Collection[str]) -> tuple[int, int]:
    """Row ids of the last item, and of the last stretch in these folders of descriptors; 0 for none."""
    runs = SegmentRun.objects.using(case.alias).filter(descriptor__in=folders)
    items = Item.objects.using(case.alias).order_by("-id").values_list("id", flat=True).first()
    return items or 0, runs.aggregate(last=Max("id"))["last"] or 0


class Kept:
    """The rows of a step, and their sum, inside the caller's batch."""

    def __init__(self, case: Case, step: str, before: Seen | None) -> None:
        """Go on from what is held since ``before``; without it, begin anew with nothing.

        Raises:
            CaseDamaged: the ledger does not say what is held.
        """
        self._model, self._columns = SETS[step].model, SETS[step].columns
        self._alias = case.alias
        if before is None:
            self.rows().delete()
            self._sum = RowSum()
            return
        try:
            ((_, body),) = case.custody.entries(before.entry, before.entry + 1)
            self._sum = RowSum(str(decode(body).details["rows"]))
        except (ValueError, KeyError) as error:
            raise CaseDamaged(f"ledger entry {before.entry} does not say what the step {step} holds") from error

    @property
    def text(self) -> str:
        """The sum of what is held."""
        return self._sum.text

    def rows(self) -> QuerySet[Any]:
        """Everything that is held."""
        return self._model._default_manager.using(self._alias).all()

    def drop(self, keys: Iterable[int]) -> None:
        """Delete the rows with these primary keys; one that is not there is no error."""
        for some in _chunks(sorted(keys)):
            rows = self.rows().filter(pk__in=some)
            self._sum.take(rows.values_list(*self._columns))
            rows.delete()

    def add(self, columns: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
        """Insert rows, whose primary key is the first of ``columns`` unless it numbers itself."""
        last = self.rows().aggregate(last=Max("pk"))["last"] or 0
        bulk.insert(self._alias, self._model, columns, values)
        if self._model._meta.pk.name == columns[0]:
            for some in _chunks([row[0] for row in values]):
                self._sum.add(self.rows().filter(pk__in=some).values_list(*self._columns))
        else:
            self._sum.add(self.rows().filter(pk__gt=last).values_list(*self._columns).iterator(chunk_size=PAGE))


def _chunks(keys: list[int]) -> Iterable[list[int]]:
    return (keys[first : first + CHUNK] for first in range(0, len(keys), CHUNK))
