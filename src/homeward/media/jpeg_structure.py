"""The skeleton of a JPEG: frame, tables and scans, read marker by marker.

Source: ITU-T T.81 (JPEG), Annex B; section numbers below are its. Nothing is decoded here.
"""

from __future__ import annotations

import re
import struct

import msgspec

EOI, SOS, DHT, DQT, DRI, APP1 = 0xD9, 0xDA, 0xC4, 0xDB, 0xDD, 0xE1
_FRAMES = {*range(0xC0, 0xD0)} - {DHT, 0xC8, 0xCC}
_ALONE = {0x01, *range(0xD0, 0xD9)}
"""TEM, RST0-7 and SOI: markers without a length (B.1.1.3)."""
_MARKER = re.compile(rb"\xff+([\x01-\xfe])")
_SCAN_END = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""The first marker that is neither a stuffed zero nor a restart (B.1.1.5)."""

HuffmanBits = bytes
"""A table as stored: 16 counts of codes by length, then the symbols (B.2.4.2)."""


class Broken(ValueError):
    """The skeleton itself is broken; the message names how, in words."""


class CutShort(Broken):
    """The bytes end where the skeleton goes on."""


class NoEnd(CutShort):
    """Everything is there but the end marker."""


class Component(msgspec.Struct, frozen=True):
    """One plane: its sampling factors (1..4) and its DC quantiser step (1..65535; 1 where no table was given)."""

    horizontal: int
    vertical: int
    table: int


class Frame(msgspec.Struct, frozen=True):
    """The frame header (B.2.2)."""

    kind: int
    """Its marker's low byte: 0xC0 baseline, 0xC1 extended, 0xC2 progressive; the others are rare."""
    precision: int
    height: int
    width: int
    components: tuple[Component, ...]

    @property
    def progressive(self) -> bool:
        """Whether scans refine each other."""
        return self.kind == 0xC2

    @property
    def huffman(self) -> bool:
        """Whether the scans are Huffman-coded DCT, which :mod:`homeward.media.jpeg_check` can walk."""
        return self.kind in {0xC0, 0xC1, 0xC2}

    @property
    def most(self) -> tuple[int, int]:
        """Greatest horizontal and vertical sampling factor."""
        return max(c.horizontal for c in self.components), max(c.vertical for c in self.components)

    def blocks(self, index: int) -> tuple[int, int]:
        """Columns and rows of 8×8 blocks that component ``index`` really has (A.2.2)."""
        component, (across, down) = self.components[index], self.most
        columns = -(-self.width * component.horizontal // across)
        rows = -(-self.height * component.vertical // down)
        return -(-columns // 8), -(-rows // 8)

    @property
    def units(self) -> tuple[int, int]:
        """Columns and rows of minimum coded units of an interleaved scan."""
        across, down = self.most
        return -(-self.width // (8 * across)), -(-self.height // (8 * down))


class Scan(msgspec.Struct, frozen=True):
    """One scan header (B.2.3) with the tables that are in force for it."""

    components: tuple[int, ...]
    """Positions in ``Frame.components``."""
    dc: tuple[HuffmanBits | None, ...]
    ac: tuple[HuffmanBits | None, ...]
    steps: tuple[int, ...]
    """DC quantiser step of each component."""
    first: int
    last: int
    high: int
    low: int
    interval: int
    """Minimum coded units between restart markers; 0: none."""
    header: int
    """Byte position of its marker."""
    start: int
    """Byte position of its entropy-coded data."""

    def complete(self, progressive: bool) -> bool:
        """Whether every table that its codes need was given."""
        needs_dc = self.first == 0 and not (progressive and self.high)
        needs_ac = self.first > 0 or not progressive
        return not (needs_dc and None in self.dc) and not (needs_ac and None in self.ac)


class Skeleton:
    """Reads one JPEG from its start; each :meth:`next_scan` goes on where :attr:`at` stands.

    ``frame`` is known with the first scan; ``exif`` is the first EXIF block, without its header.
    """

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = data
        self._dc: dict[int, HuffmanBits] = {}
        self._ac: dict[int, HuffmanBits] = {}
        self._steps: dict[int, int] = {}
        self._interval = 0
        self._names: tuple[int, ...] = ()
        self.frame: Frame | None = None
        self.exif: bytes | None = None
        self.at = 2

    def next_scan(self) -> Scan | None:
        """The next scan, None at the end marker.

        Raises:
            CutShort: the bytes end first.
            Broken: a header contradicts itself or the standard.
        """
        while True:
            found = _MARKER.search(self._data, self.at)
            if found is None:
                self.at = len(self._data)
                raise NoEnd("the end marker is missing")
            marker, self.at = found.group(1)[0], found.end()
            if marker == EOI:
                return None
            if marker in _ALONE:
                continue
            try:
                body = self._body()
            except Broken:
                self.at = found.start()  # nobody is to read on from a header that is none
                raise
            if marker == SOS:
                return self._scan(body, found.end() - 2)
            try:
                self._take(marker, body)
            except (IndexError, struct.error) as error:
                raise Broken("a header is too short for what it announces") from error

    def skip_scan(self) -> None:
        """Move behind the entropy-coded data that starts at :attr:`at` without looking at it."""
        found = _SCAN_END.search(self._data, self.at)
        self.at = found.start() if found else len(self._data)

    def _body(self) -> bytes:
        if self.at + 2 > len(self._data):
            raise CutShort("the file ends inside a header")
        length = int.from_bytes(self._data[self.at : self.at + 2], "big")
        if length < 2:
            raise Broken("a header has an impossible length")
        if self.at + length > len(self._data):
            raise CutShort("the file ends inside a header")
        body = bytes(self._data[self.at + 2 : self.at + length])
        self.at += length
        return body

    def _take(self, marker: int, body: bytes) -> None:
        if marker == DHT:
            self._tables(body)
        elif marker == DQT:
            self._quantisers(body)
        elif marker == DRI:
            (self._interval,) = struct.unpack_from(">H", body)
        elif marker == APP1 and self.exif is None and body.startswith(b"Exif\0"):
            self.exif = body[6:]
        elif marker in _FRAMES:
            self._frame(marker, body)

    def _tables(self, body: bytes) -> None:
        at = 0
        while at < len(body):
            kind, name = body[at] >> 4, body[at] & 15
            end = at + 17 + sum(body[at + 1 : at + 17])
            if kind > 1 or name > 3 or end > len(body):
                raise Broken("a code table is broken")
            (self._ac if kind else self._dc)[name] = body[at + 1 : end]
            at = end

    def _quantisers(self, body: bytes) -> None:
        at = 0
        while at < len(body):
            wide, name = body[at] >> 4, body[at] & 15
            self._steps[name] = struct.unpack_from(">H" if wide else "B", body, at + 1)[0]
            at += 129 if wide else 65

    def _frame(self, kind: int, body: bytes) -> None:
        if self.frame is not None:
            raise Broken("it has two frame headers")
        precision, height, width, count = struct.unpack_from(">BHHB", body)
        parts = [body[6 + 3 * i : 9 + 3 * i] for i in range(count)]
        components = tuple(Component(part[1] >> 4, part[1] & 15, part[2]) for part in parts)
        if not (width and height and components):
            raise Broken("its header announces an empty picture")
        if any(not 1 <= c.horizontal <= 4 or not 1 <= c.vertical <= 4 for c in components):
            raise Broken("its header announces impossible sampling factors")
        self._names = tuple(part[0] for part in parts)
        self.frame = Frame(kind, precision, height, width, components)

    def _scan(self, body: bytes, header: int) -> Scan:
        if self.frame is None:
            raise Broken("it has picture data before its frame header")
        count = body[0] if body else 0
        if not 1 <= count <= 4 or len(body) < 4 + 2 * count:
            raise Broken("a scan header is broken")
        names, selectors = body[1 : 1 + 2 * count : 2], body[2 : 2 + 2 * count : 2]
        if any(name not in self._names for name in names) or len(set(names)) != count:
            raise Broken("a scan names a colour plane that does not exist")
        first, last, successive = body[1 + 2 * count : 4 + 2 * count]
        indexes = tuple(self._names.index(name) for name in names)
        return Scan(
            components=indexes,
            dc=tuple(self._dc.get(selector >> 4) for selector in selectors),
            ac=tuple(self._ac.get(selector & 15) for selector in selectors),
            steps=tuple(self._steps.get(self.frame.components[i].table, 1) for i in indexes),
            first=first,
            last=last,
            high=successive >> 4,
            low=successive & 15,
            interval=self._interval,
            header=header,
            start=self.at,
        )
