"""Known lists in a case: added, replaced, removed, spoken about, and what they name."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Max

from homeward.core.canonical import canonical_json
from homeward.core.time import utc_now
from homeward.store import bulk
from homeward.store.intake import CHUNK
from homeward.store.known_files import KnownFiles
from homeward.store.models import KnownEntry, KnownList, KnownWord, Match, Media
from homeward.store.passed_on import passed_on
from homeward.store.reads import stacked_paths

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from homeward.core.canonical import Plain
    from homeward.store.case import Case
    from homeward.store.kept import Kept
    from homeward.store.known_files import NewShelf

CONFIRM, DENY, WITHDRAW, RESTORE = "confirm", "deny", "withdraw", "restore"


class ListRow(msgspec.Struct, frozen=True):
    """A list as it was read; names as in :class:`~homeward.store.models.KnownList`."""

    name: str
    digest: str
    format: str
    purpose: str
    scheme: str
    scheme_version: str
    hashes: dict[str, int]
    unmatched: dict[str, int]
    skipped: int
    incomplete: int
    problems: list[str]
    notes: list[str]
    withdrawn: list[str]


class EntryRow(msgspec.Struct, frozen=True):
    """A row of a list (``list``: its id) that names something; ``value`` in lower-case hexadecimal."""

    list: int
    record: int
    line: int
    kind: str
    value: str
    quality: int | None
    codes: str
    series: str
    victim_identified: bool | None
    submissions: int | None
    key: str
    extra: dict[str, Any]


class MatchRow(msgspec.Struct, frozen=True):
    """An item (at ``time_ms``, -1 for a still) named by the entry at place ``entry`` of those written with it."""

    item: int
    time_ms: int
    entry: int
    distance: int
    quality: int | None
    orientation: str
    new_to_list: bool
    silenced: str
    ranges: list[list[int | None]]
    share: int | None
    known_share: int | None
    left_out: int


def files(case: Case) -> KnownFiles:
    """The folder that holds the hashes of this case's lists."""
    return KnownFiles(case.folder / "known")


def current(case: Case, digest: str = "") -> list[KnownList]:
    """Lists that count, in the order of adding; with ``digest`` only the one read from that file."""
    query = KnownList.objects.using(case.alias).filter(state="current").order_by("id")
    return list(query.filter(digest=digest) if digest else query)


def add(
    case: Case, row: ListRow, shelf: NewShelf, digests: dict[str, str], *, replacing: bool, together: Collection[str]
) -> list[str] | None:
    """Add a list with the sealed files of ``shelf``; SHA-256 of the lists it replaces, None (and nothing is changed) where
    the same file was there before.

    With ``replacing`` lists of its name that were not read from the files ``together`` (SHA-256) are replaced by it.
    """
    names = {"name": row.name}
    with case.batch("known.add", {"file": row.digest}, names) as batch:
        if current(case, row.digest):
            batch.skip = True
            return None
        kept = KnownList.objects.using(case.alias).exclude(state="removed")
        files(case).tidy(set(kept.values_list("folder", flat=True)))
        folder = shelf.keep()
        old = [] if not replacing else [one for one in current(case) if one.name == row.name and one.digest not in together]
        KnownList.objects.using(case.alias).filter(id__in=[one.pk for one in old]).update(state="replaced", ended=batch.seq)
        added = KnownList(
            **msgspec.structs.asdict(row), added=utc_now(), folder=folder, state="current", ended=None, batch=batch.seq
        )
        added.save(using=case.alias)
        batch.details |= vouched(added, digests)
        batch.details["replaces"] = sorted(one.batch for one in old)
    return [one.digest for one in old]


def recorded(case: Case, folder: str) -> bool:
    """Whether a list is on record whose files lie in ``folder``."""
    return KnownList.objects.using(case.alias).filter(folder=folder).exists()


def vouched(row: KnownList, digests: dict[str, str]) -> dict[str, Plain]:
    """What a list's ledger entry says of it."""
    told = [row.hashes, row.unmatched, row.skipped, row.incomplete, row.problems, row.notes, row.withdrawn]
    return {
        "file": row.digest,
        "format": row.format,
        "purpose": row.purpose,
        "scheme": [row.scheme, row.scheme_version],
        "hashes": row.hashes,
        "added": row.added.isoformat(),
        "told": hashlib.sha256(canonical_json(told)).hexdigest(),
        "shelf": digests,
    }


def remove(case: Case, name: str, reason: str) -> int:
    """Take every list called ``name`` out, replaced ones too, and delete its hashes; how many there were. What it was stays on
    record.
    """
    with case.batch("known.remove", {}, {"name": name, "reason": reason}) as batch:
        query = KnownList.objects.using(case.alias).filter(name=name).exclude(state="removed")
        found = list(query)
        batch.skip = not found
        batch.details["lists"] = sorted(one.batch for one in found)
        query.update(state="removed", ended=batch.seq)
    for one in found:
        files(case).delete(one.folder)
    return len(found)


