"""Lines that were read in pictures, written and looked up by the words in them; the same on SQLite and PostgreSQL."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Count, Max

from homeward.core.wording import grams, key
from homeward.store import bulk
from homeward.store.intake import CHUNK
from homeward.store.models import CopyMember, Item, TextGram, TextLine

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from homeward.store.case import Case

COLUMNS = ("time_ms", "text", "left", "top", "width", "height", "angle", "confidence", "source", "words")
CANDIDATES = 5_000
"""Different lines compared letter by letter for one question, those with most in common first."""


class LineRow(msgspec.Struct, frozen=True):
    """A line of an item; names as in :class:`~homeward.store.models.TextLine`."""

    time_ms: int
    text: str
    left: int
    top: int
    width: int
    height: int
    angle: int
    confidence: int
    source: str
    words: list[list[Any]]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width and height."""
        return self.left, self.top, self.width, self.height


def write_lines(case: Case, said: Iterable[tuple[int, list[LineRow]]], batch: int) -> None:
    """Add the lines of items inside the caller's batch, in the place of what older versions read in them."""
    read = list(said)
    items = [item for item, _ in read]
    for first in range(0, len(items), CHUNK):
        held = TextLine.objects.using(case.alias).filter(item_id__in=items[first : first + CHUNK], current=True)
        held.update(current=False)
    rows = [
        (item, line, *msgspec.structs.astuple(row), key(row.text), True, batch)
        for item, rows in read
        for line, row in enumerate(rows)
    ]
    bulk.insert(case.alias, TextLine, ("item", "line", *COLUMNS, "key", "current", "batch"), rows)
    keys = sorted({row[-3] for row in rows})
    found = [(gram, one) for one in keys for gram in sorted(grams(one))]
    bulk.insert(case.alias, TextGram, ("gram", "key"), found, ignore=True)


def near_keys(case: Case, asked: str, shared: int) -> list[str]:
    """Keys of lines that have at least ``shared`` of the pairs of neighbouring letters of the key ``asked``, most first."""
    pieces = sorted(grams(asked))
    query = TextGram.objects.using(case.alias).filter(gram__in=pieces).values("key").annotate(count=Count("id"))
    those = query.filter(count__gte=max(1, shared)).order_by("-count", "key")
    return list(those.values_list("key", flat=True)[:CANDIDATES])


def short_keys(case: Case, asked: str) -> list[str]:
    """Keys of lines in which a key of one letter lies."""
    query = TextLine.objects.using(case.alias).filter(key__contains=asked, current=True).values("key").distinct()
    return list(query.order_by("key").values_list("key", flat=True)[:CANDIDATES])


def lines_of(case: Case, keys: Iterable[str]) -> Iterator[tuple[int, str, LineRow]]:
    """(Item, key, line) of every current line with one of ``keys``."""
    wanted = list(keys)
    for first in range(0, len(wanted), CHUNK):
        query = TextLine.objects.using(case.alias).filter(key__in=wanted[first : first + CHUNK], current=True)
        for item, own, *columns in query.order_by("item_id", "line").values_list("item_id", "key", *COLUMNS):
            yield item, own, LineRow(*columns)


def all_lines(case: Case) -> Iterator[tuple[int, LineRow]]:
    """(Item, line) of every current line in the order of items, streamed."""
    query = TextLine.objects.using(case.alias).filter(current=True).order_by("item_id", "line")
    for item, *columns in query.values_list("item_id", *COLUMNS).iterator(chunk_size=5_000):
        yield item, LineRow(*columns)


def printed(case: Case, items: Collection[int] | None = None) -> Iterator[tuple[int, str]]:
    """(Item, what it says) of every current line of print in the order of items, streamed; of all items unless told."""
    query = TextLine.objects.using(case.alias).filter(current=True, source="print").order_by("item_id", "line")
    if items is not None and len(items) <= CHUNK:
        query = query.filter(item_id__in=sorted(items))
    for item, text in query.values_list("item_id", "text").iterator(chunk_size=5_000):
        if items is None or item in items:
            yield item, text


def measured(case: Case) -> list[int]:
    """Changes whenever what was read may have changed."""
    query = TextLine.objects.using(case.alias).filter(current=True)
    return [query.count(), query.aggregate(last=Max("batch"))["last"] or 0]


def any_lines(case: Case) -> bool:
    """Whether anything was read in this case."""
    return TextLine.objects.using(case.alias).filter(current=True).exists()


def exemplars(case: Case) -> list[int]:
    """One item a stack that can be looked at, and those on none."""
    member = CopyMember.objects.using(case.alias).exclude(item_id__in=_heads(case)).values("item_id")
    query = Item.objects.using(case.alias).filter(media__current=True).exclude(kind="").exclude(pk__in=member)
    return list(query.order_by("id").values_list("id", flat=True))


def _heads(case: Case) -> Any:
    return CopyMember.objects.using(case.alias).values("exemplar_id")


def index_fault(case: Case) -> str:
    """What is wrong with the index by which lines are searched, empty if nothing is."""
    index = TextGram.objects.using(case.alias)
    keys = TextLine.objects.using(case.alias).values_list("key", flat=True).distinct().iterator(chunk_size=5_000)
    count, sound = 0, True
    while some := list(islice(keys, CHUNK)):
        expected = {(gram, one) for one in some for gram in grams(one)}
        sound = sound and set(index.filter(key__in=some).values_list("gram", "key")) == expected
        count += len(expected)
    sound = sound and count == index.count()
    return "" if sound else "the index of words is not that of the lines that were read"
