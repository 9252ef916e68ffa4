"""Quantisation and Huffman tables of a JPEG, recognised.

Sources: ITU-T T.81 (JPEG), annex K.1 and K.3; the scaling of libjpeg (``jpeg_set_linear_quality``, ``jpeg_quality_scaling`` in
``jcparam.c``), which nearly every program uses; N. Robidoux's table, the default of mozjpeg and of ImageMagick's examples.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

_LUMA = (
    "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62 "
    "18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"
)
_CHROMA = "17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99" + " 99" * 32
_ROBIDOUX = (
    "16 16 16 18 25 37 56 85 16 17 20 27 34 40 53 75 16 20 24 31 43 62 91 135 18 27 31 40 53 74 106 156 "
    "25 34 43 53 69 94 131 189 37 40 62 74 94 124 169 238 56 53 91 106 131 169 226 311 85 75 135 156 189 238 311 418"
)
FAMILIES = {"annex K": (_LUMA, _CHROMA), "Robidoux": (_ROBIDOUX, _ROBIDOUX)}
"""Name to the luminance and chrominance table that is scaled, in rows."""
ZIGZAG = (
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55,
    62, 63,
)  # fmt: skip
"""Position in rows of each stored value (T.81, figure A.6)."""
MOST_PERCENT = 500
"""Scale up to which every whole percentage is recognised; beyond it, where most values are at their limit, libjpeg's."""

STANDARD_CODES = {0x00: "a9ac8128f280", 0x10: "5af2c232e5fa", 0x01: "ab49f6d08ab8", 0x11: "b7c7411407c1"}
"""Class and number of each table of annex K.3 to the digest (BLAKE2b, 6 bytes) of its counts and symbols."""
_SYMBOLS_OF_AC = 162
"""Every symbol that baseline AC codes can need: optimised tables have only those that occur."""


def scale_percent(quality: int) -> int:
    """Percentage by which libjpeg scales its tables at ``quality`` 1..100."""
    return 5000 // quality if quality < 50 else 200 - 2 * quality


def standard_tables(percent: int, family: str = "annex K") -> tuple[bytes, bytes]:
    """Luminance and chrominance table of a family at a scale, as stored: 64 bytes each in zigzag order."""
    luma, chroma = (np.clip((base * percent + 50) // 100, 1, 255).astype(np.uint8).tobytes() for base in _bases(family))
    return luma, chroma


@cache
def _bases(family: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Luminance and chrominance table of a family in zigzag order, at 100 per cent."""
    luma, chroma = (np.array([int(word) for word in text.split()])[list(ZIGZAG)] for text in FAMILIES[family])
    return luma, chroma


@cache
def _known() -> tuple[dict[bytes, list[tuple[str, int]]], dict[bytes, list[tuple[str, int]]]]:
    """Luminance and chrominance tables as stored (64 bytes, zigzag) to every (family, percent) that gives them."""
    found: tuple[dict[bytes, list[tuple[str, int]]], dict[bytes, list[tuple[str, int]]]] = ({}, {})
    for family in FAMILIES:
        for percent in sorted({*range(MOST_PERCENT + 1), *_qualities()}):
            for table, tables in zip(standard_tables(percent, family), found, strict=True):
                tables.setdefault(table, []).append((family, percent))
    return found


@cache
def _qualities() -> dict[int, int]:
    """Percent to the quality that libjpeg calls it; the highest where several mean the same."""
    return {scale_percent(quality): quality for quality in range(1, 101)}


def warm_up() -> None:
    """Compute the tables that are compared with."""
    _known()
    _qualities()


def scaled_standard(tables: list[bytes]) -> str:
    """The family and quality of 8-bit tables in zigzag order (luminance first), for example ``annex K 90``; ``annex K 37 %``
    for a scale that no quality of libjpeg gives; empty for tables that are no scaled standard tables, or not of one scale.
    """
    if not tables or len(tables) > 2:
        return ""
    luma, chroma = _known()
    fits = luma.get(tables[0], [])
    if len(tables) == 2:
        other = chroma.get(tables[1], [])
        fits = [fit for fit in fits if fit in other]
    if not fits:
        return ""
    family, percent = next((fit for fit in fits if fit[1] in _qualities()), fits[0])
    quality = _qualities().get(percent)
    return f"{family} {percent} %" if quality is None else f"{family} {quality}"


def huffman_class(tables: dict[int, bytes]) -> str:
    """``standard`` (annex K.3), ``optimised`` (made for this picture) or ``other`` (fixed, not the standard's).

    Args:
        tables: class and number as stored (0x00, 0x10, …) to 16 counts and the symbols.
    """
    if not tables:
        return ""
    if all(blake2b(table, digest_size=6).hexdigest() == STANDARD_CODES.get(name) for name, table in tables.items()):
        return "standard"
    whole = all(len(table) - 16 >= _SYMBOLS_OF_AC for name, table in tables.items() if name >> 4)
    return "other" if whole else "optimised"
