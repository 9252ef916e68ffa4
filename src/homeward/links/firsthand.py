"""Where each picture was first-hand among the sources that are here: typed evidence about files, never about who made them.

A source is where files were found together: an exhibit and a folder at its top. Of every picture that a source holds, its least
processed file there is set against the least processed one of the other sources, by the order of
:attr:`homeward.links.generation_evidence.Copy.order`. Limits: ``docs/methods/firsthand.md``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum

import msgspec

CAVEAT = (
    "only sources that are here are compared: one that was never seized or captured may hold what is less processed; whole "
    "files are passed on, too, and headers can be forged"
)

Source = tuple[str, str]
"""Exhibit, and folder at its top; empty for files beside the folders."""


class How(StrEnum):
    """How a source stands to one picture."""

    STRAIGHT = "straight, only here"
    """Laid out as a camera writes; no other source has it so."""
    STRAIGHT_TOO = "straight, elsewhere too"
    LEAST = "least processed here"
    """Straight nowhere; what other sources hold of it is more processed."""
    ALIKE = "alike elsewhere"
    """Straight nowhere; another source holds one that is processed as little."""
    PASSED_ON = "passed on"
    """Another source holds one that is less processed."""
    ALONE = "only here, processed"
    """Not straight, and no other source has a copy."""


class Held(msgspec.Struct, frozen=True):
    """One file in one source."""

    source: Source
    picture: str
    """What all copies of it share."""
    sha256: str
    straight: bool
    """Laid out as a camera writes, with no mark of a program."""
    named: bool = False
    """Its metadata name a camera."""
    pixels: int = 0
    size: int = 0
    """Bytes."""

    @property
    def rank(self) -> tuple[bool, bool, int, int]:
        """The less processed the greater."""
        return self.straight, self.named, self.pixels, self.size


class Standing(msgspec.Struct, frozen=True):
    """One picture in one source."""

    picture: str
    sha256: str
    """The least processed file of it here."""
    how: How
    elsewhere: int
    """Other sources with a copy."""
    pixels_ahead: float | None
    """Pixels of ``sha256`` for each of the least processed file elsewhere; None where there is no other."""
    names_ahead: int
    """1: its metadata name a camera and the other's do not; -1 the other way round; else 0."""


class FirstHand(msgspec.Struct, frozen=True):
    """All pictures of one source, in the order of their names."""

    source: Source
    standings: tuple[Standing, ...]

    def count(self, how: How) -> int:
        """How many stand so."""
        return sum(one.how is how for one in self.standings)


def firsthand(files: Iterable[Held]) -> list[FirstHand]:
    """Every source, in their order, whatever the order of ``files``."""
    best: dict[str, dict[Source, Held]] = defaultdict(dict)
    for file in sorted(set(files), key=lambda one: (one.rank, one.sha256)):
        best[file.picture][file.source] = file
    found: dict[Source, list[Standing]] = defaultdict(list)
    for picture in sorted(best):
        for source, file in best[picture].items():
            others = [other for at, other in best[picture].items() if at != source]
            found[source].append(_standing(file, others))
    return [FirstHand(source, tuple(found[source])) for source in sorted(found)]


def _standing(file: Held, others: list[Held]) -> Standing:
    other = max(others, key=lambda one: (one.rank, one.sha256), default=None)
    if other is None:
        how = How.STRAIGHT if file.straight else How.ALONE
        return Standing(file.picture, file.sha256, how, 0, None, 0)
    ahead = round(file.pixels / other.pixels, 3) if other.pixels else None
    return Standing(file.picture, file.sha256, _how(file, other), len(others), ahead, file.named - other.named)


def _how(file: Held, other: Held) -> How:
    if file.straight:
        return How.STRAIGHT_TOO if other.straight else How.STRAIGHT
    if other.rank > file.rank:
        return How.PASSED_ON
    return How.ALIKE if other.rank == file.rank else How.LEAST
