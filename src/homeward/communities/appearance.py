"""Who showed a series first, here: a posterior over the handles that were seen with it and over a source that was not.

Being first in a capture is a weak and unfair sign: most captures have holes, and careful collectors are first with what
others made. So every series has one more candidate, the *unseen source*, and the evidence is what survived on worlds with
such collectors: being first, with other series too, and above all the camera: one or two sensors over many series, not a new
one each time, and a sensor's whole output by one handle. Where somebody else is first with other series by the camera and was
not seen with this one, its source is hardly among those who were. What a person can choose weighs one natural unit at most: how
original copies look, and whether a handle passes on what others were first with, as who makes something may do that, too. How
well a board was watched is told beside each candidate; as a weight it changed nothing on any world.

The posterior is a conditional logit over candidates (McFadden, "Conditional logit analysis of qualitative choice behavior",
1974) in which no evidence for a candidate can weigh against it. It was fitted on made-up worlds (``appearance_weights.json``
says which). The word for its result is "first observed here"; it never says who made something.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files as resources
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.communities.records import Handle, Window

FEATURES = ("first", "elsewhere", "camera", "sensor", "unshared", "original", "one hand", "many cameras", "passed on")
UNSEEN = ("unseen", "copies", "hand elsewhere", "camera alone")
_DAY = 86_400.0
_SETTLED = 30.0  # days after which a board that is watched has shown what was there before
_CAP = 1.0  # natural units that what can be chosen may weigh


class Showing(NamedTuple):
    """One file in one post."""

    file: str
    handle: Handle
    board: str
    time: float
    """Seconds since 1970 UTC."""
    generation: int | None = None
    """Least number of times that this copy was made from another, where that is known."""


class Candidate(msgspec.Struct, frozen=True):
    """A handle that was seen with the series. ``parts``: natural log weight of each kind of evidence, most first."""

    handle: Handle
    probability: float
    first: float
    """When it was first seen with a file of the series, in seconds since 1970 UTC."""
    watched: float
    """Chance that a post on that board shortly before would have been captured, 0..1."""
    files: int
    parts: tuple[tuple[str, float], ...]


class FirstShown(msgspec.Struct, frozen=True):
    """What is known of where a series came from. The probabilities of all candidates and ``unseen`` add up to one."""

    series: str
    unseen: float
    unseen_parts: tuple[tuple[str, float], ...]
    candidates: tuple[Candidate, ...]
    """Most probable first."""


class Weights(msgspec.Struct, frozen=True):
    """Weight of each feature, and how they were found: of handles only the last two may be below zero."""

    made: str
    handle: dict[str, float]
    unseen: dict[str, float]


class Table(NamedTuple):
    """The features of one series: ``handle`` (n, 9) of the n handles in ``earliest``, and ``unseen`` (4,); float64."""

    series: str
    earliest: dict[Handle, Showing]
    watched: list[float]
    files: list[int]
    handle: NDArray[np.float64]
    unseen: NDArray[np.float64]


def first_shown(
    showings: Iterable[Showing],
    series: Mapping[str, str],
    cameras: Mapping[str, str],
    windows: Sequence[Window],
    weights: Weights | None = None,
) -> list[FirstShown]:
    """Say for each series who may have shown it first.

    Args:
        showings: every time that a file was seen in a post.
        series: the series of a file; files without one are left out.
        cameras: the camera of a file where there is a hypothesis, by any name that two files share.
        windows: what captures cover of each board.
        weights: others than those that come with the program.
    """
    chosen = weights or shipped()
    return [_judged(table, chosen) for table in tables(showings, series, cameras, windows)]


@cache
def shipped() -> Weights:
    """The weights that come with the program."""
    text = resources("homeward.communities").joinpath("appearance_weights.json").read_bytes()
    return msgspec.json.decode(text, type=Weights)


def _judged(table: Table, weights: Weights) -> FirstShown:
    by_handle = table.handle * np.array([weights.handle[name] for name in FEATURES])
    by_unseen = table.unseen * np.array([weights.unseen[name] for name in UNSEEN])
    odds = np.append(by_handle.sum(axis=1), by_unseen.sum())
    chance = np.exp(odds - odds.max())
    chance /= chance.sum()
    rows = zip(table.earliest.items(), chance[:-1], table.watched, table.files, by_handle, strict=True)
    found = [
        Candidate(handle, float(p), showing.time, watched, count, _parts(FEATURES, row))
        for (handle, showing), p, watched, count, row in rows
    ]
    ordered = tuple(sorted(found, key=lambda c: (-c.probability, c.first, c.handle)))
    return FirstShown(table.series, float(chance[-1]), _parts(UNSEEN, by_unseen), ordered)


def _parts(names: tuple[str, ...], values: NDArray[np.float64]) -> tuple[tuple[str, float], ...]:
    pairs = [(name, float(value)) for name, value in zip(names, values, strict=True) if value]
    return tuple(sorted(pairs, key=lambda pair: -abs(pair[1])))


class _Firsts:
    """For every series: who was seen when with which file, and who was first."""

    def __init__(self, showings: Iterable[Showing], series: Mapping[str, str]) -> None:
        self.by_series: dict[str, list[Showing]] = defaultdict(list)
        for showing in showings:
            if showing.file in series:
                self.by_series[series[showing.file]].append(showing)
        self.first: dict[str, Showing] = {}
        self.seen_in: Counter[Handle] = Counter()
        self.led: Counter[Handle] = Counter()
        for name, rows in self.by_series.items():
            rows.sort(key=lambda s: (s.time, s.handle, s.file))
            self.first[name] = rows[0]
            self.led[rows[0].handle] += 1
            self.seen_in.update({row.handle for row in rows})


def tables(
    showings: Iterable[Showing], series: Mapping[str, str], cameras: Mapping[str, str], windows: Sequence[Window]
) -> list[Table]:
    """The features of every series that was shown at all, in the order of the names of the series."""
    firsts, watch = _Firsts(showings, series), _Watch(windows)
    sensors = _Sensors(firsts, cameras)
    return [_table(name, firsts, sensors, watch) for name in sorted(firsts.by_series)]


class _Sensors:
    """Cameras of series, counted once: of each how many series, and with how many of these each handle was first, both ways."""

    def __init__(self, firsts: _Firsts, cameras: Mapping[str, str]) -> None:
        self.of = _sensors(firsts, cameras)
        self.series = Counter(self.of.values())
        self.led: dict[Handle, Counter[str]] = defaultdict(Counter)
        self.hands: dict[str, Counter[Handle]] = defaultdict(Counter)
        for name, camera in self.of.items():
            self.led[firsts.first[name].handle][camera] += 1
            self.hands[camera][firsts.first[name].handle] += 1


def _sensors(firsts: _Firsts, cameras: Mapping[str, str]) -> dict[str, str]:
    """The camera of each series: the one that most of its files name, if a third of those that name any do."""
    found = {}
    for name, rows in firsts.by_series.items():
        named = Counter(cameras[file] for file in {row.file for row in rows} if file in cameras)
        if named:
            camera, count = min(named.items(), key=lambda pair: (-pair[1], pair[0]))
            if 3 * count >= named.total():
                found[name] = camera
    return found


class _Watch:
    """How well a board was watched in the days before a moment."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self.windows: dict[str, list[Window]] = defaultdict(list)
        for window in windows:
            self.windows[window.board].append(window)

    def before(self, board: str, time: float) -> float:
        """Chance that a post there shortly before ``time`` would have been captured, 0..1."""
        missed = 1.0
        for window in self.windows.get(board, ()):
            if window.start <= time <= window.end:
                settled = 1 - math.exp(-(time - window.start) / (_SETTLED * _DAY))
                missed *= 1 - window.completeness * settled
        return 1 - missed


