"""How far cameras' clocks are from the truth, as intervals that hard facts leave, and never beyond them.

The offset is the camera's clock minus UTC, in seconds; it holds the zone that the clock was set to. A picture was taken before
its copy was posted: that bounds the offset from below. A satellite fix is not later than its picture and hardly older than an
hour: that bounds it from both sides. No file follows a standard before it is drafted: that bounds it from above, by years, and
tells a clock that began again at its first day. Pictures that a person says were taken within some hours tie their clocks to
each other, and light that a person sees tells at which offsets the sun stood so. The offset of an epoch, as
:mod:`homeward.series.epochs` tells them, is taken as constant: where counters do not tell that a clock was set anew, bounds
contradict each other at best, and no interval is told. Limits: ``docs/methods/clocks.md``.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC as ZONE
from datetime import datetime
from itertools import pairwise

import msgspec

from homeward.series.lit import Light, Lit
from homeward.series.network import UTC, End, Ends, Fact, ends

SLACK = 3600.0
"""Seconds by which whoever stamped a post may be wrong."""
STALE = 3600.0
"""Seconds that a device may keep a satellite fix and write it on."""
FIX_AHEAD = 60.0
"""Seconds by which a fix may be later than the time written beside it."""
FIRST = "0100"
"""The first version of Exif, and with it of the tag that says when a picture was taken."""
EXIF = {FIRST: 1995, "0220": 2002, "0221": 2003, "0230": 2010, "0231": 2016, "0232": 2019, "0300": 2023}
"""When versions of Exif were published (JEIDA-49, JEITA CP-3451, CIPA DC-008): the year."""
DRAFTED = 1
"""Years before its publication in which a maker may have built by a draft."""
_BEGINS = "\n"
"""Begins what is called in the network the beginning of a session."""
ZONES = (-12 * 3600.0, 14 * 3600.0)
"""Offsets of clocks that are right somewhere."""


class Reading(msgspec.Struct, frozen=True, order=True):
    """One picture of a camera: what its clock said, and what else is known of the time."""

    picture: str
    taken: float
    """Seconds since 1970, the clock read as if it were UTC."""
    there: tuple[tuple[float, str], ...] = ()
    """Seconds since 1970 by which it, or a copy of it, was there, and how that is known."""
    fix: float | None = None
    """Seconds since 1970 of the satellite fix that it carries."""
    exif: str = ""
    """Version of Exif that its file follows, as :data:`EXIF` has them; others say nothing."""
    lights: tuple[Light, ...] = ()
    """What light people see in it."""


class Session(msgspec.Struct, frozen=True, order=True):
    """Pictures that a person says were taken within some time of each other."""

    name: str
    seconds: float
    pictures: frozenset[str]


class Bound(msgspec.Struct, frozen=True, order=True):
    """The offset is at least, or at most, so many seconds; None where facts contradict each other across clocks."""

    offset: float | None
    picture: str
    reason: str
    chain: tuple[tuple[str, str], ...] = ()
    """Pictures and facts that lead to it, from this clock back to what is known in UTC."""


class Clock(msgspec.Struct, frozen=True):
    """What is known of one clock. ``least`` and ``most`` are None where nothing bounds it, or where bounds contradict."""

    least: float | None
    most: float | None
    decisive: tuple[Bound, ...]
    """What sets the ends: from below, then from above; or all that contradicts each other."""
    contradiction: str
    """Why no interval can be told; empty where no evidence speaks against other evidence."""
    zones: tuple[tuple[float, float], ...]
    """Stretches of the interval in which a clock that is right in some zone may lie; light can part them."""
    right_somewhere: bool | None
    """Whether there is such a stretch; None where bounds contradict."""
    readings: int
    bounds: int


def clocks(
    readings: Mapping[str, Iterable[Reading]], sessions: Iterable[Session] = (), orders: Iterable[Sequence[str]] = ()
) -> dict[str, Clock]:
    """The interval of every clock by its name, whatever the order of readings and sessions; names are not empty, and none
    begins with a line break.

    More facts never widen an interval; it is gone where they contradict each other.

    Args:
        readings: at least one of each clock.
        sessions: of pictures of any clocks.
        orders: clocks of which all pictures were taken before all of the next one: epochs of one camera.
    """
    held = {name: sorted(set(some), key=_place) for name, some in readings.items()}
    own = {name: [*_below(name, some), *_above(name, some)] for name, some in held.items()}
    lit = {name: Lit(seen) for name, some in held.items() if (seen := _lights(some))}
    alone = (fact for facts in own.values() for fact in facts)
    together = list(_together(held, sessions))
    moments = {fact.clock for fact in together} - held.keys()
    found = ends([*alone, *together, *_after(held, orders)], lit, moments)
    counts = {name: len(own[name]) + len(_lights(some)) for name, some in held.items()}
    return {name: _clock(found.get(name, Ends()), lit.get(name), len(some), counts[name]) for name, some in held.items()}


def _clock(found: Ends, lit: Lit | None, readings: int, bounds: int) -> Clock:
    if found.clash:
        clash = _shown(found.clash)
        why = ", but ".join(dict.fromkeys(fact.reason for fact in clash))
        told = tuple(Bound(_against_utc(fact), fact.picture, fact.reason) for fact in clash)
        return Clock(None, None, told, f"{why}: the clock was set anew, or evidence is wrong", (), None, readings, bounds)
    least, most = (None if end is None else float(end.offset) for end in (found.least, found.most))
    decisive = tuple(_bound(end) for end in (found.least, found.most) if end is not None)
    zones = _in_zones(least, most, lit)
    return Clock(least, most, decisive, "", zones, bool(zones), readings, bounds)


def _in_zones(least: float | None, most: float | None, lit: Lit | None) -> tuple[tuple[float, float], ...]:
    first = ZONES[0] if least is None else max(ZONES[0], least)
    last = ZONES[1] if most is None else min(ZONES[1], most)
    if first > last:
        return ()
    parts = [(first, last)] if lit is None else lit.stretches(int(first), int(last))
    return tuple((float(begin), float(end)) for begin, end in parts)


def _bound(end: End) -> Bound:
    chain = tuple((fact.picture, fact.reason) for fact in _shown(end.chain))
    return Bound(float(end.offset), *chain[0], chain)


def _shown(facts: Iterable[Fact]) -> list[Fact]:
    """Without what says by when a session ended: with what says when it began it is told as one."""
    return [fact for fact in facts if not fact.clock.startswith(_BEGINS)]


def _against_utc(fact: Fact) -> float | None:
    if UTC not in {fact.clock, fact.other}:
        return None
    return float(fact.seconds if fact.other == UTC else -fact.seconds)


def _place(one: Reading) -> tuple[object, ...]:
    return one.taken, one.picture, one.there, one.fix or 0.0, one.exif, one.lights


def _lights(held: Iterable[Reading]) -> list[tuple[str, int, Light]]:
    return [(one.picture, round(one.taken), light) for one in held for light in one.lights]


def _below(clock: str, held: Sequence[Reading]) -> Iterator[Fact]:
    for one in held:
        for when, how in one.there:
            yield _fact(UTC, clock, when + SLACK - one.taken, one.picture, f"a picture was {how}")
        if one.fix is not None:
            reason = "a satellite fix is at most an hour older than its picture"
            yield _fact(UTC, clock, one.fix + STALE - one.taken, one.picture, reason)


def _above(clock: str, held: Sequence[Reading]) -> Iterator[Fact]:
    for one in held:
        if one.fix is not None:
            reason = "a satellite fix is not later than its picture"
            yield _fact(clock, UTC, one.taken - one.fix + FIX_AHEAD, one.picture, reason)
        if one.exif in EXIF:
            drafted = datetime(EXIF[one.exif] - DRAFTED, 1, 1, tzinfo=ZONE).timestamp()
            version = f"{int(one.exif[:2])}.{one.exif[2:].rstrip('0') or '0'}"
            reason = f"a file by Exif {version} is not older than its drafts of {EXIF[one.exif] - DRAFTED}"
            yield _fact(clock, UTC, one.taken - drafted, one.picture, reason)


def _together(held: Mapping[str, Sequence[Reading]], sessions: Iterable[Session]) -> Iterator[Fact]:
    """Each clock of a session, by when that began, and what each one says of itself.

    A clock is ahead by at most what it said first less the beginning, and by at least what it said last less the end: so each
    two bound each other, at the cost of each one.
    """
    taken: dict[str, list[tuple[str, Reading]]] = defaultdict(list)
    for clock, some in held.items():
        for one in some:
            taken[one.picture].append((clock, one))
    for number, session in enumerate(sorted(set(sessions), key=lambda one: (one.name, one.seconds, sorted(one.pictures)))):
        spans: dict[str, list[Reading]] = defaultdict(list)
        for clock, one in (reading for picture in session.pictures for reading in taken.get(picture, ())):
            spans[clock].append(one)
        reason = f"pictures of the session {session.name} were taken within {session.seconds / 3600:g} hours, as a person says"
        begins = f"{_BEGINS}{number}"
        for clock, some in spans.items():
            first, last = (best(some, key=lambda one: (one.taken, one.picture)) for best in (min, max))
            yield _fact(clock, begins, first.taken, first.picture, reason)
            yield _fact(begins, clock, session.seconds - last.taken, last.picture, reason)
            if first.picture != last.picture:
                yield _fact(clock, clock, session.seconds + first.taken - last.taken, first.picture, reason)


def _after(held: Mapping[str, Sequence[Reading]], orders: Iterable[Sequence[str]]) -> Iterator[Fact]:
    for order in orders:
        for earlier, later in pairwise(order):
            last, first = held[earlier][-1], held[later][0]
            reason = "its camera had counted all pictures of the epoch before"
            yield _fact(later, earlier, first.taken - last.taken, first.picture, reason)


def _fact(clock: str, other: str, seconds: float, picture: str, reason: str) -> Fact:
    return Fact(clock, other, math.ceil(seconds), picture, reason)
