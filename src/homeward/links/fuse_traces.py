"""What files say about one series beside what they show: serial numbers, clocks, positions, names, folders, lists, posts.

All of it can be edited, and clocks are wrong by years: a time is compared only with times of the same clock (one make and
model, or one body), where an offset that both share falls out. That nothing is found speaks against one series only where both
could have told: where each still tells of its camera. The ratios are shares among pairs of one owner over shares among pairs of
different owners, kept with the fusion's calibration.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations

import msgspec

from homeward.links.fuse import FAMILIES, SILENCE, Cue, calibration

WIDEST = 300
"""Units that may share a trace before it is too common to be told."""
HOLDING = frozenset({"bodies", "camera_folders", "series"})
"""Traces that hold units together however many they are."""
CROWD = 100
"""Units that such a trace may hold before each is told with the first of them only, see :func:`crowds`."""
SOON = {600: "time within 10 minutes", 86_400: "time within a day", 7 * 86_400: "time within a week"}
"""Seconds between two times of one clock, and what the ratio of a time that close is kept under."""
_NEAR_COUNT = 20
_NEAR_METRES = 200.0
_POSTED = 120
"""Seconds between two names that a site gave at the same time."""
_METRES = 111_320.0  # of a degree of latitude
_WIDE = 10
"""By how much a degree of longitude may be shorter: beyond 84 degrees of latitude positions may be missed."""
DIFFERS = "serial number differs"
ONLY = "only poster"
"""Neither was seen to be posted by anybody else: of what many pass on, captures often miss who was first."""
EDITED = "serial numbers can be edited, and programs copy them on"
CLOCKS = "clocks of cameras are often wrong: only the difference between two times of one clock counts"
OTHERS = "an owner has several cameras: two bodies speak against one camera, little against one series"
NAMES = "files are renamed, and counters begin again"
GATHERED = "people gather files of many sources in one folder"
POSTERS = "only what was captured is known, and who posts a file first need not have made it"
SILENT = "an owner has several cameras, and series span years"
OF_FILES = frozenset({"device", "session", "delivery", "copy"})
"""Families of which any cue for ends a silence."""
SURE = 2.5
"""log10 ratio from which a cue of any other family does: a place this sure was not met where the silence was measured."""
GIVEN = "positions can be edited, and are off indoors"


class Trace(msgspec.Struct, frozen=True):
    """What is known of a unit and its copies beside what they show."""

    unit: int
    bodies: frozenset[tuple[str, str]] = frozenset()
    """Maker and serial number of camera bodies that its files name."""
    times: frozenset[tuple[str, int]] = frozenset()
    """Clock (make and model, or body) and seconds of when it was taken."""
    positions: frozenset[tuple[float, float]] = frozenset()
    """Latitude and longitude in degrees."""
    counters: frozenset[tuple[str, int]] = frozenset()
    """What a camera names files by, make and model included, and the number."""
    camera_folders: frozenset[str] = frozenset()
    """Folders of a camera's own storage (DCF, JEITA CP-3461)."""
    folders: frozenset[str] = frozenset()
    stamps: frozenset[int] = frozenset()
    """Seconds in names that sites give when a file is posted."""
    series: frozenset[str] = frozenset()
    """Names of series that known lists give."""
    posters: frozenset[tuple[str, str]] = frozenset()
    """Site and handle that were the first to post it."""
    passed_on: bool = False
    """Whether another handle was seen to post it too."""

    @property
    def tells(self) -> bool:
        """Whether its files still tell of a camera or of where it was."""
        return bool(self.bodies or self.times or self.counters or self.positions)


class Posting(msgspec.Struct, frozen=True):
    """A file of a unit that a handle posted on a site."""

    unit: int
    site: str
    handle: str
    """Empty where it may not be told who it was."""
    time: float
    """Seconds since 1970 in UTC."""
    passed_on: bool = False
    """Whether another handle was seen to post that file too."""


class FirstPoster(msgspec.Struct, frozen=True):
    """Site and handle of the earliest posting of a unit; several where they are of one second, none where it is not told."""

    who: frozenset[tuple[str, str]]
    passed_on: bool
    """Whether another handle was seen to post the unit too."""


def first_posters(postings: Iterable[Posting]) -> dict[int, FirstPoster]:
    """Who was the first to post each unit."""
    posted: dict[int, list[Posting]] = defaultdict(list)
    for one in postings:
        posted[one.unit].append(one)
    found = {}
    for unit, some in posted.items():
        earliest = min(one.time for one in some)
        who = frozenset((one.site, one.handle) for one in some if one.time == earliest and one.handle)
        passed_on = any(one.passed_on for one in some) or len({(one.site, one.handle) for one in some}) > 1
        found[unit] = FirstPoster(who, passed_on)
    return found


