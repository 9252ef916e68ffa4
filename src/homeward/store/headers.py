"""Headers of files, written and looked up: which items came the same way, and from which device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeward.store import bulk
from homeward.store.models import Header, Media

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from homeward.store.case import Case

COLUMNS = ("full", "bare", "writer", "make", "model", "body_serial", "lens_serial", "origin", "app", "likely_make")
KEYS = ("full", "bare", "writer")


def write_headers(case: Case, rows: Iterable[tuple[int, tuple[str, ...]]], batch: int) -> None:
    """Add headers, given as item and :data:`COLUMNS`, inside the caller's batch, in the place of what older versions said."""
    said = list(rows)
    Header.objects.using(case.alias).filter(item_id__in=[item for item, _ in said], current=True).update(current=False)
    bulk.insert(
        case.alias,
        Header,
        ("item", *COLUMNS, "current", "batch"),
        [(item, *columns, True, batch) for item, columns in said],
    )


def all_headers(case: Case) -> Iterator[dict[str, Any]]:
    """One dictionary an item with ``item``, ``item__sha256`` and :data:`COLUMNS`, in the order of items, streamed."""
    query = Header.objects.using(case.alias).filter(current=True).order_by("item_id")
    yield from query.values("item", "item__sha256", *COLUMNS).iterator(chunk_size=5_000)


def layouts(case: Case, items: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What the headers of some items look like: the facts behind their keys."""
    found: dict[int, dict[str, Any]] = {}
    asked = list(items)
    for start in range(0, len(asked), 500):
        query = Media.objects.using(case.alias).filter(current=True, item_id__in=asked[start : start + 500])
        found |= {item: facts.get("header", {}) for item, facts in query.values_list("item_id", "facts")}
    return found


def same_path(case: Case, item: int, key: str = "full") -> list[int]:
    """The other items whose header has the same key (one of :data:`KEYS`): a look-up, however large the case is.

    Raises:
        KeyError: a key that there is not.
    """
    if key not in KEYS:
        raise KeyError(key)
    query = Header.objects.using(case.alias).filter(current=True)
    own = query.filter(item=item).values_list(key, flat=True).first()
    if not own:
        return []
    return list(query.filter(**{key: own}).exclude(item=item).order_by("item_id").values_list("item_id", flat=True))
