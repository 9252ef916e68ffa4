"""What a known list says, one hash at a time, and what a match says back."""

from __future__ import annotations

import msgspec

from homeward.core.errors import HomewardError

WIDTHS = {"md5": 16, "sha1": 20, "sha256": 32, "pdq": 32}
"""Bytes of each kind of hash that is matched, in the order in which a row's hashes are listed."""
EXACT_KINDS = ("md5", "sha1", "sha256")
"""Kinds that name one content and no other."""


class KnownListRefused(HomewardError, ValueError):
    """The file is no list of hashes, or holds none that can be used."""


class Entry(msgspec.Struct, frozen=True):
    """One hash of one row. A row with several hashes of one file gives as many entries, all with its line."""

    kind: str
    """A key of :data:`WIDTHS`."""
    value: bytes
    line: int
    """Line of the file on which the row begins, from 1."""
    quality: int | None = None
    """PDQ quality 0..100; None where the list does not say."""
    codes: str = ""
    """Category or code exactly as written: schemes differ by country and are never converted."""
    series: str = ""
    victim_identified: bool | None = None
    """None where the list does not say."""
    extra: dict[str, str] = {}
    """Every other column that is not empty, by its name as written."""


class Match(msgspec.Struct, frozen=True):
    """A picture or item that an entry of a known list names."""

    picture: int
    """The caller's id of the picture or item."""
    entry: int
    """The caller's id of the entry."""
    kind: str
    distance: int
    """Bits between the two hashes, 0 for an exact hash."""
    quality: int | None
    """The lower of the two PDQ qualities that are said, 0..100; None for an exact hash."""
    orientation: str = "as stored"
    """How the picture was turned to match."""
