"""Files that are two things at once, nothing at all, or called something strange."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from homeward.testing.corpus.records import HostileFile
from homeward.testing.corpus.samples import HEIGHT, WIDTH, zip_of
from homeward.testing.corpus.tiffs import BILLION
from homeward.testing.encoding import encode
from homeward.testing.scenes import room

_HTML = b"<!DOCTYPE html><html><head><title>Not found</title></head><body>404</body></html>\n"
_NAMES = (
    "new\nline.jpg", "\u263a smile \U0001f3e0.jpg", "right-\u202egpj.jpg", "n" * 250 + ".jpg", " .jpg", "a > b.jpg", "-rf.jpg",
    "back\\slash.jpg", "raw-\udcff\udcfe.jpg", "quote'\".jpg", "no-extension", "tab\there.jpg", "%s%n{0}.jpg", "=1+1.jpg",
)  # fmt: skip


def oddities(seed: int, state: np.random.RandomState) -> Iterator[HostileFile]:
    """Polyglots, wrong names, noise, and little or nothing."""
    jpeg, png = encode(room(seed, WIDTH, HEIGHT)), encode(room(seed + 1, WIDTH, HEIGHT), "png")
    yield from _polyglots(jpeg, png)
    yield from _nothing(state)
    for name in _NAMES:
        yield HostileFile(name, jpeg, "fine")
    yield HostileFile("notes.dll", jpeg, "fine")
    yield HostileFile("png-called.jpg", png, "fine")
    for at, name in enumerate(("page.jpg", "page.png", "page.heic")):
        yield HostileFile(f"html-called-{name}", _HTML * (at + 1), "any", "other")


def _polyglots(jpeg: bytes, png: bytes) -> Iterator[HostileFile]:
    archive = zip_of({"inner.jpg": jpeg, "inner.png": png})
    pdf = b"%PDF-1.4\n1 0 obj\n<</Type/XObject/Subtype/Image/Filter/DCTDecode/Length " + str(len(jpeg)).encode("ascii")
    pdf += b">>\nstream\n" + jpeg + b"\nendstream\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    yield HostileFile("both-jpeg-and-zip.jpg", jpeg + archive, "any")
    yield HostileFile("both-png-and-jpeg.png", png + jpeg, "any")
    yield HostileFile("both-jpeg-and-jpeg.jpg", jpeg + jpeg, "any")
    yield HostileFile("both-gif-and-script.gif", b"GIF89a=1;/*" + bytes(200) + b"*/alert(1);", "damaged")
    yield HostileFile("both-text-and-jpeg.txt", b"notes\n" * 50 + jpeg, "any", "other")
    yield HostileFile("pdf-with-jpeg.pdf", pdf, "any", "other")
    yield HostileFile("program-with-jpeg.exe", b"MZ" + bytes(510) + jpeg + bytes(100) + png, "any", "other")
    yield HostileFile(
        "document-with-half.doc", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + jpeg[: len(jpeg) // 2], "any", "other"
    )
    yield HostileFile("entities.xml", BILLION, "any", "other")
    yield HostileFile(
        "entities.svg", BILLION.replace(b"<x>", b'<svg xmlns="http://www.w3.org/2000/svg"><text>'), "any", "other"
    )


def _nothing(state: np.random.RandomState) -> Iterator[HostileFile]:
    yield HostileFile("empty.jpg", b"", "failed")
    for size in (1, 2, 3, 11):
        yield HostileFile(f"start-of-{size}.jpg", (b"\xff\xd8\xff\xe0\0\x10JFIF\0")[:size], "any")
    for name, start in {
        "jpg": b"\xff\xd8\xff",
        "png": b"\x89PNG\r\n\x1a\n",
        "gif": b"GIF89a",
        "bmp": b"BM",
        "tif": b"II*\0",
        "mp4": b"\0\0\0\x18ftypisom",
    }.items():
        yield HostileFile(f"noise-called.{name}", state.bytes(5000), "any", "other")
        yield HostileFile(f"noise-behind-mark.{name}", start + state.bytes(5000), "any")
    for name, mark in {
        "jpeg": b"\xff\xd8\xff\xe0",
        "png": b"\x89PNG\r\n\x1a\n",
        "zip": b"PK\x03\x04",
        "exif": b"Exif\0\0II*\0",
    }.items():
        yield HostileFile(f"marks-of-{name}.bin", b"\0" + mark * (400_000 // len(mark)), "any", "other")
    yield HostileFile("zeros.jpg", bytes(65_536), "any", "other")
    yield HostileFile("ones.png", b"\xff" * 65_536, "any", "other")
    yield HostileFile("line-of-2-mib.txt", b"a" * (2 << 20), "any", "other")
