"""Disk images put together at test time."""

from __future__ import annotations

import shutil
import struct
import subprocess
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest

SECTOR = 512


def tool(name: str) -> str:
    """Path of a maker of file systems; the test is skipped without it."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


def fat(path: Path, files: Mapping[str, bytes], *, deleted: tuple[str, ...] = (), kib: int = 4096, bits: int = 16) -> None:
    """A FAT file system with ``files`` at its root; ``deleted`` are removed again."""
    with path.open("wb") as out:
        out.truncate(kib << 10)
    run(tool("mkfs.vfat"), "-F", str(bits), "-s", "1", path)
    for name, data in files.items():
        beside = path.with_name("one-file")
        beside.write_bytes(data)
        run(tool("mcopy"), "-i", path, beside, f"::{name}")
        beside.unlink()
    for name in deleted:
        run(tool("mdel"), "-i", path, f"::{name}")


def ext(path: Path, folder: Path, version: str, kib: int = 4096) -> None:
    run(tool("mke2fs"), "-q", "-t", version, "-d", folder, path, f"{kib}k")


def mbr(*volumes: tuple[int, bytes]) -> bytes:
    """A disk with an MBR and primary partitions (type, content)."""
    table, body = bytearray(SECTOR), bytearray()
    at = 64
    for number, (kind, content) in enumerate(volumes):
        sectors = -(-len(content) // SECTOR)
        table[446 + 16 * number : 462 + 16 * number] = struct.pack("<B3sB3sII", 0, b"\0" * 3, kind, b"\0" * 3, at, sectors)
        body += content.ljust(sectors * SECTOR, b"\0")
        at += sectors
    table[510:512] = b"\x55\xaa"
    return bytes(table).ljust(64 * SECTOR, b"\0") + bytes(body)


def gpt(*volumes: bytes) -> bytes:
    """A disk with a GUID partition table (UEFI 2.10, section 5.3)."""
    linux = bytes.fromhex("af3dc60f838472478e793d69d8477de4")
    entries, body, at = bytearray(128 * 128), bytearray(), 64
    for number, content in enumerate(volumes):
        sectors = -(-len(content) // SECTOR)
        guid = number.to_bytes(16, "big")
        entries[128 * number : 128 * (number + 1)] = struct.pack("<16s16sQQQ72s", linux, guid, at, at + sectors - 1, 0, b"")
        body += content.ljust(sectors * SECTOR, b"\0")
        at += sectors
    total = at + 34
    header = _gpt_header(1, total - 1, 2, total, zlib.crc32(entries))
    backup = _gpt_header(total - 1, 1, total - 33, total, zlib.crc32(entries))
    protective = bytearray(SECTOR)
    protective[446:462] = struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff" * 3, 1, total - 1)
    protective[510:512] = b"\x55\xaa"
    front = (bytes(protective) + header + bytes(entries)).ljust(64 * SECTOR, b"\0")
    return front + bytes(body) + bytes(SECTOR) + bytes(entries) + backup


def _gpt_header(here: int, other: int, entries_at: int, total: int, crc: int) -> bytes:
    def packed(own: int) -> bytes:
        fields = (b"EFI PART", 0x10000, 92, own, 0, here, other, 34, total - 34, b"\1" * 16, entries_at, 128, 128, crc)
        return struct.pack("<8sIIIIQQQQ16sQIII", *fields)

    return packed(zlib.crc32(packed(0))).ljust(SECTOR, b"\0")


def split(data: bytes, size: int) -> dict[str, bytes]:
    """Pieces of a raw image by the ending that imagers give them."""
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return {f"{number:03}": piece for number, piece in enumerate(pieces, 1)}
