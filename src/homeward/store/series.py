"""Series as they stand, and what was said about them; what it amounts to, :mod:`homeward.series.events` knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from django.db.models import Count, Max

from homeward.store import bulk, digests
from homeward.store.digests import PAGE
from homeward.store.models import (
    Exhibit,
    Header,
    Match,
    Occurrence,
    SeriesEvent,
    SeriesJoin,
    SeriesMember,
    StepRun,
)
from homeward.store.results import write_step_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from homeward.core.canonical import Plain
    from homeward.store.case import Case


_Key = TypeVar("_Key", int, str)


class SaidRow(msgspec.Struct, frozen=True):
    """An event; names as in :class:`~homeward.store.models.SeriesEvent`."""

    event: str
    series: str
    body: str


class JoinRow(msgspec.Struct, frozen=True):
    """A :class:`~homeward.store.models.SeriesJoin`."""

    a: int
    b: int
    proposed: bool
    log10_lr: int
    pair_lr: int
    why: str


class KnownFact(msgspec.Struct, frozen=True):
    """What a known list says of an item, false hits left out."""

    item: int
    list: str
    series: str
    victim_identified: bool | None
    distance: int = 0
    """Bits between its copy hash and that of the list, 0 of an exact match."""


class Standing(msgspec.Struct, frozen=True):
    """What is to stand."""

    members: Mapping[int, str]
    """Item -> series."""
    joins: Sequence[JoinRow]


def bodies(case: Case) -> Iterator[str]:
    """Bodies of all events."""
    yield from SeriesEvent.objects.using(case.alias).order_by("id").values_list("body", flat=True).iterator(chunk_size=PAGE)


def members(case: Case) -> dict[int, str]:
    """Item -> series, of every item that is in one."""
    return dict(SeriesMember.objects.using(case.alias).order_by("item").values_list("item_id", "series"))


def any_stand(case: Case) -> bool:
    """Whether there is a series."""
    return SeriesMember.objects.using(case.alias).exists()


def joins(case: Case) -> list[JoinRow]:
    """What was joined and what is proposed, the strongest first."""
    query = SeriesJoin.objects.using(case.alias).order_by("-log10_lr", "a", "b")
    return [JoinRow(*row) for row in query.values_list("a_id", "b_id", "proposed", "log10_lr", "pair_lr", "why")]


def write(
    case: Case,
    events: Sequence[SaidRow],
    standing: Standing | None,
    details: dict[str, Plain],
    names: dict[str, str],
    *,
    seen: int,
    step: tuple[str, str] | None = None,
) -> bool:
    """Keep events, and what stands after them, with one ledger entry; whether it was done.

    It is not where there are other events by now than the ``seen`` ones on which it all rests.
    """
    with case.batch("series.events", details, names) as batch:
        if count(case) != seen:
            batch.skip = True
            return False
        bulk.insert(
            case.alias,
            SeriesEvent,
            ("event", "series", "body", "batch"),
            [(*msgspec.structs.astuple(row), batch.seq) for row in events],
        )
        batch.details |= {"events": len(events), "rows": digests.SERIES.digest(case, batch.seq)}
        if standing is not None:
            _replace(case, standing)
            batch.details["sets"] = {name: digests.SETS[name].digest(case) for name in ("series", "series joins")}
        if step is not None:
            write_step_key(case, batch, *step)
    return True


def _replace(case: Case, standing: Standing) -> None:
    """Put what is to stand in the place of what stood, at the cost of what differs."""
    held, rows = members(case), SeriesMember.objects.using(case.alias)
    moved = {item for item, series in held.items() if standing.members.get(item) != series}
    for some in _chunks(sorted(moved)):
        rows.filter(item_id__in=some).delete()
    fresh = [(item, series) for item, series in standing.members.items() if held.get(item) != series]
    bulk.insert(case.alias, SeriesMember, ("item", "series"), fresh)
    if list(standing.joins) != joins(case):
        SeriesJoin.objects.using(case.alias).all().delete()
        columns = ("a", "b", "proposed", "log10_lr", "pair_lr", "why")
        bulk.insert(case.alias, SeriesJoin, columns, [msgspec.structs.astuple(row) for row in standing.joins])


def count(case: Case) -> int:
    """How many events there are."""
    return SeriesEvent.objects.using(case.alias).count()


def inputs(case: Case, step: str) -> list[Plain]:
    """Changes whenever what other steps have found may have changed."""
    runs = StepRun.objects.using(case.alias).exclude(step=step).order_by("step").values_list("step", "key")
    found = Occurrence.objects.using(case.alias).filter(current=True).aggregate(last=Max("batch"), many=Count("id"))
    return [list(map(list, runs)), [found["last"], found["many"]]]


def speakers(case: Case, series: Collection[str]) -> dict[str, str]:
    """Event -> the person who said it, of all events about some series."""
    query = SeriesEvent.objects.using(case.alias)
    rows = [row for some in _chunks(sorted(series)) for row in query.filter(series__in=some).values_list("event", "batch")]
    said = {batch: case.custody.names(batch).get("who", "") for batch in {batch for _, batch in rows}}
    return {event: said[batch] for event, batch in rows}


def owners(case: Case) -> dict[str, str]:
    """Event -> the person who is to follow a lead from then on: a name that can be erased by law."""
    query = SeriesEvent.objects.using(case.alias).filter(body__contains='"field":"owner"')
    return {event: case.custody.names(batch).get("owner", "") for event, batch in query.values_list("event", "batch")}


def known_facts(case: Case) -> list[KnownFact]:
    """What lists that name offences or victims say of items: those that call things harmless are left out."""
    query = Match.objects.using(case.alias).filter(silenced="", entry__list__purpose="alert").order_by("item", "id")
    columns = ("item_id", "entry__list__name", "entry__series", "entry__victim_identified", "distance")
    return [KnownFact(*row) for row in query.values_list(*columns).distinct()]


def straight(case: Case) -> set[int]:
    """Items whose header shows no mark of a program."""
    query = Header.objects.using(case.alias).filter(current=True, origin="camera")
    return set(query.values_list("item_id", flat=True))


def exhibit_labels(case: Case) -> dict[int, set[str]]:
    """Item -> the exhibits in which it was found."""
    found: dict[int, set[str]] = {}
    query = Occurrence.objects.using(case.alias).filter(current=True, item__isnull=False).exclude(item__kind="")
    for item, label in query.values_list("item_id", "exhibit__label").distinct():
        if item is not None:
            found.setdefault(item, set()).add(label)
    return found


def newest_delivery(case: Case) -> datetime | None:
    """When the newest exhibit was registered."""
    found: dict[str, Any] = Exhibit.objects.using(case.alias).aggregate(last=Max("registered"))
    last: datetime | None = found["last"]
    return last


def _chunks(keys: list[_Key]) -> Iterator[list[_Key]]:
    yield from (keys[first : first + PAGE] for first in range(0, len(keys), PAGE))
