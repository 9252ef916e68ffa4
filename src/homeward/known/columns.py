"""What the columns of a known list mean, from their names or from what stands in them."""

from __future__ import annotations

import re

import msgspec

from homeward.known.hashes import kind_by_length, read_hash
from homeward.known.records import WIDTHS, Entry
from homeward.known.words import plain, truth

LATEST = 2**32 - 1
"""Milliseconds of the last moment of a clip that is told apart: seven weeks."""
LARGEST = 10**15
"""What a count may be."""

DELIMITERS = (",", ";", "\t", "|")
_NAMES = {
    "md5": ("md5", "md5hash", "hashmd5"),
    "sha1": ("sha1", "sha1hash", "hashsha1"),
    "sha256": ("sha256", "sha256hash", "hashsha256"),
    "pdq": ("pdq", "pdqhash", "pdqhex", "hashpdq"),
    "hash": ("hash", "hashvalue", "digest"),
    "kind": ("hashtype", "hashkind", "hashalgorithm", "algorithm", "kind", "type"),
    "quality": ("quality", "pdqquality"),
    "codes": ("code", "codes", "category", "categories", "classification"),
    "series": ("series", "seriesname"),
    "victim_identified": ("victimidentified",),
    "submissions": ("numberofsubmissions", "submissions"),
    "key": ("imageid", "mediaid", "video", "videoid", "clip", "clipid"),
    "seconds": ("seconds", "timestamp", "timeseconds", "frametime"),
    "baseline": ("baseline",),
    "photodna": ("photodna",),
    "product": ("productcode",),
    "system": ("opsystemcode",),
}
VPDQ = ("frame", "quality", "hash", "seconds")
"""What vPDQ writes of each frame of a clip."""
_SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?")
_MEANINGS = {name: meaning for meaning, names in _NAMES.items() for name in names}
_HASHES = (*WIDTHS, "hash")


class Layout(msgspec.Struct, frozen=True):
    """Which cell means what."""

    delimiter: str
    names: list[str]
    """As written in the heading; empty for a list without one."""
    meanings: dict[str, int]
    """Meaning to the first column that has it."""
    long_kind: str = "sha256"
    """What 64 digits without a kind are."""

    def named(self, column: int) -> str:
        """What a column is called."""
        return (self.names[column] if column < len(self.names) else "") or f"column {column + 1}"


class Reading(msgspec.Struct):
    """What came out of one row."""

    entries: list[Entry]
    faults: list[str]
    """Why a hash of the row was left out, each the end of a sentence."""


def best_delimiter(line: str) -> str:
    """The delimiter by which most of a line makes sense; a comma where none does."""
    return max(DELIMITERS, key=lambda delimiter: sum(map(_understood, line.split(delimiter))))


def layout_of(delimiter: str, cells: list[str], *, pdq: bool = False) -> Layout | None:
    """The layout that this row announces: a heading, or the first row of a list without one; None where it is neither.

    64 digits are a SHA-256, unless ``pdq`` says otherwise or a quality stands beside them.
    """
    meanings: dict[str, int] = {}
    for column, cell in enumerate(cells):
        meanings.setdefault(_meaning(cell), column)
    meanings.pop("", None)
    if any(meaning in meanings for meaning in _HASHES):
        return Layout(delimiter, cells, meanings, "pdq" if pdq or "quality" in meanings else "sha256")
    if not any(map(_leading_hash, cells)):
        return None
    graded = _quality_column(cells)
    meanings = {} if graded is None else {"quality": graded}
    if graded is not None and len(cells) == len(VPDQ):
        meanings["seconds"] = VPDQ.index("seconds")
    return Layout(delimiter, [], meanings, "sha256" if graded is None and not pdq else "pdq")


def _quality_column(cells: list[str]) -> int | None:
    """Where the quality stands in a row of PDQ hashes without a heading: ``hash, quality``, or ``frame, quality, hash,
    seconds`` as vPDQ writes the frames of a clip; None for any other row.
    """
    for width, column, beside in ((2, 0, 1), (4, 2, 1)):
        if len(cells) == width and len(cells[column]) == 2 * WIDTHS["pdq"] and _number(cells[beside], 100) is not None:
            return beside if width == 2 or (cells[0].isdecimal() and _SECONDS.fullmatch(cells[3])) else None
    return None


