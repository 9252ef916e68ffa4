"""Everything that is known of one item beside what it shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from homeward.core.orientation import ORIENTATIONS
from homeward.store import grades, people
from homeward.store.intake import CHUNK
from homeward.store.models import Item, Match, Media, SeriesMember
from homeward.store.reads import stacked_paths

if TYPE_CHECKING:
    from homeward.store.case import Case


def facts(case: Case, sha256: str) -> dict[str, Any] | None:
    """Its kind and size, where it was found, what lists and people say of it, its series; None where there is no such item."""
    item = Item.objects.using(case.alias).filter(sha256=sha256).exclude(kind="").first()
    if item is None:
        return None
    media = Media.objects.using(case.alias).filter(item=item, current=True).first()
    matches = Match.objects.using(case.alias).filter(item=item, silenced="").order_by("id")
    columns = ("entry__list__name", "entry__kind", "entry__codes", "entry__series")
    gone = grades.taken_back(case)
    called = {row.key: row.name for row in people.people(case)}
    member = SeriesMember.objects.using(case.alias).filter(item=item).first()
    return {
        "sha256": sha256,
        "mime": item.mime,
        "format": media.format if media else "",
        "size": item.size,
        "width": media.width if media else 0,
        "height": media.height if media else 0,
        "duration_ms": media.duration_ms if media else None,
        "damage": media.damage if media else "",
        "series": member.series if member else "",
        "paths": stacked_paths(case, [item.pk]).get(item.pk, []),
        "matches": [
            dict(zip(("list", "kind", "codes", "series"), row, strict=True)) for row in matches.values_list(*columns).distinct()
        ],
        "grades": [
            {"person": row.person, "who": called.get(row.person, ""), "code": row.code, "taken_back": row.batch in gone}
            for row in grades.said_of(case, [item.pk])
            if row.takes_back is None
        ],
    }


class Shape(NamedTuple):
    """Width and height in pixels as stored, and the EXIF orientation 1..8 by which it stands upright."""

    width: int
    height: int
    orientation: int

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height when it stands upright."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


def shapes(case: Case, items: Iterable[int]) -> dict[int, Shape]:
    """Of those items of which something was decoded."""
    wanted = sorted(set(items))
    found: dict[int, Shape] = {}
    for first in range(0, len(wanted), CHUNK):
        query = Media.objects.using(case.alias).filter(current=True, item_id__in=wanted[first : first + CHUNK])
        rows = query.values_list("item_id", "width", "height", "facts__orientation", "facts__rotation")
        for item, width, height, orientation, rotation in rows:
            if width and height:
                found[item] = Shape(width, height, int(orientation or ORIENTATIONS.get(rotation or 0, 1)))
    return found
