"""Whether bytes hold picture data: what every test of something that leaves a case asks."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from pathlib import Path

from homeward.store import Case
from homeward.store.models import Exhibit

_BOXES = (
    "heic",
    "heix",
    "heif",
    "mif1",
    "msf1",
    "avif",
    "avis",
    "isom",
    "iso2",
    "mp41",
    "mp42",
    "M4V ",
    "qt  ",
    "3gp4",
    "3gp5",
)
_MARKS = (
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF", b"II*\0", b"MM\0*", b"\0\0\0\x0cJXL ", b"\0\0\0\x0cjP  ",
    b"\xff\x4f\xff\x51", b"\x1a\x45\xdf\xa3", b"8BPS", b"FLV\1", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
    *(f"ftyp{brand}".encode() for brand in _BOXES),
)  # fmt: skip
_PACKED = re.compile(rb"[A-Za-z0-9+/_-]{64,}")
VEIL = 24 * 18


def assert_no_picture(data: bytes, case: Case) -> None:
    """No picture file, no piece of a picture or of a veil of the case, plain, in Base64 or in hexadecimal."""
    pieces = list(_pieces(case))
    assert pieces
    for body in (data, *_unpacked(data)):
        assert not [mark for mark in _MARKS if mark in body]
        assert not [piece for piece in pieces if piece in body]


def _unpacked(data: bytes) -> list[bytes]:
    found = []
    for run in _PACKED.findall(data):
        for decode in (base64.b64decode, base64.urlsafe_b64decode, binascii.unhexlify, zlib.decompress):
            try:
                found.append(decode(run[: len(run) // 4 * 4]))
            except (ValueError, zlib.error):
                continue
    return found


def _pieces(case: Case) -> list[bytes]:
    """Sixteen bytes out of the middle of every veil, and of every picture file."""
    found = []
    for path in sorted((case.folder / "segments").glob("veil*/*.seg")):
        body, width = path.read_bytes(), VEIL + 13
        found += [body[at + width // 2 : at + width // 2 + 16] for at in range(0, len(body) - width + 1, width)]
    for location in Exhibit.objects.using(case.alias).values_list("location", flat=True):
        for file in sorted(Path(location).rglob("*.jpg")):
            body = file.read_bytes()
            found.append(body[len(body) // 2 : len(body) // 2 + 16])
    return [piece for piece in found if len(set(piece)) > 4]
