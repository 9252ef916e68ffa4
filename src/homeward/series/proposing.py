"""Clues that software may propose from what is measured already: positions and serial numbers in metadata, and print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from homeward.descriptors.text_kinds import parsed
from homeward.series.clues import STILL, Box
from homeward.series.likeness import position

BY = "metadata"
READER = "reader of words"
_ISO_6709 = re.compile(r"([+-][0-9]{2}(?:\.[0-9]+)?)([+-][0-9]{3}(?:\.[0-9]+)?)(?:[+-][0-9.]+)?(?:CRS\w+)?/?")
"""Position of a clip in decimal degrees (ISO 6709, annex H), as phones write it."""
_LOCATION = ("location", "com.apple.quicktime.location.ISO6709", "location-eng")
_NO_SERIAL = re.compile(r"[0\s.-]*|unknown|none|n/?a|\?+", re.IGNORECASE)


_LOOKED_UP = {
    "phone": "a telephone number",
    "url": "an address on the web",
    "email": "an e-mail address",
    "gtin": "a product number",
    "batch": "a batch number",
}


class Proposal(msgspec.Struct, frozen=True):
    """A clue that a file may hold; a person decides."""

    kind: str
    value: str
    why: str
    by: str = BY
    time_ms: int = STILL
    box: Box | None = None


def proposals(facts: dict[str, Any]) -> Iterator[Proposal]:
    """What the facts of one item (``Media.facts``) propose.

    A serial number is told with make and model: two makers give the same numbers. Zero coordinates and serial numbers of
    zeros are what devices write that know none.
    """
    metadata = facts.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    place = metadata.get("place")
    if isinstance(place, dict):
        yield from _coordinate(f"{place.get('latitude')},{place.get('longitude')}", "its metadata state this position")
    tags = facts.get("tags")
    for name in _LOCATION:
        found = _ISO_6709.fullmatch(str(tags.get(name, "")).strip()) if isinstance(tags, dict) else None
        if found:
            yield from _coordinate(f"{float(found[1])},{float(found[2])}", "its container states this position")
            break
    serial = _line(metadata.get("body_serial"))
    if serial and not _NO_SERIAL.fullmatch(serial):
        device = " ".join(filter(None, (_line(metadata.get("make")), _line(metadata.get("model")), serial)))
        yield Proposal("serial", device[:2000], "its metadata state this serial number of the camera body")


def written(text: str, source: str, time_ms: int, box: Box) -> Iterator[Proposal]:
    """What a line that was read proposes: a code as it is, and in print what can be looked up.

    Dates, postcodes and plates are shapes that much else has; they are searched, not proposed.
    """
    if source != "print":
        yield Proposal("code", _line(text)[:2000], f"a code of the kind {source} holds it", READER, time_ms, box)
        return
    for one in parsed(text):
        if one.kind in _LOOKED_UP:
            kind = "code" if one.kind == "gtin" else "text"
            value = f"batch {one.value}" if one.kind == "batch" else one.value
            yield Proposal(kind, value, f"it has the shape of: {_LOOKED_UP[one.kind]}", READER, time_ms, box)


def _coordinate(text: str, why: str) -> Iterator[Proposal]:
    try:
        latitude, longitude = position(text)
    except ValueError:
        return
    if latitude or longitude:
        yield Proposal("coordinate", f"{latitude},{longitude}", why)


def _line(value: object) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in value).split()) if isinstance(value, str) else ""
