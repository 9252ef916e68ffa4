"""Header signature: how the program that wrote a file laid it out, read in one pass without decoding anything.

Tables, marker order, directories and boxes differ between makers and programs and stay the same from file to file of one
camera: Kee, Johnson, Farid, "Digital image authentication from JPEG headers", IEEE TIFS 6(3), 2011; for clips Yang et al. 2020.
Limits are in ``docs/methods/header.md``.
"""

from __future__ import annotations

import msgspec

from homeward.descriptors import header_tables
from homeward.descriptors.header_boxes import At, read_boxes
from homeward.descriptors.header_chunks import read_png, read_webp
from homeward.descriptors.header_exif import exif_signature, read_exif_header
from homeward.descriptors.header_jpeg import read_jpeg
from homeward.descriptors.header_records import HeaderSignature
from homeward.media.blocks import find_blocks

VERSION = "1"
"""Raised whenever the same file would give another signature."""

_PNG = b"\x89PNG\r\n\x1a\n"
_TIFF = (b"II*\0", b"MM\0*")
_FIRST_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"}


def warm_up() -> None:
    """Compute what is compared with, so that the first file costs what every file costs."""
    header_tables.warm_up()


def read_header(data: bytes) -> HeaderSignature:
    """The signature of a still picture file, by its content; an empty one for a file of another kind.

    Looks at the first 256 KB of a JPEG and at the heads of the chunks or boxes of the others. Never raises for what the bytes
    hold: what is broken is left out, and ``problem`` says so.
    """
    if data.startswith(b"\xff\xd8"):
        return read_jpeg(data)
    if data.startswith(_PNG):
        return read_png(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return read_webp(data)
    if data.startswith(_TIFF):
        return exif_signature("TIFF", read_exif_header(data))
    if data[4:8] == b"ftyp":
        return _heif(data)
    return HeaderSignature()


def read_clip_header(at: At, size: int) -> HeaderSignature:
    """The signature of a clip in MP4 or MOV; an empty one for a file of another kind.

    Args:
        at: gives up to ``count`` bytes from ``position``; a few kilobytes are asked for in all.
        size: bytes of the clip.

    Raises:
        OSError: ``at`` cannot read.
    """
    return read_boxes(at, size) if at(4, 4) in _FIRST_BOXES else HeaderSignature()


def _heif(data: bytes) -> HeaderSignature:
    boxes = read_boxes(lambda position, count: data[position : position + count], len(data))
    exif = read_exif_header(find_blocks(data).exif)
    return msgspec.structs.replace(
        exif_signature("HEIF", exif),
        order=boxes.order,
        frame=boxes.frame,
        tables=boxes.tables,
        texts=boxes.texts,
        problem=boxes.problem or exif.problem,
    )
