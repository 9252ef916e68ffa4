"""The one EXIF value that viewing needs."""

from __future__ import annotations

import struct

_TAG, _SHORT, _LONG = 0x0112, 3, 4


def orientation(exif: bytes | None) -> int:
    """EXIF orientation 1..8 from a TIFF block; 1 where there is none, or nothing that makes sense.

    Source: EXIF 2.32 (CIPA DC-008), 4.6.4; TIFF 6.0, section 2.
    """
    if exif is None:
        return 1
    block = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    try:
        return _read(block, order) if order else 1
    except struct.error:
        return 1


def _read(block: bytes, order: str) -> int:
    (at,) = struct.unpack_from(f"{order}I", block, 4)
    (count,) = struct.unpack_from(f"{order}H", block, at)
    for entry in range(count):
        tag, kind, _ = struct.unpack_from(f"{order}HHI", block, at + 2 + 12 * entry)
        if tag == _TAG and kind in {_SHORT, _LONG}:
            code = "H" if kind == _SHORT else "I"
            (value,) = struct.unpack_from(f"{order}{code}", block, at + 10 + 12 * entry)
            return int(value) if 1 <= value <= 8 else 1
    return 1
