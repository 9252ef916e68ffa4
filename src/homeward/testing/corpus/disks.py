"""Disk images whose structures loop or point outside."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from homeward.testing.corpus.patching import over, put
from homeward.testing.corpus.records import HostileFile
from homeward.testing.corpus.samples import HEIGHT, WIDTH
from homeward.testing.disk_images import PARTITION_START, SECTOR, DiskFile, fat_image
from homeward.testing.encoding import encode
from homeward.testing.expert_witness import expert_witness
from homeward.testing.scenes import room


def lying_disks(seed: int) -> Iterator[HostileFile]:
    """Hostile FAT volumes, partition tables and E01 files."""
    picture = encode(room(seed, WIDTH, HEIGHT))
    files = [
        DiskFile("first.jpg", picture),
        DiskFile("inner/deeper/second.jpg", picture),
        DiskFile("gone.jpg", picture, deleted=True),
    ]
    volume = fat_image(files)
    for name, data in {**_volumes(volume), **_tables(volume, fat_image(files, partitioned=True))}.items():
        yield HostileFile(f"disk-{name}.img", data, "any", "container")
    for name, data in _witnesses(volume).items():
        yield HostileFile(f"e01-{name}.E01", data, "any", "container")
    witness = expert_witness(volume)
    wrong = bytes(range(16)) + bytes(16)
    stated = over(witness, witness.index(b"hash\0") + 76, wrong + struct.pack("<I", zlib.adler32(wrong)))
    yield HostileFile("e01-hash-wrong.E01", stated, "damaged", "container")


def _volumes(volume: bytes) -> dict[str, bytes]:
    fat_sectors = struct.unpack_from("<H", volume, 22)[0]
    fat, root = SECTOR, SECTOR * (1 + 2 * fat_sectors)
    data = root + 512 * 32
    file = volume.index(b"F0000000JPG", root)
    folder = _entry_of_folder(volume, root)
    inner = struct.unpack_from("<H", volume, folder + 26)[0]
    deeper = _entry_of_folder(volume, data + (inner - 2) * SECTOR + 64)
    return {
        "chain-loop": put(volume, fat + 3, "<BBB", 0x02, 0x20, 0x00),
        "folder-in-itself": put(volume, deeper + 26, "<H", inner),
        "folder-is-root": put(volume, deeper + 26, "<H", 0),
        "folder-beyond": put(volume, folder + 26, "<H", 65000),
        "file-4294967295-bytes": put(volume, file + 28, "<I", 2**32 - 1),
        "file-beyond": put(volume, file + 26, "<H", 65000),
        "file-at-0": put(volume, file + 26, "<H", 0),
        "table-ones": volume[:fat] + b"\xff" * (root - fat) + volume[root:],
        "table-twos": volume[:fat] + b"\x02\x20\x00" * ((root - fat) // 3) + volume[fat + (root - fat) // 3 * 3 :],
        "root-random": volume[:root] + bytes(range(256)) * 64 + volume[data:],
        "cluster-of-0": put(volume, 13, "<B", 0),
        "cluster-of-255": put(volume, 13, "<B", 255),
        "sector-of-0": put(volume, 11, "<H", 0),
        "sector-of-65535": put(volume, 11, "<H", 65535),
        "tables-255": put(volume, 16, "<B", 255),
        "tables-0": put(volume, 16, "<B", 0),
        "root-of-65535": put(volume, 17, "<H", 65535),
        "sectors-4294967295": put(put(volume, 19, "<H", 0), 32, "<I", 2**32 - 1),
        "reserved-65535": put(volume, 14, "<H", 65535),
        "slots-orphaned": put(volume, root + 32, "<B", 0x5F),
    }


def _entry_of_folder(volume: bytes, begin: int) -> int:
    return next(at for at in range(begin, len(volume), 32) if volume[at + 11] == 0x10)


def _tables(volume: bytes, partitioned: bytes) -> dict[str, bytes]:
    slot = 446
    ring = put(partitioned, slot + 4, "<B3xII", 0x05, 1, 1000)
    ring = ring[:SECTOR] + put(ring[SECTOR : 2 * SECTOR], slot + 16, "<B3xB3xII", 0, 0x05, 0, 1000) + ring[2 * SECTOR :]
    ring = put(ring, 2 * SECTOR - 2, "<H", 0xAA55)
    several = partitioned
    for at in range(1, 4):
        several = put(several, slot + 16 * at, "<B3xB3xII", 0, 0x06, PARTITION_START, 2**32 - 1)
    gpt = b"EFI PART" + struct.pack("<4I4Q16sQ4I", 0x10000, 92, 0, 0, 1, 1, 0, 2**64 - 1, bytes(16), 2, 2**32 - 1, 128, 0, 0)
    protective = put(partitioned, slot + 4, "<B3xII", 0xEE, 1, 2**32 - 1)
    ext = put(bytes(volume), 1080, "<H", 0xEF53)
    return {
        "partition-beyond": put(partitioned, slot + 8, "<II", 2**32 - 2, 2**32 - 2),
        "partition-on-table": put(partitioned, slot + 8, "<I", 0),
        "partitions-overlap": several,
        "partitions-ring": ring,
        "gpt-of-4294967295": protective[:SECTOR] + gpt.ljust(SECTOR, b"\0") + protective[2 * SECTOR :],
        "ext-superblock": ext,
        "ntfs-boot": over(volume, 3, b"NTFS    "),
        "exfat-boot": over(volume, 3, b"EXFAT   "),
        "hfs-header": put(volume, 1024, ">HHI", 0x482B, 4, 2**32 - 1),
        "iso-mark": over(bytes(36 * 1024), 32 * 1024, b"\x01CD001\x01" + bytes(73) + b"\xff" * 160),
    }


def _witnesses(volume: bytes) -> dict[str, bytes]:
    data = expert_witness(volume)
    sections = {name: data.index(name + b"\0") for name in (b"volume", b"sectors", b"table", b"table2", b"done")}
    body, table = sections[b"volume"] + 76, sections[b"table"] + 76
    return {
        "section-loop": put(data, sections[b"sectors"] + 16, "<Q", 13),
        "section-on-itself": put(data, sections[b"sectors"] + 16, "<Q", sections[b"sectors"]),
        "section-beyond": put(data, sections[b"volume"] + 16, "<Q", 2**62),
        "chunks-4294967295": put(data, body + 4, "<I", 2**32 - 1),
        "chunk-of-0": put(data, body + 8, "<I", 0),
        "sectors-2-to-the-60": put(data, body + 16, "<Q", 2**60),
        "sector-of-0": put(data, body + 12, "<I", 0),
        "table-of-4294967295": put(data, table, "<I", 2**32 - 1),
        "table-beyond": put(data, table + 24, "<I", 2**32 - 1),
        "tables-missing": data[: sections[b"table"]] + data[sections[b"done"] :],
        "done-missing": data[: sections[b"done"]],
        "segment-2": put(data, 9, "<H", 2),
        "header-only": data[:13],
    }
