"""The items of a HEIF container: where the primary picture's data lies and how it is put together.

Source: ISO/IEC 14496-12 (boxes, ``meta``, ``iloc``, ``iinf``, ``iref``) and ISO/IEC 23008-12 (item properties, ``grid``).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

MOST_ITEMS = 20_000


class BrokenContainer(ValueError):
    """The boxes contradict themselves or end too early."""


class Item(msgspec.Struct):
    """One item, as far as pictures need it."""

    kind: bytes = b""
    extents: list[tuple[int, int, int]] = []
    """(construction method, offset, length): 0 in the file, 1 in ``idat``."""
    properties: list[tuple[bytes, bytes]] = []
    """(type, body) in the order in which they apply."""
    parts: list[int] = []
    """Items that this one is derived from."""
    helper: bool = False
    """A thumbnail, a mask or a tile: no picture of its own."""

    def first(self, kind: bytes) -> bytes | None:
        """The body of the first property of a kind."""
        return next((body for name, body in self.properties if name == kind), None)


class Items(msgspec.Struct):
    """The items of one file."""

    data: memoryview
    primary: int = 0
    items: dict[int, Item] = {}
    inline: memoryview = memoryview(b"")

    def body(self, item: Item) -> bytes | None:
        """An item's data, None where part of it lies beyond the end of the file."""
        sources = {0: self.data, 1: self.inline}
        parts = []
        for method, offset, length in item.extents:
            source = sources.get(method)
            if source is None or offset + length > len(source):
                return None
            parts.append(source[offset : offset + length] if length else source[offset:])
        if sum(map(len, parts)) > len(self.data):
            raise BrokenContainer("an item is larger than its file")
        return b"".join(parts)


def read_items(data: memoryview) -> Items:
    """Read the ``meta`` box.

    Raises:
        BrokenContainer: there is none, or it is broken or cut short.
    """
    found = Items(data)
    try:
        for kind, body in _boxes(data):
            if kind == b"meta":
                _read_meta(body[4:], found)
                return found
    except (struct.error, IndexError) as error:
        raise BrokenContainer("its list of pictures is broken or cut short") from error
    raise BrokenContainer("it has no list of pictures")


def _boxes(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        end = at + size if size else len(data)
        if size and size < head:
            return
        yield kind, data[at + head : end]
        at = end


def _read_meta(body: memoryview, found: Items) -> None:
    associations: memoryview | None = None
    properties: list[tuple[bytes, bytes]] = []
    for kind, part in _boxes(body):
        if kind == b"pitm":
            (found.primary,) = struct.unpack_from(">I" if part[0] else ">H", part, 4)
        elif kind == b"iinf":
            _read_kinds(part, found)
        elif kind == b"iloc":
            _read_places(part, found)
        elif kind == b"iref":
            _read_references(part, found)
        elif kind == b"idat":
            found.inline = part
        elif kind == b"iprp":
            inner = dict(_boxes(part))
            properties = [(name, bytes(value)) for name, value in _boxes(inner.get(b"ipco", part[:0]))]
            associations = inner.get(b"ipma")
    if associations is not None:
        _associate(associations, properties, found)


def _item(found: Items, number: int) -> Item:
    if number not in found.items:
        if len(found.items) >= MOST_ITEMS:
            raise BrokenContainer(f"it lists more than {MOST_ITEMS} pictures")
        found.items[number] = Item(extents=[], properties=[], parts=[])
    return found.items[number]


def _read_kinds(body: memoryview, found: Items) -> None:
    for kind, entry in _boxes(body[8 if body[0] else 6 :]):
        if kind == b"infe" and entry[0] in {2, 3}:
            wide = entry[0] == 3
            (number,) = struct.unpack_from(">I" if wide else ">H", entry, 4)
            at = 10 if wide else 8
            _item(found, number).kind = bytes(entry[at : at + 4])


def _read_places(body: memoryview, found: Items) -> None:
    version, sizes, more = body[0], body[4], body[5]
    offset_size, length_size, base_size, index_size = sizes >> 4, sizes & 15, more >> 4, more & 15 if version else 0
    wide = version == 2
    (count,) = struct.unpack_from(">I" if wide else ">H", body, 6)
    at = 10 if wide else 8
    for _ in range(count):
        (number,) = struct.unpack_from(">I" if wide else ">H", body, at)
        at += 4 if wide else 2
        method = 0
        if version:
            method = body[at + 1] & 15
            at += 2
        base, at = _number(body, at + 2, base_size)
        (extents,) = struct.unpack_from(">H", body, at)
        at += 2
        item = _item(found, number)
        for _ in range(extents):
            offset, at = _number(body, at + index_size, offset_size)
            length, at = _number(body, at, length_size)
            item.extents.append((method, base + offset, length))


def _number(body: memoryview, at: int, size: int) -> tuple[int, int]:
    if at + size > len(body):
        raise IndexError
    return int.from_bytes(body[at : at + size], "big"), at + size


def _read_references(body: memoryview, found: Items) -> None:
    width = 4 if body[0] else 2
    for kind, entry in _boxes(body[4:]):
        source, at = _number(entry, 0, width)
        count, at = _number(entry, at, 2)
        targets = []
        for _ in range(count):
            target, at = _number(entry, at, width)
            targets.append(target)
        if kind == b"dimg":
            _item(found, source).parts = targets
            for target in targets:
                _item(found, target).helper = True
        elif kind in {b"thmb", b"auxl"}:
            _item(found, source).helper = True


def _associate(body: memoryview, properties: list[tuple[bytes, bytes]], found: Items) -> None:
    wide_item, wide_index = body[0] >= 1, body[3] & 1
    (count,) = struct.unpack_from(">I", body, 4)
    at = 8
    for _ in range(count):
        number, at = _number(body, at, 4 if wide_item else 2)
        entries, at = _number(body, at, 1)
        for _ in range(entries):
            index, at = _number(body, at, 2 if wide_index else 1)
            index &= 0x7FFF if wide_index else 0x7F
            if 1 <= index <= len(properties):
                _item(found, number).properties.append(properties[index - 1])
