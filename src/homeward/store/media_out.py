"""Everything that formats of others tell of an item, read page by page."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from homeward.core.time import Moment
from homeward.store.intake import CHUNK
from homeward.store.models import CameraLink, CopyMember, Item, KnownList, Match, Media, Occurrence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from homeward.store.case import Case

_COLUMNS = ("id", "sha256", "sha1", "md5", "size", "mime", "kind")
_TIMES = ("created", "modified", "accessed", "changed")
_PLACE = ("exhibit__label", "path", *_TIMES, "zoned", "deleted", "embedded")


def count(case: Case) -> int:
    """Items that can be looked at."""
    return Item.objects.using(case.alias).exclude(kind="").count()


def digests(case: Case) -> dict[int, str]:
    """Item -> SHA-256 of everything that can be looked at."""
    return dict(Item.objects.using(case.alias).exclude(kind="").order_by("id").values_list("id", "sha256"))


def pages(case: Case, *, every: bool = False) -> Iterator[list[dict[str, Any]]]:
    """Items that can be looked at (with ``every`` all others too) in order of row id, some hundred at a time; each with
    ``places``, ``media`` (None where it was not decoded), ``known``, ``stack`` and ``device``.
    """
    items_here = Item.objects.using(case.alias)
    wanted = items_here.all() if every else items_here.exclude(kind="")
    after = 0
    while page := list(wanted.filter(id__gt=after).order_by("id").values(*_COLUMNS)[:CHUNK]):
        after = page[-1]["id"]
        yield _told(case, page)


def by_md5(case: Case, values: Collection[str]) -> list[dict[str, Any]]:
    """The same of the items that can be looked at and have one of these MD5; some hundred at most."""
    query = Item.objects.using(case.alias).exclude(kind="").filter(md5__in=values)
    return _told(case, list(query.order_by("id").values(*_COLUMNS)))


def _told(case: Case, page: list[Any]) -> list[dict[str, Any]]:
    items = [row["id"] for row in page]
    places, known = _places(case, items), _known(case, items)
    decoded = Media.objects.using(case.alias).filter(current=True, item_id__in=items)
    media = {row["item_id"]: row for row in decoded.values("item_id", "width", "height", "facts")}
    stacks = dict(CopyMember.objects.using(case.alias).filter(item__in=items).values_list("item_id", "exemplar__sha256"))
    cameras = CameraLink.objects.using(case.alias).filter(merged=True, item__in=items)
    devices = dict(cameras.values_list("item_id", "device__sha256"))
    return [
        {
            **row,
            "places": places[row["id"]],
            "known": known[row["id"]],
            "media": media.get(row["id"]),
            "stack": stacks.get(row["id"], ""),
            "device": devices.get(row["id"], ""),
        }
        for row in page
    ]


def unread(case: Case) -> Iterator[dict[str, Any]]:
    """Occurrences without content, each with the ``reason``."""
    query = Occurrence.objects.using(case.alias).filter(current=True, item__isnull=True).order_by("exhibit__label", "path")
    yield from map(_timed, query.values("reason", *_PLACE).iterator(CHUNK))


def lists(case: Case) -> list[dict[str, Any]]:
    """Known lists that count, by the files that brought them."""
    query = KnownList.objects.using(case.alias).filter(state="current").order_by("id")
    return [dict(row) for row in query.values("name", "digest", "format")]


def _places(case: Case, items: list[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    query = Occurrence.objects.using(case.alias).filter(current=True, item_id__in=items).order_by("exhibit__label", "path")
    for row in query.values("item_id", *_PLACE).iterator(CHUNK):
        found[row["item_id"]].append(_timed(row))
    return found


def _timed(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: "" if row[name] is None else str(Moment(row[name], row["zoned"])) for name in _TIMES}
    return {**row, **times}


def _known(case: Case, items: list[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    columns = (
        "item_id", "distance", "entry__list__name", "entry__list__scheme", "entry__list__scheme_version", "entry__kind",
        "entry__codes", "entry__series", "entry__victim_identified",
    )  # fmt: skip
    query = Match.objects.using(case.alias).filter(silenced="", item_id__in=items).values(*columns)
    for row in query.order_by(*columns).distinct():  # what is ordered by and not asked for would make each row another one
        found[row["item_id"]].append(row)
    return found
