"""How far a camera's clock is from the truth, as an interval that hard facts leave, and never beyond it.

The offset is the camera's clock minus UTC, in seconds; it holds the zone that the clock was set to. A picture was taken before
its copy was posted: that bounds the offset from below. A satellite fix is not later than its picture and hardly older than an
hour: that bounds it from both sides. No file follows a standard before it is drafted: that bounds it from above, by years, and
tells a clock that began again at its first day. The offset is taken as constant: a clock that was set anew shows as bounds that
contradict each other, and then no interval is told. Limits: ``docs/methods/clocks.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

SLACK = 3600.0
"""Seconds by which whoever stamped a post may be wrong."""
STALE = 3600.0
"""Seconds that a device may keep a satellite fix and write it on."""
FIX_AHEAD = 60.0
"""Seconds by which a fix may be later than the time written beside it."""
EXIF = {"0220": 2002, "0221": 2003, "0230": 2010, "0231": 2016, "0232": 2019, "0300": 2023}
"""When versions of Exif were published (JEITA CP-3451, CIPA DC-008): the year."""
DRAFTED = 1
"""Years before its publication in which a maker may have built by a draft."""
ZONES = (-12 * 3600.0, 14 * 3600.0)
"""Offsets of clocks that are right somewhere."""


class Reading(msgspec.Struct, frozen=True):
    """One picture of a camera: what its clock said, and what else is known of the time."""

    picture: str
    taken: float
    """Seconds since 1970, the clock read as if it were UTC."""
    there: tuple[tuple[float, str], ...] = ()
    """Seconds since 1970 by which it, or a copy of it, was there, and how that is known."""
    fix: float | None = None
    """Seconds since 1970 of the satellite fix that it carries."""
    exif: str = ""
    """Version of Exif that its file names, as :data:`EXIF` has them; others say nothing."""


class Bound(msgspec.Struct, frozen=True, order=True):
    """The offset is at least, or at most, so many seconds."""

    offset: float
    picture: str
    reason: str


class Clock(msgspec.Struct, frozen=True):
    """What is known of one clock. ``least`` and ``most`` are None where nothing bounds it, or where bounds contradict."""

    least: float | None
    most: float | None
    decisive: tuple[Bound, ...]
    """What sets the ends: from below, then from above."""
    contradiction: str
    """Why no interval can be told; empty where no evidence speaks against other evidence."""
    right_somewhere: bool | None
    """Whether a clock that is right in some zone fits; None where bounds contradict."""
    readings: int
    bounds: int


def clock(readings: Iterable[Reading]) -> Clock:
    """The interval of one camera's clock, whatever the order of ``readings``."""
    held = sorted(set(readings), key=lambda one: (one.taken, one.picture, one.there, one.fix or 0.0, one.exif))
    below, above = sorted(_below(held)), sorted(_above(held))
    ends = (*below[-1:], *above[:1])
    count = len(below) + len(above)
    if below and above and below[-1].offset > above[0].offset:
        why = f"{below[-1].reason}, but {above[0].reason}: the clock was set anew, or evidence is wrong"
        return Clock(None, None, ends, why, None, len(held), count)
    least, most = (below[-1].offset if below else None), (above[0].offset if above else None)
    fits = (least is None or least <= ZONES[1]) and (most is None or most >= ZONES[0])
    return Clock(least, most, ends, "", fits, len(held), count)


def _below(held: Sequence[Reading]) -> Iterator[Bound]:
    for one in held:
        for when, how in one.there:
            yield Bound(one.taken - when - SLACK, one.picture, f"a picture was {how}")
        if one.fix is not None:
            yield Bound(one.taken - one.fix - STALE, one.picture, "a satellite fix is at most an hour older than its picture")


def _above(held: Sequence[Reading]) -> Iterator[Bound]:
    for one in held:
        if one.fix is not None:
            yield Bound(one.taken - one.fix + FIX_AHEAD, one.picture, "a satellite fix is not later than its picture")
        if one.exif in EXIF:
            drafted = datetime(EXIF[one.exif] - DRAFTED, 1, 1, tzinfo=UTC).timestamp()
            version = f"{int(one.exif[:2])}.{one.exif[2:].rstrip('0') or '0'}"
            yield Bound(
                one.taken - drafted,
                one.picture,
                f"a file by Exif {version} is not older than its drafts of {EXIF[one.exif] - DRAFTED}",
            )
