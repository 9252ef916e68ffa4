"""What goes to an executor and what comes back: plain values, so that they can cross to another machine."""

from __future__ import annotations

import msgspec


class Unit(msgspec.Struct, frozen=True):
    """One item to describe and where its bytes lie."""

    item: int
    sha256: str
    size: int
    kind: str
    mime: str
    location: str
    """Folder or file of the exhibit on this machine."""
    source: str
    """Path of the thing on disk inside the exhibit."""
    stamp: str
    """What the source looked like on disk when it was registered."""
    path: str
    """Stacked path; equal to ``source`` when the item is a file of its own."""


class Order(msgspec.Struct, frozen=True):
    """What a locked worker is told: describe the item whose bytes lie at ``offset`` of the descriptor that comes with this.

    The bytes must still have the digest ``sha256``: what is described is what was registered.
    """

    item: int
    offset: int
    size: int
    sha256: str


CHANGED = "the file on disk is no longer the one that was registered"


class Sighting(msgspec.Struct, frozen=True):
    """One picture of an item: a still (``time_ms`` -1) or a frame."""

    time_ms: int
    veil: bytes
    values: dict[str, tuple[int, bytes]]
    """Descriptor name to (quality, value)."""


class Described(msgspec.Struct, frozen=True):
    """What a locked worker said about one item. ``failure`` is a plain sentence, empty when it could be decoded."""

    item: int
    failure: str = ""
    format: str = ""
    width: int = 0
    height: int = 0
    duration_ms: int | None = None
    missing: int = 0
    damage: str = ""
    other_preview: str = ""
    """Why the embedded preview does not show what the picture shows, empty where it does."""
    facts: dict[str, object] = {}
    pictures: tuple[Sighting, ...] = ()


class Lost(msgspec.Struct, frozen=True):
    """A locked worker was lost over the item, or its bytes could not be had (``again``: worth a second try)."""

    item: int
    reason: str
    again: bool


class ExactHash(msgspec.Struct, frozen=True):
    """A PDQ hash to the last bit, or why there is none (``failure``, a plain sentence)."""

    value: bytes = b""
    quality: int = 0
    decoder: str = ""
    """Format and path of the decode, as ``jpeg rgb 1/1``."""
    failure: str = ""
