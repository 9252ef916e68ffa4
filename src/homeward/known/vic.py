"""Project VIC JSON, versions 1.1 to 2.0: hash sets and cases, told apart by their structure and not by their label.

No public schema text could be had; the field names are the union of what published readers and writers use. The rows are not
copied out: the file itself is kept, and a row that matches is read again from it, with every key it has.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from homeward.known.counting import count_key
from homeward.known.hashes import read_hash, read_hashes
from homeward.known.json_text import Cursor, Window, numbered
from homeward.known.records import KNOWN, WIDTHS, Details, KnownListRefused, Report
from homeward.known.shelf import Shelf
from homeward.known.text import Stream
from homeward.known.words import ODD_BYTES, fit, plain, truth

KNOWN_CATEGORY = "8"
"""The category by which NIST's publication of known files (version 1.x) marks every row."""
_CONTEXT = re.compile(r"DataModels/(?P<version>\d+\.\d+)\.xml(?:/(?P<region>[^/#$]+))?[^#]*#?(?P<label>\w*)")
_OTHER_HASHES = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "pdq": "pdq", "photodna": "photodna"}
_MEANT = ("MD5", "SHA1", "Category", "Series", "VictimIdentified", "MediaID")


class _Part(msgspec.Struct, gc=False):
    """An element of one of a record's own arrays."""

    MD5: Any = UNSET


class _Record(msgspec.Struct, gc=False):
    MD5: Any = UNSET
    SHA1: Any = UNSET
    Category: Any = None
    PhotoDNA: Any = None
    Media: Any = None
    MediaFiles: list[_Part] | None = None
    Exifs: list[_Part] | None = None
    MediaMetadata: list[_Part] | None = None
    AlternativeHashes: list[_Part] | None = None


_decode = msgspec.json.Decoder(list[_Record]).decode


class _Repeated(ValueError):
    """A key that stands twice in one object: nobody can say which value is meant."""


def read_vic(stream: Stream, shelf: Shelf) -> Iterator[Report]:
    """Read a hash set, or the gradings of a case, onto ``shelf``; yields the growing report, at last complete.

    Raises:
        KnownListRefused: it is broken, or not Project VIC.
    """
    yield from _Reading(shelf).read(stream)


def walk_vic(stream: Stream, case: dict[str, Any]) -> Iterator[tuple[Window, bool]]:
    """Windows of media records, and whether they belong to a case; other keys of the file and its case end up in ``case``.

    Raises:
        KnownListRefused: it is broken, or not Project VIC.
    """
    cursor = Cursor(stream)
    cursor.need(b"{", "at the beginning")
    found = False
    while not cursor.take(b"}"):
        key = _key(cursor)
        if key == "value" and cursor.peek() == b"[":
            if found:
                raise cursor.broken("the key 'value' stands twice")
            found = True
            cursor.take(b"[")
            yield from _elements(cursor, case)
        else:
            case[key] = cursor.value()
        if not cursor.take(b",") and cursor.peek() != b"}":
            raise cursor.broken("a comma is missing")
    if cursor.peek().strip(b"\0"):
        raise cursor.broken("something stands behind its end")
    if not found:
        raise KnownListRefused("it is JSON, but not Project VIC: there is no list under 'value'")


def records(window: Window) -> Iterator[tuple[int, int, dict[str, Any] | str]]:
    """Every record of a window as (number in the window, line, record or the reason why it is none)."""
    for number, (line, raw) in enumerate(numbered(window.body, window.line)):
        yield number, line, strict(raw)


def details(raw: bytes) -> Details:
    """What a record says beside its hashes, every key kept."""
    record = strict(raw)
    caveat = {"not read": record} if isinstance(record, str) else {}
    read = record if isinstance(record, dict) else _strict_last(raw)
    category = read.get("Category")
    return Details(
        codes="" if category is None else plain(category),
        series=plain(read.get("Series") or ""),
        victim_identified=truth(read.get("VictimIdentified")),
        key="" if read.get("MediaID") is None else plain(read["MediaID"]),
        extra=fit(
            {**caveat, **{key: value for key, value in read.items() if key not in _MEANT and value not in (None, "", [])}}
        ),
    )


