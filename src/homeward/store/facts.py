"""Everything that is known of one item beside what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeward.store import grades, people
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
            {"who": called.get(row.person, ""), "code": row.code, "taken_back": row.batch in gone}
            for row in grades.said_of(case, [item.pk])
            if row.takes_back is None
        ],
    }


def shape(case: Case, item: int) -> tuple[int, int, int]:
    """Width and height in pixels as stored, and EXIF orientation 1..8; 0, 0, 1 for what was not decoded."""
    media = Media.objects.using(case.alias).filter(item=item, current=True).first()
    if media is None:
        return 0, 0, 1
    return media.width, media.height, int(media.facts.get("orientation") or 1)
