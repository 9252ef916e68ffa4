"""What files say about themselves beside their pictures, read for whoever weighs evidence together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Min

from homeward.store.models import ClipLink, Item, Kin, Match, Media, Occurrence, SightLink

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from homeward.store.case import Case


class Stated(msgspec.Struct, frozen=True):
    """What the metadata of an item state; empty or None where they state nothing."""

    item: int
    make: str
    model: str
    serial: str
    taken: str
    """``2019:03:02 10:11:12``, by the camera's clock."""
    position: tuple[float, float] | None
    """Latitude and longitude in degrees."""
    fix: str = ""
    """``2019:03:02 09:11:12`` in UTC, by satellite."""
    exif: str = ""
    """Version of the Exif standard that its block names, as ``0231``."""


def kinds(case: Case) -> dict[int, str]:
    """``still`` or ``video`` for every item that can be looked at."""
    return dict(Item.objects.using(case.alias).exclude(kind="").values_list("id", "kind"))


def stated(case: Case) -> Iterator[Stated]:
    """What each decoded item states, in the order of items, streamed."""
    query = Media.objects.using(case.alias).filter(current=True).order_by("item_id").values_list("item_id", "facts")
    for item, facts in query.iterator(chunk_size=2000):
        told = facts.get("metadata") or {}
        place = told.get("place") or {}
        make, model, serial = (str(told.get(name) or "").strip() for name in ("make", "model", "body_serial"))
        position = (float(place["latitude"]), float(place["longitude"])) if place else None
        taken = str((told.get("taken") or {}).get("text") or "")
        exif = str((told.get("tags") or {}).get("ExifVersion") or "")
        yield Stated(item, make, model, serial, taken, position, str(place.get("time") or ""), exif)


def places(case: Case) -> Iterator[tuple[int, str, str]]:
    """Item, exhibit and path of every place where something that can be looked at was found, streamed."""
    query = Occurrence.objects.using(case.alias).filter(current=True, readable=True).exclude(item__kind="")
    columns = ("item_id", "exhibit__label", "path")
    for item, label, path in query.filter(item__isnull=False).order_by("id").values_list(*columns).iterator(chunk_size=5000):
        if item is not None:
            yield item, label, path


def registered(case: Case) -> dict[int, datetime]:
    """When the first exhibit that holds an item was registered, by item."""
    query = Occurrence.objects.using(case.alias).filter(current=True, item__isnull=False).order_by()
    return dict(query.values_list("item_id").annotate(first=Min("exhibit__registered")))


def series_names(case: Case) -> list[tuple[int, str]]:
    """Item and name of each series that a known list gives, false hits and lists that call things harmless left out."""
    query = Match.objects.using(case.alias).filter(silenced="", entry__list__purpose="alert").exclude(entry__series="")
    return list(query.order_by("item", "entry__series").values_list("item_id", "entry__series").distinct())


def clip_pairs(case: Case) -> list[tuple[int, int, int]]:
    """Two items and the greater per mille of one that is found in the other."""
    query = ClipLink.objects.using(case.alias).order_by("a", "b").values_list("a_id", "b_id", "share_a", "share_b")
    return [(a, b, max(share_a, share_b)) for a, b, share_a, share_b in query]


def look_alikes(case: Case) -> list[tuple[int, int, int]]:
    """Two items that agree point by point and are no copies, and the per mille that agrees, by the newest verdict."""
    newest = Kin.objects.using(case.alias).order_by("-id").values_list("key", flat=True).first()
    query = Kin.objects.using(case.alias).filter(key=newest, kinship="look-alike").order_by("a", "b")
    return list(query.values_list("a_id", "b_id", "score"))


def sights(case: Case, keys: Collection[str]) -> Iterator[dict[str, Any]]:
    """What two items show together, by some versions of the steps, streamed."""
    query = SightLink.objects.using(case.alias).filter(key__in=keys, score__gt=0).order_by("a", "b")
    columns = ("a_id", "b_id", "score", "place_score", "place_lr", "object_lr", "reason", "time_a", "time_b")
    yield from query.values(*columns).iterator(chunk_size=5000)
