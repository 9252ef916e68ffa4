"""Every item against every known list: exactly by digest, nearly by copy hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.flow.described import STILL
from homeward.flow.growing import Growth
from homeward.flow.steps import Step
from homeward.flow.views import AS_STORED, Views, views
from homeward.known import NEGATIVE, KnownListRefused, ReadShelf, near_matches
from homeward.store import arrays, known
from homeward.store.errors import CaseDamaged
from homeward.store.known import EntryRow, MatchRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from homeward.flow.progress import Progress
    from homeward.store import Case
    from homeward.store.models import KnownList

STRONGEST = ("sha256", "sha1", "md5")
"""A row that names an item by several hashes names it by the first of these."""
_NOWHERE = (257, "")
"""Farther than any two hashes, and by no list."""


class Hit(msgspec.Struct, frozen=True):
    """An item that a row of a list names; ``value`` is the row's hash."""

    item: int
    time_ms: int
    list: int
    ref: int
    kind: str
    value: bytes
    distance: int
    quality: int | None
    list_quality: int | None = None
    orientation: str = AS_STORED


class Reader:
    """One list of the case, opened."""

    def __init__(self, case: Case, row: KnownList) -> None:
        self.row = row
        self.shelf = ReadShelf(known.files(case).path(row.folder), row.format, row.hashes)


def match(case: Case, step: Step, progress: Progress) -> None:
    """Add the matches of what is new; of everything, in the place of the old ones, where lists have changed.

    Raises:
        CaseDamaged: the files of a known list are gone or damaged.
    """
    growth = Growth(case, step, known.fingerprint(case))
    if not growth.due:
        return
    readers = {row.pk: Reader(case, row) for row in known.current(case)}
    progress.begin(step.caption, len(STRONGEST) + 1)
    try:
        exact = _exact(case, readers, growth, progress)
        near, silence = _near(case, readers, exact, growth)
        progress.advance()
        entries, rows = _told(case, readers, exact + near, silence)
    except KnownListRefused as error:
        raise CaseDamaged(f"{error}; homeward verify says more") from error
    with growth.writing({"matches": len(rows)}) as kept:
        known.add_matches(case, kept, entries, rows)


def _exact(case: Case, readers: dict[int, Reader], growth: Growth, progress: Progress) -> list[Hit]:
    found: dict[tuple[int, int, int], Hit] = {}
    for kind in STRONGEST:
        items, values = arrays.item_digests(case, kind, growth.since.items, growth.now.items)
        for pk, reader in readers.items():
            table = reader.shelf.exact(kind)
            if table is None:
                continue
            answer = table.look_up(values)
            for at, ref in zip(answer.query.tolist(), answer.ref.tolist(), strict=True):
                hit = Hit(int(items[at]), STILL, pk, ref, kind, values[at].tobytes(), 0, None)
                found.setdefault((hit.item, pk, ref), hit)
        progress.advance()
    return list(found.values())


def _near(case: Case, readers: dict[int, Reader], exact: list[Hit], growth: Growth) -> tuple[list[Hit], _Silence]:
    """Near hits, of an item once by a row, and what negative lists silence."""
    tables = {pk: reader.shelf.near() for pk, reader in readers.items()}
    against = {pk for pk, reader in readers.items() if reader.row.purpose == NEGATIVE}
    if not sum(map(len, tables.values())):
        return [], _Silence(readers, exact)
    seen = views(case, growth.since.runs, growth.now.runs)
    false = [hit for _, hit in _near_hits(seen, {pk: table for pk, table in tables.items() if pk in against})]
    silence = _Silence(readers, [*exact, *false])
    best: dict[tuple[int, int, int, bytes], tuple[tuple[bool, int, int, int], Hit]] = {}
    for way, hit in _near_hits(seen, {pk: table for pk, table in tables.items() if pk not in against}):
        # The nearest moment of a clip; but one that nothing speaks against goes before one that is silenced.
        rank = (bool(silence.by(hit)), hit.distance, way, hit.time_ms)
        key = (hit.item, hit.list, hit.ref, hit.value)
        if key not in best or rank < best[key][0]:
            best[key] = (rank, hit)
    return [hit for _, hit in best.values()], silence


