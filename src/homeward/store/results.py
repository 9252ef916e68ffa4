"""What steps found, written: media records and stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.core.time import utc_now
from homeward.store import bulk, digests
from homeward.store.models import CopyMember, Finding, Kin, Media, StepRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from homeward.store.batch import Batch
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


class KinRow(msgspec.Struct, frozen=True):
    """What two items are to each other; see :class:`homeward.store.models.Kin`."""

    a: int
    b: int
    kinship: str
    score: int
    inliers: int
    map: str

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The (2, 3) map from a to b."""
        return np.array(self.map.split(), np.float64).reshape(2, 3)


class CopyRow(msgspec.Struct, frozen=True):
    """Membership of an item in a stack of verified copies; see :class:`homeward.store.models.CopyMember`."""

    item: int
    exemplar: int
    evidence: str
    distance: int | None
    score: int | None
    map: str

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The (2, 3) map to the exemplar."""
        return np.array((self.map or "1 0 0 0 1 0").split(), np.float64).reshape(2, 3)


def map_text(matrix: NDArray[np.float64]) -> str:
    """A (2, 3) map as it is stored: a millionth of a pixel at the scale of a pixel is more than is known."""
    return " ".join(f"{value:.9g}" for value in matrix.ravel())


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


def replace_copies(case: Case, rows: Sequence[CopyRow]) -> None:
    """Put ``rows`` in the place of all stacks of verified copies, inside the caller's batch."""
    CopyMember.objects.using(case.alias).all().delete()
    values = [msgspec.structs.astuple(row) for row in rows]
    bulk.insert(case.alias, CopyMember, ("item", "exemplar", "evidence", "distance", "score", "map"), values)


def write_kin(case: Case, rows: Sequence[KinRow], key: str, batch: int) -> None:
    """Add verdicts on pairs inside the caller's batch."""
    values = [(*msgspec.structs.astuple(row), key, batch) for row in rows]
    bulk.insert(case.alias, Kin, ("a", "b", "kinship", "score", "inliers", "map", "key", "batch"), values)


def step_key(case: Case, step: str) -> str:
    """The key of the last complete run of a whole-set step, empty if it never ran."""
    row = StepRun.objects.using(case.alias).filter(step=step).first()
    return row.key if row else ""


def complete_set(case: Case, batch: Batch, step: str, key: str) -> None:
    """Record that a whole-set step is complete for ``key`` with the rows that are there now, inside the caller's batch."""
    write_step_key(case, batch, step, key)
    batch.details["rows"] = digests.SETS[step].digest(case)


def write_step_key(case: Case, batch: Batch, step: str, key: str) -> None:
    """Record that a step is complete for ``key``, inside the caller's batch."""
    batch.details["keys"] = {**batch.details.get("keys", {}), step: key}  # type: ignore[dict-item]
    StepRun.objects.using(case.alias).update_or_create(step=step, defaults={"key": key})