def say(case: Case, word: str, kind: str, value: str, *, name: str, agency: str, reason: str) -> bool:
    """Record what an agency says about a hash; whether that is new: a word that was not said before, a hash that is not taken
    out of the list ``name`` already, or one that is and comes back.
    """
    with case.batch("known.word", {"word": word, "kind": kind}, {"reason": reason, "agency": agency}) as batch:
        now = utc_now()
        told = {"kind": kind, "value": value, "word": word, "name": name, "agency": agency, "reason": reason}
        if word in {WITHDRAW, RESTORE}:
            batch.skip = ((name, kind, value) in withdrawn_hashes(case)) == (word == WITHDRAW)
        else:
            batch.skip = KnownWord.objects.using(case.alias).filter(**told).exists()
        if batch.skip:
            return False
        KnownWord(**told, said=now, batch=batch.seq).save(using=case.alias)
        batch.details["row"] = hashlib.sha256(canonical_json({**told, "said": now.isoformat()})).hexdigest()
    return True


def withdrawn_hashes(case: Case) -> set[tuple[str, str, str]]:
    """(list name, kind, value) of every hash that a list no longer names."""
    return {(one.name, one.kind, one.value) for one in _taken_out(case)}


def _taken_out(case: Case) -> list[KnownWord]:
    """By whom hashes were last taken out of lists and not put back since, in that order."""
    last: dict[tuple[str, str, str], KnownWord] = {}
    for one in KnownWord.objects.using(case.alias).filter(word__in=[WITHDRAW, RESTORE]).order_by("id"):
        last.pop((one.name, one.kind, one.value), None)
        if one.word == WITHDRAW:
            last[one.name, one.kind, one.value] = one
    return list(last.values())


def fingerprint(case: Case) -> list[Plain]:
    """Changes whenever matches may change."""
    lists: list[Plain] = [[one.digest, one.name, one.purpose, one.batch] for one in current(case)]
    return [*lists, *(list(said) for said in sorted(withdrawn_hashes(case)))]


def add_matches(case: Case, kept: Kept, entries: Sequence[EntryRow], rows: Iterable[MatchRow]) -> None:
    """Add ``rows`` and the entries they name, inside the caller's batch; entries that nothing names any more are deleted."""
    held = KnownEntry.objects.using(case.alias)
    if not kept.rows().exists():
        held.all().delete()
    numbers = _numbers(case, {entry.list for entry in entries})
    last: int = held.aggregate(last=Max("id"))["last"] or 0
    places: list[int] = []
    fresh: list[tuple[Any, ...]] = []
    for entry in entries:
        key = (entry.list, entry.record, entry.kind, entry.value)
        if key not in numbers:
            numbers[key] = last + len(fresh) + 1
            fresh.append((numbers[key], *msgspec.structs.astuple(entry)))
        places.append(numbers[key])
    bulk.insert(case.alias, KnownEntry, ("id", *EntryRow.__struct_fields__), fresh)
    values = []
    for row in rows:
        item, time_ms, entry, *rest = msgspec.structs.astuple(row)
        values.append((item, time_ms, places[entry], *rest))
    kept.add(tuple(MatchRow.__struct_fields__), values)


def _numbers(case: Case, lists: Collection[int]) -> dict[tuple[int, int, str, str], int]:
    """Row ids of the entries that are there, by list, record, kind and value."""
    columns = ("list_id", "record", "kind", "value", "id")
    query = KnownEntry.objects.using(case.alias).filter(list_id__in=lists).values_list(*columns)
    return {(one, record, kind, value): number for one, record, kind, value, number in query.iterator(chunk_size=CHUNK)}


def lists(case: Case) -> list[dict[str, Any]]:
    """Every list that was ever added, with what became of it."""
    query = list(KnownList.objects.using(case.alias).order_by("id"))
    by_entry = {one.batch: one for one in query}
    removed: dict[str, list[dict[str, Any]]] = {}
    for word in _taken_out(case):
        told = {"kind": word.kind, "value": word.value, **_told(word), "ledger_entry": word.batch}
        removed.setdefault(word.name, []).append(told)
    return [{**_list(one, by_entry), "removed_hashes": removed.get(one.name, [])} for one in query]


def _told(word: KnownWord) -> dict[str, Any]:
    return {"agency": word.agency, "reason": word.reason, "said": word.said.isoformat()}


