"""The one way into Pillow's EXIF reader."""

from __future__ import annotations

import io
import struct

from PIL import Image

_WIDE = (b"+\0", b"\0+")
"""What tells the 64-bit form of TIFF from the usual one."""


def read_exif(block: bytes) -> Image.Exif:
    """Directories of a block that begins with its TIFF header. What is wrong with it may raise anything, now or on access."""
    exif, held = Image.Exif(), io.BytesIO(block)
    if block[2:4] in _WIDE:
        exif.bigtiff, exif.endian = True, "<" if block[:1] == b"I" else ">"
        exif.load_from_fp(held, *struct.unpack_from(f"{exif.endian}Q", block, 8))
    else:
        exif.load_from_fp(held)
    return exif
