"""What was said about clues, kept as it was said; what it amounts to, :mod:`homeward.series.clues` knows."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Max, Q

from homeward.store import bulk, digests
from homeward.store.digests import PAGE
from homeward.store.intake import CHUNK
from homeward.store.models import ClueEvent, CopyMember, Item, Media
from homeward.store.results import write_step_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from django.db.models import QuerySet

    from homeward.core.canonical import Plain
    from homeward.store.case import Case

COLUMNS = ("event", "clue", "picture", "body", "source", "batch")


class EventRow(msgspec.Struct, frozen=True):
    """An event; names as in :class:`~homeward.store.models.ClueEvent`."""

    event: str
    clue: str
    picture: str
    body: str


def add(
    case: Case,
    rows: Iterable[EventRow],
    details: dict[str, Plain],
    names: dict[str, str],
    *,
    source: str = "",
    step: tuple[str, str] | None = None,
) -> int:
    """Keep events with one ledger entry, in one transaction; those that are there already change nothing. How many were new.

    ``source`` is the SHA-256 of the file that brought them; ``step`` the name and key of a step that is complete with them.
    """
    given = {row.event: row for row in rows}
    with case.batch("clue.events", details, names) as batch:
        held = _held(case, given)
        new = [(*msgspec.structs.astuple(row), source, batch.seq) for name, row in given.items() if name not in held]
        bulk.insert(case.alias, ClueEvent, COLUMNS, new)
        batch.details |= {"events": len(new), "source": source, "rows": digests.CLUES.digest(case, batch.seq)}
        batch.skip = not new and step is None
        if step is not None:
            write_step_key(case, batch, *step)
    return len(new)


def bodies(case: Case, clue: str = "") -> Iterator[str]:
    """Bodies of all events, or of those about one clue."""
    query = ClueEvent.objects.using(case.alias).order_by("id")
    yield from (query.filter(clue=clue) if clue else query).values_list("body", flat=True).iterator(chunk_size=PAGE)


def event_names(case: Case) -> set[str]:
    """Names of all events."""
    return set(ClueEvent.objects.using(case.alias).values_list("event", flat=True))


def named(case: Case, start: str) -> list[str]:
    """Clues whose name begins with ``start``."""
    query = ClueEvent.objects.using(case.alias).filter(clue__startswith=start)
    return sorted(set(query.values_list("clue", flat=True)))


def speakers(case: Case, clue: str) -> dict[str, str]:
    """Event -> the person who said it in this case, or who brought it in."""
    rows = list(ClueEvent.objects.using(case.alias).filter(clue=clue).values_list("event", "batch"))
    said = {batch: case.custody.names(batch).get("who", "") for batch in {batch for _, batch in rows}}
    return {event: said[batch] for event, batch in rows}


def pictures(case: Case, start: str) -> list[tuple[str, str, int, int]]:
    """(SHA-256, kind, width, height) of two items at most whose SHA-256 begins with ``start``; sizes are 0 where nothing was
    decoded.
    """
    found = list(Item.objects.using(case.alias).filter(sha256__startswith=start).values_list("id", "sha256", "kind")[:2])
    query = Media.objects.using(case.alias).filter(current=True, item_id__in=[item for item, *_ in found])
    sizes = {item: (width, height) for item, width, height in query.values_list("item_id", "width", "height")}
    return [(sha256, kind, *sizes.get(item, (0, 0))) for item, sha256, kind in found]


def held_items(case: Case, sha256s: Collection[str]) -> dict[str, int]:
    """Row ids of those among ``sha256s`` that are in this case."""
    wanted = sorted(sha256s)
    found: dict[str, int] = {}
    for first in range(0, len(wanted), CHUNK):
        query = Item.objects.using(case.alias).filter(sha256__in=wanted[first : first + CHUNK])
        found |= dict(query.values_list("sha256", "id"))
    return found


def telling(case: Case) -> Iterator[tuple[str, dict[str, Any]]]:
    """(SHA-256, facts) of items whose metadata hold a position, a serial number or tags of a clip, streamed."""
    holding = Q(facts__metadata__has_key="place") | Q(facts__metadata__has_key="body_serial") | Q(facts__has_key="tags")
    query = Media.objects.using(case.alias).filter(holding, current=True).order_by("item_id")
    yield from query.values_list("item__sha256", "facts").iterator(chunk_size=PAGE)


def stacks_of(case: Case, items: Collection[int]) -> list[list[tuple[int, str]]]:
    """(Row id, SHA-256) of everything that lies on one stack with any of ``items``, themselves included, by SHA-256; each stack
    once.
    """
    members = CopyMember.objects.using(case.alias)
    home: dict[int, int] = {}
    for part in _parts(items):
        home |= dict(members.filter(item__in=part).values_list("item_id", "exemplar_id"))
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for part in _parts(set(home.values())):
        rows = members.filter(exemplar__in=part).values_list("exemplar_id", "item_id", "item__sha256")
        for exemplar, item, sha256 in rows:
            found[exemplar].append((item, sha256))
    for part in _parts({*items} - {*home}):
        for item, sha256 in Item.objects.using(case.alias).filter(id__in=part).values_list("id", "sha256"):
            found[item].append((item, sha256))
    return [sorted(stack, key=lambda one: one[1]) for stack in found.values()]


def _parts(items: Collection[int]) -> Iterator[list[int]]:
    """As many at once as a query takes."""
    wanted = sorted(items)
    return (wanted[first : first + CHUNK] for first in range(0, len(wanted), CHUNK))


def clocks(case: Case, items: Collection[int] | None = None) -> dict[int, tuple[str, str]]:
    """Item -> the time that its camera wrote and its offset from UTC, empty where there is none; all unless told."""
    rows = _decoded(case, items).values_list("item_id", "facts__metadata__taken__text", "facts__metadata__taken__offset")
    return {item: (text, offset or "") for item, text, offset in rows if text}


def hums(case: Case, items: Collection[int] | None = None) -> Iterator[tuple[int, str, int]]:
    """(Item, ``sound`` or ``light``, 50 or 60) of clips in which the mains were told; of all unless told."""
    query = _decoded(case, items).filter(facts__has_key="mains")
    for item, told in query.order_by("item_id").values_list("item_id", "facts__mains"):
        for where in ("sound", "light"):
            if hertz := told[where]["hertz"]:
                yield item, where, hertz


def _decoded(case: Case, items: Collection[int] | None) -> QuerySet[Media]:
    rows = Media.objects.using(case.alias).filter(current=True)
    return rows if items is None or len(items) > CHUNK else rows.filter(item_id__in=sorted(items))


def measured(case: Case) -> Sequence[Plain]:
    """Changes whenever what was decoded may have changed."""
    query = Media.objects.using(case.alias).filter(current=True)
    return [query.count(), query.aggregate(last=Max("batch"))["last"]]


def _held(case: Case, names: Collection[str]) -> set[str]:
    wanted = sorted(names)
    found: set[str] = set()
    for first in range(0, len(wanted), CHUNK):
        query = ClueEvent.objects.using(case.alias).filter(event__in=wanted[first : first + CHUNK])
        found |= set(query.values_list("event", flat=True))
    return found
