"""A file of Project VIC written again byte for byte, with what is ours added to its records."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from homeward.exchange.medium import Medium
from homeward.exchange.vic_out import VERSIONS, additions
from homeward.known.records import KnownListRefused
from homeward.known.vic_spots import HASHES, Gap, Spot

_CHUNK = 1 << 20
_encode = msgspec.json.Encoder().encode


class Back(msgspec.Struct):
    """What was done, which grows on the way."""

    records: int = 0
    added: int = 0
    """Records to which something was added."""
    pictures: int = 0
    """Texts that were pictures, and are empty now."""
    sha256: str = ""
    """Of the file that was read; known at the end."""


def written_back(
    read: Callable[[int, int], bytes],
    size: int,
    spots: Iterable[list[Spot]],
    media: Callable[[list[str]], Mapping[str, Medium]],
    done: Back,
) -> Iterator[bytes]:
    """The file, piece by piece.

    Args:
        read: bytes of the file from an offset on, as many as asked.
        size: of the file.
        spots: its records in order, some hundred at a time.
        media: media of the case by MD5, of some MD5.
        done: is brought up to date.
    """
    digest, at = hashlib.sha256(), 0

    def copied(until: int, *, keep: bool = True) -> Iterator[bytes]:
        nonlocal at
        while at < until:
            part = read(at, min(_CHUNK, until - at))
            if not part:
                raise KnownListRefused("it became shorter while it was read")
            digest.update(part)
            at += len(part)
            if keep:
                yield part

    for some in spots:
        known = media([value for spot in some for kind, value in spot.hashes if kind == "md5"])
        for spot in some:
            done.records += 1
            for begin, end, text in _edits(spot, known, done):
                if begin < at:
                    continue
                yield from copied(begin)
                yield text
                yield from copied(end, keep=False)
    yield from copied(size)
    done.sha256 = digest.hexdigest()


def _edits(spot: Spot, known: Mapping[str, Medium], done: Back) -> list[tuple[int, int, bytes]]:
    """From, to, and what stands there instead, in order."""
    edits = [(begin, end, b'""') for begin, end in spot.pictures]
    done.pictures += len(edits)
    medium = _meant(spot, known)
    if medium is not None and spot.gaps:
        done.added += 1
        told = additions(medium, VERSIONS[1] if spot.first else VERSIONS[0])
        fresh = {name: _fresh(name, elements, spot) for name, elements in told.items()}
        edits += [(begin, end, b"") for begin, end in spot.gone]
        gaps = ((gap, fresh.get(name)) for name, gap in spot.gaps.items())
        edits += [(gap.at, gap.until, _filled(gap, elements)) for gap, elements in gaps if elements]
    return sorted(edits, key=lambda edit: edit[:2])


def _meant(spot: Spot, known: Mapping[str, Medium]) -> Medium | None:
    """The medium that has all hashes of a record."""
    for kind, value in spot.hashes:
        medium = known.get(value) if kind == "md5" else None
        if medium is not None:
            have = {"md5": medium.md5, "sha1": medium.sha1, "sha256": medium.sha256}
            return medium if all(have[name] == told for name, told in spot.hashes) else None
    return None


def _fresh(name: str, elements: list[dict[str, str]], spot: Spot) -> list[Any]:
    if name != HASHES:
        return elements
    return [one for one in elements if (one["HashName"].lower(), one["HashValue"].lower()) not in spot.said]


def _filled(gap: Gap, elements: list[Any]) -> bytes:
    return gap.before.encode() + b",".join(map(_encode, elements)) + gap.after.encode()
