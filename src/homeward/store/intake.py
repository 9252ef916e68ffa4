"""Occurrences in: many rows, one transaction, one ledger entry.

Writing the same occurrence twice changes nothing. A path whose content is no longer what was registered keeps its
first row, and the difference becomes a finding: evidence is never silently replaced.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, cast

import msgspec

from homeward.core import Digests, StackedPath
from homeward.core.canonical import canonical_json
from homeward.core.time import LARGEST, Moment, storable, utc_now
from homeward.store import bulk, digests
from homeward.store.models import Exhibit, Finding, Item, Occurrence, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from homeward.store.case import Case

CHUNK = 500
"""Values in one ``IN`` list: below every database's limit."""


_Held = tuple[int, int, str, str]
"""Row id, size, MIME type and kind of an item as the store has it, which may have been said by an earlier version."""


_Known = tuple[int, str | None, bool]
"""Row id, SHA-256 and readability of a current occurrence."""


class OccurrenceRow(msgspec.Struct, frozen=True):
    """One occurrence as the store keeps it; ``source`` is the path of the thing on disk that it lies in."""

    source: str
    path: StackedPath
    size: int
    digests: Digests | None
    mime: str = ""
    kind: str = ""
    modified: Moment | None = None
    accessed: Moment | None = None
    changed: Moment | None = None
    created: Moment | None = None
    deleted: bool = False
    embedded: bool = False
    address: str = ""
    extension_mismatch: bool = False
    container: str = ""
    readable: bool = True
    reason: str = ""


class Note(msgspec.Struct, frozen=True):
    """A finding about a path."""

    kind: str
    path: StackedPath
    text: str


class Taken(msgspec.Struct, frozen=True):
    """What a batch changed."""

    occurrences: int
    items: int
    notes: list[Note]
    """Findings that were not known before, and whatever is not what was registered, each time that it is seen."""
    replaced: frozenset[str]
    """Sources that do not hold what was registered: they never count as read, so that every later look says so again."""


OLDER_MANIFEST = (
    "path", "size", "item__md5", "item__sha1", "item__sha256", "item__mime", "item__kind",
    "modified", "accessed", "changed", "created", "zoned",
    "deleted", "embedded", "address", "extension_mismatch", "container", "readable", "reason",
)  # fmt: skip
MANIFEST = (*OLDER_MANIFEST, "source__path", "item__size")
"""Columns of an occurrence that its ledger entry vouches for; entries of older versions do for fewer."""


