"""Mail in mbox: each message with its participants, times with the writer's own offset, and attachments hashed."""

from __future__ import annotations

import email.utils
import hashlib
import re
from collections.abc import Iterator
from email.message import Message as Headers
from itertools import islice
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from homeward.communities import mime
from homeward.communities.captured import MOST_ATTACHED, MOST_TEXT, Attachment, Identifier, Message, Summary, When, fit
from homeward.communities.times import counted
from homeward.sandbox import alive

if TYPE_CHECKING:
    from homeward.communities.worker import Order
    from homeward.sandbox import ByteRange

SITE = "e-mail"
_LARGEST = 64 << 20
"""Bytes of one message; a larger one is skipped."""
_LARGEST_PAGE = 8 << 20
_CHUNK = 1 << 20
_TAIL = 1 << 14
"""Bytes that are kept back until more is there: what separates two mails must be seen as a whole."""
_SEPARATOR = re.compile(rb"\n\r?\nFrom (?=[^\n]*[0-9]{2}:[0-9]{2}|[^\n ]++[ \t]*+\n)[^\n]*+\n(?=[!-9;-~]{1,100}[ \t]*:|>From )")
_QUOTED = re.compile(rb"^>(?=>*From )", re.MULTILINE)
_IDENTITY = re.compile(r"<[^<>\s]+>")
_NO_PLACE = re.compile(r"-0000\s*(?:\(|$)")


def looks(head: bytes) -> bool:
    """Whether a file begins like one."""
    return head.startswith(b"From ") and b"\nFrom:" in head.replace(b"\r\n", b"\n")


def read(source: ByteRange, order: Order, summary: Summary) -> Iterator[Message | Identifier]:
    """Mails and the addresses that wrote them."""
    left_out = 0
    for number, raw in _mails(source, summary):
        alive()
        try:
            head = mime.headers(raw)
            named = _receivers(head)
            message = _message(raw, (head, named), number, order, summary)
            left_out += len(named) > MOST_ATTACHED or mime.left_out(raw, head)
        except (ValueError, OverflowError, LookupError, TypeError, AttributeError, RecursionError):
            summary.problem(f"mail {number}", "it cannot be read")
            continue
        yield message
        if message.handle:
            yield Identifier(message.site, message.handle, "e-mail", message.handle)
    if left_out:
        summary.note(
            f"{left_out} mails have headers longer, more nested or naming more than is read: not all that they say is known"
        )


def _receivers(head: Headers) -> list[str]:
    """Whom a mail was sent to; one too many where there are more than are kept."""
    headers = (one for name in ("To", "Cc", "Bcc") for one in head.get_all(name, []))
    named = (address for one in headers for _, address in mime.addresses(one))
    return list(islice(named, MOST_ATTACHED + 1))


def _mails(source: ByteRange, summary: Summary) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each mail as it was sent: without the line that separates it, and with ``>From`` as ``From``.

    A line that begins with ``From`` separates two mails where a blank line is before it, an address or a time in it, and a
    header behind it: the words of a mail may have such lines too.
    """
    source.seek(0)
    held = bytearray(b"\n\n")
    number, begin, looked, large = 0, -1, 0, False
    chunk = b" "
    while chunk:
        chunk = source.read(_CHUNK)
        held += chunk
        sure = len(held) - (_TAIL if chunk else 0)
        while (found := _SEPARATOR.search(held, looked)) and found.start() < sure:
            if begin >= 0:
                yield from _whole(held, begin, found.start() + 1, number, summary, large=large)
            number, begin, looked, large = number + 1, found.end(), found.end() - 1, False
        if not chunk and begin >= 0:
            yield from _whole(held, begin, len(held), number, summary, large=large)
        large |= begin >= 0 and len(held) - begin > _LARGEST
        done = max(0, sure - 1 if large or begin < 0 else begin - 1)
        looked, begin = max(looked, sure - 1) - done, min(begin, 1)
        del held[:done]


def _whole(held: bytearray, begin: int, end: int, number: int, summary: Summary, *, large: bool) -> Iterator[tuple[int, bytes]]:
    if large or end - begin > _LARGEST:
        summary.problem(f"mail {number}", f"it is larger than {_LARGEST >> 20} MiB")
        return
    mail = bytes(memoryview(held)[begin:end])
    yield number, _QUOTED.sub(b"", mail) if b">From " in mail else mail


def _message(raw: bytes, told: tuple[Headers, list[str]], number: int, order: Order, summary: Summary) -> Message:
    head, named = told
    shown, address = next(iter(mime.addresses(head["From"] or "")), ("", ""))
    text, attachments = _parts(raw)
    summary.cut += len(text) > MOST_TEXT
    references = _identities(head["References"])
    own, answered = (next(iter(_identities(head[name])), "") for name in ("Message-ID", "In-Reply-To"))
    return Message(
        id=fit(own or f"mail {number}"),
        site=order.site or SITE,
        handle=fit(address),
        shown=fit(shown),
        thread=fit(references[0] if references else answered or own),
        time=_when(mime.words(head["Date"])),
        kind="private",
        reply_to=fit(answered),
        to=tuple(fit(one) for one in named[:MOST_ATTACHED]),
        length=len(text),
        text=fit(text, MOST_TEXT) if order.text else "",
        attachments=tuple(attachments[:MOST_ATTACHED]),
    )


def _identities(value: object) -> list[str]:
    """The names of mails in a header; what has no brackets is taken as it stands."""
    text = mime.words(value).strip()
    return _IDENTITY.findall(text) or text.split()[:1]


def _parts(raw: bytes) -> tuple[str, list[Attachment]]:
    """The words of a mail, and what hangs on it, also on mails inside of it."""
    texts, attachments, page = [], [], ""
    for head, body, within in mime.parts(raw):
        kind = head.get_content_type()
        disposition = str(head.get("Content-Disposition", "")).partition(";")[0].strip().lower()
        name = mime.parameter(head, "filename", "content-disposition") or mime.parameter(head, "name")
        if name or disposition == "attachment" or head.get_content_maintype() not in {"text", "multipart"}:
            digest = hashlib.sha256(body).hexdigest()
            attachments.append(Attachment(name=fit(name), sha256=digest, size=len(body), mime=fit(kind)))
        elif kind == "text/plain" and not within:
            texts.append(_text(head, body))
        elif kind == "text/html" and not within and not page:
            page = LexborHTMLParser(_text(head, body[:_LARGEST_PAGE])).text(separator=" ", strip=True)
    return "\n".join(one for one in texts if one) or page, attachments


def _text(head: Headers, body: bytes) -> str:
    charset = mime.codec(mime.parameter(head, "charset"))
    return body.decode(charset, "replace").replace("\r\n", "\n").strip("\n")


def _when(text: str) -> When | None:
    """A date with the offset that the writer's machine wrote.

    ``-0000`` says that it is UTC and of no place (RFC 5322, 3.3); one without a zone, or of a zone that has only a name which
    several bear, is a wall clock.
    """
    try:
        moment = email.utils.parsedate_to_datetime(text) if text else None
        return counted(moment, 0 if _NO_PLACE.search(text) else None) if moment else None
    except (ValueError, TypeError, OverflowError):
        return None  # many real mails have one that nobody can read, and are mails all the same
