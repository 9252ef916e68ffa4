"""What the header of a file says about the program that wrote it, and the three keys under which like is found."""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

from homeward.descriptors.header_tables import FAMILIES


class Origin(StrEnum):
    """Which way a file came, as far as its header tells."""

    CAMERA = "camera"
    """Written by a camera's or phone's own program, as far as every trace goes."""
    APP = "app"
    """Written or changed by another program, which is named or leaves its mark."""
    STRIPPED = "stripped"
    """Nothing of a camera is left: saved anew, or its metadata was removed."""
    UNKNOWN = "unknown"
    """Too little to say."""


class HeaderSignature(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file's header. Text is one line as found, digests are 12 hexadecimal digits, everything is empty where absent."""

    format: str = ""
    order: tuple[str, ...] = ()
    """Markers, chunks or boxes in their order, with the names that applications give them."""
    markers: str = ""
    """JPEG: digest of the markers and of the first four bytes of each application segment, as the reference set has it."""
    frame: str = ""
    """JPEG: frame marker, then each component's number, sampling factors and table. Others: what stands in their place."""
    tables: str = ""
    """Digest of the quantisation tables."""
    scale: str = ""
    """The standard tables that they are scaled from, see :func:`homeward.descriptors.header_tables.scaled_standard`."""
    huffman: str = ""
    """``standard``, ``optimised`` or ``other``."""
    thumbnail: str = ""
    """Size of the embedded thumbnail and digest of its frame, tables and markers."""
    tags: str = ""
    """Digest of the byte order and of the tag numbers of each EXIF directory but GPS, in their order."""
    types: str = ""
    """The same with the type of each tag."""
    counts: tuple[int, ...] = ()
    """Tags of the main, Exif, thumbnail and interoperability directories."""
    maker_note: str = ""
    """How the maker note begins, see :func:`homeward.descriptors.header_exif.note_identity`."""
    make: str = ""
    model: str = ""
    software: str = ""
    body_serial: str = ""
    lens_serial: str = ""
    taken: bool = False
    """Whether it says when it was taken."""
    texts: tuple[str, ...] = ()
    """Comments, encoder and handler names, creator tools: what programs write about themselves."""
    problem: str = ""
    """What could not be read, as a plain sentence."""

    @property
    def full(self) -> str:
        """Key of the whole path: files of one camera share it; empty for a file of unknown kind. Quantisation tables count by
        family only: some cameras fit them to each picture.
        """
        layout = (self.order, self.frame, self._family, self.huffman, self.thumbnail)
        return self._key(*layout, self.types, self.maker_note, self.make, self.model)

    @property
    def bare(self) -> str:
        """Key without EXIF: what is left when metadata was removed and the picture was not saved anew."""
        kept = () if self.format == "JPEG" else self.order
        return self._key(self.frame, self.tables, self.huffman, kept)

    @property
    def writer(self) -> str:
        """Key of the program: the same at every quality and for every camera whose pictures it saves."""
        order = tuple(name for name in self.order if not name.startswith("APP1 Exif"))
        return self._key(order, self.frame, self._family, self.huffman, self.texts)

    @property
    def _family(self) -> str:
        """Which standard tables were scaled, by whatever amount; ``own`` for others."""
        return next((name for name in FAMILIES if self.scale.startswith(name)), "own")

    def _key(self, *parts: object) -> str:
        return digest((self.format, *parts)) if self.format else ""


def digest(value: object) -> str:
    """12 hexadecimal digits (BLAKE2b) of plain tuples, numbers, text and bytes as Python writes them: the form of the reference
    set of JPEG signatures, so that files can be looked up in it.
    """
    return hashlib.blake2b(repr(value).encode(), digest_size=6).hexdigest()
