"""The EXIF directories of a file as their writer laid them out: which tags in which order, and the few values that tell devices
apart. No value is interpreted beyond that; :mod:`homeward.media.metadata` reads what EXIF says about the picture.

Sources: CIPA DC-008 (2023), section 4.6; TIFF 6.0, section 2; maker notes as the tag tables of ExifTool list them.
"""

from __future__ import annotations

import struct

import msgspec

from homeward.descriptors.header_records import HeaderSignature, digest
from homeward.media.words import one_line

MOST_TAGS = 512
"""Tags of one directory; the fullest of a camera has about 60, of a raw file about 100."""
LONGEST_TEXT = 64
"""Bytes of one text that are kept."""

_MAKE, _MODEL, _SOFTWARE = 0x010F, 0x0110, 0x0131
_EXIF, _INTEROP, _TAKEN, _NOTE, _COMMENT = 0x8769, 0xA005, 0x9003, 0x927C, 0x9286
_BODY, _LENS, _RAW_BODY = 0xA431, 0xA435, 0xC62F
_THUMBNAIL, _THUMBNAIL_SIZE = 0x0201, 0x0202
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Bytes of one value of each type (TIFF 6.0, page 15)."""

Entry = tuple[int, int, int, bytes]
"""Tag, type, count and the four bytes that hold the value or where it lies."""


class ExifHeader(msgspec.Struct, frozen=True):
    """What one EXIF block says about its writer; fields as in :class:`homeward.descriptors.header_records.HeaderSignature`."""

    tags: str = ""
    types: str = ""
    counts: tuple[int, ...] = ()
    maker_note: str = ""
    make: str = ""
    model: str = ""
    software: str = ""
    body_serial: str = ""
    lens_serial: str = ""
    taken: bool = False
    comment: str = ""
    thumbnail: bytes = b""
    problem: str = ""


class _Block:
    """Directories of one block, read with every length checked; what lies outside is empty."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.order = "<" if data[:2] == b"II" else ">"
        self.cut = False

    def directory(self, at: int) -> tuple[list[Entry], int]:
        """Entries at ``at`` and where the next directory lies; none and 0 where there is none."""
        if not 0 < at <= len(self.data) - 2:
            self.cut = self.cut or at != 0
            return [], 0
        (count,) = struct.unpack_from(f"{self.order}H", self.data, at)
        fits = min(count, MOST_TAGS, (len(self.data) - at - 2) // 12)
        self.cut = self.cut or fits < count
        end = at + 2 + 12 * fits
        entries = list(struct.iter_unpack(f"{self.order}HHI4s", self.data[at + 2 : end]))
        following = (
            struct.unpack_from(f"{self.order}I", self.data, end)[0] if fits == count and end + 4 <= len(self.data) else 0
        )
        return entries, following

    def number(self, entry: Entry) -> int:
        """A short or long value, 0 for any other."""
        if entry[1] == 3:
            return int(struct.unpack(f"{self.order}H", entry[3][:2])[0])
        return int(struct.unpack(f"{self.order}I", entry[3])[0]) if entry[1] in {4, 13} else 0

    def value(self, entry: Entry, base: int = 0) -> bytes:
        """Up to :data:`LONGEST_TEXT` bytes of a value whose offset counts from ``base``."""
        size = _SIZES.get(entry[1], 0) * entry[2]
        if size <= 4:
            return entry[3][:size]
        at = base + struct.unpack(f"{self.order}I", entry[3])[0]
        return self.data[at : at + min(size, LONGEST_TEXT)]

    def text(self, entry: Entry | None, base: int = 0) -> str:
        """A text, or a number as text; empty where there is none."""
        if entry is None:
            return ""
        if entry[1] in {3, 4}:
            return str(self.number(entry) or "")
        return one_line(self.value(entry, base).split(b"\0", 1)[0]) if entry[1] in {1, 2, 7, 129} else ""


def read_exif_header(data: bytes) -> ExifHeader:
    """The writer's marks in a block that begins with its TIFF header. Never raises: what is broken is left out and said."""
    if data[:4] not in {b"II*\0", b"MM\0*"} or len(data) < 8:
        return ExifHeader(problem="its EXIF block is broken" if data else "")
    block = _Block(data)
    main, following = block.directory(struct.unpack_from(f"{block.order}I", data, 4)[0])
    base = {entry[0]: entry for entry in reversed(main)}
    exif, _ = block.directory(block.number(base[_EXIF])) if _EXIF in base else ([], 0)
    details = {entry[0]: entry for entry in reversed(exif)}
    thumbnail, _ = block.directory(following)
    interop, _ = block.directory(block.number(details[_INTEROP])) if _INTEROP in details else ([], 0)
    lists = (main, exif, thumbnail, interop)
    make = block.text(base.get(_MAKE))
    note, note_serial = _maker_note(block, details.get(_NOTE))
    first, *others = (tuple(entry[0] for entry in entries) or None for entries in lists)
    typed = (tuple(entry[:2] for entry in entries) for entries in lists)
    return ExifHeader(
        tags=digest((block.order, first or (), *others)),
        types=digest((block.order, *typed)),
        counts=tuple(len(entries) for entries in lists),
        maker_note=note,
        make=make,
        model=block.text(base.get(_MODEL)),
        software=block.text(base.get(_SOFTWARE)),
        body_serial=block.text(details.get(_BODY)) or block.text(base.get(_RAW_BODY)) or note_serial,
        lens_serial=block.text(details.get(_LENS)),
        taken=any(c in b"123456789" for c in block.value(details[_TAKEN])) if _TAKEN in details else False,
        comment=_comment(block, details.get(_COMMENT)),
        thumbnail=_embedded(block, thumbnail),
        problem="its EXIF block is cut short" if block.cut else "",
    )


def exif_signature(kind: str, exif: ExifHeader) -> HeaderSignature:
    """The part of a signature of a file of format ``kind`` that its EXIF block tells."""
    return HeaderSignature(
        format=kind,
        tags=exif.tags,
        types=exif.types,
        counts=exif.counts,
        maker_note=exif.maker_note,
        make=exif.make,
        model=exif.model,
        software=exif.software,
        body_serial=exif.body_serial,
        lens_serial=exif.lens_serial,
        taken=exif.taken,
        texts=(exif.comment,) if exif.comment else (),
        problem=exif.problem,
    )


def note_identity(start: bytes) -> str:
    """How a maker note begins, by its first six bytes: the name that its maker puts first (``Nikon``), or, where a directory
    comes first, the first tag and its type (``directory 0001:3``); the bytes in hexadecimal for anything else.
    """
    start = start[:6]
    name = start.split(b"\0", 1)[0]
    if len(name) >= 3 and name.isascii() and name.decode().strip().isalnum():
        return name.decode().strip()
    if len(start) == 6:
        for order in "<>":
            count, tag, kind = struct.unpack(f"{order}HHH", start)
            if 0 < count < 256 and kind in _SIZES:
                return f"directory {tag:04x}:{kind}"
    return start.hex()


_NOTES = (
    (b"Nikon\0\x02", 18, 10, 0x001D),  # its own TIFF header at 10
    (b"FUJIFILM", 12, 0, 0x0010),  # little-endian, offsets from the note's start
    (b"Panasonic\0\0\0", 12, None, 0x0025),
)
"""Beginning, where the directory lies, where its offsets count from (None: the EXIF block), the body's serial number."""
_CANON_SERIAL = 0x000C


def _maker_note(block: _Block, entry: Entry | None) -> tuple[str, str]:
    """Identity of the maker note, and the body's serial number where its place is known."""
    if entry is None or entry[2] < 6:
        return "", ""
    (at,) = struct.unpack(f"{block.order}I", entry[3])
    note = block.data[at : at + entry[2]]
    identity = note_identity(note)
    for begins, start, base, tag in _NOTES:
        if note.startswith(begins):
            inner = _Block(note)
            inner.order = _note_order(note, begins, block.order)
            return identity, _note_text(
                inner if base is not None else block, (at if base is None else 0) + start, base or 0, tag
            )
    if identity == "directory 0001:3":
        return identity, _note_text(block, at, 0, _CANON_SERIAL)
    return identity, ""


def _note_order(note: bytes, begins: bytes, order: str) -> str:
    if begins == b"FUJIFILM":
        return "<"
    return {b"II": "<", b"MM": ">"}.get(note[10:12], order) if begins.startswith(b"Nikon") else order


def _note_text(block: _Block, at: int, base: int, tag: int) -> str:
    looked = _Block(block.data)
    looked.order = block.order
    entries, _ = looked.directory(at)
    return looked.text(next((entry for entry in entries if entry[0] == tag), None), base)


def _comment(block: _Block, entry: Entry | None) -> str:
    """A user comment in ASCII: some programs write there what made the file."""
    said = block.value(entry) if entry is not None else b""
    return one_line(said[8:]) if said.startswith(b"ASCII\0\0\0") else ""


def _embedded(block: _Block, entries: list[Entry]) -> bytes:
    found = {entry[0]: block.number(entry) for entry in entries if entry[0] in {_THUMBNAIL, _THUMBNAIL_SIZE}}
    at = found.get(_THUMBNAIL, 0)
    return block.data[at : at + found.get(_THUMBNAIL_SIZE, 0)] if at else b""
