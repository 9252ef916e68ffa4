"""Posts on pages of forum software, read by declared selectors (``pages.yaml``), never by code of a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files
from urllib.parse import SplitResult, urljoin, urlsplit

import msgspec
import yaml
from selectolax.lexbor import LexborHTMLParser, LexborNode

from homeward.communities.captured import MOST_ATTACHED, MOST_TEXT, Attachment, Message, When, fit
from homeward.communities.times import reading

LARGEST = 8 << 20
"""Bytes of a page."""
Finding = Callable[[str], Attachment | None]
"""What the capture has of an address, None where it has nothing."""


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where something stands; its text, or an attribute."""

    at: str = ""
    attribute: str = ""
    after: str = ""
    """What stands before it, and is no part of it."""
    without: str = ""
    """Elements that are left out of a text: it is not the writer's own."""
    last: bool = False


class Extractor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How pages of one program are read."""

    name: str
    looks: str
    """What only its pages have."""
    post: str
    id: Place
    handle: Place
    time: Place
    text: Place
    board: Place = Place()
    thread: Place = Place()
    attachments: tuple[Place, ...] = ()
    form: str = "iso"
    """Of times: see :class:`homeward.communities.mapping.TimeForm`."""


_told = (files("homeward.communities") / "pages.yaml").read_text(encoding="utf-8")
EXTRACTORS = msgspec.convert(yaml.safe_load(_told), tuple[Extractor, ...])
for _one in EXTRACTORS:  # behind the lock nothing can be loaded, and strptime loads what it needs when it is first used
    if _one.form != "iso":
        reading(_one.form, "none")("May 01, 2020, 12:00:00 PM")


class Page:
    """One page: which program made it, and the posts on it."""

    def __init__(self, html: str, address: str, site: str) -> None:
        self._tree = LexborHTMLParser(html)
        self._address = address
        self._site = site or (_parts(address).hostname or "")
        self.extractor = next((one for one in EXTRACTORS if self._tree.css_matches(one.looks)), None)

    def posts(self, find: Finding, *, text: bool) -> Iterator[Message]:
        """Posts, as far as they have an author and a number; what stands in a post inside of a post is the inner one's."""
        told = self.extractor
        root = self._tree.root
        if told is None or root is None:
            return
        board, thread = _text(root, told.board), _text(root, told.thread)
        when = reading(told.form, "none")
        found = []
        for node in reversed(self._tree.css(told.post)):
            number, handle = _text(node, told.id), _text(node, told.handle)
            if number and handle:
                words = _text(node, told.text)
                found.append(
                    Message(
                        id=fit(number),
                        site=fit(self._site),
                        handle=fit(handle),
                        board=fit(board),
                        thread=fit(thread),
                        time=_when(when, _text(node, told.time)),
                        length=len(words),
                        text=fit(words, MOST_TEXT) if text else "",
                        attachments=tuple(self._attachments(node, told, find))[:MOST_ATTACHED],
                    )
                )
            node.decompose()
        yield from reversed(found)

    def _attachments(self, node: LexborNode, told: Extractor, find: Finding) -> Iterator[Attachment]:
        for place in told.attachments:
            for one in node.css(place.at):
                address = _absolute(self._address, one.attributes.get(place.attribute) or "")
                name = fit(_parts(address).path.rpartition("/")[2])
                found = find(address)
                yield msgspec.structs.replace(found, name=name) if found else Attachment(name=name, captured=False)


def _text(node: LexborNode, place: Place) -> str:
    if not place.at and not place.attribute:
        return ""
    nodes = node.css(place.at) if place.at else [node]
    if not nodes:
        return ""
    found = nodes[-1 if place.last else 0]
    if place.attribute:
        value = found.attributes.get(place.attribute) or ""
    else:
        for foreign in reversed(found.css(place.without)) if place.without else ():  # the inner ones first
            foreign.decompose()
        value = found.text(separator=" ")
    return " ".join(value.split()).removeprefix(place.after)


def _when(read: Callable[[object], When | None], text: str) -> When | None:
    try:
        return read(text)
    except (ValueError, OverflowError):
        return None


def _parts(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _absolute(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:
        return ""