def cues(a: Trace, b: Trace) -> list[Cue]:
    """What the traces of two units say together."""
    found = [*_bodies(a, b), *_times(a, b), *_positions(a, b), *_counters(a, b)]
    if a.camera_folders & b.camera_folders:
        found.append(_cue("camera folder", 1, f"both lie in {min(a.camera_folders & b.camera_folders)}", GATHERED))
    if a.folders & b.folders:
        found.append(_cue("folder", 1, f"both lie in {min(a.folders & b.folders)}", GATHERED))
    apart = _least(a.stamps, b.stamps)
    if apart <= _POSTED:
        found.append(_cue("posted together", apart, f"their names say that they were posted {apart} s apart", NAMES))
    if a.series & b.series:
        found.append(_cue("known series", 1, f"known lists name both {min(a.series & b.series)}", "a list can be wrong"))
    if a.posters & b.posters:
        site, alone = min(a.posters & b.posters)[0], not (a.passed_on or b.passed_on)
        reason = f"one handle of {site} was the {'only one' if alone else 'first'} that was seen to post both"
        found.append(_cue("first poster", alone, reason, POSTERS, ONLY if alone else ""))
    return found


def silence(a: Trace, b: Trace, said: Iterable[Cue]) -> list[Cue]:
    """That both tell of a camera, and ``said``, all other cues, has nothing of it in common: evidence against."""
    heard = (cue.log10_lr > (0 if FAMILIES.get(cue.kind) in OF_FILES else SURE) for cue in said)
    if not (a.tells and b.tells) or any(heard):
        return []
    return [_cue(SILENCE, 0, "both tell of a camera, and neither camera, time, name nor folder is in common", SILENT)]


def meetings(traces: Iterable[Trace], wanted: Collection[int] | None = None) -> Iterator[tuple[int, int]]:
    """Pairs of units, the smaller first, that have a trace in common or near; each once.

    A folder makes no pair, though it is told of those that meet otherwise: alone it leaves the ratio below 1, and folders of
    hundreds would be most of all pairs.

    Args:
        traces: of distinct units.
        wanted: only pairs of which one is among these; all unless told.
    """
    seen: set[tuple[int, int]] = set()
    for key, units in _crowds(traces).items():
        holds = key[0] in HOLDING
        if len(units) > WIDEST and not holds:
            continue
        for pair in star_of(min(units), units, wanted) if holds and len(units) > CROWD else pairs_of(units, wanted):
            if pair not in seen:
                seen.add(pair)
                yield pair


def mates(traces: Iterable[Trace]) -> Iterator[tuple[int, int]]:
    """Pairs of units that have a folder in common, the smaller first, in their order, each once.

    They come one by one, as there can be very many; of folders that more than :data:`WIDEST` share there are none.
    """
    held = {trace.unit: trace.folders for trace in traces}
    within: dict[str, list[int]] = defaultdict(list)
    for unit in sorted(held):
        for folder in held[unit]:
            within[folder].append(unit)
    for unit in sorted(held):
        few = (within[folder] for folder in held[unit] if len(within[folder]) <= WIDEST)
        yield from ((unit, other) for other in sorted({other for some in few for other in some if other > unit}))


def crowds(traces: Iterable[Trace]) -> list[tuple[int, ...]]:
    """Units that one fact holds together and that are too many to be told pair by pair, sorted: each meets the first only."""
    return [tuple(sorted(units)) for key, units in _crowds(traces).items() if len(units) > CROWD and key[0] in HOLDING]


def star_of(first: int, units: Collection[int], wanted: Collection[int] | None) -> Iterator[tuple[int, int]]:
    """One unit with each of the others, of which one is wanted; the smaller first."""
    others = (unit for unit in units if unit != first)
    chosen = (unit for unit in others if wanted is None or first in wanted or unit in wanted)
    yield from ((min(first, unit), max(first, unit)) for unit in chosen)


def pairs_of(units: Collection[int], wanted: Collection[int] | None) -> Iterator[tuple[int, int]]:
    """Pairs among some units, the smaller first, of which one is wanted: at the cost of the wanted."""
    if wanted is None:
        yield from combinations(sorted(units), 2)
        return
    chosen = [unit for unit in units if unit in wanted]
    for unit in chosen:
        yield from ((min(unit, other), max(unit, other)) for other in units if other not in wanted)
    yield from combinations(sorted(chosen), 2)


