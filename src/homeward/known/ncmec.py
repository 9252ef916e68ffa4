"""XML of the clearing house's hash sharing (version 2): entries with fingerprints, and entries taken back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers import expat

from homeward.known.hashes import read_hash
from homeward.known.records import MOST_WITHDRAWN, WIDTHS, Details, KnownListRefused, Report
from homeward.known.rowwise import Rowwise
from homeward.known.shelf import Shelf
from homeward.known.text import Stream
from homeward.known.words import plain

ENTRIES = {"image", "video"}
WITHDRAWN = {"deletedImage", "deletedVideo"}
"""Elements of entries, and of entries that are taken back."""
_NAMES = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "pdq": "pdq"}
_UNMATCHED = {"pdna": "photodna", "photodna": "photodna"}
_CHUNK = 1 << 16
_MOST_TEXT = 1 << 16
"""Characters of one value."""
_MOST_VALUES = 1_000
"""Values of one entry."""
_DEEPEST = 32


def read_ncmec(stream: Stream, shelf: Shelf) -> Iterator[Report]:
    """Read a page of entries onto ``shelf``; yields the growing report, at last complete.

    Raises:
        KnownListRefused: it is broken, declares entities, or is other XML.
    """
    reading = _Reading(Rowwise(shelf))
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse_entities
    parser.StartElementHandler, parser.EndElementHandler = reading.start, reading.end
    parser.CharacterDataHandler = reading.text
    reading.line = lambda: parser.CurrentLineNumber
    try:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
            yield reading.report
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise KnownListRefused(f"it is broken at line {error.lineno}: {expat.ErrorString(error.code)}") from None
    except KnownListRefused:
        raise
    except (LookupError, ValueError):  # expat reads encodings of one byte alone, and says so by the second
        raise KnownListRefused("it is broken at line 1: it names an encoding that there is not") from None
    yield reading.finish()


def refuse_entities(*_: Any) -> None:
    """Raise: no such list declares a document type."""
    raise KnownListRefused("it declares a document type, which no such list needs: refused unread")


class _Reading:
    def __init__(self, rows: Rowwise) -> None:
        self._rows = rows
        self.report = Report("ncmec", scheme="ncmec-industry")
        self._path: list[str] = []
        self._entry: dict[str, list[str]] | None = None
        self._kind = ""
        self._began = 0
        self._text: list[str] = []
        self._size = 0
        self._values = 0
        self._withdrawn: dict[str, None] = {}
        self.line: Callable[[], int] = lambda: 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(" ")[2]
        if len(self._path) >= _DEEPEST:
            raise KnownListRefused(f"line {self.line()}: it is nested too deeply")
        if self._entry is None:
            if name in ENTRIES | WITHDRAWN:
                self._entry, self._kind, self._began, self._values = {}, name, self.line(), 0
                self._path = []
        else:
            self._path.append(name)
            for key, value in attributes.items():
                self._keep(f"{'/'.join(self._path)}@{key.rpartition(' ')[2]}", value)
        self._text, self._size = [], 0

    def text(self, text: str) -> None:
        self._size += len(text)
        if self._entry is not None and self._size <= _MOST_TEXT:
            self._text.append(text)

    def end(self, name: str) -> None:
        if self._entry is None:
            return
        if self._path:
            value = "".join(self._text).strip()
            if value:
                self._keep("/".join(self._path), value)
            self._path.pop()
            self._text = []
        elif name.rpartition(" ")[2] == self._kind:
            self._close(self._entry)
            self._entry = None

    def finish(self) -> Report:
        self._rows.flush()
        if len(self._withdrawn) > MOST_WITHDRAWN:
            raise KnownListRefused(f"it takes back more than {MOST_WITHDRAWN:,} entries")
        self.report.withdrawn = list(self._withdrawn)
        return self.report

    def _keep(self, name: str, value: str) -> None:
        assert self._entry is not None
        self._values += 1
        if self._values <= _MOST_VALUES:
            self._entry.setdefault(name, []).append(plain(value))

    def _close(self, entry: dict[str, list[str]]) -> None:
        report = self.report
        key = "/".join([*entry.pop("member@id", ["?"])[:1], *entry.pop("id", ["?"])[:1]])
        if self._kind in WITHDRAWN:
            if len(self._withdrawn) <= MOST_WITHDRAWN:
                self._withdrawn[key] = None
            return
        found, faults = [], []
        for name, values in entry.items():
            kind = re.split(r"[/@]", name)[-1].lower()
            if kind in _UNMATCHED:
                report.unmatched[_UNMATCHED[kind]] = report.unmatched.get(_UNMATCHED[kind], 0) + len(values)
            for text in values if kind in WIDTHS else []:
                value = read_hash(kind, text)
                found.append((kind, value)) if isinstance(value, bytes) else faults.append(value)
        codes = ", ".join(entry.pop("classification", []))
        if faults or not found:
            report.problem(self._began, " and ".join(faults or ["it has no hash"]))
            report.incomplete += bool(found)
            report.skipped += not found
        if found:
            self._withdrawn.pop(key, None)
            extra = {name: values[0] if len(values) == 1 else values for name, values in entry.items()}
            self._rows.add(Details(self._began, codes=codes, key=key, extra=extra), found)
