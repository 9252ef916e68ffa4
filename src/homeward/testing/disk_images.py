"""FAT disk images written by hand: folders, long names, deleted files whose content is still there, one MBR partition.

Layout after Microsoft, "FAT: General Overview of On-Disk Format", version 1.03 (2000). FAT12 below 4085 clusters, FAT16 from
there on: the count alone decides, as the specification says.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

SECTOR = 512
PARTITION_START = 63
"""Sector at which the partition of a partitioned image begins."""
_ROOT_ENTRIES = 512
_FAT12_BELOW, _FAT16_BELOW = 4085, 65525
_DELETED = 0xE5
_FOLDER, _FILE, _LABEL, _LONG = 0x10, 0x20, 0x08, 0x0F
_LONG_SLOTS = (*range(1, 11, 2), *range(14, 26, 2), 28, 30)
_WHEN = datetime(2024, 3, 1, 12, 0, 0, tzinfo=UTC)


class DiskFile(msgspec.Struct, frozen=True):
    """One file: ``path`` with forward slashes; a deleted one keeps its clusters but is no longer in the table."""

    path: str
    data: bytes
    deleted: bool = False
    modified: datetime = _WHEN
    """Written as wall clock time, to two seconds: FAT knows no zone."""


def fat_image(
    files: Iterable[DiskFile],
    *,
    label: str = "HOMEWARD",
    clusters: int = 0,
    sectors_per_cluster: int = 1,
    partitioned: bool = False,
) -> bytes:
    """A FAT12 or FAT16 volume holding ``files``.

    Args:
        files: in the order in which they are laid out; folders are made as needed.
        label: of the volume, at most 11 ASCII characters.
        clusters: at least so many in all; as many as the files need otherwise.
        sectors_per_cluster: a power of two up to 64.
        partitioned: put an MBR before it, the volume at sector :data:`PARTITION_START`.

    Raises:
        ValueError: more clusters or more names in the root than FAT16 can hold.
    """
    volume = _Volume(sectors_per_cluster * SECTOR)
    root = volume.folder(_tree(files), parent=None)
    root = _entry(label.upper().ljust(11).encode("ascii"), _LABEL, 0, 0, _WHEN) + root
    if len(root) > 32 * _ROOT_ENTRIES:
        raise ValueError(f"a root folder holds at most {_ROOT_ENTRIES} entries")
    count = max(clusters, len(volume.table), 16)
    if count >= _FAT16_BELOW:
        raise ValueError(f"{count} clusters are too many for FAT16; use larger ones")
    table = _table(volume.table, count)
    fat_sectors = -(-len(table) // SECTOR)
    before = PARTITION_START if partitioned else 0
    boot = _boot(label, count, sectors_per_cluster, fat_sectors, before)
    area = b"".join(volume.area).ljust(count * volume.size, b"\0")
    image = boot + 2 * table.ljust(fat_sectors * SECTOR, b"\0") + root.ljust(32 * _ROOT_ENTRIES, b"\0") + area
    return (_partition_table(len(image) // SECTOR, count) + image) if partitioned else image


class _Folder(msgspec.Struct):
    folders: dict[str, _Folder]
    files: list[tuple[str, DiskFile]]


def _tree(files: Iterable[DiskFile]) -> _Folder:
    root = _Folder({}, [])
    for file in files:
        *parents, name = file.path.strip("/").split("/")
        at = root
        for parent in parents:
            at = at.folders.setdefault(parent, _Folder({}, []))
        at.files.append((name, file))
    return root


class _Volume:
    """The data area and the table in the making; cluster numbers begin at 2."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.area: list[bytes] = []
        self.table: list[int] = []

    def place(self, data: bytes, *, deleted: bool = False) -> int:
        """Lay ``data`` out in one run; return its first cluster, 0 for nothing."""
        first, count = len(self.table) + 2, -(-len(data) // self.size)
        self.area.append(data.ljust(count * self.size, b"\0"))
        chain = [first + 1 + i for i in range(count - 1)] + [0xFFFF][: min(count, 1)]
        self.table += [0] * count if deleted else chain
        return first if count else 0

    def folder(self, tree: _Folder, parent: int | None) -> bytes:
        """Lay out everything below; return the folder's entries (the root lies outside the data area)."""
        entries: list[bytes] = []
        for name, file in tree.files:
            first = self.place(file.data, deleted=file.deleted)
            entries.append(_named(name, len(entries), _FILE, first, len(file.data), file.modified, deleted=file.deleted))
        for name, below in tree.folders.items():
            first = self._subfolder(below, parent or 0)
            entries.append(_named(name, len(entries), _FOLDER, first, 0, _WHEN))
        return b"".join(entries)

    def _subfolder(self, tree: _Folder, parent: int) -> int:
        slots = 2 + sum(map(_slots, [*tree.folders, *(name for name, _ in tree.files)]))
        first, at = self.place(b"\0" * 32 * slots), len(self.area) - 1
        dots = _entry(b".          ", _FOLDER, first, 0, _WHEN) + _entry(b"..         ", _FOLDER, parent, 0, _WHEN)
        self.area[at] = (dots + self.folder(tree, first)).ljust(len(self.area[at]), b"\0")
        return first


def _slots(name: str) -> int:
    """Entries that a name takes: its short one, and one for every 13 UTF-16 units of the long one."""
    return 1 + -(-len(name.encode("utf-16-le")) // 26)


def _named(name: str, number: int, kind: int, first: int, size: int, when: datetime, *, deleted: bool = False) -> bytes:
    """A short entry ``F0000001.JPG`` behind the slots of its long name, last slot first."""
    extension = name.rpartition(".")[2] if "." in name else ""
    plain = "".join(letter for letter in extension.upper() if letter.isascii() and letter.isalnum())[:3]
    short = f"F{number:07d}{plain:3}".encode("ascii")
    checksum = 0
    for byte in short:
        checksum = (((checksum & 1) << 7) + (checksum >> 1) + byte) & 0xFF
    units = name.encode("utf-16-le")
    pieces = [units[at : at + 26] for at in range(0, len(units), 26)]
    slots = [_long_slot(piece, at + 1, at + 1 == len(pieces), checksum) for at, piece in enumerate(pieces)]
    entries = [*reversed(slots), _entry(short, kind, first, size, when)]
    if deleted:
        entries = [bytes([_DELETED]) + entry[1:] for entry in entries]
    return b"".join(entries)


def _long_slot(piece: bytes, order: int, last: bool, checksum: int) -> bytes:
    slot = bytearray(32)
    slot[0], slot[11], slot[13] = order | (0x40 if last else 0), _LONG, checksum
    padded = (piece + b"\0\0").ljust(28, b"\xff")
    for unit, at in enumerate(_LONG_SLOTS):
        slot[at : at + 2] = padded[2 * unit : 2 * unit + 2]
    return bytes(slot)


def _entry(name: bytes, kind: int, first: int, size: int, when: datetime) -> bytes:
    date = (when.year - 1980) << 9 | when.month << 5 | when.day
    time = when.hour << 11 | when.minute << 5 | when.second // 2
    return struct.pack("<11s3B3HH2HHI", name, kind, 0, 0, time, date, date, 0, time, date, first, size)


def _table(chain: Sequence[int], count: int) -> bytes:
    """Both reserved entries, the chains, and free clusters, in 12 or 16 bits each."""
    entries = [0xFFF8, 0xFFFF, *chain, *([0] * (count - len(chain)))]
    if count >= _FAT12_BELOW:
        return struct.pack(f"<{len(entries)}H", *entries)
    pairs = zip(entries[::2], [*entries, 0][1::2], strict=False)
    return b"".join(((low & 0xFFF) | (high & 0xFFF) << 12).to_bytes(3, "little") for low, high in pairs)


def _boot(label: str, count: int, sectors_per_cluster: int, fat_sectors: int, before: int) -> bytes:
    total = 1 + 2 * fat_sectors + _ROOT_ENTRIES * 32 // SECTOR + count * sectors_per_cluster
    small = total if total < 1 << 16 else 0
    # fmt: off
    head = struct.pack(
        "<3s8sHBHBHHBHHHII", b"\xeb\x3c\x90", b"HOMEWARD", SECTOR, sectors_per_cluster, 1, 2, _ROOT_ENTRIES, small, 0xF8,
        fat_sectors, 32, 64, before, 0 if small else total,
    )  # fmt: skip
    # fmt: on
    kind = b"FAT12   " if count < _FAT12_BELOW else b"FAT16   "
    tail = struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 0x484F4D45, label.upper().ljust(11).encode("ascii"), kind)
    return (head + tail).ljust(SECTOR - 2, b"\0") + b"\x55\xaa"


def _partition_table(sectors: int, count: int) -> bytes:
    kind = 0x01 if count < _FAT12_BELOW else 0x06
    one = struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", kind, b"\xfe\xff\xff", PARTITION_START, sectors)
    return (b"\0" * 446 + one).ljust(SECTOR - 2, b"\0") + b"\x55\xaa" + b"\0" * (PARTITION_START - 1) * SECTOR