def _table(name: str, firsts: _Firsts, sensors: _Sensors, watch: _Watch) -> Table:
    rows = firsts.by_series[name]
    mine: dict[Handle, list[Showing]] = defaultdict(list)
    holders: dict[str, set[Handle]] = defaultdict(set)
    for row in rows:
        mine[row.handle].append(row)
        holders[row.file].add(row.handle)
    least = min((row.generation for row in rows if row.generation is not None), default=None)
    features, own = np.zeros((len(mine), len(FEATURES))), {handle: {row.file for row in mine[handle]} for handle in mine}
    for index, handle in enumerate(mine):
        features[index] = (
            _lead(handle, mine[handle][0], firsts.first[name]),
            _elsewhere(handle, name, firsts),
            *_camera(handle, name, firsts, sensors),
            sum(len(holders[file]) == 1 for file in own[handle]) / len(holders),
            _original(mine[handle], least),
            _one_hand(handle, sensors),
            _many_cameras(handle, sensors),
            _passed_on(handle, name, firsts),
        )
    earliest = {handle: showings[0] for handle, showings in mine.items()}
    watched = [watch.before(showing.board, showing.time) for showing in earliest.values()]
    unseen = np.array([1.0, min((least or 0) / 2, 1.0) * _CAP, *_hand_elsewhere(name, mine.keys(), sensors)])
    return Table(name, earliest, watched, [len(files) for files in own.values()], features, unseen)