def _list(one: KnownList, by_entry: dict[int, KnownList]) -> dict[str, Any]:
    successor = by_entry.get(one.ended) if one.ended is not None else None
    return {
        "name": one.name,
        "sha256": one.digest,
        "added": one.added.isoformat(),
        "format": one.format,
        "purpose": one.purpose,
        "scheme": one.scheme,
        "scheme_version": one.scheme_version,
        "entries": sum(one.hashes.values()),
        "hashes": one.hashes,
        "unmatched": one.unmatched,
        "skipped": one.skipped,
        "incomplete": one.incomplete,
        "withdrawn": len(one.withdrawn),
        "problems": one.problems,
        "notes": one.notes,
        "state": one.state,
        "replaced_by": successor.digest if successor else None,
        "ledger_entry": one.batch,
    }


def matches(case: Case) -> list[dict[str, Any]]:
    """What known lists name, in the order in which it should be looked at (see ``docs/methods/known.md``)."""
    columns = (
        "item_id", "item__sha256", "time_ms", "distance", "quality", "orientation", "new_to_list", "silenced",
        "entry__list__name", "entry__list__digest", "entry__list__purpose", "entry__list__scheme",
        "entry__list__scheme_version", "entry__kind", "entry__value", "entry__line", "entry__codes", "entry__series",
        "entry__victim_identified", "entry__submissions", "entry__key", "entry__extra", "ranges", "share", "known_share",
        "left_out",
    )  # fmt: skip
    rows = list(Match.objects.using(case.alias).values(*columns))
    paths = stacked_paths(case, {row["item_id"] for row in rows})
    words = _words(case)
    decoders = _decoders(case, {row["item_id"] for row in rows if row["entry__kind"] == "pdq"})
    listed = [{**_match(row, paths, words), "decoder": decoders.get(row["item_id"])} for row in rows]
    return sorted([*listed, *passed_on(case, listed)], key=urgency)


_MOST = 256
"""Bits by which two hashes can differ: what is known through a copy comes after what a list names itself."""


def urgency(match: dict[str, Any]) -> tuple[Any, ...]:
    """Sort key: first a known series whose victim is not identified and a file that is new to the list."""
    denied = any(word["word"] == DENY for word in match["words"])
    return (
        bool(match["silenced_by"]),
        match["purpose"] != "alert",
        denied,
        not match["series"],
        match["victim_identified"] is not False,
        match["victim_identified"] is True,
        not match["new_to_list"],
        match["list"],
        _MOST if match["distance"] is None else match["distance"],
        match["sha256"],
        match["kind"],
        match["entry"],
        match["line"],
    )


def _match(
    row: dict[str, Any], paths: dict[int, list[str]], words: dict[tuple[str, str], list[dict[str, Any]]]
) -> dict[str, Any]:
    return {
        "sha256": row["item__sha256"],
        "time": None if row["time_ms"] < 0 else row["time_ms"] / 1000,
        "list": row["entry__list__name"],
        "list_sha256": row["entry__list__digest"],
        "purpose": row["entry__list__purpose"],
        "entry": row["entry__value"],
        "line": row["entry__line"],
        "key": row["entry__key"],
        "kind": row["entry__kind"],
        "exact": row["entry__kind"] != "pdq",
        "distance": row["distance"],
        "via": None,
        "quality": row["quality"],
        "orientation": row["orientation"],
        "ranges": [{"item": _seconds(times[:2]), "known": _seconds(times[2:])} for times in row["ranges"]],
        "item_share": None if row["share"] is None else row["share"] / 1000,
        "known_share": None if row["known_share"] is None else row["known_share"] / 1000,
        "left_out": row["left_out"],
        "codes": row["entry__codes"],
        "scheme": row["entry__list__scheme"],
        "scheme_version": row["entry__list__scheme_version"],
        "series": row["entry__series"],
        "victim_identified": row["entry__victim_identified"],
        "submissions": row["entry__submissions"],
        "new_to_list": row["new_to_list"],
        "silenced_by": row["silenced"] or None,
        "words": words.get((row["entry__kind"], row["entry__value"]), []),
        "extra": row["entry__extra"],
        "paths": paths.get(row["item_id"], []),
    }


def _seconds(times: list[int | None]) -> list[float] | None:
    return [time / 1000 for time in times if time is not None] or None


def _decoders(case: Case, items: Iterable[int]) -> dict[int, str]:
    """How the pictures of these items were decoded before they were hashed."""
    chosen = sorted(items)
    found: dict[int, str] = {}
    for first in range(0, len(chosen), CHUNK):
        query = Media.objects.using(case.alias).filter(current=True, item_id__in=chosen[first : first + CHUNK])
        found |= dict(query.values_list("item_id", "facts__decoder"))
    return found


def _words(case: Case) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in KnownWord.objects.using(case.alias).filter(word__in=[CONFIRM, DENY]).order_by("id"):
        found.setdefault((one.kind, one.value), []).append({"word": one.word, **_told(one)})
    return found
