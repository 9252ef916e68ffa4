"""One item as formats of others know it: hashes, places, what its metadata say, and what was found about it."""

from __future__ import annotations

from typing import Any

import msgspec


class Place(msgspec.Struct, frozen=True):
    """One occurrence. Times are ISO 8601, with ``Z`` where the zone is known; empty where there is none."""

    exhibit: str
    layers: tuple[str, ...]
    created: str
    modified: str
    accessed: str
    deleted: bool
    embedded: bool
    changed: str = ""


class Medium(msgspec.Struct, frozen=True):
    """Unique content that is in the case; hashes in lower-case hexadecimal."""

    number: int
    sha256: str
    sha1: str
    md5: str
    size: int
    mime: str
    kind: str
    """``still``, ``video``, or empty for what cannot be looked at."""
    places: tuple[Place, ...]
    width: int = 0
    """Pixels; 0 where it was not decoded."""
    height: int = 0
    exif: tuple[tuple[str, str], ...] = ()
    pdq: str = ""
    """Of a still; empty where there is none."""
    quality: int = 0
    """Of the PDQ, 0..100."""
    series: str = ""
    series_status: str = ""
    stack: str = ""
    """SHA-256 of the exemplar of its stack of copies."""
    device: str = ""
    """SHA-256 of the picture by which the camera is named."""
    known: tuple[str, ...] = ()
    """What lists say, a line each."""


_EXIF = {
    "make": "Make",
    "model": "Model",
    "software": "Software",
    "body_serial": "BodySerialNumber",
    "lens_make": "LensMake",
    "lens_model": "LensModel",
    "lens_serial": "LensSerialNumber",
}


def exif_of(facts: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """(EXIF name, value) of what stored ``facts`` of a medium say."""
    metadata = facts.get("metadata") or {}
    told = [(name, str(metadata[key])) for key, name in _EXIF.items() if metadata.get(key)]
    taken = metadata.get("taken") or {}
    return (*told, *([("DateTimeOriginal", str(taken["text"]))] if taken.get("text") else []))


def found_of(medium: Medium) -> list[tuple[str, str]]:
    """(name, value) of what was found about a medium, under names of our own."""
    told = [
        ("Homeward.Series", medium.series),
        ("Homeward.SeriesStatus", medium.series_status),
        ("Homeward.Stack", medium.stack),
        ("Homeward.Camera", medium.device),
        ("Homeward.PDQQuality", str(medium.quality) if medium.pdq else ""),
        *(("Homeward.Known", line) for line in medium.known),
    ]
    return [(name, value) for name, value in told if value]


def readable(layer: str) -> str:
    """A name with bytes that are no UTF-8 as JSON can hold it."""
    return layer.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
