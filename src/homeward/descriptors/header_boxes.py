"""The boxes of an MP4, MOV or HEIF: which stand where, and what programs write about themselves in them.

Sources: ISO/IEC 14496-12 (boxes), QuickTime File Format (``udta`` texts, ``meta`` keys); the tree of boxes tells the program
that wrote a clip: Yang et al., "Efficient video integrity analysis through container characterization", IEEE J-STSP 2020.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

import msgspec

from homeward.descriptors.header_records import HeaderSignature, digest
from homeward.media.words import one_line

At = Callable[[int, int], bytes]
"""Up to ``count`` bytes from ``position``; fewer at the end."""

MOST_BOXES = 1_000
"""Boxes of one file; a clip of a phone has about 100."""
MOST_REPEATED = 3
"""How often one name may follow itself before it counts as more of the same (fragments, chapters)."""
DEEPEST = 8
LONGEST_VALUE = 256
"""Bytes of one box's content that are looked at."""
MOST_TEXTS = 12

_HOLDERS = frozenset(
    b"moov trak mdia minf stbl dinf edts udta meta ilst mvex moof traf iprp ipco \xa9too \xa9mak \xa9mod \xa9swr \xa9day".split(
        b" "
    )
)
_TEXTS = {b"\xa9too": "encoder", b"\xa9enc": "encoder", b"\xa9swr": "software", b"\xa9mak": "make", b"\xa9mod": "model"}
_KEYS = {
    "com.apple.quicktime.make": "make",
    "com.apple.quicktime.model": "model",
    "com.apple.quicktime.software": "software",
    "com.android.manufacturer": "make",
    "com.android.model": "model",
}
_WORTHLESS = {b"mdat", b"free", b"skip", b"wide"}


class Box(msgspec.Struct, frozen=True):
    """One box: its name, where its content lies, and the path of names that leads to it."""

    name: bytes
    start: int
    end: int
    path: str


class _Said(msgspec.Struct):
    """What the boxes of one file say."""

    order: list[str] = []
    frame: list[str] = []
    texts: list[str] = []
    keys: list[str] = []
    named: dict[str, str] = {}
    taken: bool = False
    problem: str = ""


def read_boxes(at: At, size: int) -> HeaderSignature:
    """The signature of a file of boxes of ``size`` bytes; a few kilobytes of it are read, by position.

    Never raises for what the bytes hold: what is broken is left out and said.

    Raises:
        OSError: ``at`` cannot read.
    """
    said = _Said()
    for box in _boxes(at, 0, size, "", said):
        _hear(at, box, said)
    brand = next((token.split(" ")[1] for token in said.frame if token.startswith("ftyp ")), "")
    kind = "MOV" if brand in {"", "qt"} else "HEIF" if brand in {"heic", "heix", "mif1", "msf1", "avif"} else "MP4"
    return HeaderSignature(
        format=kind,
        order=tuple(said.order),
        frame=" ".join(said.frame),
        tables=digest(said.order),
        make=said.named.get("make", ""),
        model=said.named.get("model", ""),
        software=said.named.get("software", ""),
        taken=said.taken,
        texts=tuple(dict.fromkeys(said.texts))[:MOST_TEXTS],
        problem=said.problem,
    )


def _boxes(at: At, start: int, end: int, path: str, said: _Said) -> Iterator[Box]:
    """Boxes between two positions and those inside them, in order, bounded in number and depth."""
    position, last, times = start, b"", 0
    while position + 8 <= end:
        if len(said.order) >= MOST_BOXES:
            said.problem = "it has more boxes than are read"
            return
        head = at(position, 16)
        if len(head) < 8:
            said.problem = "its boxes are cut short or broken"
            return
        size, name = struct.unpack_from(">I4s", head)
        skip = 8
        if size == 1 and len(head) == 16:
            (size,), skip = struct.unpack_from(">Q", head, 8), 16
        size = end - position if size == 0 else size
        if size < skip or position + size > end:
            said.problem = "its boxes are cut short or broken"
            size = end - position
            if size < skip or not name.isalnum():
                return
        times = times + 1 if name == last else 1
        last = name
        if times <= MOST_REPEATED:
            inner = f"{path}/{_word(name)}" if path else _word(name)
            said.order.append(inner)
            box = Box(name, position + skip, position + size, inner)
            yield box
            if name in _HOLDERS and inner.count("/") < DEEPEST:
                yield from _boxes(at, *_inside(at, box), inner, said)
        position += size