def _elements(cursor: Cursor, case: dict[str, Any]) -> Iterator[tuple[Window, bool]]:
    """The elements of ``value``: records, or cases with records in them."""
    if cursor.peek() == b"]":
        cursor.take(b"]")
        return
    first = cursor.look()
    if first is not None and not (isinstance(first, dict) and isinstance(first.get("Media"), list)):
        yield from ((window, False) for window in cursor.windows(_decode))
        return
    while True:
        yield from _case(cursor, case)
        if cursor.take(b"]"):
            return
        cursor.need(b",", "between two cases")


def _case(cursor: Cursor, case: dict[str, Any]) -> Iterator[tuple[Window, bool]]:
    cursor.need(b"{", "at the beginning of a case")
    while not cursor.take(b"}"):
        key = _key(cursor)
        if key == "Media" and cursor.take(b"["):
            yield from ((window, True) for window in cursor.windows(_decode))
        else:
            case[key] = cursor.value()
        if not cursor.take(b",") and cursor.peek() != b"}":
            raise cursor.broken("a comma is missing")


def _key(cursor: Cursor) -> str:
    if cursor.peek() != b'"':
        raise cursor.broken("a key is missing")
    key = str(cursor.value())
    cursor.need(b":", f"behind the key {key[:40]!r}")
    return key


class _Reading:
    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._report = Report(format="vic", in_place=True, scheme="project-vic")
        self._categories: set[str] = set()

    def read(self, stream: Stream) -> Iterator[Report]:
        about: dict[str, Any] = {}
        report, in_case = self._report, False
        for window, belongs in walk_vic(stream, about):
            in_case = belongs
            self._take(window)
            yield report
        context = _CONTEXT.search(str(about.get("@odata.context") or about.get("odata.metadata") or ""))
        version, region, label = (context["version"], context["region"] or "", context["label"]) if context else ("", "", "")
        report.scheme_version = f"{version}/{region}".strip("/")
        if in_case:
            number = plain(about.get("CaseNumber") or about.get("CaseID") or "without a number")
            report.notes.append(
                f"this is a Project VIC case ({number}), not a hash set: its gradings were taken as a list; register its "
                "media folder with ingest, and give this file there as --claims"
            )
        if label and (label.lower() == "cases") != in_case:
            report.notes.append(f"its label says {plain(label)}, its structure does not: the structure was believed")
        if version.startswith("1.") and not in_case and self._categories == {KNOWN_CATEGORY}:
            report.purpose, report.scheme = KNOWN, "nsrl-caid"
        yield report

    def _take(self, window: Window) -> None:
        base = self._shelf.window(window.offset, len(window.text) - 2, window.line)
        if window.rows is None or not self._quick(window.rows, window.text, base):
            self._slow(window, base)

    def _quick(self, rows: list[_Record], text: bytes, base: int) -> bool:
        """All rows at once; False, and nothing taken, where one of them needs a closer look."""
        columns = {"md5": [row.MD5 for row in rows], "sha1": [row.SHA1 for row in rows]}
        nested = [row for row in rows if row.MediaFiles or row.Exifs or row.MediaMetadata or row.AlternativeHashes]
        keys = len(rows) - columns["md5"].count(UNSET) + sum(part.MD5 is not UNSET for part in _parts(nested))
        # As many keys in the bytes as were decoded: none stands twice, none is written with escapes.
        if count_key(text, b'"MD5"') != keys or count_key(text, b'"SHA1"') != len(rows) - columns["sha1"].count(UNSET):
            return False
        if [row for row in rows if row.Media.__class__ is list or row.AlternativeHashes]:
            return False
        some = np.zeros(len(rows), bool)
        usable = {}
        for kind, column in columns.items():
            said, values = _said(kind, column)
            if values is None:
                return False
            usable[kind] = (said, values)
            some[said] = True
        if not some.all():
            return False
        for kind, (places, values) in usable.items():
            self._shelf.exact(kind, values, base + places)
        self._categories.update(_texts([row.Category for row in rows]))
        self._unmatched("photodna", sum(1 for row in rows if row.PhotoDNA))
        return True

    def _slow(self, window: Window, base: int) -> None:
        """Record by record."""
        for number, line, record in records(window):
            found, faults = hashes_of(record) if isinstance(record, dict) else ([], [record])
            if not found:
                self._report.skipped += 1
                self._report.problem(line, " and ".join(faults or ["it has no hash"]))
                continue
            assert isinstance(record, dict)
            if faults:
                self._report.incomplete += 1
                self._report.problem(line, " and ".join(faults))
            self._shelf.one(found, base + number)
            self._categories.update(_texts([record.get("Category")]))
            self._unmatched("photodna", len(_photodna(record)))

    def _unmatched(self, kind: str, count: int) -> None:
        if count:
            self._report.unmatched[kind] = self._report.unmatched.get(kind, 0) + count


