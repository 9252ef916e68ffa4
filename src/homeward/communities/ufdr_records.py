"""Records of a telephone's report that stand in no chat: short messages, mails and calls. Who was in contact with whom.

Some name both sides (``From``, ``To``, or ``Parties`` with a role each), many the other side alone: the telephone's own is then
told only by the folder, the status or the direction.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from itertools import filterfalse
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser

from homeward.communities.captured import MOST_ATTACHED, MOST_NAME
from homeward.communities.ufdr_parts import fields, models, named
from homeward.communities.xml_stream import Element

SHORT = ("SMS", "MMS")
MAIL = "Email"
CALL = "Call"
RECORDS = (*SHORT, MAIL, CALL)
_IN = dict.fromkeys(("incoming", "missed", "inbox", "read", "unread"), "in")
_OUT = dict.fromkeys(("outgoing", "sent", "unsent", "outbox", "draft", "drafts"), "out")
_WAYS = _IN | _OUT
_TELL_WAY = ("Direction", "Type", "Folder", "Status")
_RECEIVE = ("To", "Cc", "Bcc")
_PARTIES = "Parties"
_PAGE = re.compile(r"\s*<(?:!doctype html|html|head|body|meta|div|p|table|span|br)\b", re.IGNORECASE)


class _Party(NamedTuple):
    handle: str
    shown: str
    role: str
    """``from``, ``to``, or empty: it is told only that it took part."""
    owner: bool
    """Whether the report says that it is who has the telephone."""


class Sides(NamedTuple):
    """Who wrote to whom, or called whom."""

    handle: str
    """Empty where the report does not say."""
    shown: str
    to: tuple[str, ...]
    filled: bool
    """Whether one side is the telephone's own, which the record does not name."""
    sure: bool
    """False: nothing tells which side it was that wrote or called, and all stand in ``to``."""


def sides(tree: Element, own: str) -> Sides:
    """Both sides of a record; ``own`` is what the telephone's is called where it names the other alone (empty: nothing)."""
    parties = list(_parties(tree))
    way = _way(parties, fields(tree))

    def sends(one: _Party) -> bool:
        return one.role == "from" if one.role else way == ("out" if one.owner else "in")

    senders, receivers = list(filter(sends, parties)), list(filterfalse(sends, parties))
    handle, shown = (senders[0].handle, senders[0].shown) if senders else ("", "")
    to = tuple(dict.fromkeys(one.handle for one in (*senders[1:], *receivers)))[:MOST_ATTACHED]
    if own and not any(one.owner for one in parties):
        if way == "out" and not senders:
            return Sides(own, "", to, True, True)
        if way == "in" and not receivers:
            return Sides(handle, shown, (*to[: MOST_ATTACHED - 1], own), True, True)
    return Sides(handle, shown, to, False, bool(way or senders) or all(one.role for one in parties))


def conversation(handle: str, to: tuple[str, ...]) -> str:
    """What the conversation of these is called: by all of them, whichever of them speaks."""
    name = ", ".join(sorted({handle, *to} - {""}))
    return name if len(name) <= MOST_NAME else f"{name[: MOST_NAME - 40]} ... {hashlib.sha256(name.encode()).hexdigest()[:16]}"


def words(told: dict[str, str]) -> str:
    """The words of a record by its fields, of a mail that is a page those that are read."""
    body = told.get("Body") or told.get("Snippet", "")
    return LexborHTMLParser(body).text(separator=" ", strip=True) if _PAGE.match(body) else body


def _parties(tree: Element) -> Iterator[_Party]:
    for place in ("From", *_RECEIVE, _PARTIES):
        for party in models(tree, place):
            handle, shown = named(party)
            if handle:
                told = fields(party)
                role = (told.get("Role", "") if place == _PARTIES else "From" if place == "From" else "To").casefold()
                owner = told.get("IsPhoneOwner", "").casefold() == "true"
                yield _Party(handle, shown, "to" if role in {"cc", "bcc"} else role if role in {"from", "to"} else "", owner)


def _way(parties: list[_Party], told: dict[str, str]) -> str:
    """``in`` or ``out`` as seen from the telephone, empty where nothing tells."""
    if said := next((way for name in _TELL_WAY if (way := _WAYS.get(told.get(name, "").casefold()))), ""):
        return said
    roles = {one.role for one in parties}
    return "in" if roles == {"from"} else "out" if roles == {"to"} else ""