def read_row(layout: Layout, line: int, cells: list[str]) -> Reading:
    """The entries of a row."""
    found, used, faults = _named_hashes(layout, cells) if layout.names else _bare_hashes(layout, cells)
    extra: dict[str, str] = {}
    values = {meaning: _said(_cell(cells, layout.meanings.get(meaning))) for meaning in ("codes", "series", "key")}
    used |= {layout.meanings[meaning] for meaning in values if meaning in layout.meanings}
    quality = _number(_cell(cells, layout.meanings.get("quality")), 100)
    submissions = _number(_cell(cells, layout.meanings.get("submissions")), LARGEST)
    identified = truth(_cell(cells, layout.meanings.get("victim_identified")))
    read = {"quality": quality, "submissions": submissions, "victim_identified": identified}
    used |= {layout.meanings[meaning] for meaning, value in read.items() if value is not None}
    seconds = _cell(cells, layout.meanings.get("seconds"))
    time_ms = round(1000 * float(seconds)) if _SECONDS.fullmatch(seconds) else None
    time_ms = None if time_ms is None or time_ms > LATEST else time_ms
    for column, cell in enumerate(cells):
        if cell and column not in used:
            extra[plain(_free(extra, layout.named(column)))] = plain(cell)
    entries = [
        Entry(
            kind,
            value,
            line,
            quality if kind == "pdq" else None,
            plain(values["codes"]) or ("baseline" if truth(_cell(cells, layout.meanings.get("baseline"))) else ""),
            plain(values["series"]),
            identified,
            submissions,
            plain(values["key"]),
            extra,
            time_ms if kind == "pdq" else None,
        )
        for kind, value in found
    ]
    return Reading(entries, faults if found or faults else ["it has no hash"])


def _named_hashes(layout: Layout, cells: list[str]) -> tuple[list[tuple[str, bytes]], set[int], list[str]]:
    """Hashes from the columns that a heading names, the columns used, and faults."""
    found: list[tuple[str, bytes]] = []
    used: set[int] = set()
    faults: list[str] = []
    for meaning in _HASHES:
        column = layout.meanings.get(meaning)
        text = _cell(cells, column)
        if column is None or not _said(text):
            continue
        kind = meaning if meaning in WIDTHS else _told_kind(layout, cells) or _kind(layout, text)
        value = read_hash(kind, text) if kind else "its hash is of no known length"
        if kind and isinstance(value, bytes):
            found.append((kind, value))
            used.add(column)
        else:
            faults.append(str(value))
    return found, used, faults


def _bare_hashes(layout: Layout, cells: list[str]) -> tuple[list[tuple[str, bytes]], set[int], list[str]]:
    """Hashes recognised by their length alone, also at the head of a line as checksum programs write it."""
    found: list[tuple[str, bytes]] = []
    used: set[int] = set()
    faults: list[str] = []
    for column, cell in enumerate(cells):
        if not (text := _leading_hash(cell)):
            continue
        kind = _kind(layout, text) or ""
        value = read_hash(kind, text)
        if isinstance(value, bytes):
            found.append((kind, value))
            used |= {column} if text == cell else set()
        else:
            faults.append(value)
    return found, used, faults


def _told_kind(layout: Layout, cells: list[str]) -> str | None:
    """The kind of hash that a column of its own names."""
    meaning = _meaning(_cell(cells, layout.meanings.get("kind")))
    return meaning if meaning in WIDTHS else None


def _kind(layout: Layout, text: str) -> str | None:
    kind = kind_by_length(text)
    return layout.long_kind if kind == "sha256" else kind


def _leading_hash(cell: str) -> str:
    """The hash with which a cell begins, empty where it begins with none."""
    first = cell.split(maxsplit=1)[0] if cell else ""
    return first if kind_by_length(first) else ""


def _meaning(name: str) -> str:
    return _MEANINGS.get("".join(filter(str.isalnum, name)).lower(), "")


def _understood(cell: str) -> bool:
    cell = cell.strip().strip('"')
    return bool(_meaning(cell) or _leading_hash(cell))


def _cell(cells: list[str], column: int | None) -> str:
    return cells[column] if column is not None and column < len(cells) else ""


def _said(text: str) -> str:
    return "" if text.lower() == "null" else text


def _number(text: str, most: int) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 and int(text) <= most else None


def _free(taken: dict[str, str], name: str) -> str:
    """``name``, numbered where a column before it was called the same."""
    number = 2
    free = name
    while free in taken:
        free, number = f"{name} ({number})", number + 1
    return free
