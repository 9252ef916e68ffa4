"""What the XML of a telephone's report says, model by model: fields, parties, times, and what a party is recognised by."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from homeward.communities.captured import When, fit
from homeward.communities.times import iso
from homeward.communities.xml_stream import Element

_BY_NUMBER = {
    "native messages", "sms", "mms", "imessage", "whatsapp", "whatsapp business", "signal", "viber",
}  # fmt: skip
"""Programs in which a party is a telephone number, also where it is written without a plus."""
_JID = re.compile(r"([0-9]{5,17})(?::[0-9]+)?@(?:s\.whatsapp\.net|c\.us)")
_PHONE = re.compile(r"\+?[0-9]{5,17}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_OF_PROGRAMS = ("@s.whatsapp.net", "@g.us", "@c.us", "@lid", "@broadcast")


def recognised(site: str, handle: str, *, by_number: bool = False) -> Iterator[tuple[str, str]]:
    """By what else than its name a party can be recognised: a telephone number or an address.

    Bare digits are a number only where the program has its parties by number, or whoever asks knows that (``by_number``):
    elsewhere they are one that the program gave.
    """
    if found := _JID.fullmatch(handle):
        yield "phone", f"+{found[1]}"
    elif _PHONE.fullmatch(handle) and (by_number or handle.startswith("+") or site.casefold() in _BY_NUMBER):
        yield "phone", handle
    elif _MAIL.fullmatch(handle) and not handle.endswith(_OF_PROGRAMS):
        yield "e-mail", handle.lower()


def fields(tree: Element) -> dict[str, str]:
    """Name -> text of the fields of a model, empty where one has no value."""
    return {one.attributes.get("name", ""): _value(one) for one in tree.all("field")}


def _value(field: Element) -> str:
    """Text that XML cannot hold (control characters) is written in Base64, and says so."""
    found = next((one for one in field.all("value") if one.text), None)
    if found is None:
        return ""
    if found.attributes.get("format") == "Base64String":
        try:
            return base64.b64decode(found.text, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):  # broken, or no text
            return found.text
    return found.text


def models(tree: Element, *names: str) -> list[Element]:
    """Models in fields of these names, single or many."""
    listed = [*tree.all("modelField"), *tree.all("multiModelField")]
    return [model for field in listed if field.attributes.get("name") in names for model in field.all("model")]


def everywhere(tree: Element, kinds: tuple[str, ...]) -> list[Element]:
    """Models of these kinds that a message says more with; not those of a message inside of it."""
    found, waiting = [], list(tree.children)
    while waiting:
        one = waiting.pop()
        kind = one.attributes.get("type")
        if one.name == "model" and kind in kinds:
            found.append(one)
        elif not (one.name == "model" and kind == "InstantMessage"):
            waiting.extend(one.children)
    return found


def passed_on(tree: Element) -> str:
    """From whom a message was passed on."""
    for data in everywhere(tree, ("ForwardedMessageData",)):
        for sender in models(data, "OriginalSender"):
            if handle := named(sender)[0]:
                return handle
    return ""


def named(party: Element) -> tuple[str, str]:
    """Handle of a party, and how it is shown where that is another name."""
    told = fields(party)
    name = told.get("Name", "")
    handle = told.get("Identifier") or name
    return fit(handle), fit(name if name != handle else "")


def when(tree: Element) -> When | None:
    """The time of a message: as exact as its text, and with the offset that may stand in an attribute only."""
    values = [
        value for field in tree.all("field") if field.attributes.get("name") == "TimeStamp" for value in field.all("value")
    ]
    for value in values:
        formatted = _read(value.attributes.get("formattedTimestamp", ""))
        exact = _read(value.text)
        if exact is not None and not exact.zoned and formatted is not None and formatted.offset is not None:
            return When(exact.ns - formatted.offset * 60 * 10**9, True, formatted.offset)
        return exact or formatted
    return None


def _read(text: str) -> When | None:
    try:
        return iso(text) if text else None
    except (ValueError, OverflowError):
        return None


def hexadecimal(text: str, digits: int) -> str:
    """``text`` in small letters where it is so many digits of a hash; else nothing."""
    text = text.lower()
    return text if len(text) == digits and set(text) <= set("0123456789abcdef") else ""