def _crowds(traces: Iterable[Trace]) -> Mapping[tuple[object, ...], set[int]]:
    """Units by what they share; what is near lies in one of two cells that overlap."""
    crowds: dict[tuple[object, ...], set[int]] = defaultdict(set)
    for trace in traces:
        for key in _keys(trace):
            crowds[key].add(trace.unit)
    return crowds


def _keys(trace: Trace) -> Iterator[tuple[object, ...]]:
    for kind in ("bodies", "camera_folders", "series", "posters"):
        yield from ((kind, value) for value in getattr(trace, kind))
    for clock, second in trace.times:
        yield from (("time", clock, *cell) for cell in _cells(second, max(SOON)))
    for name, number in trace.counters:
        yield from (("counter", name, *cell) for cell in _cells(number, _NEAR_COUNT))
    for stamp in trace.stamps:
        yield from (("stamp", *cell) for cell in _cells(stamp, _POSTED))
    near = int(_NEAR_METRES)
    for latitude, longitude in trace.positions:
        for cell in _cells(int(latitude * _METRES), near):
            yield from (("position", *cell, *other) for other in _cells(int(longitude * _METRES), _WIDE * near))


def _cells(value: int, width: int) -> list[tuple[int, int]]:
    """Two cells of twice the width, shifted by one: any two values within the width share one."""
    return [(shift, (value + shift * width) // (2 * width)) for shift in (0, 1)]


def _bodies(a: Trace, b: Trace) -> Iterator[Cue]:
    both = a.bodies & b.bodies
    if both:
        yield _cue("serial number", 1, f"both name the body with serial number {min(both)[1]}", EDITED)
    elif {make for make, _ in a.bodies} & {make for make, _ in b.bodies}:
        reason = f"they name bodies with serial numbers {min(a.bodies)[1]} and {min(b.bodies)[1]}"
        yield _cue("serial number", 0, reason, OTHERS, DIFFERS)


def _times(a: Trace, b: Trace) -> Iterator[Cue]:
    apart = _clock(a, b)
    for limit, name in SOON.items():
        if apart is not None and apart <= limit:
            yield _cue("time", apart, f"one camera model's clock says that they were taken {_span(apart)} apart", CLOCKS, name)
            return


def _clock(a: Trace, b: Trace) -> int | None:
    """Least seconds between two times of one clock."""
    return min((abs(s - t) for c, s in a.times for d, t in b.times if c == d), default=None)


def _positions(a: Trace, b: Trace) -> Iterator[Cue]:
    apart = min((_metres(p, q) for p in a.positions for q in b.positions), default=math.inf)
    if apart <= _NEAR_METRES:
        yield _cue("position", apart, f"their positions are {apart:.0f} m apart", GIVEN)


def _counters(a: Trace, b: Trace) -> Iterator[Cue]:
    """Numbers that follow each other, unless a clock says that the pictures do not: counters begin again."""
    apart = min((abs(m - n) for c, m in a.counters for d, n in b.counters if c == d), default=None)
    elapsed = _clock(a, b)
    if apart is not None and 0 < apart <= _NEAR_COUNT and (elapsed is None or elapsed <= max(SOON)):
        yield _cue("file name", apart, f"a camera of that model counted {apart} on between their names", NAMES)


def trace(cue: Cue) -> str:
    """Under which name the fusion's calibration keeps the ratio of a cue of :func:`cues`."""
    if cue.kind == "serial number":
        return cue.kind if cue.score else DIFFERS
    if cue.kind == "first poster":
        return ONLY if cue.score else cue.kind
    return next(name for limit, name in SOON.items() if cue.score <= limit) if cue.kind == "time" else cue.kind


def _cue(kind: str, score: float, reason: str, caveat: str, name: str = "") -> Cue:
    made = calibration()
    return Cue(kind, made.traces[name or kind], float(score), reason, made.name, caveat)


def _least(a: Iterable[int], b: Iterable[int]) -> float:
    return min((abs(s - t) for s in a for t in b), default=math.inf)


def _metres(p: tuple[float, float], q: tuple[float, float]) -> float:
    wide = math.cos(math.radians((p[0] + q[0]) / 2)) * (p[1] - q[1])
    return math.hypot(p[0] - q[0], wide) * _METRES


def _span(seconds: float) -> str:
    for size, name in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} seconds"
