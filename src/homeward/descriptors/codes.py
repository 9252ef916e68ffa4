"""QR and bar codes in a picture, by zxing-cpp."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

MOST = 20
"""Codes of one picture."""
LONGEST = 400
"""Characters kept of one code."""
_WIDEST = 4096
"""Pixels along the longest side at which codes are looked for."""


class Code(msgspec.Struct, frozen=True, eq=False):
    """What a code holds: ``kind`` is its symbology, ``corners`` (4, 2) float32 in pixels, ``angle`` degrees 0..359."""

    kind: str
    text: str
    corners: NDArray[np.float32]
    angle: int


def codes(pixels: NDArray[np.uint8]) -> list[Code]:
    """Codes in (h, w) grey ``pixels``, each value at one place once.

    A code counts only where its own check holds, which every kind that is read has; bare lengths of ITF and Codabar have none
    and are not read.
    """
    import zxingcpp

    step = -(-max(pixels.shape) // _WIDEST)
    seen = np.ascontiguousarray(pixels[::step, ::step])
    formats = zxingcpp.barcode_formats_from_str(",".join(_KINDS))
    found = zxingcpp.read_barcodes(seen, formats=formats, text_mode=zxingcpp.TextMode.Plain)
    return [code for one in found[:MOST] if (code := _code(one, step)) is not None]


_KINDS = ("QRCode", "MicroQRCode", "DataMatrix", "Aztec", "PDF417", "EAN13", "EAN8", "UPCA", "UPCE", "Code128", "Code93")


def _code(one: object, step: int) -> Code | None:
    text = "".join(letter if letter.isprintable() else " " for letter in str(one.text)).strip()[:LONGEST]  # type: ignore[attr-defined]
    if not text:
        return None
    at = one.position  # type: ignore[attr-defined]
    corners = [(p.x, p.y) for p in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)]
    kind = one.format.name  # type: ignore[attr-defined]
    return Code(kind, text, np.array(corners, np.float32) * step, int(one.orientation) % 360)  # type: ignore[attr-defined]
