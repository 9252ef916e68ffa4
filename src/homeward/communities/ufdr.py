"""UFDR: the report of a telephone's examination, a zip archive of ``report.xml`` and files.

Chats are read by the message; short messages, mails and calls, which stand in none, by the record.

The same report is also delivered as a file of XML with its files beside it.

A report tells first of the files (``taggedFiles``) and then of what was decoded (``decodedData``). Models stand in fields of
models; whatever a message points at (a file, an answered message) it names by an id, or by a ``targetid`` to jump to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from homeward.communities.captured import (
    MOST_ATTACHED,
    MOST_TEXT,
    Attachment,
    CaptureRefused,
    Identifier,
    Message,
    Summary,
    fit,
)
from homeward.communities.mail import SITE as MAILBOX
from homeward.communities.ufdr_parts import everywhere, fields, hexadecimal, models, named, passed_on, recognised, when
from homeward.communities.ufdr_records import CALL, MAIL, RECORDS, SHORT, conversation, sides, words
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
_MOST_NUMBERS = 20
"""Numbers of the telephone itself that are taken."""
_NUMBERS = ("MSISDN", "LastUsedMSISDN")
_NOTHING = Element("", {})
_TAKEN = {"Participants": "Party", "Messages": "InstantMessage"}
"""Fields of a chat, and what models of them are read."""


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
    """Messages of all chats, records that stand in none, and what their parties can be recognised by.

    Raises:
        CaptureRefused: it is no such archive, or its report is broken.
    """
    archive = Zipped(source)
    name = archive.find(REPORT)
    if name is None:
        raise CaptureRefused(f"it is a zip archive without {REPORT}: no UFDR")
    with archive.open(name) as stream:
        yield from _all(stream, _Report(archive, order, summary))


def looks_plain(head: bytes) -> bool:
    """Whether a file begins like the report alone."""
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and b"pa.cellebrite.com/report" in head


def read_plain(source: ByteRange, order: Order, summary: Summary) -> Iterator[Message | Identifier]:
    """The same of a report whose files lie beside it.

    Raises:
        CaptureRefused: it is broken.
    """
    source.seek(0)
    yield from _all(source, _Report(None, order, summary))


def _all(stream: Stream, report: _Report) -> Iterator[Message | Identifier]:
    for tree in trees(stream, report.wanted):
        yield from report.take(tree)
    yield from report.introduced()
    yield from report.itself()
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
        self._own = ""
        """What the telephone is called where a record leaves its side out: of every report another."""
        self._numbers: dict[str, None] = {}
        self._own_sites: dict[str, None] = {}
        self._missing = self._deleted = self._untimed = self._changed = self._passed = self._unsure = 0

    def wanted(self, name: str, attributes: dict[str, str], depth: int) -> bool | Element:
        """Files and records; that a chat begins, its fields, parties and messages, but not the chat as a whole."""
        kind = attributes.get("type", "")
        if depth <= self._chat:
            self._chat = 0
        if not self._chat:
            if name == "model" and kind == "Chat":
                self._chat = depth
                return Element("chat", attributes)
            return self._outside(name, attributes, depth)
        if depth == self._chat + 1:
            self._field = attributes.get("name", "")
            return name == "field"
        return depth == self._chat + 2 and name == "model" and kind == _TAKEN.get(self._field)

    def _outside(self, name: str, attributes: dict[str, str], depth: int) -> bool | Element:
        if depth == 1:
            return Element("project", attributes)
        if name == "model" and depth == _MODELS:
            record = attributes.get("type") in RECORDS
            self._passed += not record
            return record
        return name == "file" or (name == "metadata" and attributes.get("section") == "Device Info")

    def take(self, tree: Element) -> Iterator[Message | Identifier]:
        """What one tree says."""
        if tree.name == "file":
            self._file(tree)
        elif tree.name == "project":
            self._own = fit(f"telephone {tree.attributes['id']}") if tree.attributes.get("id") else ""
        elif tree.name == "metadata":
            found = (one.text for one in tree.all("item") if one.attributes.get("name") in _NUMBERS and one.text)
            self._numbers |= dict.fromkeys(islice(found, _MOST_NUMBERS))
        elif tree.attributes.get("type") in RECORDS:
            yield from self._record(tree)
        elif tree.name == "chat":
            yield from self.introduced()
            self._fields, self._parties, self._introduced = {"id": tree.attributes.get("id", "")}, {}, False
            self._messages.clear()
        elif tree.name == "field":
            self._fields[tree.attributes.get("name", "")] = tree.first("value")
        elif tree.attributes.get("type") == "Party":
            if (handle := named(tree)[0]) and len(self._parties) < _MOST_IN_CHAT:
                self._parties[handle] = None
        else:
            yield from self.introduced()
            yield self._said(tree)

    def tell(self) -> None:
        """What a person should know."""
        for count, sentence in (
            (self._missing, "attachments are not in the archive: they count as not captured"),
            (self._changed, "attachments are not what the report says: their bytes have other digests"),
            (self._deleted, "messages or calls had been deleted on the telephone and were recovered"),
            (self._untimed, "messages or calls have a time that cannot be read: they count as without one"),
            (self._unsure, "messages or calls do not say which side wrote or called: nobody counts as having done so"),
            (self._passed, "records of the report are of other kinds (contacts, places, ...): they are not read"),
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
            sha256, md5 = bytes.fromhex(hexadecimal(told.get("SHA256", ""), 64)), hexadecimal(told.get("MD5", ""), 32)
            self._files[name] = _File(self._member(path), sha256, "" if sha256 else md5)

    @property
    def _site(self) -> str:
        source = self._fields.get("Source") or self._fields.get("SourceApplication")
        return fit(source or self._order.site or "telephone")

    def introduced(self) -> Iterator[Identifier]:
        """By what the parties of the chat can be recognised; asked once all of its own fields are known."""
        if not self._introduced:
            self._introduced = True
            yield from self._new(self._site, self._parties)

    def itself(self) -> Iterator[Identifier]:
        """By what the telephone can be recognised; asked at the end."""
        for site in self._own_sites:
            for number in self._numbers:
                for kind, value in recognised(site, fit(number), by_number=True):
                    yield Identifier(site, self._own, kind, value)

    def _new(self, site: str, handles: Iterable[str], *, by_number: bool = False) -> Iterator[Identifier]:
        for handle in handles:
            for kind, value in recognised(site, handle, by_number=by_number):
                one = Identifier(site, handle, kind, value)
                if one not in self._known:
                    if len(self._known) >= _MOST_KNOWN:
                        self._known.clear()
                    self._known.add(one)
                    yield one

    def _record(self, tree: Element) -> Iterator[Message | Identifier]:
        """A message or a call that stands in no chat."""
        self._number += 1
        kind, told = tree.attributes["type"], fields(tree)
        source = told.get("Source", "")
        site = fit(source or self._order.site or (MAILBOX if kind == MAIL else "telephone"))
        by_number = kind in SHORT or (kind == CALL and not source)
        handle, shown, to, filled, sure = sides(tree, "" if kind == MAIL else self._own)
        if kind == MAIL:
            handle, to = handle.lower(), tuple(one.lower() for one in to)
        self._unsure += not sure
        if filled and by_number:
            self._own_sites[site] = None
        others = dict.fromkeys(one for one in (handle, *to) if one and not (filled and one == self._own))
        yield from self._new(site, others, by_number=by_number)
        yield self._message(
            tree,
            told,
            "" if kind == CALL else words(told),
            id=fit(tree.attributes.get("id") or str(self._number)),
            site=site,
            handle=handle,
            shown=shown,
            board="" if kind == MAIL else conversation(handle, to),
            kind="call" if kind == CALL else "message" if kind in SHORT and len(to) > 1 else "private",
            to=to,
        )

    def _said(self, tree: Element) -> Message:
        """A message of the chat."""
        self._number += 1
        told = fields(tree)
        handle, shown = named(next(iter(models(tree, "From")), _NOTHING))
        own = tree.attributes.get("id", "")
        name = fit(told.get("Identifier") or own or str(self._number))
        if own and len(self._messages) < _MOST_IN_CHAT:
            self._messages[own] = name
        to = tuple(filter(None, (named(one)[0] for one in models(tree, "To"))))[:MOST_ATTACHED]
        group = len(self._parties) > 2 or len(to) > 1 or self._fields.get("Id", "").endswith("@g.us")
        if not (to or group) and handle in self._parties:
            to = tuple(one for one in self._parties if one != handle)  # the other one of two
        return self._message(
            tree,
            told,
            told.get("Body", ""),
            id=name,
            site=self._site,
            handle=handle,
            shown=shown,
            board=fit(self._fields.get("Name") or self._fields.get("Id") or self._fields.get("id") or ""),
            kind="system" if not handle else "message" if group else "private",
            reply_to=self._answered(tree),
            forwarded=passed_on(tree),
            to=to,
        )

    def _message(self, tree: Element, told: dict[str, str], text: str, **more: Any) -> Message:
        """What messages of chats and records have in common, and ``more``."""
        time = when(tree)
        self._summary.cut += len(text) > MOST_TEXT
        self._untimed += time is None and bool(told.get("TimeStamp"))
        self._deleted += tree.attributes.get("deleted_state") == "Deleted"
        return Message(
            **more,
            time=time,
            length=len(text),
            text=fit(text, MOST_TEXT) if self._order.text else "",
            attachments=tuple(map(self._attachment, models(tree, "Attachment", "Attachments")[:MOST_ATTACHED])),
        )

    def _answered(self, tree: Element) -> str:
        """The message that one answers, by the name that it bears itself."""
        for data in everywhere(tree, ("ReplyMessageData", "QuotedMessageData")):
            targets = [one.text for one in data.all("jumptargets", "targetid")]
            told = fields(data).get("OriginalMessageID", "")
            if found := next((self._messages[one] for one in (*targets, told) if one in self._messages), told):
                return fit(found)
        return ""

    def _attachment(self, tree: Element) -> Attachment:
        about = fields(tree)
        targets = [tree.attributes.get("file_id", ""), *(one.text for one in tree.all("jumptargets", "targetid"))]
        told = next((self._files[one] for one in targets if one in self._files), _File("", b"", ""))
        path = about.get("attachment_extracted_path", "")
        member = self._member(path) or told.path
        name = about.get("Filename") or about.get("Title") or (path or member).replace("\\", "/").rpartition("/")[2]
        mime = fit(about.get("ContentType", ""))
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
