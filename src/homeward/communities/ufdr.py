"""UFDR: the report of a telephone's examination, a zip archive of ``report.xml`` and files. Chats are read by the message.

The same report is also delivered as a file of XML with its files beside it.

A report tells first of the files (``taggedFiles``) and then of what was decoded (``decodedData``). Models stand in fields of
models; whatever a message points at (a file, an answered message) it names by an id, or by a ``targetid`` to jump to.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

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
    from homeward.known.text import Stream
    from homeward.sandbox import ByteRange

REPORT = "report.xml"
_MOST_KNOWN = 200_000
"""Parties that are remembered so that none is told twice; past them some are."""
_MOST_IN_CHAT = 200_000
"""Parties and messages of a chat that are remembered, for what points at them."""
_MOST_FILES = 500_000
_MODELS = 4  # project, decodedData, modelType, model
_NOTHING = Element("", {})
_TAKEN = {"Participants": "Party", "Messages": "InstantMessage"}
"""Fields of a chat, and what models of them are read."""
_BY_NUMBER = {
    "native messages", "sms", "mms", "imessage", "whatsapp", "whatsapp business", "signal", "viber",
}  # fmt: skip
"""Programs in which a party is a telephone number, also where it is written without a plus."""
_JID = re.compile(r"([0-9]{5,17})(?::[0-9]+)?@(?:s\.whatsapp\.net|c\.us)")
_PHONE = re.compile(r"\+?[0-9]{5,17}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_OF_PROGRAMS = ("@s.whatsapp.net", "@g.us", "@c.us", "@lid", "@broadcast")


class _File(NamedTuple):
    """A file as the report tells of it."""

    path: str
    """Its member of the archive; empty where it is not there."""
    sha256: bytes
    md5: str
    """Where there is no SHA-256."""


def looks(names: Collection[str]) -> bool:
    """Whether members of these names are a report's."""
    return any(name.lower() == REPORT for name in names)


def read(source: ByteRange, order: Order, summary: Summary) -> Iterator[Message | Identifier]:
    """Messages of all chats, and what their parties can be recognised by.

    Raises:
        CaptureRefused: it is no such archive, or its report is broken.
    """
    archive = Zipped(source)
    name = archive.find(REPORT)
    if name is None:
        raise CaptureRefused(f"it is a zip archive without {REPORT}: no UFDR")
    with archive.open(name) as stream:
        yield from _chats(stream, _Report(archive, order, summary))


def looks_plain(head: bytes) -> bool:
    """Whether a file begins like the report alone."""
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and b"pa.cellebrite.com/report" in head


def read_plain(source: ByteRange, order: Order, summary: Summary) -> Iterator[Message | Identifier]:
    """The same of a report whose files lie beside it.

    Raises:
        CaptureRefused: it is broken.
    """
    source.seek(0)
    yield from _chats(source, _Report(None, order, summary))


def _chats(stream: Stream, report: _Report) -> Iterator[Message | Identifier]:
    for tree in trees(stream, report.wanted):
        yield from report.take(tree)
    yield from report.introduced()
    report.tell()