def _inside(at: At, box: Box) -> tuple[int, int]:
    """Where the boxes inside a box lie: ``meta`` has four bytes of version in front in MP4 and none in MOV."""
    if box.name == b"meta" and at(box.start + 4, 4) not in {b"hdlr", b"mhdr"}:
        return box.start + 4, box.end
    return box.start, box.end


def _word(name: bytes) -> str:
    return one_line(name.decode("latin-1")) or "?"


def _hear(at: At, box: Box, said: _Said) -> None:
    if box.name in _WORTHLESS:
        return
    parent = box.path.rsplit("/", 2)[-2] if "/" in box.path else ""
    if box.name == b"ftyp":
        body = at(box.start, min(LONGEST_VALUE, box.end - box.start))
        words = [_word(body[place : place + 4]) for place in (0, *range(8, len(body) - 3, 4))]
        said.frame.append("ftyp " + " ".join(words))
    elif box.name in {b"mvhd", b"mdhd"}:
        _clock(at(box.start, 32), box, said)
    elif box.name == b"hdlr":
        body = at(box.start, min(LONGEST_VALUE, box.end - box.start))
        said.frame.append(f"hdlr {_word(body[8:12])}")
        _add(said, "handler", body[24:].lstrip(b"\0-\x1f"))
    elif box.name == b"stsd":
        said.frame.append(f"stsd {_word(at(box.start + 12, 4))}")
    elif box.name == b"keys":
        _keys(at, box, said)
    elif box.name == b"data" and parent not in {"", "ilst"}:
        _value(at, box, parent, said)
    elif box.name in _TEXTS:
        _udta(at, box, said)
    elif parent == "ilst" and box.start < box.end:
        _item(at, box, said)


def _clock(body: bytes, box: Box, said: _Said) -> None:
    """The time scale of a clip or track; and whether the clip says when it was made."""
    wide = body[:1] == b"\1"
    if len(body) < (28 if wide else 16):
        return
    made = int.from_bytes(body[4:12] if wide else body[4:8], "big")
    scale = int.from_bytes(body[20:24] if wide else body[12:16], "big")
    said.frame.append(f"{_word(box.name)} {scale}" if box.name == b"mvhd" else f"mdhd v{body[0]}")
    said.taken = said.taken or made > 0


def _keys(at: At, box: Box, said: _Said) -> None:
    """Names of the entries of a QuickTime ``meta`` (QuickTime File Format, metadata keys)."""
    position = box.start + 8
    while position + 8 <= box.end and len(said.keys) < 64:
        head = at(position, 8)
        size = int.from_bytes(head[:4], "big")
        if size < 8 or len(head) < 8:
            return
        said.keys.append(one_line(at(position + 8, min(size - 8, 64))))
        position += size


def _item(at: At, box: Box, said: _Said) -> None:
    """An entry of ``ilst`` under a number: the key of that number says what it is."""
    place = int.from_bytes(box.name, "big")
    if 0 < place <= len(said.keys) and said.keys[place - 1] in _KEYS:
        body = at(box.start, min(LONGEST_VALUE, box.end - box.start))
        _name(said, _KEYS[said.keys[place - 1]], body[16:])


def _value(at: At, box: Box, parent: str, said: _Said) -> None:
    kind = {_word(name): kind for name, kind in _TEXTS.items()}.get(parent)
    if kind:
        _name(said, kind, at(box.start + 8, min(LONGEST_VALUE, max(0, box.end - box.start - 8))))


def _udta(at: At, box: Box, said: _Said) -> None:
    """A text of QuickTime: its length, its language, itself."""
    body = at(box.start, min(LONGEST_VALUE, box.end - box.start))
    length = int.from_bytes(body[:2], "big")
    if 0 < length <= len(body) - 4:
        _name(said, _TEXTS[box.name], body[4 : 4 + length])


def _name(said: _Said, kind: str, value: bytes) -> None:
    if kind == "encoder":
        _add(said, kind, value)
    else:
        said.named.setdefault(kind, one_line(value[:64]))


def _add(said: _Said, kind: str, value: bytes) -> None:
    text = one_line(value[:64].split(b"\0", 1)[0])
    if text:
        said.texts.append(f"{kind}: {text}")
