"""How pages of the clearing house's hash sharing follow each other: what says where the next one is, and how new it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from xml.parsers import expat

import msgspec

from homeward.known.ncmec import ENTRIES, WITHDRAWN, refuse_entities
from homeward.known.records import Count, KnownListRefused
from homeward.known.text import Stream
from homeward.known.words import plain

_CHUNK = 1 << 16
_LONGEST = 2_000
MOST_REASONS = 100


class Page(msgspec.Struct):
    """What a page says beside its entries."""

    entries: Count = 0
    """Those that are taken back too."""
    following: Annotated[str, msgspec.Meta(max_length=_LONGEST)] = ""
    """Address of the next page below the service's own; empty: this is the last one."""
    newest: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z)?\Z")] = ""
    """Time of the newest entry, as the service's clock has it."""


class Reason(msgspec.Struct, frozen=True):
    """Why somebody can say that a fingerprint is wrong."""

    guid: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z-]{1,64}\Z")]
    name: Annotated[str, msgspec.Meta(max_length=_LONGEST)]


def read_reasons(stream: Stream) -> list[Reason]:
    """Read the reasons that the service offers.

    Raises:
        KnownListRefused: it is broken, declares entities, or offers too many or what is none.
    """
    found: list[Reason] = []

    def start(_: str, attributes: dict[str, str]) -> None:
        if "guid" in attributes:
            found.append(Reason(attributes["guid"], plain(attributes.get("name", ""))[:_LONGEST]))
        if len(found) > MOST_REASONS:
            raise KnownListRefused("it offers too many reasons")

    _parse(stream, start, lambda _: None, lambda _: None)
    return found


def read_page(stream: Stream) -> Page:
    """Read a page.

    Raises:
        KnownListRefused: it is broken, or declares entities.
    """
    page, path, text = Page(), list[str](), list[str]()

    def start(name: str, attributes: dict[str, str]) -> None:
        path.append(name.rpartition(" ")[2])
        text.clear()
        if len(path) > _LONGEST:
            raise KnownListRefused("it is nested too deeply")
        if path[-1] in {"images", "videos"}:
            page.newest = max(page.newest, attributes.get("maxTimestamp", "")[:20])
        page.entries += path[-1] in ENTRIES | WITHDRAWN

    def end(_: str) -> None:
        if path[-2:] == ["paging", "next"]:
            page.following = "".join(text).strip()[:_LONGEST]
        path.pop()

    def said(part: str) -> None:
        if path[-2:] == ["paging", "next"]:
            text.append(part[:_LONGEST])

    _parse(stream, start, end, said)
    return page


def _parse(
    stream: Stream,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    said: Callable[[str], None],
) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse_entities
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, said
    try:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise KnownListRefused(f"it is broken at line {error.lineno}: {expat.ErrorString(error.code)}") from None
    except KnownListRefused:
        raise
    except (LookupError, ValueError):  # expat reads encodings of one byte alone, and says so by the second
        raise KnownListRefused("it names an encoding that there is not") from None