class _Report:
    """Goes through a report: of a chat its own fields and parties come first, then its messages."""

    def __init__(self, archive: Zipped | None, order: Order, summary: Summary) -> None:
        self._archive, self._order, self._summary = archive, order, summary
        self._files: dict[str, _File] = {}
        self._chat = 0
        """How deep the chat stands in which the parser is; 0: in none."""
        self._field = ""
        """The field of it in which the parser is."""
        self._fields: dict[str, str] = {}
        self._parties: dict[str, None] = {}
        self._introduced = True
        self._messages: dict[str, str] = {}
        self._number = 0
        self._known: set[Identifier] = set()
        self._missing = self._deleted = self._untimed = self._changed = self._passed = 0

    def wanted(self, name: str, attributes: dict[str, str], depth: int) -> bool | Element:
        """Files; that a chat begins, its fields, parties and messages, but not the chat as a whole."""
        kind = attributes.get("type", "")
        if depth <= self._chat:
            self._chat = 0
        if not self._chat:
            if name == "model" and kind == "Chat":
                self._chat = depth
                return Element("chat", attributes)
            self._passed += name == "model" and depth == _MODELS
            return name == "file"
        if depth == self._chat + 1:
            self._field = attributes.get("name", "")
            return name == "field"
        return depth == self._chat + 2 and name == "model" and kind == _TAKEN.get(self._field)

    def take(self, tree: Element) -> Iterator[Message | Identifier]:
        """What one tree says."""
        if tree.name == "file":
            self._file(tree)
        elif tree.name == "chat":
            yield from self.introduced()
            self._fields, self._parties, self._introduced = {"id": tree.attributes.get("id", "")}, {}, False
            self._messages.clear()
        elif tree.name == "field":
            self._fields[tree.attributes.get("name", "")] = tree.first("value")
        elif tree.attributes.get("type") == "Party":
            if (handle := _named(tree)[0]) and len(self._parties) < _MOST_IN_CHAT:
                self._parties[handle] = None
        else:
            yield from self.introduced()
            self._number += 1
            yield self._message(tree)

    def tell(self) -> None:
        """What a person should know."""
        for count, sentence in (
            (self._missing, "attachments are not in the archive: they count as not captured"),
            (self._changed, "attachments are not what the report says: their bytes have other digests"),
            (self._deleted, "messages had been deleted on the telephone and were recovered"),
            (self._untimed, "messages have a time that cannot be read: they count as without one"),
            (self._passed, "records of the report are of no chat (calls, contacts, mails): they are not read"),
        ):
            if count:
                self._summary.note(f"{count} {sentence}")

    def _file(self, tree: Element) -> None:
        told = {
            item.attributes.get("name", ""): item.text
            for part in tree.all("metadata")
            if part.attributes.get("section") == "File"
            for item in part.all("item")
        }
        name = tree.attributes.get("id", "")
        if name and len(self._files) < _MOST_FILES:
            path = told.get("Local Path", "")
            sha256, md5 = bytes.fromhex(_hex(told.get("SHA256", ""), 64)), _hex(told.get("MD5", ""), 32)
            self._files[name] = _File(self._member(path), sha256, "" if sha256 else md5)

    @property
    def _site(self) -> str:
        source = self._fields.get("Source") or self._fields.get("SourceApplication")
        return fit(source or self._order.site or "telephone")

    def introduced(self) -> Iterator[Identifier]:
        """By what the parties of the chat can be recognised; asked once all of its own fields are known."""
        if self._introduced:
            return
        self._introduced = True
        for handle in self._parties:
            for kind, value in recognised(self._site, handle):
                one = Identifier(self._site, handle, kind, value)
                if one not in self._known:
                    if len(self._known) >= _MOST_KNOWN:
                        self._known.clear()
                    self._known.add(one)
                    yield one

    def _message(self, tree: Element) -> Message:
        fields = _fields(tree)
        handle, shown = _named(next(iter(_models(tree, "From")), _NOTHING))
        text = fields.get("Body", "")
        time = _when(tree)
        self._summary.cut += len(text) > MOST_TEXT
        self._untimed += time is None and bool(fields.get("TimeStamp"))
        self._deleted += tree.attributes.get("deleted_state") == "Deleted"
        own = tree.attributes.get("id", "")
        name = fit(fields.get("Identifier") or own or str(self._number))
        if own and len(self._messages) < _MOST_IN_CHAT:
            self._messages[own] = name
        to = tuple(filter(None, (_named(one)[0] for one in _models(tree, "To"))))[:MOST_ATTACHED]
        group = len(self._parties) > 2 or len(to) > 1 or self._fields.get("Id", "").endswith("@g.us")
        if not (to or group) and handle in self._parties:
            to = tuple(one for one in self._parties if one != handle)  # the other one of two
        return Message(
            id=name,
            site=self._site,
            handle=handle,
            shown=shown,
            board=fit(self._fields.get("Name") or self._fields.get("Id") or self._fields.get("id") or ""),
            time=time,
            kind="system" if not handle else "message" if group else "private",
            reply_to=self._answered(tree),
            forwarded=_passed_on(tree),
            to=to,
            length=len(text),
            text=fit(text, MOST_TEXT) if self._order.text else "",
            attachments=tuple(map(self._attachment, _models(tree, "Attachment", "Attachments")[:MOST_ATTACHED])),
        )

    def _answered(self, tree: Element) -> str:
        """The message that one answers, by the name that it bears itself."""
        for data in _everywhere(tree, ("ReplyMessageData", "QuotedMessageData")):
            targets = [one.text for one in data.all("jumptargets", "targetid")]
            told = _fields(data).get("OriginalMessageID", "")
            if found := next((self._messages[one] for one in (*targets, told) if one in self._messages), told):
                return fit(found)
        return ""

    def _attachment(self, tree: Element) -> Attachment:
        fields = _fields(tree)
        targets = [tree.attributes.get("file_id", ""), *(one.text for one in tree.all("jumptargets", "targetid"))]
        told = next((self._files[one] for one in targets if one in self._files), _File("", b"", ""))
        path = fields.get("attachment_extracted_path", "")
        member = self._member(path) or told.path
        name = fields.get("Filename") or fields.get("Title") or (path or member).replace("\\", "/").rpartition("/")[2]
        mime = fit(fields.get("ContentType", ""))
        if self._archive is None and member:
            own = told.sha256.hex() if told.path == member else ""  # counts where the file is not there
            return Attachment(name=fit(name), path=fit(member), start=own, mime=mime)
        found = self._archive.hashed(member) if self._archive and member else None
        self._missing += found is None
        self._changed += bool(found and told.sha256 and told.path == member and told.sha256.hex() != found[0])
        return Attachment(
            name=fit(name),
            sha256=found[0] if found else told.sha256.hex(),
            md5="" if found else told.md5,
            size=found[1] if found else None,
            mime=mime,
            captured=found is not None,
        )

    def _member(self, path: str) -> str:
        """The file that a report means by ``path``: its member of the archive, or where it lies beside the report."""
        return path.replace("\\", "/") if self._archive is None else (self._archive.find(path) or "") if path else ""