def _near_hits(views: Views, tables: dict[int, NDArray[Any]]) -> Iterator[tuple[int, Hit]]:
    """Every view within reach of a row of the lists' PDQ ``tables``, with its way."""
    if not sum(map(len, tables.values())):
        return
    listed: NDArray[Any] = np.concatenate(list(tables.values()))
    owners = np.repeat(np.array(list(tables), np.int64), [len(table) for table in tables.values()])
    places = np.arange(len(views.items), dtype=np.int64)
    rows = np.arange(len(listed), dtype=np.int64)
    values = np.ascontiguousarray(listed["value"])
    for one in near_matches(places, views.codes, views.qualities, rows, values, np.ascontiguousarray(listed["quality"])):
        item, time, way = (int(column[one.picture]) for column in (views.items, views.times, views.ways))
        said = int(listed["quality"][one.entry])
        ref, value = int(listed["ref"][one.entry]), values[one.entry].tobytes()
        list_quality, turned = said if said <= 100 else None, views.orientations[way]
        owner = int(owners[one.entry])
        yield way, Hit(item, time, owner, ref, "pdq", value, one.distance, one.quality, list_quality, turned)


def _told(case: Case, readers: dict[int, Reader], hits: list[Hit], silence: _Silence) -> tuple[list[EntryRow], list[MatchRow]]:
    """What is written: the rows that name something, and matches that refer to them by place."""
    withdrawn = known.withdrawn_hashes(case)
    gone = _withdrawn_rows(readers)
    exact = {(hit.item, readers[hit.list].row.name) for hit in hits if hit.kind != "pdq"}
    entries: list[EntryRow] = []
    places: dict[tuple[int, int, str, bytes], int] = {}
    rows: list[MatchRow] = []
    for hit in sorted(hits, key=lambda hit: (hit.list, hit.ref, hit.kind, hit.value, hit.item, hit.time_ms)):
        reader = readers[hit.list]
        if reader.row.purpose == NEGATIVE or (reader.row.name, hit.kind, hit.value.hex()) in withdrawn:
            continue
        place = (hit.list, hit.ref, hit.kind, hit.value)
        if place not in places:
            entry = _entry(reader, hit)
            places[place] = len(entries) if (hit.list, entry.key) not in gone else -1
            if places[place] >= 0:
                entries.append(entry)
        if places[place] >= 0:
            new = hit.kind == "pdq" and (hit.item, reader.row.name) not in exact
            by = silence.by(hit)
            rows.append(MatchRow(hit.item, hit.time_ms, places[place], hit.distance, hit.quality, hit.orientation, new, by))
    return entries, rows


def _entry(reader: Reader, hit: Hit) -> EntryRow:
    told = reader.shelf.details(hit.ref)
    return EntryRow(
        hit.list,
        hit.ref,
        told.line,
        hit.kind,
        hit.value.hex(),
        hit.list_quality,
        told.codes,
        told.series,
        told.victim_identified,
        told.submissions,
        told.key,
        told.extra,
    )


def _withdrawn_rows(readers: dict[int, Reader]) -> set[tuple[int, str]]:
    """(list, key of a row) of everything that a later delivery of the same list takes back."""
    gone = set()
    for later in readers.values():
        for pk, earlier in readers.items():
            if earlier.row.name == later.row.name and earlier.row.batch < later.row.batch:
                gone |= {(pk, key) for key in later.row.withdrawn}
    return gone


class _Silence:
    """What negative lists silence: hits on the very hash that they hold; every hit of an item that they hold exactly; and near
    hits of a picture, or of one moment of a clip, that lies as close to one of theirs as to the entry.
    """

    def __init__(self, readers: dict[int, Reader], hits: Iterable[Hit]) -> None:
        self._values: dict[tuple[str, bytes], str] = {}
        self._items: dict[int, str] = {}
        self._near: dict[tuple[int, int], tuple[int, str]] = {}
        named = ((readers[hit.list].row, hit) for hit in hits)
        for name, hit in sorted(((row.name, hit) for row, hit in named if row.purpose == NEGATIVE), key=lambda one: one[0]):
            self._values.setdefault((hit.kind, hit.value), name)
            if hit.kind != "pdq":
                self._items.setdefault(hit.item, name)
            elif hit.distance < self._near.get((hit.item, hit.time_ms), _NOWHERE)[0]:
                self._near[hit.item, hit.time_ms] = (hit.distance, name)

    def by(self, hit: Hit) -> str:
        """The name of the list that silences ``hit``, empty where none does."""
        if name := self._values.get((hit.kind, hit.value)) or self._items.get(hit.item):
            return name
        distance, name = self._near.get((hit.item, hit.time_ms), _NOWHERE)
        return name if hit.kind == "pdq" and distance <= hit.distance else ""
