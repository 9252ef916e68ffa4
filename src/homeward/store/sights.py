"""What pictures show from any side: written, and read in the shape that others build on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Q

from homeward.store import bulk
from homeward.store.models import CopyMember, SightLink
from homeward.store.reads import stacked_paths

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from homeward.store.case import Case

COLUMNS = (
    "a", "b", "score", "place_score", "place_lr", "object_lr", "box_a", "box_b", "reason", "mark", "mark_a", "mark_b", "time_a",
    "time_b",
)  # fmt: skip


class SightRow(msgspec.Struct, frozen=True):
    """A :class:`~homeward.store.models.SightLink`."""

    a: int
    b: int
    score: int
    place_score: int
    place_lr: int
    object_lr: int
    box_a: str
    box_b: str
    reason: str
    mark: int = 0
    mark_a: str = ""
    mark_b: str = ""
    time_a: int = -1
    time_b: int = -1


def write_sights(case: Case, rows: Sequence[SightRow], key: str, batch: int) -> None:
    """Add what was seen inside the caller's batch."""
    bulk.insert(
        case.alias, SightLink, (*COLUMNS, "key", "batch"), [(*msgspec.structs.astuple(row), key, batch) for row in rows]
    )


def seen_pairs(case: Case, key: str) -> set[tuple[int, int]]:
    """Pairs of items with a sight by one version of the step."""
    return set(SightLink.objects.using(case.alias).filter(key=key).values_list("a_id", "b_id"))


def boxes(case: Case, keys: Collection[str]) -> Iterator[SightRow]:
    """Every sight by some versions of the steps, in the order of pairs, streamed; marks alone are none."""
    query = SightLink.objects.using(case.alias).filter(key__in=keys, score__gt=0).order_by("a", "b")
    for row in query.values_list("a_id", "b_id", *COLUMNS[2:]).iterator(chunk_size=5000):
        yield SightRow(*row)


def between(case: Case, keys: Collection[str], a: int, b: int) -> SightRow | None:
    """What some versions of the steps say about two items, whichever is first; marks alone are nothing."""
    query = SightLink.objects.using(case.alias).filter(key__in=keys, score__gt=0, a_id__in=[a, b], b_id__in=[a, b])
    row = query.values_list("a_id", "b_id", *COLUMNS[2:]).first()
    return None if row is None else SightRow(*row)


def about(case: Case, keys: Collection[str], items: Collection[int]) -> list[SightRow]:
    """Sights of some items by some versions of the steps, in the order of pairs."""
    query = SightLink.objects.using(case.alias).filter(Q(a__in=items) | Q(b__in=items), key__in=keys, score__gt=0)
    return [SightRow(*row) for row in query.order_by("a", "b").values_list("a_id", "b_id", *COLUMNS[2:])]


def marks(case: Case, keys: Collection[str]) -> list[SightRow]:
    """Every mark by some versions of the steps, in the order of pairs."""
    query = SightLink.objects.using(case.alias).filter(key__in=keys, mark__gt=0).order_by("a", "b")
    return [SightRow(*row) for row in query.values_list("a_id", "b_id", *COLUMNS[2:])]


def links(
    case: Case,
    keys: Collection[str],
    kind: str,
    method: str,
    calibration: str,
    caveats: tuple[str, str],
    instead: Mapping[tuple[int, int], dict[str, Any]],
) -> list[dict[str, Any]]:
    """Pairs whose sight supports ``kind`` (``place`` or ``object``) by some versions of the steps, the strongest first.

    Copies of one picture are one piece of evidence: two of one stack are not linked, and between two stacks only the
    strongest link is told. Of ``caveats`` the first holds for all links, the second for those with a clip. Columns of
    ``instead``, by pair, take the place of what was stored, ``log10_lr`` always among them.
    """
    query = SightLink.objects.using(case.alias).filter(key__in=keys, **{f"{kind}_lr__gt": 0})
    columns = (
        "a_id", "b_id", "a__sha256", "b__sha256", "score", "place_score", f"{kind}_lr", "box_a", "box_b", "reason", "time_a",
        "time_b",
    )  # fmt: skip
    stack = dict(CopyMember.objects.using(case.alias).values_list("item", "exemplar"))
    strongest: dict[frozenset[int], tuple[Any, ...]] = {}

    def ratio(row: tuple[Any, ...]) -> float:
        return float(instead[row[:2]]["log10_lr"]) if row[:2] in instead else row[6] / 1000

    for row in sorted(query.values_list(*columns), key=lambda row: (ratio(row), row[4], row[2], row[3])):
        strongest[frozenset(stack.get(item, item) for item in row[:2])] = row
    rows = [row for pair, row in strongest.items() if len(pair) == 2 and ratio(row) > 0]
    paths = stacked_paths(case, {item for row in rows for item in row[:2]})
    listed = [
        {
            "kind": kind,
            "a": a_sha256,
            "b": b_sha256,
            "a_time": None if time_a < 0 else time_a / 1000,
            "b_time": None if time_b < 0 else time_b / 1000,
            "score": place_score if kind == "place" else score,
            "log10_lr": value / 1000,
            "method": method,
            "reason": reason,
            "calibration": calibration,
            "caveats": list(caveats if max(time_a, time_b) >= 0 else caveats[:1]),
            "a_region": [int(number) for number in box_a.split()],
            "b_region": [int(number) for number in box_b.split()],
            "a_paths": paths.get(a, []),
            "b_paths": paths.get(b, []),
            **instead.get((a, b), {}),
        }
        for a, b, a_sha256, b_sha256, score, place_score, value, box_a, box_b, reason, time_a, time_b in rows
    ]
    return sorted(listed, key=lambda link: (-link["log10_lr"], -link["score"], link["a"], link["b"]))