def manifest_digest(rows: Iterable[Sequence[Any]]) -> str:
    """SHA-256 over the rows (values of :data:`MANIFEST`) in the order of their canonical text: row order is free."""
    lines = sorted(canonical_json(list(map(_plain, row))) for row in rows)
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def path_key(path: str) -> str:
    """The 32 hexadecimal digits under which a path of any length is indexed."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def take(
    case: Case, exhibit: Exhibit, stamps: dict[str, str], rows: Sequence[OccurrenceRow], notes: Sequence[Note] = ()
) -> Taken:
    """Write ``rows`` in one transaction.

    ``stamps`` gives the stamp of every source whose last row is among ``rows``: from then on it counts as read.
    Every ``rows[i].source`` must be in ``stamps`` now or have been begun before.
    """
    with case.batch("ingest.batch", {"exhibit": exhibit.label}) as batch:
        sources = _sources(case.alias, exhibit, {row.source for row in rows} | set(stamps))
        known = _known(case.alias, exhibit, rows)
        fresh, differing = _sort_out(rows, known)
        items, new_items = _items(case.alias, fresh)
        changed = {path_key(str(note.path)) for note in differing}
        suspect = frozenset(row.source for row in rows if _key(row) in changed)
        _supersede(case.alias, [known[path_key(str(row.path))][0] for row in fresh if _key(row) in known])
        written = _write(case.alias, exhibit, sources, items, fresh, batch.seq)
        found = _find(case.alias, exhibit, [*notes, *differing], batch.seq)
        _stamp(case.alias, exhibit, {path: stamp for path, stamp in stamps.items() if path not in suspect})
        batch.details |= {"occurrences": len(written), "manifest": manifest_digest(written)}
        batch.details["findings"] = digests.FINDINGS.digest(case, batch.seq)
        batch.skip = not (written or found)
    return Taken(len(written), new_items, [*found, *(note for note in differing if note not in found)], suspect)


def compare_claims(case: Case, exhibit: Exhibit, stated: dict[str, list[tuple[str, str]]]) -> list[Note]:
    """Compare hashes that came with a delivery (stacked path to (algorithm, hexadecimal)) with the measured ones.

    Returns what differs and was not known before; it is kept as findings.
    """
    notes = []
    for path, claims in sorted(stated.items()):
        query = Occurrence.objects.using(case.alias).filter(exhibit=exhibit, key=path_key(path), current=True)
        measured = cast("dict[str, Any] | None", query.values("item__md5", "item__sha1", "item__sha256").first())
        for algorithm, value in claims:
            found = measured[f"item__{algorithm}"] if measured else None
            if found != value:
                text = f"the delivery states {algorithm} {value}, measured: {found or 'nothing, it is not there'}"
                notes.append(Note("claim differs", StackedPath.parse(path), text))
    return take(case, exhibit, {}, [], notes).notes


def compare_contents(case: Case, exhibit: Exhibit, stated: Sequence[tuple[str, list[tuple[str, str]]]]) -> list[Note]:
    """Compare hashes of files whose place a delivery does not say (their name, (algorithm, hexadecimal)) with all contents.

    Returns those that no content of the exhibit has, as far as they were not known before; kept as findings.
    """
    notes = []
    measured = Occurrence.objects.using(case.alias).filter(exhibit=exhibit, current=True, item__isnull=False)
    for first in range(0, len(stated), CHUNK):
        some = stated[first : first + CHUNK]
        wanted = {claim for _, claims in some for claim in claims}
        held = set()
        for algorithm in ("md5", "sha1", "sha256"):
            column = f"item__{algorithm}"
            values = [value for kind, value in wanted if kind == algorithm]
            for found in measured.filter(**{f"{column}__in": values}).values_list(column, flat=True).distinct():
                held.add((algorithm, found))
        for name, claims in some:
            for algorithm, value in claims:
                if (algorithm, value) not in held:
                    text = f"the delivery states {algorithm} {value}; no content of the exhibit has it"
                    notes.append(Note("claim differs", StackedPath.of([name]), text))
    return take(case, exhibit, {}, [], notes).notes


def _key(row: OccurrenceRow) -> str:
    return path_key(str(row.path))


def _plain(value: Any) -> Any:
    # 64-bit times exceed what JSON numbers carry exactly.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _sources(alias: str, exhibit: Exhibit, paths: set[str]) -> dict[str, int]:
    rows = [(exhibit.pk, path_key(path), path, "") for path in sorted(paths)]
    bulk.insert(alias, Source, ("exhibit", "key", "path", "stamp"), rows, ignore=True)
    found: dict[str, int] = {}
    for chunk in _chunks([row[1] for row in rows]):
        query = Source.objects.using(alias).filter(exhibit=exhibit, key__in=chunk)
        found |= dict(query.values_list("path", "id"))
    return found


def _stamp(alias: str, exhibit: Exhibit, stamps: dict[str, str]) -> None:
    rows = [(stamp, exhibit.pk, path_key(path)) for path, stamp in stamps.items()]
    bulk.update(alias, Source, "stamp", ("exhibit", "key"), rows)


def _items(alias: str, rows: Sequence[OccurrenceRow]) -> tuple[dict[str, _Held], int]:
    distinct = {row.digests.sha256: row for row in rows if row.digests}
    values = [
        (sha256, row.digests.md5, row.digests.sha1, row.size, row.mime, row.kind)
        for sha256, row in distinct.items()
        if row.digests
    ]
    columns = ("sha256", "md5", "sha1", "size", "mime", "kind")
    new = bulk.insert(alias, Item, columns, values, ignore=True)
    held: dict[str, _Held] = {}
    for chunk in _chunks(list(distinct)):
        query = Item.objects.using(alias).filter(sha256__in=chunk)
        held |= {sha256: tuple(rest) for sha256, *rest in query.values_list("sha256", "id", "size", "mime", "kind")}  # type: ignore[misc]
    return held, new


def _known(alias: str, exhibit: Exhibit, rows: Sequence[OccurrenceRow]) -> dict[str, _Known]:
    known: dict[str, _Known] = {}
    for chunk in _chunks([_key(row) for row in rows]):
        query = Occurrence.objects.using(alias).filter(exhibit=exhibit, key__in=chunk, current=True)
        columns = query.values_list("key", "id", "item__sha256", "readable")
        known |= {key: (pk, sha256, readable) for key, pk, sha256, readable in columns}
    return known


def _sort_out(rows: Sequence[OccurrenceRow], known: dict[str, _Known]) -> tuple[list[OccurrenceRow], list[Note]]:
    """Rows to write, and a note for each that is no longer what was registered."""
    held = {key: (sha256, readable) for key, (_, sha256, readable) in known.items()}
    fresh: dict[str, OccurrenceRow] = {}
    notes: list[Note] = []
    for row in rows:
        key, now = _key(row), row.digests.sha256 if row.digests else None
        before, readable = held.get(key, (None, False))
        if key not in held or (before is None and now is not None) or (before == now and row.readable and not readable):
            fresh[key], held[key] = row, (now, row.readable)
        elif before is not None and now != before:
            notes.append(_difference(row, before, now))
    return list(fresh.values()), notes


def _difference(row: OccurrenceRow, before: str, now: str | None) -> Note:
    if now is None:
        text = f"it was {before[:16]}… and cannot be read any more: {row.reason}"
        return Note("evidence unreadable", row.path, text)
    return Note("evidence replaced", row.path, f"was {before[:16]}…, is now {now[:16]}…: the registered content is gone")


def _supersede(alias: str, ids: list[int]) -> None:
    for chunk in _chunks(ids):
        Occurrence.objects.using(alias).filter(id__in=chunk).update(current=False)


def _write(
    alias: str, exhibit: Exhibit, sources: dict[str, int], items: dict[str, _Held], rows: list[OccurrenceRow], batch: int
) -> list[tuple[Any, ...]]:
    """Insert the rows; return their manifest values."""
    columns = (
        "exhibit", "source", "key", "path", "item", "size", "modified", "accessed", "changed", "created", "zoned",
        "deleted", "embedded", "address", "extension_mismatch", "container", "readable", "reason", "current", "batch",
    )  # fmt: skip
    values = []
    manifest = []
    for row in rows:
        moments = (row.modified, row.accessed, row.changed, row.created)
        times = [moment.ns if moment else None for moment in map(storable, moments)]
        zoned = all(moment.zoned for moment in moments if moment)
        path = str(row.path)
        size = min(row.size, LARGEST)
        marks = (row.deleted, row.embedded, row.address, row.extension_mismatch, row.container)
        state = (row.readable, row.reason)
        digests = row.digests
        item, item_size, mime, kind = items[digests.sha256] if digests else (None, None, None, None)
        key = path_key(path)
        values.append((exhibit.pk, sources[row.source], key, path, item, size, *times, zoned, *marks, *state, True, batch))
        hashes = (digests.md5, digests.sha1, digests.sha256) if digests else (None, None, None)
        manifest.append((path, size, *hashes, mime, kind, *times, zoned, *marks, *state, row.source, item_size))
    bulk.insert(alias, Occurrence, columns, values)
    return manifest


def _find(alias: str, exhibit: Exhibit, notes: Sequence[Note], batch: int) -> list[Note]:
    """Write what is not known yet and return it."""
    subjects = {path_key(f"{exhibit.label}\0{note.path}\0{note.text}"): note for note in notes}
    for chunk in _chunks(list(subjects)):
        for known in Finding.objects.using(alias).filter(subject__in=chunk).values_list("subject", flat=True):
            del subjects[known]
    now = utc_now()
    rows = []
    for subject, note in subjects.items():
        query = Occurrence.objects.using(alias).filter(exhibit=exhibit, key=path_key(str(note.path)), current=True)
        at = query.values_list("id", "item_id").first() or (None, None)
        rows.append((note.kind, subject, *at, note.text, now, batch))
    bulk.insert(alias, Finding, ("kind", "subject", "occurrence", "item", "text", "found", "batch"), rows)
    return list(subjects.values())


def _chunks(values: list[Any]) -> Iterable[list[Any]]:
    return (values[at : at + CHUNK] for at in range(0, len(values), CHUNK))