def hashes_of(record: dict[str, Any]) -> tuple[list[tuple[str, bytes]], list[str]]:
    """Usable hashes of a record by kind, and why others are none."""
    found: dict[tuple[str, bytes], None] = {}
    faults = []
    for name, text in _named_hashes(record):
        kind = _OTHER_HASHES.get("".join(filter(str.isalnum, name)).lower(), "")
        if kind not in WIDTHS or text in (None, ""):
            continue
        value = read_hash(kind, plain(text).strip())
        if isinstance(value, str):
            faults.append(value)
        else:
            found[kind, value] = None
    if isinstance(record.get("Media"), list):
        return [], ["it is a case among media"]
    return list(found), faults


def _named_hashes(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "MD5", record.get("MD5")
    yield "SHA1", record.get("SHA1")
    others = record.get("AlternativeHashes")
    for other in others if isinstance(others, list) else []:
        if isinstance(other, dict):
            yield plain(other.get("HashName") or ""), other.get("HashValue")


def _photodna(record: dict[str, Any]) -> list[Any]:
    others = [value for name, value in _named_hashes(record) if name.lower() == "photodna"]
    return [value for value in (record.get("PhotoDNA"), *others) if value]


def _parts(rows: list[_Record]) -> Iterator[_Part]:
    for row in rows:
        for parts in (row.MediaFiles, row.Exifs, row.MediaMetadata, row.AlternativeHashes):
            if parts:
                yield from parts


def _texts(categories: list[Any]) -> set[str]:
    try:
        distinct = set(categories)
    except TypeError:  # lists or objects among them
        distinct = {category for category in categories if isinstance(category, int | str)}
    return {plain(category) for category in distinct if isinstance(category, int | str) and category != ""}


def _said(kind: str, column: list[Any]) -> tuple[NDArray[np.uint64], NDArray[np.uint8] | None]:
    """Places of a column at which there is anything, and the hashes there; none where one of them cannot be used."""
    values = read_hashes(kind, column)
    if values is not None:
        return np.arange(len(column), dtype=np.uint64), values
    places = [at for at, text in enumerate(column) if text is not UNSET and text is not None and text != ""]
    return np.array(places, np.uint64), read_hashes(kind, [column[at] for at in places])


def strict(raw: bytes) -> dict[str, Any] | str:
    """A record, or the reason why it is none."""
    try:
        record = _loads(raw, _once)
    except _Repeated as error:
        return str(error)
    except (ValueError, RecursionError):
        return "it is no JSON"
    return record if isinstance(record, dict) else "it is no object"


def _strict_last(raw: bytes) -> dict[str, Any]:
    """A record of which a key may stand twice: the last one counts."""
    try:
        record = _loads(raw, dict)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _loads(raw: bytes, pairs: Callable[[list[tuple[str, Any]]], dict[str, Any]]) -> Any:
    return json.loads(raw.decode("utf-8", ODD_BYTES), object_pairs_hook=pairs, strict=False)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise _Repeated(f"the key {plain(twice)[:40]!r} stands twice in it")
    return found
