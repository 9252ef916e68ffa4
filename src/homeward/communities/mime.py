"""The parts of a mail as its bytes have them: nothing is copied but what is decoded, and nothing is gone over twice.

Python's own parser keeps a mail as a list of lines, which is many times its size, and looks for every open boundary in each of
them. Headers are read by that library all the same, a part at a time.
"""

from __future__ import annotations

import binascii
import codecs
import email.errors
import email.header
import email.utils
import quopri
import re
from collections.abc import Iterator
from email.message import Message as Headers
from email.parser import BytesHeaderParser
from email.policy import Compat32
from typing import NamedTuple

_MOST_PARTS = 2_000
"""Parts of one mail; further ones are left out."""
_DEEPEST = 20
_MOST_HEAD = 1 << 18
"""Bytes of the headers of one part; more are left out."""
_LONGEST = 16 << 10
_LONGEST_OF_PART = 4 << 10
"""Characters of one header, and of those that tell of a part: what reads them goes over a long one again and again."""
_MOST_NESTED = 100
"""Brackets of one header of addresses, in which comments stand: what reads them calls itself for each within another."""
_HEADERS = re.compile(rb"(?:(?:[!-9;-~]+[ \t]*:|[ \t])[^\n]*(?:\n|\Z))*+")
_CUT = re.compile(
    rb"(?:^|\n)(?i:from|to|cc|bcc|date|message-id|references|in-reply-to)[ \t]*:[ \t]*+(?:[^\n]|\n(?=[ \t])){%d}"
    % (_LONGEST + 1)
)
"""A header of those that tell of a mail which is longer than is read."""
_BLANK = re.compile(rb"\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]*")
_UNKNOWN = "latin-1"
_ENCODINGS = [
    "ascii", "utf-8", "utf-7", "utf-16", "latin-1", "iso8859-2", "iso8859-5", "iso8859-7", "iso8859-9", "iso8859-15", "cp1250",
    "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "koi8-r", "koi8-u", "gb2312", "gbk", "gb18030", "big5",
    "shift_jis", "euc-jp", "iso2022_jp", "euc-kr", "raw-unicode-escape",
]  # fmt: skip
for _name in _ENCODINGS:  # behind the lock no codec can be loaded
    codecs.lookup(_name)
_LOADED = {codecs.lookup(name).name for name in _ENCODINGS}
_SPELLINGS = {one.replace("_", "-") for one in _ENCODINGS} | {
    "us-ascii", "utf8", *(f"iso-8859-{part}" for part in (1, 2, 5, 7, 9, 15)), "windows-1250", "windows-1251", "windows-1252",
    "windows-1253", "windows-1254", "windows-1255", "windows-1256", "iso-2022-jp", "shift-jis",
}  # fmt: skip
for _name in _SPELLINGS:
    codecs.lookup(_name)


class Part(NamedTuple):
    """What cannot be divided further, or a mail inside of a mail."""

    headers: Headers
    body: bytes
    """Decoded."""
    within: bool
    """Whether it is of a mail inside of the mail: somebody else's words."""


