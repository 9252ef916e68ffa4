"""Mail in mbox: each message with its participants, times with the writer's own offset, and attachments hashed."""

from __future__ import annotations

import codecs
import email.header
import email.utils
import hashlib
from collections.abc import Iterator, Sequence
from email.message import Message as Mail
from email.parser import BytesParser
from email.policy import Compat32
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
from homeward.communities.times import counted

if TYPE_CHECKING:
    from homeward.communities.worker import Order
    from homeward.sandbox import ByteRange

SITE = "e-mail"
_LARGEST = 64 << 20
"""Bytes of one message; a larger one is skipped."""
_CHUNK = 1 << 20
_LONGEST = 16 << 10
"""Characters of one header; more are cut: what reads its parts goes over a long one again and again."""
_ENCODINGS = [
    "ascii", "utf-8", "utf-7", "utf-16", "latin-1", "iso8859-2", "iso8859-5", "iso8859-7", "iso8859-9", "iso8859-15", "cp1250",
    "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "koi8-r", "koi8-u", "gb2312", "gbk", "gb18030", "big5",
    "shift_jis", "euc-jp", "iso2022_jp", "euc-kr", "raw-unicode-escape",
]  # fmt: skip
for _name in _ENCODINGS:  # behind the lock no codec can be loaded
    codecs.lookup(_name)
_LOADED = {codecs.lookup(name).name for name in _ENCODINGS}


def looks(head: bytes) -> bool:
    """Whether a file begins like one."""
    return head.startswith(b"From ") and b"\nFrom:" in head.replace(b"\r\n", b"\n")


def read(source: ByteRange, order: Order, summary: Summary) -> Iterator[Message | Identifier]:
    """Mails and the addresses that wrote them."""
    parser = BytesParser(policy=_Short())
    for number, raw in enumerate(_mails(source, summary), 1):
        try:
            mail = parser.parsebytes(raw)
            message = _message(mail, number, order, summary)
        except (ValueError, OverflowError, LookupError, TypeError, AttributeError, RecursionError):
            summary.problem(f"mail {number}", "it cannot be read")
            continue
        yield message
        if message.handle:
            yield Identifier(message.site, message.handle, "e-mail", message.handle)


class _Short(Compat32):
    """Python's plain way to keep mails, with headers that are no longer than any real one."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Name and value of a header, also of those in parts of a mail."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST]


def _mails(source: ByteRange, summary: Summary) -> Iterator[bytes]:
    """Each mail as it was sent: without the line that separates it, and with ``>From`` as ``From``."""
    source.seek(0)
    held: list[bytes] = []
    rest, size, number = b"", 0, 0
    while True:
        chunk = source.read(_CHUNK)
        *whole, rest = (rest + chunk).split(b"\n") if chunk else [*rest.split(b"\n"), b""]
        if len(rest) > _LARGEST:
            raise CaptureRefused("a line is longer than a mail may be")
        for line in whole:
            if line.startswith(b"From ") and (not held or held[-1] in {b"", b"\r"}):
                if size <= _LARGEST and held:
                    yield b"\n".join(held)
                elif held:
                    summary.problem(f"mail {number}", f"it is larger than {_LARGEST >> 20} MiB")
                held, size, number = [], 0, number + 1
                continue
            size += len(line) + 1
            if size <= _LARGEST:
                held.append(line[1:] if line.lstrip(b">").startswith(b"From ") and line.startswith(b">") else line)
        if not chunk:
            break
    if any(held) and size <= _LARGEST:
        yield b"\n".join(held)


def _message(mail: Mail, number: int, order: Order, summary: Summary) -> Message:
    shown, address = _address(mail["From"])
    named = [_address(one)[1] for name in ("To", "Cc", "Bcc") for one in _split(mail.get_all(name, []))]
    text, attachments = _parts(mail)
    summary.cut += len(text) > MOST_TEXT
    references = _decoded(mail["References"]).split()
    own = _decoded(mail["Message-ID"]).strip()
    answered = _decoded(mail["In-Reply-To"]).strip()
    return Message(
        id=fit(own or f"mail {number}"),
        site=order.site or SITE,
        handle=fit(address),
        shown=fit(shown),
        thread=fit(references[0] if references else answered or own),
        time=_when(_decoded(mail["Date"])),
        kind="private",
        reply_to=fit(answered),
        to=tuple(fit(one) for one in named[:MOST_ATTACHED] if one),
        length=len(text),
        text=fit(text, MOST_TEXT) if order.text else "",
        attachments=tuple(attachments[:MOST_ATTACHED]),
    )


def _parts(mail: Mail) -> tuple[str, list[Attachment]]:
    """The words of a mail, and what hangs on it."""
    text, attachments = "", []
    for part in mail.walk():
        if part.is_multipart():
            continue
        body = part.get_payload(decode=True)
        content = body if isinstance(body, bytes) else b""
        name = _decoded(part.get_filename())
        if not name and part.get_content_type() == "text/plain" and not text:
            text = content.decode(_codec(part.get_content_charset()), "replace").replace("\r\n", "\n").strip("\n")
        elif name or part.get_content_maintype() not in {"text", "multipart"}:
            digest = hashlib.sha256(content).hexdigest()
            mime = fit(part.get_content_type())
            attachments.append(Attachment(name=fit(name), sha256=digest, size=len(content), mime=mime))
    return text, attachments


def _when(text: str) -> When | None:
    """A date with the offset that the writer's machine wrote; ``-0000`` says that it knew none (RFC 5322, 3.3)."""
    try:
        return counted(email.utils.parsedate_to_datetime(text), 0) if text else None
    except (ValueError, TypeError, OverflowError):
        return None  # many real mails have one that nobody can read, and are mails all the same


def _split(values: Sequence[object]) -> list[str]:
    return [email.utils.formataddr(pair) for pair in email.utils.getaddresses([_decoded(one) for one in values])]


def _address(value: object) -> tuple[str, str]:
    shown, address = email.utils.parseaddr(_decoded(value))
    return shown, address.lower()


def _decoded(value: object) -> str:
    """A header as text."""
    if value is None:
        return ""
    pieces = email.header.decode_header(str(value))
    return "".join(
        piece if isinstance(piece, str) else piece.decode(_codec(charset), "replace") for piece, charset in pieces
    ).replace("\n", " ")


def _codec(charset: str | None) -> str:
    try:
        name = codecs.lookup(charset).name if charset and charset.lower().replace("_", "-") in _SPELLINGS else ""
    except LookupError:
        name = ""
    return name if name in _LOADED else "latin-1"


_SPELLINGS = {one.replace("_", "-") for one in _ENCODINGS} | {
    "us-ascii", "utf8", *(f"iso-8859-{part}" for part in (1, 2, 5, 7, 9, 15)), "windows-1250", "windows-1251", "windows-1252",
    "windows-1253", "windows-1254", "windows-1255", "windows-1256", "iso-2022-jp", "shift-jis",
}  # fmt: skip
for _name in _SPELLINGS:
    codecs.lookup(_name)