def _lead(handle: Handle, earliest: Showing, first: Showing) -> float:
    """1 for the first at all, fading with the days behind it."""
    return 1.0 if first.handle == handle else math.exp(-(1 + (earliest.time - first.time) / _DAY) / 3)


def _elsewhere(handle: Handle, series: str, firsts: _Firsts) -> float:
    """Share of the other series that this handle was seen with, in which it was first too; smoothed towards none."""
    others = firsts.seen_in[handle] - 1
    led = firsts.led[handle] - (firsts.first[series].handle == handle)
    return led / (others + 2)


def _camera(handle: Handle, series: str, firsts: _Firsts, sensors: _Sensors) -> tuple[float, float]:
    """Of the other series that it was first with, the share by this camera; of that camera's, the share of the handle."""
    led, camera = sensors.led.get(handle, Counter()), sensors.of.get(series)
    if camera is None:
        return 0.0, 0.0
    own = firsts.first[series].handle == handle
    by_it = led[camera] - own
    return by_it / (led.total() - own + 1), by_it / sensors.series[camera]


def _one_hand(handle: Handle, sensors: _Sensors) -> float:
    """Few cameras over what it was first with: 1 with one camera, near 0 with a new one each time; 0 with nothing to tell."""
    led = sensors.led.get(handle, Counter())
    return 1 - (len(led) - 1) / (led.total() - 1) if led.total() > 1 else 0.0


def _many_cameras(handle: Handle, sensors: _Sensors) -> float:
    """0 with one or two cameras over what it was first with, towards 1 the more there are."""
    more = max(len(sensors.led.get(handle, ())) - 2, 0)
    return more / (more + 2)


def _original(rows: list[Showing], least: int | None) -> float:
    """1 where its copies are the least processed that were seen, 0 where two steps or more behind."""
    known = [row.generation for row in rows if row.generation is not None]
    return _CAP * max(0.0, 1 - (min(known) - least) / 2) if known and least is not None else 0.0


def _passed_on(handle: Handle, series: str, firsts: _Firsts) -> float:
    """0 for a handle that was first with everything else that it was seen with, towards 1 the more others were before it."""
    led = firsts.led[handle] - (firsts.first[series].handle == handle)
    behind = firsts.seen_in[handle] - 1 - led
    return _CAP * behind / (behind + 2)


def _hand_elsewhere(series: str, seen: Collection[Handle], sensors: _Sensors) -> tuple[float, float]:
    """ln(1 + most series by this camera that one handle was first with who was not seen here); 1 where there are no others."""
    camera = sensors.of.get(series)
    if camera is None or sensors.series[camera] == 1:
        return 0.0, 1.0
    return math.log1p(max((count for hand, count in sensors.hands[camera].items() if hand not in seen), default=0)), 0.0
