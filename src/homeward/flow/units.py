"""What goes to an executor and what comes back: plain values, so that they can cross to another machine."""

from __future__ import annotations

from typing import Annotated, Literal

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
    plugin: bytes = b""
    """The ``plugin.json`` of the plug-in that is to be asked, whose model comes as a second descriptor."""
    box: tuple[int, int, int, int] | None = None
    """Left, top, width and height of the part that a plug-in is asked about; the whole picture unless told."""


class Tool(msgspec.Struct, frozen=True):
    """A plug-in that a step asks: its manifest, and where its model lies on this machine."""

    manifest: bytes
    model: str
    size: int
    """Bytes of the model."""


class Trial(msgspec.Struct, frozen=True):
    """A plug-in that is to be tested; of a matcher also the manifest of the features that it matches."""

    manifest: bytes
    features: bytes = b""


class Tried(msgspec.Struct, frozen=True):
    """What came of it: empty where all is well."""

    refused: str = ""


class PairOrder(msgspec.Struct, frozen=True):
    """Two pictures' features, as they are kept, for a matcher."""

    manifest: bytes
    features: bytes
    """The manifest of the local plug-in."""
    a: bytes
    b: bytes


class Paired(msgspec.Struct, frozen=True):
    """Rows that belong together, or why there are none."""

    a: tuple[Count, ...] = ()
    b: tuple[Count, ...] = ()
    refused: str = ""


NOISE, NO_NOISE, RESIDUAL, OVERVIEW = NOISE_NAMES = ("noise", "no_noise", "residual", "overview")
"""What is said of a picture's sensor noise: its digest, or why there is none; all of it, and that of the whole frame."""
MOMENT = "moment"
"""Local features of a frame of a clip, as those of stills."""
REASON_BYTES = 96
"""Length of a reason, filled up with spaces."""
CHANGED = "the file on disk is no longer the one that was registered"


VEIL = 24 * 18
"""Bytes of a veil."""
LARGEST = (1 << 31) - 1
Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
Duration = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
Sentence = Annotated[str, msgspec.Meta(max_length=4000, pattern=r"^[^\x00]*\Z")]


Key = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{12})?\Z")]
Word = Annotated[str, msgspec.Meta(max_length=400, pattern=r"^[^\x00]*\Z")]


class Heading(msgspec.Struct, frozen=True):
    """What a file's header says: its keys, the device that it names, and the way it came."""

    full: Key = ""
    bare: Key = ""
    writer: Key = ""
    make: Word = ""
    model: Word = ""
    body_serial: Word = ""
    lens_serial: Word = ""
    origin: Literal["camera", "app", "stripped", "unknown"] = "unknown"
    app: Word = ""
    likely_make: Word = ""


Edge = Annotated[int, msgspec.Meta(ge=0, le=1 << 20)]
Box = tuple[Edge, Edge, Annotated[int, msgspec.Meta(ge=1, le=1 << 20)], Annotated[int, msgspec.Meta(ge=1, le=1 << 20)]]
"""Left, top, width and height in pixels of the full picture as stored."""


class Written(msgspec.Struct, frozen=True):
    """One line that was read in a picture; see :class:`homeward.descriptors.text.Line`."""

    time_ms: Annotated[int, msgspec.Meta(ge=-1, le=LARGEST)]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=400, pattern=r"^[^\x00]*\Z")]
    box: Box
    angle: Annotated[int, msgspec.Meta(ge=0, le=359)]
    confidence: Annotated[int, msgspec.Meta(ge=0, le=1000)]
    source: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9]{1,16}\Z")]
    words: Annotated[tuple[tuple[Word, Box], ...], msgspec.Meta(max_length=400)] = ()


class Sighting(msgspec.Struct, frozen=True):
    """One picture of an item: a still (``time_ms`` -1) or a frame."""

    time_ms: Annotated[int, msgspec.Meta(ge=-1, le=LARGEST)]
    veil: Annotated[bytes, msgspec.Meta(min_length=VEIL, max_length=VEIL)]
    values: dict[str, tuple[int, bytes]]
    """Descriptor name to (quality, value)."""


class Described(msgspec.Struct, frozen=True):
    """What a locked worker said about one item. ``failure`` is a plain sentence, empty when it could be decoded."""

    item: int
    failure: Sentence = ""
    format: Sentence = ""
    width: Count = 0
    height: Count = 0
    duration_ms: Duration | None = None
    missing: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    damage: Sentence = ""
    other_preview: Sentence = ""
    """Why the embedded preview does not show what the picture shows, empty where it does."""
    heading: Heading = Heading()
    facts: dict[str, object] = {}
    pictures: Annotated[tuple[Sighting, ...], msgspec.Meta(max_length=1024)] = ()
    lines: Annotated[tuple[Written, ...], msgspec.Meta(max_length=20_000)] = ()
    """What is written in its pictures, in the order of pictures."""


class Lost(msgspec.Struct, frozen=True):
    """A locked worker was lost over the item, or its bytes could not be had (``again``: worth a second try)."""

    item: int
    reason: str
    again: bool
    later: bool = False
    """Nothing is known to be wrong with it: it waits until its exhibit is there and as it was."""


FRAMES_AT_ONCE = 24
"""Frames of a clip in one look: about a second."""
Moment = Annotated[int, msgspec.Meta(ge=-1, le=LARGEST)]


class ViewOrder(msgspec.Struct, frozen=True):
    """What a locked worker is told that is to show a picture: which one, how clearly, and of a region where, in per mille
    of the veil, from its left and its top.
    """

    order: Order
    kind: str
    step: str
    time_ms: int = -1
    x: int = 500
    y: int = 500
    frames: int = 1
    """Of a clip: so many, from that moment on."""


class Seen(msgspec.Struct, frozen=True):
    """Pixels row by row, ``channels`` 1 (grey) or 3 (RGB) bytes each, or why there are none (``failure``).

    Of a clip frame after frame; ``times`` says from which millisecond on each is shown, ``next_ms`` when the one after them
    would be (-1: nothing more can be shown).
    """

    width: Count = 0
    height: Count = 0
    channels: Count = 0
    pixels: bytes = b""
    failure: Sentence = ""
    times: Annotated[tuple[Moment, ...], msgspec.Meta(max_length=FRAMES_AT_ONCE)] = ()
    next_ms: Moment = -1


class SoundOrder(msgspec.Struct, frozen=True):
    """What a locked worker is told that is to let a clip be heard: from which millisecond, and until which."""

    order: Order
    begin_ms: int
    end_ms: int


class Heard(msgspec.Struct, frozen=True):
    """``samples`` of 16 bits, little-endian, one channel, ``rate`` a second; or why there are none (``failure``)."""

    rate: Count = 0
    samples: bytes = b""
    failure: Sentence = ""


class ExactHash(msgspec.Struct, frozen=True):
    """A PDQ hash to the last bit, or why there is none (``failure``, a plain sentence)."""

    value: bytes = b""
    quality: int = 0
    decoder: str = ""
    """Format and path of the decode, as ``jpeg rgb 1/1``."""
    failure: str = ""