class _Policy(Compat32):
    """Headers on one line, no longer than any real one, and with bytes beyond ASCII left for :func:`words` to read."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        most = _LONGEST_OF_PART if name[:8].lower() == "content-" else _LONGEST
        return name, _FOLD.sub(" ", _shortened(value, most)).strip()

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002 - its shape is the library's
        return value


def _shortened(value: str, most: int) -> str:
    """No more than ``most`` characters, and where something ends: half of an address is another one."""
    if len(value) <= most:
        return value
    end = max(value.rfind(mark, 0, most) for mark in ", \n")
    return value[: end if end > 0 else most]


_read_headers = BytesHeaderParser(policy=_Policy()).parsebytes


def headers(mail: bytes) -> Headers:
    """Its headers."""
    return _head(mail, 0, len(mail), "text/plain")[0]


def left_out(mail: bytes, head: Headers) -> bool:
    """Whether its headers, of which ``head`` was read, are longer or more nested than is read."""
    found = _HEADERS.match(mail)
    size = found.end() if found else 0
    named = (str(one) for name in ("From", "To", "Cc", "Bcc") for one in head.get_all(name, []))
    return size > _MOST_HEAD or bool(_CUT.search(mail, 0, size)) or any(map(_tangled, named))


def parts(mail: bytes) -> Iterator[Part]:
    """All its parts in order; of a mail inside of it first the whole and then its parts."""
    left = _MOST_PARTS
    for part in _parts(mail, (0, len(mail)), "text/plain", _DEEPEST, within=False):
        yield part
        left -= 1
        if not left:
            return


def _parts(mail: bytes, place: tuple[int, int], kind: str, depth: int, *, within: bool) -> Iterator[Part]:
    head, start = _head(mail, *place, kind)
    end, kind = place[1], head.get_content_type()
    boundary = parameter(head, "boundary") if head.get_content_maintype() == "multipart" else ""
    if boundary and depth:
        inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        for one in _between(mail, start, end, boundary):
            yield from _parts(mail, one, inner, depth - 1, within=within)
        return
    body = decoded(head, mail[start:end])
    yield Part(head, body, within)
    if kind in {"message/rfc822", "message/global"} and depth:
        yield from _parts(body, (0, len(body)), "text/plain", depth - 1, within=True)


def _head(mail: bytes, start: int, end: int, kind: str) -> tuple[Headers, int]:
    """Headers of a part, and where its body begins: behind a blank line, or with the first line that is no header."""
    found = _HEADERS.match(mail, start, end)
    stop = found.end() if found else start
    read = stop if stop - start <= _MOST_HEAD else mail.rfind(b"\n", start, start + _MOST_HEAD) + 1
    head = _read_headers(mail[start : max(start, read)])
    head.set_default_type(kind)
    blank = _BLANK.match(mail, stop, end)
    return head, blank.end() if blank else stop


def _between(mail: bytes, start: int, end: int, boundary: str) -> Iterator[tuple[int, int]]:
    """Where the parts lie that a boundary divides; the last one may lack its end."""
    line = re.compile(rb"\r?\n--" + re.escape(boundary.encode("utf-8", "surrogateescape")) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    began = -1
    for found in line.finditer(mail, start - 1, end):
        if began >= 0:
            yield began, max(began, found.start())
        if found[1]:
            return
        began = min(mail.find(b"\n", found.end()) + 1 or end, end)
    if began >= 0:
        yield began, end


def decoded(head: Headers, body: bytes) -> bytes:
    """A body as it was before it was written for its way; what is broken stays as it is."""
    way = str(head.get("Content-Transfer-Encoding", "")).partition(";")[0].strip().lower()
    if way == "base64":
        for padded in (body, body + b"=="):
            try:
                return binascii.a2b_base64(padded)
            except binascii.Error:
                continue
        return body
    if way == "quoted-printable":
        return quopri.decodestring(body)
    if way in {"x-uuencode", "uuencode", "uue", "x-uue"}:
        told = Headers()
        told["Content-Transfer-Encoding"] = way
        told.set_payload(body.decode("ascii", "surrogateescape"))
        found = told.get_payload(decode=True)
        return found if isinstance(found, bytes) else body
    return body


def parameter(head: Headers, name: str, header: str = "content-type") -> str:
    """A parameter of a header, whichever way it is written (RFC 2231, or as words of a header)."""
    value = head.get_param(name, None, header)
    if isinstance(value, tuple):
        charset, _, text = value
        return text.encode("raw-unicode-escape").decode(codec(charset), "replace").strip()
    return words(email.utils.unquote(value)).strip() if value is not None else ""


def words(value: object) -> str:
    """A header as text: words that say their encoding (RFC 2047), and bytes that say none: UTF-8, or else Latin 1."""
    if value is None:
        return ""
    text = plain(str(value))
    if "=?" not in text:
        return text
    try:
        pieces = email.header.decode_header(text)
    except (email.errors.HeaderParseError, ValueError):
        return text
    return "".join(piece if isinstance(piece, str) else piece.decode(codec(charset), "replace") for piece, charset in pieces)


def plain(text: str) -> str:
    """Text in which bytes beyond ASCII stand as the parser leaves them."""
    if text.isascii():
        return text
    raw = text.encode("utf-8", "surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode(_UNKNOWN)


def codec(charset: object, unknown: str = _UNKNOWN) -> str:
    """The encoding that a mail or a page names, where it is one that is loaded; else Latin 1, which loses nothing."""
    name = str(charset or "").lower().replace("_", "-")
    found = codecs.lookup(name).name if name in _SPELLINGS else ""
    return found if found in _LOADED else unknown


def addresses(value: object) -> list[tuple[str, str]]:
    """(Name as shown, address) of a header. Only names are decoded: nobody's name can become an address.

    One with very many brackets names nobody.
    """
    found = _addresses(plain(str(value)))
    some = [(name, address) for name, address in found if "@" in address] or [pair for pair in found if pair[1]]
    if not any("@" in address for _, address in some) and "=?" in str(value):  # all of it was written as encoded words
        some = [pair for pair in _addresses(words(value)) if "@" in pair[1]] or some
    return [(words(name), address.lower()) for name, address in some]


def _addresses(text: str) -> list[tuple[str, str]]:
    return [] if _tangled(text) else email.utils.getaddresses([text])


def _tangled(text: str) -> bool:
    return text.count("(") > _MOST_NESTED
