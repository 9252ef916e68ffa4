"""The chunks of a PNG or WebP: which stand where, and what programs write about themselves in them.

Sources: PNG (W3C, third edition, sections 5 and 11); WebP (RFC 9649, section 2).
"""

from __future__ import annotations

import struct

import msgspec

from homeward.descriptors.header_exif import exif_signature, read_exif_header
from homeward.descriptors.header_records import HeaderSignature, digest
from homeward.media.words import one_line

MOST_CHUNKS = 400
"""Chunks walked; those that carry pixels count once while they follow each other."""
MOST_TEXTS = 8
LARGEST_EXIF = 256 << 10
_SOFTWARE = b"Software\0"


def read_png(data: bytes) -> HeaderSignature:
    """The signature of a PNG. Never raises: what is broken is left out and said."""
    order: list[str] = []
    texts: list[str] = []
    software, exif, problem, at = "", b"", "", 8
    for _ in range(MOST_CHUNKS):
        if at + 12 > len(data):
            problem = "" if order[-1:] == ["IEND"] else "its chunks are cut short or broken"
            break
        length, name = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + min(length, LARGEST_EXIF)] if name not in {b"IDAT", b"fdAT"} else b""
        word = one_line(name.decode("latin-1"))
        if name in {b"tEXt", b"iTXt", b"zTXt", b"iCCP"}:
            word = f"{word} {one_line(body[:79].split(bytes(1), 1)[0])}"
        if order[-1:] != [word]:
            order.append(word)
        if name == b"tEXt" and body.startswith(_SOFTWARE):
            software = one_line(body[len(_SOFTWARE) :][:64])
        elif name == b"tEXt":
            texts.append(one_line(body[:64].replace(b"\0", b": ")))
        elif name == b"eXIf":
            exif = exif or body.removeprefix(b"Exif\0\0")
        at += 12 + length
    else:
        problem = "it has more chunks than are read"
    return _signature("PNG", order, data[24:29].hex(), texts, exif, problem, software)


def read_webp(data: bytes) -> HeaderSignature:
    """The signature of a WebP. Never raises: what is broken is left out and said."""
    order: list[str] = []
    exif, flags, problem, at = b"", "", "", 12
    for _ in range(MOST_CHUNKS):
        if at + 8 > len(data):
            problem = "its chunks are cut short or broken" if at > len(data) + 1 else ""
            break
        name, length = struct.unpack_from("<4sI", data, at)
        word = one_line(name.decode("latin-1"))
        if order[-1:] != [word]:
            order.append(word)
        if name == b"VP8X":
            flags = data[at + 8 : at + 9].hex()
        elif name == b"EXIF":
            exif = exif or data[at + 8 : at + 8 + min(length, LARGEST_EXIF)].removeprefix(b"Exif\0\0")
        at += 8 + length + (length & 1)
    else:
        problem = "it has more chunks than are read"
    return _signature("WebP", order, flags, [], exif, problem, "")


def _signature(
    kind: str, order: list[str], frame: str, texts: list[str], block: bytes, problem: str, software: str
) -> HeaderSignature:
    exif = read_exif_header(block)
    told = exif_signature(kind, exif)
    return msgspec.structs.replace(
        told,
        order=tuple(order),
        frame=frame,
        tables=digest(order),
        software=software or exif.software,
        texts=tuple(text for text in (*texts, *told.texts) if text)[:MOST_TEXTS],
        problem=problem or exif.problem,
    )
