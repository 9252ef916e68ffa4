"""A known list delivered as CSV or plain text, read row by row.

Bad rows are left out, counted and explained; a list without one usable hash is refused. The same reader takes tables
with a heading in any order of columns, tables without one, one hash a line, and the output of checksum programs.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from homeward.known.columns import Layout, best_delimiter, layout_of, read_row
from homeward.known.records import KNOWN, PROBLEMS_LISTED, Details, Entry, KnownListRefused, Report
from homeward.known.rowwise import Rowwise
from homeward.known.shelf import Shelf
from homeward.known.text import Rows, Stream, Unreadable

_FOREIGN = {"{": "JSON", "[": "JSON", "<": "XML", "PK\x03\x04": "a spreadsheet or archive", "SQLite format 3": "a database"}


class CsvList:
    """The entries of one list, in the order of the file; iterate once, then read the counts.

    Entries come as they are read, in constant memory, so a caller writes them in a transaction that the refusal at the
    end rolls back.
    """

    def __init__(self, stream: Stream, *, pdq: bool = False) -> None:
        """Read from ``stream``, a binary file at its beginning; with ``pdq`` hashes of 64 digits are PDQ."""
        self._pdq = pdq
        self._rows = Rows(stream)
        self._layout: Layout | None = None
        self.entries = 0
        """Hashes given out."""
        self.skipped = 0
        """Rows that gave no hash."""
        self.incomplete = 0
        """Rows that gave a hash and lost another."""
        self.photodna = 0
        """Rows with a PhotoDNA value, which is kept and not matched."""
        self.problems: list[str] = []
        """The first :data:`PROBLEMS_LISTED` reasons, each a sentence that names its line."""

    def __iter__(self) -> Iterator[Entry]:
        """Yield the entries.

        Raises:
            KnownListRefused: something else than a list of hashes, or no usable hash in it.
        """
        _refuse_foreign(self._rows.peek())
        while (text := self._rows.peek()) is not None:
            yield from self._next(text)
        if not self.entries:
            why = f"; {self.problems[0]}" if self.problems else ""
            raise KnownListRefused(f"the list holds no usable hash{why}")

    def names(self, *meanings: str) -> bool:
        """Whether its heading has columns of all these meanings."""
        return self._layout is not None and set(meanings) <= set(self._layout.meanings)

    def _next(self, text: str) -> list[Entry]:
        delimiter = self._layout.delimiter if self._layout else best_delimiter(text)
        row = self._rows.take(delimiter)
        if isinstance(row, Unreadable):
            return self._left_out(row.line, [row.reason])
        if self._layout is None:
            self._layout = layout_of(delimiter, row.cells, pdq=self._pdq)
            if self._layout is None:
                return self._left_out(row.line, ["it is neither a heading nor a hash"])
            if self._layout.names:
                return []
        reading = read_row(self._layout, row.line, row.cells)
        at = self._layout.meanings.get("photodna", len(row.cells))
        self.photodna += bool("".join(row.cells[at : at + 1]).lower().replace("null", ""))
        if not reading.entries:
            return self._left_out(row.line, reading.faults)
        if reading.faults:
            self.incomplete += 1
            self._explain(row.line, reading.faults)
        self.entries += len(reading.entries)
        return reading.entries

    def _left_out(self, line: int, reasons: list[str]) -> list[Entry]:
        self.skipped += 1
        self._explain(line, reasons)
        return []

    def _explain(self, line: int, reasons: list[str]) -> None:
        if len(self.problems) < PROBLEMS_LISTED:
            self.problems.append(f"line {line}: {' and '.join(reasons)}")


def read_csv(stream: Stream, shelf: Shelf, *, pdq: bool = False) -> Iterator[Report]:
    """Read a table or plain hashes onto ``shelf``; yields the growing report, at last complete.

    Raises:
        KnownListRefused: no list of hashes, or no usable hash in it.
    """
    source = CsvList(stream, pdq=pdq)
    rows = Rowwise(shelf)
    report = Report("csv", problems=source.problems)
    for line, entries in groupby(source, key=lambda entry: entry.line):
        found = list(entries)
        first = found[0]
        quality = next((entry.quality for entry in found if entry.quality is not None), None)
        told = Details(
            line,
            quality,
            first.codes,
            first.series,
            first.victim_identified,
            first.submissions,
            first.key,
            first.extra,
        )
        rows.add(told, [(entry.kind, entry.value) for entry in found], _moment(found))
        yield report
    rows.flush()
    report.skipped, report.incomplete = source.skipped, source.incomplete
    report.unmatched = {"photodna": source.photodna} if source.photodna else {}
    if source.names("baseline", "submissions"):
        report.format, report.scheme = "icse", "interpol-baseline"
    if source.names("product", "system"):
        report.format, report.purpose = "nsrl-text", KNOWN
    yield report


def _moment(row: list[Entry]) -> int | None:
    return next((entry.time_ms for entry in row if entry.time_ms is not None), None)


def _refuse_foreign(first: str | None) -> None:
    if first is None:
        raise KnownListRefused("the list is empty")
    for beginning, kind in _FOREIGN.items():
        if first.lstrip().startswith(beginning):
            raise KnownListRefused(f"the list is {kind}, not CSV or text")
