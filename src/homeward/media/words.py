"""Text as files carry it: padded, in an encoding that nobody states, too long, with control characters."""

from __future__ import annotations

import re

from PIL import ExifTags

LONGEST = 400
"""Characters of one value that are kept."""
_LONGEST_BYTES = 64
"""Bytes without a known encoding beyond which a value is no text."""
_CODECS = {b"ASCII\0\0\0": "utf-8", b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "iso2022_jp", bytes(8): "utf-8"}
"""What the first eight bytes of a comment say about the rest (CIPA DC-008, 4.6.5)."""
_WITH_CODEC = {ExifTags.Base.UserComment, ExifTags.GPS.GPSProcessingMethod, ExifTags.GPS.GPSAreaInformation}
_WINDOWS = {
    ExifTags.Base.XPTitle, ExifTags.Base.XPComment, ExifTags.Base.XPAuthor, ExifTags.Base.XPKeywords, ExifTags.Base.XPSubject,
}  # fmt: skip


_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1f]")


def encoded(tag: int, value: object) -> str:
    """The value of an EXIF tag as one line of text; empty for bytes that mean nothing as text."""
    if not isinstance(value, bytes):
        return one_line(value)
    if tag in _WINDOWS:
        return one_line(value[: 2 * LONGEST + 2].decode("utf-16-le", "replace"))
    if tag in _WITH_CODEC and value[:8] in _CODECS:
        comment, codec = value[8 : 2 * LONGEST + 8], _CODECS[value[:8]]
        return one_line(comment.decode(_byte_order(comment) if codec == "utf-16" else codec, "replace"))
    return one_line(value) if len(value) <= _LONGEST_BYTES else ""


def one_line(value: object) -> str:
    """A value as one line of text without padding, control characters or excess length."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        value = value[:LONGEST].hex(" ") if _CONTROL.search(value.rstrip(b"\0 ")) else _decoded(value)
    elif isinstance(value, tuple):
        value = " ".join(one_line(part) for part in value[:32])
    elif isinstance(value, str):
        value = _as_utf8(value)
    text = str(value)[: 8 * LONGEST].split("\0", 1)[0].strip()
    return "".join(c if c.isprintable() else " " for c in text[:LONGEST])


def _byte_order(text: bytes) -> str:
    """UTF-16 without a mark: Latin letters leave their upper byte empty, which tells where it is."""
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "utf-16-be" if text[::2].count(0) > text[1::2].count(0) else "utf-16-le"


def _decoded(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _as_utf8(text: str) -> str:
    """Pillow reads ASCII tags as Latin-1; cameras and editors write UTF-8 into them."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
