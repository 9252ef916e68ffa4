"""How pages of the clearing house's hash sharing follow each other: what says where the next one is, and how new it is."""

from __future__ import annotations

from typing import Annotated
from xml.parsers import expat

import msgspec

from homeward.known.ncmec import ENTRIES, WITHDRAWN, refuse_entities
from homeward.known.records import Count, KnownListRefused
from homeward.known.text import Stream

_CHUNK = 1 << 16
_LONGEST = 2_000


class Page(msgspec.Struct):
    """What a page says beside its entries."""

    entries: Count = 0
    """Those that are taken back too."""
    following: Annotated[str, msgspec.Meta(max_length=_LONGEST)] = ""
    """Address of the next page below the service's own; empty: this is the last one."""
    newest: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z)?\Z")] = ""
    """Time of the newest entry, as the service's clock has it."""


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

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse_entities
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = lambda part: text.append(part[:_LONGEST]) if path[-2:] == ["paging", "next"] else None
    try:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise KnownListRefused(f"it is broken at line {error.lineno}: {expat.ErrorString(error.code)}") from None
    except LookupError:
        raise KnownListRefused("it names an encoding that there is not") from None
    return page
