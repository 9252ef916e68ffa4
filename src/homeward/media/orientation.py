"""The one EXIF value that viewing needs.

Source: EXIF 2.32 (CIPA DC-008), 4.6.4; TIFF 6.0, section 2.
"""

from __future__ import annotations

import struct

import msgspec

_TAG, _SHORT, _LONG = 0x0112, 3, 4


class Orientation(msgspec.Struct, frozen=True):
    """An orientation other than 1, and where in the TIFF block it is written."""

    value: int
    at: int
    code: str

    def undone(self, block: bytes) -> bytes:
        """The block with orientation 1 in its place."""
        return block[: self.at] + struct.pack(self.code, 1) + block[self.at + struct.calcsize(self.code) :]


def orientation(exif: bytes | None) -> int:
    """EXIF orientation 1..8 from a TIFF block; 1 where there is none, or nothing that makes sense."""
    found = tiff_orientation(exif.removeprefix(b"Exif\0\0")) if exif else None
    return found.value if found else 1


def tiff_orientation(block: bytes) -> Orientation | None:
    """The orientation in the first directory of a TIFF block, None where it is 1, absent or impossible."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    try:
        return _find(block, order) if order else None
    except struct.error:
        return None


def _find(block: bytes, order: str) -> Orientation | None:
    (at,) = struct.unpack_from(f"{order}I", block, 4)
    (count,) = struct.unpack_from(f"{order}H", block, at)
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, _ = struct.unpack_from(f"{order}HHI", block, entry)
        if tag == _TAG and kind in {_SHORT, _LONG}:
            code = f"{order}{'H' if kind == _SHORT else 'I'}"
            (value,) = struct.unpack_from(code, block, entry + 8)
            return Orientation(value, entry + 8, code) if 2 <= value <= 8 else None
    return None
