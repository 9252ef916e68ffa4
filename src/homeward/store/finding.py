"""Items of a case by what is recorded about them: where they lay, their hashes, lists, series, cameras, times and positions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db.models import Q, TextField, Value
from django.db.models.functions import Concat

from homeward.core.earth import kilometres
from homeward.store.models import CameraLink, Item, KnownList, Match, Media, Occurrence, SeriesMember

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from homeward.store.case import Case

CHUNK = 10_000
_NAME = re.compile(r"[0-9a-f]{8,64}")


def at_path(case: Case, words: str) -> set[int]:
    """Items that lie where ``words`` stand in the stacked path, behind the exhibit's label, in whatever case of letters."""
    held = Occurrence.objects.using(case.alias).filter(current=True, readable=True, item__isnull=False)
    whole = held.annotate(whole=Concat("exhibit__label", Value(" > "), "path", output_field=TextField()))
    return _ids(whole.filter(whole__icontains=words).values_list("item_id"))


def with_hash(case: Case, start: str) -> set[int]:
    """Items of which the SHA-256, SHA-1 or MD5 begins with ``start``, lower-case hexadecimal."""
    begins = Q(sha256__startswith=start) | Q(sha1__startswith=start) | Q(md5__startswith=start)
    return _ids(Item.objects.using(case.alias).filter(begins).values_list("id"))


def on_list(case: Case, name: str) -> set[int]:
    """Items that the known list of this name names, false hits left out."""
    return _ids(Match.objects.using(case.alias).filter(silenced="", entry__list__name=name).values_list("item_id"))


def lists(case: Case) -> list[str]:
    """Names of the known lists."""
    return sorted(KnownList.objects.using(case.alias).values_list("name", flat=True).distinct())


def in_series(case: Case, start: str) -> set[int]:
    """Items in series of which the name begins with ``start``."""
    return _ids(SeriesMember.objects.using(case.alias).filter(series__startswith=start).values_list("item_id"))


def by_camera(case: Case, words: str) -> set[int]:
    """Items whose make, model and serial number together hold every one of ``words``; and of a device that was told by its
    noise, where the words are the beginning of the SHA-256 that names it.
    """
    wanted = words.casefold().split()
    fields = ("make", "model", "body_serial")
    rows = _told(case, "facts__has_key", "metadata").values_list("item_id", *(f"facts__metadata__{one}" for one in fields))
    found = {
        item
        for item, *said in rows.iterator(chunk_size=CHUNK)
        if all(word in " ".join(str(one or "") for one in said).casefold() for word in wanted)
    }
    if _NAME.fullmatch(words.lower()):
        found |= _ids(
            CameraLink.objects.using(case.alias).filter(device__sha256__startswith=words.lower()).values_list("item_id")
        )
    return found


def taken(case: Case, first: str, last: str) -> set[int]:
    """Items that say that they were taken from ``first`` to ``last``, beginnings of ``YYYY:MM:DD HH:MM:SS``; empty: no end."""
    rows = _told(case, "facts__metadata__has_key", "taken").values_list("item_id", "facts__metadata__taken__text")
    return {
        item
        for item, text in rows.iterator(chunk_size=CHUNK)
        if text and (not first or text >= first) and (not last or text[: len(last)] <= last)
    }


def positions(case: Case) -> Iterator[tuple[int, float, float]]:
    """Item, latitude and longitude in degrees of every item that says where it was taken."""
    columns = ("item_id", "facts__metadata__place__latitude", "facts__metadata__place__longitude")
    rows = _told(case, "facts__metadata__has_key", "place").order_by("item_id").values_list(*columns)
    for item, latitude, longitude in rows.iterator(chunk_size=CHUNK):
        if latitude is not None and longitude is not None:
            yield item, float(latitude), float(longitude)


def near(case: Case, latitude: float, longitude: float, within: float) -> set[int]:
    """Items that say that they were taken within so many kilometres of a position in degrees."""
    told = list(positions(case))
    points = np.radians(np.array([there for _, *there in told], np.float64).reshape(-1, 2))
    inside = kilometres(points, latitude, longitude) <= within
    return {item for (item, *_), held in zip(told, inside.tolist(), strict=True) if held}


def _told(case: Case, path: str, key: str) -> QuerySet[Media, Media]:
    return Media.objects.using(case.alias).filter(**{path: key}, current=True)


def _ids(query: QuerySet[Any, tuple[Any, ...]]) -> set[int]:
    return {row[0] for row in query.distinct().iterator(chunk_size=CHUNK)}
