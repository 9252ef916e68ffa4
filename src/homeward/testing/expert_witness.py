"""A disk image in the Expert Witness format (E01), written by hand in one segment.

Layout after Metz, "Expert Witness Compression Format specification" (libewf), sections 3 to 4: EnCase 1 to 5 flavour.
"""

from __future__ import annotations

import hashlib
import struct
import zlib

_CHUNK_SECTORS = 64
_SECTOR = 512
_COMPRESSED = 1 << 31


def expert_witness(image: bytes, *, case_number: str = "", evidence_number: str = "", examiner: str = "") -> bytes:
    """Wrap raw ``image`` bytes (a multiple of 512) with chunk checksums and the MD5 of the whole.

    Raises:
        ValueError: a size that is no whole number of sectors, or beyond the 2 GiB that one segment can address.
    """
    if len(image) % _SECTOR or len(image) >= _COMPRESSED:
        raise ValueError(f"cannot wrap an image of {len(image)} bytes in one segment")
    size = _CHUNK_SECTORS * _SECTOR
    chunks = [zlib.compress(image[at : at + size], 6) for at in range(0, len(image), size)]
    out = bytearray(b"EVF\x09\x0d\x0a\xff\x00" + struct.pack("<BHH", 1, 1, 0))
    fields = "\t".join((case_number, evidence_number, "", examiner, "", "2024 3 1 12 0 0", "2024 3 1 12 0 0", "0"))
    header = f"1\r\nmain\r\nc\tn\ta\te\tt\tm\tu\tp\r\n{fields}\r\n\r\n"
    _section(out, b"header", zlib.compress(header.encode("ascii")))
    _section(out, b"volume", _volume(len(chunks), len(image) // _SECTOR))
    offsets, at = [], len(out) + 76
    for chunk in chunks:
        offsets.append(at | _COMPRESSED)
        at += len(chunk)
    _section(out, b"sectors", b"".join(chunks))
    table = struct.pack("<I4xQ4x", len(chunks), 0)
    entries = struct.pack(f"<{len(offsets)}I", *offsets)
    for name in (b"table", b"table2"):
        _section(out, name, _summed(table) + _summed(entries))
    _section(out, b"hash", _summed(hashlib.md5(image, usedforsecurity=False).digest() + b"\0" * 16))
    _section(out, b"done", b"", last=True)
    return bytes(out)


def _summed(data: bytes) -> bytes:
    return data + struct.pack("<I", zlib.adler32(data))


def _section(out: bytearray, kind: bytes, data: bytes, *, last: bool = False) -> None:
    """A descriptor of 76 bytes that names the next one's offset (its own for the last), then the data."""
    size = 76 + len(data)
    following = len(out) + (0 if last else size)
    out += _summed(struct.pack("<16sQQ40x", kind, following, 0 if last else size)) + data


def _volume(chunks: int, sectors: int) -> bytes:
    fixed = struct.pack("<B3xIIIQ", 1, chunks, _CHUNK_SECTORS, _SECTOR, sectors)
    body = bytearray(1052 - 4)
    body[: len(fixed)] = fixed
    body[52] = 1  # compression level "good"
    return _summed(bytes(body))
