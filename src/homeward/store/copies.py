"""What is known of the copies on a stack, read for whoever asks how they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from homeward.store.intake import CHUNK
from homeward.store.models import CopyMember, Header, Item, Media

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from homeward.store.case import Case


class CopyFacts(msgspec.Struct, frozen=True):
    """One still on a stack, as it was decoded."""

    item: int
    sha256: str
    exemplar: str
    """SHA-256 that names the stack."""
    map: str
    """Six numbers as in :class:`homeward.store.models.CopyMember`."""
    width: int
    height: int
    size: int
    """Bytes."""
    orientation: int
    """EXIF 1..8."""
    scale: str
    """Which standard tables its own are scaled from."""
    named: bool
    """Its metadata name a camera."""
    origin: str


def still_copies(case: Case) -> Iterator[CopyFacts]:
    """Every still that lies on a stack, in the order of items, streamed."""
    origins = dict(Header.objects.using(case.alias).filter(current=True).values_list("item_id", "origin"))
    stacked = CopyMember.objects.using(case.alias).order_by("item").values_list("item_id", "exemplar__sha256", "map")
    home = {item: (exemplar, matrix) for item, exemplar, matrix in stacked}
    columns = ("item_id", "item__sha256", "item__size", "width", "height", "facts")
    query = Media.objects.using(case.alias).filter(current=True, item__kind="still", item__copymember__isnull=False)
    for item, sha256, size, width, height, facts in query.order_by("item_id").values_list(*columns).iterator(chunk_size=2000):
        said = facts.get("metadata") or {}
        yield CopyFacts(
            item=item,
            sha256=sha256,
            exemplar=home[item][0],
            map=home[item][1],
            width=width,
            height=height,
            size=size,
            orientation=int(facts.get("orientation") or 1),
            scale=str((facts.get("header") or {}).get("scale") or ""),
            named=bool(said.get("make") or said.get("model")),
            origin=origins.get(item, "unknown"),
        )


def ids(case: Case, sha256s: Sequence[str]) -> dict[str, int]:
    """Row ids of items by SHA-256; unknown ones are absent."""
    found: dict[str, int] = {}
    for at in range(0, len(sha256s), CHUNK):
        rows = Item.objects.using(case.alias).filter(sha256__in=sha256s[at : at + CHUNK])
        found.update(rows.values_list("sha256", "id"))
    return found


def orientations(case: Case, items: Sequence[int]) -> dict[int, int]:
    """EXIF orientation 1..8 of items as they were decoded; 1 where none is stated."""
    found: dict[int, int] = {}
    for at in range(0, len(items), CHUNK):
        rows = Media.objects.using(case.alias).filter(current=True, item__in=items[at : at + CHUNK])
        found.update((item, int(facts.get("orientation") or 1)) for item, facts in rows.values_list("item_id", "facts"))
    return found
