"""Every item against every known list: exactly by digest, nearly by copy hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from homeward.flow.copies.match_near import Near
from homeward.flow.copies.silence import Hit, Silence
from homeward.flow.copies.views import pieces
from homeward.flow.described import STILL
from homeward.flow.growing import Growth
from homeward.flow.steps import Step
from homeward.known import NEGATIVE, KnownListRefused, ReadShelf
from homeward.store import arrays, known
from homeward.store.errors import CaseDamaged
from homeward.store.known import EntryRow, MatchRow

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case
    from homeward.store.models import KnownList

STRONGEST = ("sha256", "sha1", "md5")
"""A row that names an item by several hashes names it by the first of these."""


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
        near = Near(case, {pk: (reader.row, reader.shelf) for pk, reader in readers.items()}, exact, growth)
        found = list(near.hits())
        progress.advance()
        entries, rows = _told(case, readers, exact + found, near.silence, growth.since.items)
    except KnownListRefused as error:
        raise CaseDamaged(f"{error}; homeward verify says more") from error
    with growth.writing({"matches": len(rows)}) as kept:
        known.add_matches(case, kept, entries, rows)


def _late(case: Case, growth: Growth) -> list[int]:
    """Items that were seen before and are described only now: their exact matches stand, and bear upon near ones."""
    held = growth.since.items
    if not held:
        return []
    views = pieces(case, growth.since.runs, growth.now.runs)
    return sorted({item for some in views for item in np.unique(some.items).tolist() if item <= held})


def _exact(case: Case, readers: dict[int, Reader], growth: Growth, progress: Progress) -> list[Hit]:
    found: dict[tuple[int, int, int], Hit] = {}
    late = _late(case, growth)
    for kind in STRONGEST:
        items, values = arrays.item_digests(case, kind, growth.since.items, growth.now.items, late)
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


def _told(
    case: Case, readers: dict[int, Reader], hits: list[Hit], silence: Silence, held: int
) -> tuple[list[EntryRow], list[MatchRow]]:
    """What is written: the rows that name something, and matches that refer to them by place. Exact matches of items up to
    ``held`` stand already.
    """
    withdrawn = known.withdrawn_hashes(case)
    gone = _withdrawn_rows(readers)
    exact = {(hit.item, readers[hit.list].row.name) for hit in hits if hit.kind != "pdq"}
    entries: list[EntryRow] = []
    places: dict[tuple[int, int, str, bytes], int] = {}
    rows: list[MatchRow] = []
    for hit in sorted(hits, key=lambda hit: (hit.list, hit.ref, hit.kind, hit.value, hit.item, hit.time_ms)):
        reader = readers[hit.list]
        if hit.kind != "pdq" and hit.item <= held:
            continue
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
            rows.append(
                MatchRow(
                    hit.item,
                    hit.time_ms,
                    places[place],
                    hit.distance,
                    hit.quality,
                    hit.orientation,
                    new,
                    by,
                    hit.ranges,
                    hit.share,
                    hit.known_share,
                    hit.left_out,
                )
            )
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
