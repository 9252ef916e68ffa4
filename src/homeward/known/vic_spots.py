"""Where in a file of Project VIC something can be added to a record, byte by byte: the rest of the file stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from homeward.known.json_text import UNDECODABLE, scan, split
from homeward.known.records import EXACT_KINDS, Text
from homeward.known.text import Stream
from homeward.known.vic import hashes_of, strict, walk_vic
from homeward.known.words import plain

HASHES, FOUND = "AlternativeHashes", "MediaMetadata"
"""Arrays of a record to which is added."""
OURS = "Homeward."
"""How names begin of what was added before, which is replaced."""
_SPACE = re.compile(rb"[ \t\r\n]*")
_PICTURE = re.compile(
    rb'"(?:data:image(?:[^"\\]|\\.)*|[^"\\]{0,40}base64,(?:[^"\\]|\\.)*|'
    rb'(?:\\?/9j\\?/|iVBORw0KGgo|R0lGOD|UklGR|SUkqA|TU0AK|AAAA[A-Za-z0-9+/\\]{2,4}ZnR5c)[A-Za-z0-9+/=_\\-]{40,})"'
)
"""A text that is a picture: JPEG, PNG, GIF, WebP, TIFF, HEIC in Base64."""
_MINIATURE = re.compile(rb'"Miniature"[ \t\r\n]*:[ \t\r\n]*("(?:[^"\\]|\\.)+")')
_Offset = Annotated[int, msgspec.Meta(ge=0)]


class Gap(msgspec.Struct, frozen=True):
    """Where elements of an array can be put, in the place of what stands from ``at`` to ``until`` and between two texts."""

    at: _Offset
    until: _Offset
    before: Text
    after: Text


class Spot(msgspec.Struct, frozen=True):
    """One record: what it is about, and what can be done to it. Offsets are bytes of the file."""

    hashes: Annotated[list[tuple[Text, Text]], msgspec.Meta(max_length=10_000)]
    """(algorithm, lower-case hexadecimal)."""
    said: Annotated[list[tuple[Text, Text]], msgspec.Meta(max_length=10_000)]
    """Names and values of its other hashes, in lower case: these are not added again."""
    gone: Annotated[list[tuple[_Offset, _Offset]], msgspec.Meta(max_length=100_000)]
    """From and to, in order: what we added before."""
    gaps: dict[Text, Gap]
    """By array; one that is something else than an array has none."""
    pictures: Annotated[list[tuple[_Offset, _Offset]], msgspec.Meta(max_length=100_000)]
    """From and to, in order: texts that are pictures."""
    first: bool
    """The file said, before this record, that it is of version 1."""


def spots(stream: Stream) -> Iterator[Spot]:
    """Every record in the order of the file; one that is no sound record has no hashes.

    Raises:
        KnownListRefused: the file is broken, or no Project VIC.
    """
    about: dict[str, Any] = {}
    for window, _ in walk_vic(stream, about):
        body, at, first = window.body, 0, "odata.metadata" in about
        for raw in split(body):
            start = body.index(raw, at)
            at = start + len(raw)
            yield _spot(raw, window.offset + start, first=first)


def _spot(raw: bytes, base: int, *, first: bool) -> Spot:
    pictures = sorted({found.span() for found in _PICTURE.finditer(raw)} | {one.span(1) for one in _MINIATURE.finditer(raw)})
    held = [(base + begin, base + end) for begin, end in pictures]
    record = strict(raw)
    if isinstance(record, str):
        return Spot([], [], [], {}, held, first)
    found, _ = hashes_of(record)
    hashes = [(kind, value.hex()) for kind, value in found if kind in EXACT_KINDS]
    parts = _members(raw)
    gone: list[tuple[int, int]] = []
    gaps = {}
    for name in (HASHES, FOUND):
        gap = _gap(raw, name, parts, gone)
        if gap is not None:
            gaps[name] = Gap(base + gap.at, base + gap.until, gap.before, gap.after)
    others = record.get(HASHES) or []
    said = [
        (plain(one.get("HashName") or "").lower(), plain(one.get("HashValue") or "").lower())
        for one in (others if isinstance(others, list) else [])
        if isinstance(one, dict)
    ]
    return Spot(hashes, said, sorted((base + begin, base + end) for begin, end in gone), gaps, held, first)


def _gap(raw: bytes, name: str, parts: dict[str, tuple[int, int]], gone: list[tuple[int, int]]) -> Gap | None:
    if name not in parts:
        last = max(end for _, end in parts.values())
        return Gap(last, last, f',"{name}":[', "]")
    begin, end = parts[name]
    if raw[begin:end] == b"null":
        return Gap(begin, end, "[", "]")
    if raw[begin : begin + 1] != b"[":
        return None
    at, kept = begin + 1, False
    elements = _elements(raw, begin)
    for number, (here, there) in enumerate(elements):
        if name == HASHES or not _is_ours(raw[here:there]):
            at, kept = there, True
        elif kept:
            gone.append((elements[number - 1][1], there))
        else:
            gone.append((here, elements[number + 1][0] if number + 1 < len(elements) else there))
    return Gap(at, at, "," if kept else "", "")


def _is_ours(raw: bytes) -> bool:
    try:
        told = msgspec.json.decode(raw)
    except UNDECODABLE:
        return False
    return isinstance(told, dict) and str(told.get("PropertyName", "")).startswith(OURS)


def _members(raw: bytes) -> dict[str, tuple[int, int]]:
    """From and to of every value of an object, by its key."""
    text, at, found = raw.decode("latin-1"), _skip(raw, 1), {}
    while raw[at : at + 1] == b'"':
        key, at = scan(text, at)
        begin = _skip(raw, _skip(raw, at) + 1)
        _, end = scan(text, begin)
        found[str(key)] = (begin, end)
        at = _skip(raw, _skip(raw, end) + 1)
    return found


def _elements(raw: bytes, at: int) -> list[tuple[int, int]]:
    """From and to of every element of the array that begins at ``at``."""
    text, at, found = raw.decode("latin-1"), _skip(raw, at + 1), []
    while raw[at : at + 1] != b"]":
        _, end = scan(text, at)
        found.append((at, end))
        at = _skip(raw, end)
        if raw[at : at + 1] == b",":
            at = _skip(raw, at + 1)
    return found


def _skip(raw: bytes, at: int) -> int:
    space = _SPACE.match(raw, at)
    return space.end() if space else at
