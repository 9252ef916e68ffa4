"""UFDR: the report of a telephone's examination, a zip archive of ``report.xml`` and files. Chats are read by the message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

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
)
from homeward.communities.times import iso
from homeward.communities.xml_stream import Element, trees
from homeward.communities.zipped import Zipped

if TYPE_CHECKING:
    from homeward.communities.worker import Order
    from homeward.sandbox import ByteRange

REPORT = "report.xml"
_MOST_KNOWN = 200_000
"""Parties that are remembered so that none is told twice; past them some are."""
_NOTHING = Element("", {})
_TAKEN = {"Party", "InstantMessage"}


def looks(head: bytes) -> bool:
    """Whether a file begins like one: a zip archive; which of them, its members tell."""
    return head.startswith(b"PK\3\4") and (REPORT.encode() in head or b"files/" in head)


def read(source: ByteRange, order: Order, summary: Summary) -> Iterator[Message | Identifier]:
    """Messages of all chats, and what their parties can be recognised by.

    Raises:
        CaptureRefused: it is no such archive, or its report is broken.
    """
    archive = Zipped(source)
    if REPORT not in archive.names:
        raise CaptureRefused(f"it is a zip archive without {REPORT}: no UFDR")
    chat = _Chat(archive, order, summary)
    with archive.open(REPORT) as report:
        for tree in trees(report, chat.wanted):
            yield from chat.take(tree)
    if chat.missing:
        summary.note(f"{chat.missing} attachments are not in the archive: they count as not captured")


class _Chat:
    """Goes through a report: of a chat its own fields come first, then its messages."""

    def __init__(self, archive: Zipped, order: Order, summary: Summary) -> None:
        self._archive, self._order, self._summary = archive, order, summary
        self._fields: dict[str, str] = {}
        self._number = 0
        self._within = ""
        self._known: set[Identifier] = set()
        self.missing = 0

    def wanted(self, name: str, attributes: dict[str, str]) -> bool:
        """A chat's fields and parties, and each message, but not the chat as a whole."""
        kind = attributes.get("type", "")
        if name == "model" and kind == "Chat":
            self._fields = {"id": attributes.get("id", "")}
            self._within = "chat"
            return False
        if name == "modelType":
            self._within = ""
        if name == "model" and self._within and kind not in _TAKEN:
            self._within = "another"  # a picture of the group, say: its fields are not the chat's
        if name == "field":
            return self._within == "chat"
        return bool(self._within) and name == "model" and kind in _TAKEN

    def take(self, tree: Element) -> Iterator[Message | Identifier]:
        """What one tree says."""
        if tree.name == "field":
            self._fields[tree.attributes.get("name", "")] = tree.first("value")
        elif tree.attributes.get("type") == "Party":
            yield from self._party(tree)
        else:
            self._number += 1
            yield from self._message(tree)

    @property
    def _site(self) -> str:
        return fit(self._fields.get("Source") or self._order.site or "telephone")

    def _party(self, tree: Element) -> Iterator[Identifier]:
        handle, _ = _named(tree)
        if handle:
            one = Identifier(self._site, handle, "phone" if handle.lstrip("+").isdigit() else "account", handle)
            if one not in self._known:
                if len(self._known) >= _MOST_KNOWN:
                    self._known.clear()
                self._known.add(one)
                yield one

    def _message(self, tree: Element) -> Iterator[Message]:
        fields = _fields(tree)
        sender = _models(tree, "From")
        handle, shown = _named(sender[0] if sender else _NOTHING)
        text = fields.get("Body", "")
        self._summary.cut += len(text) > MOST_TEXT
        board = self._fields.get("Name") or self._fields.get("Id") or self._fields.get("id") or ""
        yield Message(
            id=fit(fields.get("Identifier") or tree.attributes.get("id") or str(self._number)),
            site=self._site,
            handle=handle,
            shown=shown,
            board=fit(board),
            time=_when(fields.get("TimeStamp", "")),
            kind="private" if handle else "system",
            to=tuple(_named(one)[0] for one in _models(tree, "To"))[:MOST_ATTACHED],
            length=len(text),
            text=fit(text, MOST_TEXT) if self._order.text else "",
            attachments=tuple(map(self._attachment, _models(tree, "Attachment", "Attachments")[:MOST_ATTACHED])),
        )

    def _attachment(self, tree: Element) -> Attachment:
        fields = _fields(tree)
        path = fields.get("attachment_extracted_path", "")
        name = fields.get("Filename") or fields.get("Title") or path.replace("\\", "/").rpartition("/")[2]
        member = self._archive.find(path) if path else None
        found = self._archive.hashed(member) if member else None
        self.missing += found is None
        return Attachment(
            name=fit(name),
            sha256=found[0] if found else "",
            size=found[1] if found else None,
            mime=fit(fields.get("ContentType", "")),
            captured=found is not None,
        )


def _fields(tree: Element) -> dict[str, str]:
    return {one.attributes.get("name", ""): one.first("value") for one in tree.all("field")}


def _models(tree: Element, *names: str) -> list[Element]:
    """Models in fields of these names, single or many."""
    fields = [*tree.all("modelField"), *tree.all("multiModelField")]
    return [model for field in fields if field.attributes.get("name") in names for model in field.all("model")]


def _named(party: Element) -> tuple[str, str]:
    """Handle of a party, and how it is shown where that is another name."""
    fields = _fields(party)
    name = fields.get("Name", "")
    handle = fields.get("Identifier") or name
    return fit(handle), fit(name if name != handle else "")


def _when(text: str) -> When | None:
    try:
        return iso(text) if text else None
    except (ValueError, OverflowError):
        return None