def recognised(site: str, handle: str) -> Iterator[tuple[str, str]]:
    """By what else than its name a party can be recognised: a telephone number or an address.

    Bare digits are a number only where the program has its parties by number: elsewhere they are one that the program gave.
    """
    if found := _JID.fullmatch(handle):
        yield "phone", f"+{found[1]}"
    elif _PHONE.fullmatch(handle) and (handle.startswith("+") or site.casefold() in _BY_NUMBER):
        yield "phone", handle
    elif _MAIL.fullmatch(handle) and not handle.endswith(_OF_PROGRAMS):
        yield "e-mail", handle.lower()


def _fields(tree: Element) -> dict[str, str]:
    return {one.attributes.get("name", ""): one.first("value") for one in tree.all("field")}


def _models(tree: Element, *names: str) -> list[Element]:
    """Models in fields of these names, single or many."""
    fields = [*tree.all("modelField"), *tree.all("multiModelField")]
    return [model for field in fields if field.attributes.get("name") in names for model in field.all("model")]


def _everywhere(tree: Element, kinds: tuple[str, ...]) -> list[Element]:
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


def _passed_on(tree: Element) -> str:
    """From whom a message was passed on."""
    for data in _everywhere(tree, ("ForwardedMessageData",)):
        for sender in _models(data, "OriginalSender"):
            if handle := _named(sender)[0]:
                return handle
    return ""


def _named(party: Element) -> tuple[str, str]:
    """Handle of a party, and how it is shown where that is another name."""
    fields = _fields(party)
    name = fields.get("Name", "")
    handle = fields.get("Identifier") or name
    return fit(handle), fit(name if name != handle else "")


def _when(tree: Element) -> When | None:
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


def _hex(text: str, digits: int) -> str:
    text = text.lower()
    return text if len(text) == digits and set(text) <= set("0123456789abcdef") else ""
