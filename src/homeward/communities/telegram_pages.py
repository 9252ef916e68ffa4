"""Telegram Desktop's export of one chat as pages (``messages.html``, ``messages2.html`` and so on), one page a capture.

Pages have no numbers of users: a handle is the name that was shown, and two people of one name are one handle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from homeward.communities.captured import (
    MOST_ATTACHED,
    MOST_TEXT,
    Attachment,
    CaptureRefused,
    Message,
    Summary,
    When,
    fit,
)
from homeward.communities.telegram import SITE
from homeward.communities.times import counted, offset_of

if TYPE_CHECKING:
    from homeward.communities.worker import Order
    from homeward.sandbox import ByteRange

_LARGEST = 64 << 20
_TIME = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2})(?: UTC([+-][0-9]{2}:[0-9]{2}))?")
_JOINED = re.compile(r"(.{1,200}) joined group by (?:link|request).*")
_INVITED = re.compile(r".{1,200} invited (.{1,500})")
_NUMBER = re.compile(r"(?:go_to_)?message([0-9]{1,18})$")


def looks(head: bytes) -> bool:
    """Whether a file begins like one."""
    return b"<html" in head[:2000].lower() and b"page_header" in head and b'class="history"' in head


def read(source: ByteRange, order: Order, summary: Summary) -> Iterator[Message]:
    """Messages, and who came.

    Raises:
        CaptureRefused: the page is too large, or cut.
    """
    body = source.at(0, _LARGEST + 1)
    if len(body) > _LARGEST:
        raise CaptureRefused(f"a page is larger than {_LARGEST >> 20} MiB")
    if b"</html>" not in body[-2000:].lower():
        raise CaptureRefused("the page ends in the middle")
    summary.note("pages have no numbers of users: handles are the names that were shown")
    tree = LexborHTMLParser(body.decode("utf-8", "replace"))
    board = _text(tree.css_first(".page_header .text"))
    sender = ""
    for node in tree.css(".history > .message"):
        number = _NUMBER.match(node.attributes.get("id") or "")
        if number is None:
            continue  # a line with a date
        common = {"id": number[1], "site": order.site or SITE, "board": fit(board)}
        if node.css_matches(".service"):
            yield from _service(_text(node), common)
            continue
        if name := _name(node):
            sender = name
        if not sender:
            summary.problem(f"message {number[1]}", "it has no sender")
            continue
        yield _message(node, sender, common, order, summary)


def _service(said: str, common: dict[str, Any]) -> Iterator[Message]:
    """Who came; all else is the system's. Such lines have no time of their own."""
    if found := _JOINED.fullmatch(said):
        yield Message(handle=fit(found[1]), kind="joined", **common)
    elif found := _INVITED.fullmatch(said):
        yield from (Message(handle=fit(one.strip()), kind="joined", **common) for one in found[1].split(","))
    else:
        yield Message(handle="", kind="system", length=len(said), **common)


def _message(node: LexborNode, sender: str, common: dict[str, Any], order: Order, summary: Summary) -> Message:
    text = _text(node.css_first(".text"))
    summary.cut += len(text) > MOST_TEXT
    date, reply = node.css_first(".date[title]"), node.css_first(".reply_to a")
    answered = _NUMBER.search((reply.attributes.get("href") or "") if reply else "")
    passed_on = node.css_first(".forwarded .from_name")
    if passed_on is not None:
        for inner in passed_on.css(".date"):
            inner.decompose()
    return Message(
        handle=fit(sender),
        time=_when((date.attributes.get("title") or "") if date else ""),
        reply_to=answered[1] if answered else "",
        forwarded=fit(_text(passed_on)),
        length=len(text),
        text=fit(text, MOST_TEXT) if order.text else "",
        attachments=tuple(map(_attachment, node.css(".media_wrap > *")[:MOST_ATTACHED])),
        **common,
    )


def _name(node: LexborNode) -> str:
    """Who wrote it; a page names somebody who wrote several in a row once."""
    return next((_text(one) for one in node.css(".body > .from_name") if not _within_forward(one)), "")


def _within_forward(node: LexborNode) -> bool:
    parent = node.parent
    return parent is not None and "forwarded" in (parent.attributes.get("class") or "").split()


def _attachment(node: LexborNode) -> Attachment:
    path = node.attributes.get("href") or ""
    there = bool(path) and "://" not in path
    name = path.rpartition("/")[2] if there else _text(node.css_first(".title"))
    return Attachment(name=fit(name), path=fit(path) if there else "", captured=there)


def _when(text: str) -> When | None:
    """The moment, where the page says its offset, which is that of the machine that exported it and of no writer."""
    found = _TIME.match(text)
    if found is None:
        return None
    day, month, year, hour, minute, second = map(int, found.groups()[:6])
    try:
        wall = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the offset follows
        return counted(wall, offset_of(found[7]) if found[7] else None)
    except ValueError:
        return None


def _text(node: LexborNode | None) -> str:
    if node is None:
        return ""
    for line in node.css("br"):
        line.replace_with("\n")
    return node.text().strip()
