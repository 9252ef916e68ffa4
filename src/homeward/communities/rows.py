"""Rows of JSON (one a line) or CSV, read by a declared mapping. A row that cannot be read is skipped with its reason."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from operator import methodcaller
from typing import Any

import msgspec

from homeward.communities.captured import (
    MOST_ATTACHED,
    MOST_TEXT,
    Attachment,
    CaptureRefused,
    Identifier,
    Message,
    Summary,
    When,
    fit,
    word,
)
from homeward.communities.mapping import Attached, Mapping
from homeward.communities.times import reading
from homeward.known.text import Stream
from homeward.known.words import ODD_BYTES
from homeward.sandbox import ByteRange

for _name in ("utf-8-sig", "utf-16"):  # behind the lock no codec can be loaded
    codecs.lookup(_name)

LONGEST = 16 << 20
"""Bytes of a line."""
_CHUNK = 1 << 20
_DIGITS = {"sha256": 64, "sha1": 40, "md5": 32}
_NOT_CAPTURED = (None, "", False, "false", "False", "0")
_HEX = re.compile(r"[0-9a-f]{1,64}")
_MOST_COLUMNS = 1_000
Get = Callable[[Any], Any]
Found = Message | Identifier


def read_json_lines(
    source: ByteRange, mapping: Mapping, summary: Summary, *, text: bool, rules: bytes = b""
) -> Iterator[Found]:
    """Messages and identifiers of a file of JSON objects, one a line."""
    summary.format = "jsonl"
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    build = Builder(mapping, summary, text=text, rules=rules)
    source.seek(len(codecs.BOM_UTF8) if source.at(0, len(codecs.BOM_UTF8)) == codecs.BOM_UTF8 else 0)
    for number, line in enumerate(lines(source), 1):
        if not line or line.isspace():
            continue
        if len(line) > LONGEST:
            summary.problem(f"line {number}", f"it is longer than {LONGEST >> 20} MiB")
            continue
        try:
            row = decode(line)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            summary.problem(f"line {number}", _broken(line, error))
            continue
        yield from build.row(row, number)
    build.finish()


def read_csv(source: ByteRange, mapping: Mapping, summary: Summary, *, text: bool, rules: bytes = b"") -> Iterator[Found]:
    """Messages and identifiers of a table whose first row names its columns.

    Raises:
        CaptureRefused: the first row does not name the columns of the mapping, or a cell has no end.
    """
    summary.format = "csv"
    wide = source.at(0, 2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}  # as spreadsheets write "Unicode text"
    encoding, errors = ("utf-16", "replace") if wide else ("utf-8-sig", ODD_BYTES)
    stream = io.TextIOWrapper(io.BufferedReader(source, _CHUNK), encoding, errors=errors, newline="")
    delimiter = mapping.delimiter or _delimiter(source.at(0, 1 << 16).decode(encoding, "replace"))
    before = csv.field_size_limit(MOST_TEXT * 4)
    try:
        rows = csv.reader(stream, delimiter=delimiter, strict=True)
        head = next(rows, [])
        wanted = {mapping.columns[name] for name in ("id", "site", "handle") if name in mapping.columns}
        if lost := sorted(wanted - set(head)):
            raise CaptureRefused(f"its first row names no column {lost[0]!r}")
        if twice := sorted(name for name in set(mapping.columns.values()) if head.count(name) > 1):
            raise CaptureRefused(f"its first row names the column {twice[0]!r} twice")
        if len(head) > _MOST_COLUMNS:
            raise CaptureRefused("its first row names too many columns")
        build = Builder(mapping, summary, text=text, rules=rules)
        for cells in rows:
            if len(cells) != len(head):
                if cells:
                    summary.problem(f"line {rows.line_num}", "it has more or fewer cells than the first row")
                continue
            yield from build.row(dict(zip(head, cells, strict=True)), rows.line_num)
        build.finish()
    except csv.Error as error:
        raise CaptureRefused(f"it is broken at line {rows.line_num}: {error}") from None
    finally:
        csv.field_size_limit(before)  # it holds for every reader of the process


class Builder:
    """Makes messages of rows; what each field needs is worked out once."""

    def __init__(self, mapping: Mapping, summary: Summary, *, text: bool, rules: bytes) -> None:
        self._summary = summary
        self._text = text
        names = ("id", "site", "handle", "board", "thread", "shown", "kind", "reply_to", "forwarded")
        self._always = {name: fit(mapping.always[name]) for name in names if name in mapping.always}
        self._columns = [(name, _getter(mapping.columns[name], "")) for name in names if name in mapping.columns]
        self._time = _getter(mapping.columns.get("time", ""), "")
        self._words = _getter(mapping.columns.get("text", ""), "")
        self._to = _getter(mapping.columns.get("to", ""), mapping.always.get("to", ""))
        self._read_time = reading(mapping.time.form, mapping.time.zone, rules)
        self._attached = _Attachments(mapping.attachments) if mapping.attachments else None
        self._identifiers = [(kind, _getter(column, "")) for kind, column in mapping.identifiers.items()]
        within = [mapping.attachments.within] if mapping.attachments else []
        self._empty = {name: _getter(name, "") for name in (*mapping.columns.values(), *mapping.identifiers.values(), *within)}

    def row(self, row: Any, number: int) -> Iterator[Found]:
        """What a row says; it is skipped, and said so, where it cannot be a message."""
        try:
            message = self._message(row)
        except (ValueError, OverflowError) as error:
            self._summary.problem(f"line {number}", str(error))
            return
        yield message
        for kind, get in self._identifiers:
            if value := word(get(row), kind):
                yield Identifier(message.site, message.handle, fit(kind), value)
        if self._empty:
            self._empty = {name: get for name, get in self._empty.items() if get(row) in (None, "")}

    def finish(self) -> None:
        """Say which columns of the mapping no row has: a name that is written wrong takes nothing in, and nobody sees it."""
        inside = self._attached.empty() if self._attached else ()
        for name in (*self._empty, *inside):
            self._summary.note(f"no row has anything in the column {name!r}, which the mapping names")

    def _message(self, row: Any) -> Message:
        names = dict(self._always)
        for name, get in self._columns:
            value = get(row)
            if value not in (None, "") or name not in names:
                names[name] = word(value, name)
        for name in ("id", "site", "handle"):
            if not names.get(name):
                raise ValueError(f"it has no {name}")
        if not names.get("kind"):
            names["kind"] = "message"
        text = self._words(row)
        if text is None:
            text = ""
        elif not isinstance(text, str):
            raise ValueError("its text is none")
        if len(text) > MOST_TEXT:
            self._summary.cut += 1
        to = self._to(row)
        receivers = [] if not to else to if isinstance(to, list) else [to]
        return Message(
            **names,
            time=self._when(row),
            to=tuple([word(one, "to") for one in receivers[:MOST_ATTACHED]]),
            length=len(text),
            text=fit(text, MOST_TEXT) if self._text else "",
            attachments=self._attached.of(row) if self._attached else (),
        )

    def _when(self, row: Any) -> When | None:
        try:
            return self._read_time(self._time(row))
        except (ValueError, OverflowError):  # the reason would quote the row, and outlive the capture
            raise ValueError("its time is not as the mapping says") from None


class _Attachments:
    def __init__(self, told: Attached) -> None:
        self._told = told
        self._within = _getter(told.within, "")
        self._get = {
            name: _getter(getattr(told, name), "")
            for name in ("name", "path", "sha256", "sha1", "md5", "start", "size", "mime", "captured")
            if getattr(told, name)
        }
        self._empty = set(self._get)
        self._records = False

    def empty(self) -> list[str]:
        """Columns in which none had anything, if there were any records."""
        return [getattr(self._told, name) for name in self._get if name in self._empty] if self._records else []

    def of(self, row: Any) -> tuple[Attachment, ...]:
        listed = self._within(row)
        if isinstance(listed, str):
            listed = [one.strip() for one in listed.split(self._told.between)] if self._told.between else [listed]
        if not isinstance(listed, list):
            listed = [listed] if listed else []
        return tuple(self._one(record) for record in listed[:MOST_ATTACHED] if record not in (None, ""))

    def _one(self, record: Any) -> Attachment:
        if not isinstance(record, dict):
            return Attachment(name=word(record, "attachment"))
        told = {name: get(record) for name, get in self._get.items()}
        self._records = True
        if self._empty:
            self._empty = {name for name in self._empty if told[name] in (None, "")}
        kept: dict[str, Any] = {name: word(told[name], name) for name in ("name", "path", "mime") if name in told}
        kept |= {name: _hash(told[name], digits) for name, digits in _DIGITS.items() if name in told}
        if "start" in told:
            start = word(told["start"], "start").removeprefix(self._told.after).lower()
            kept["start"] = start if _HEX.fullmatch(start) else ""
        if "size" in told:
            size = word(told["size"], "size")
            kept["size"] = int(size) if size.isdecimal() and len(size) < 19 else None
        if "captured" in told:
            kept["captured"] = told["captured"] not in _NOT_CAPTURED
        return Attachment(**kept)


def lines(source: Stream) -> Iterator[bytes]:
    """Lines without their ends, from where ``source`` stands; of one that is longer than :data:`LONGEST`, that and a byte."""
    rest = b""
    while chunk := source.read(_CHUNK):
        first, *others = chunk.split(b"\n")
        rest += first[: LONGEST + 1 - len(rest)]
        for line in others:
            yield rest
            rest = line
    if rest:
        yield rest


def _delimiter(beginning: str) -> str:
    return max(",;\t|", key=beginning.partition("\n")[0].count)


def _getter(column: str, always: str) -> Get:
    """How a field is found in a row: a column's own name first, then as a path."""
    if not column:
        return lambda _: always
    steps = column.split(".")
    if len(steps) == 1:
        return methodcaller("get", column)

    def walk(row: Any) -> Any:
        if column in row:
            return row[column]
        for step in steps:
            row = row.get(step) if isinstance(row, dict) else None
        return row

    return walk


def _hash(value: Any, digits: int) -> str:
    text = value.strip().lower() if isinstance(value, str) else ""
    return text if len(text) == digits and _HEX.fullmatch(text) else ""


def _broken(line: bytes, error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        return "it is no JSON object"
    return "it is no JSON" if line.rstrip().endswith(b"}") else "it ends in the middle"
