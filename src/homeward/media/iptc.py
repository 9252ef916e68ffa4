"""IPTC basics from an IIM block (IPTC Information Interchange Model 4.2, chapters 3 and 6)."""

from __future__ import annotations

_NAMES = {
    5: "title", 25: "keywords", 55: "date_created", 60: "time_created", 80: "creator", 90: "city", 101: "country",
    105: "headline", 116: "copyright", 120: "caption",
}  # fmt: skip
_UTF8 = b"\x1b%G"


def read(block: bytes) -> dict[str, str]:
    """Wanted data sets by name, repeated ones joined with commas.

    Raises:
        ValueError: it breaks off or is no IIM block.
    """
    found: dict[str, list[str]] = {}
    at, codec = 0, "cp1252"
    while at + 5 <= len(block) and block[at] == 0x1C:
        record, number, length = block[at + 1], block[at + 2], int.from_bytes(block[at + 3 : at + 5], "big")
        if length & 0x8000 or at + 5 + length > len(block):
            raise ValueError("its IPTC block is broken")
        value = block[at + 5 : at + 5 + length]
        if (record, number) == (1, 90) and value.startswith(_UTF8):
            codec = "utf-8"
        if record == 2 and number in _NAMES and value:
            found.setdefault(_NAMES[number], []).append(value.decode(codec, "replace"))
        at += 5 + length
    if block[at:].strip(b"\0"):
        raise ValueError("its IPTC block is broken")
    return {name: ", ".join(values) for name, values in found.items()}
