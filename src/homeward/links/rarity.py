"""How common a thing is: in how many unrelated groups of pictures it stands, and how much less it then says.

A thing that thirty pictures of one home show is no common thing; one that five homes show, each by its own camera, is sold to
many. So pictures are counted by groups: pictures of one place or of one camera are one group. Where strangers share a thing as
often as that, sharing it is no evidence beyond how often they do: the ratio is at most the number of cameras that were looked
through over the groups that show it, the one asked about counted among both. Below that bound each doubling of the groups takes
off a step that is fitted on homes that nothing is reported on, see ``docs/methods/sights.md``. Places of no case that show
it (pictures of shops, of hotels, of one's own offices) count like groups, and never raise a ratio.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import cache
from importlib import resources

import msgspec

Box = tuple[int, int, int, int]
ONE_PLACE = 1.0
"""log10 LR of one place from which two pictures are one group."""
_COVERED = 0.5
"""Share of the box of a thing that another sight must cover to be of the same thing."""


class Seen(msgspec.Struct, frozen=True):
    """Two pictures that show one thing, and where in either."""

    a: int
    b: int
    box_a: Box
    """x, y, width, height."""
    box_b: Box
    place_lr: float
    """log10 LR that they show one place."""
    time_a: int = -1
    """Milliseconds into a clip, of the frame that the box lies in; -1 of a still. So is ``time_b``."""
    time_b: int = -1


class Elsewhere(msgspec.Struct, frozen=True):
    """A picture of no case that shows something of picture ``item``, and where in that."""

    item: int
    box: Box
    place: str
    """Names the place that the picture of no case is of."""


class Common(msgspec.Struct, frozen=True):
    """How common the thing of one sight is."""

    others: int
    """Groups that show it beside the one or two of the sight itself, those of no case included."""
    groups: int
    """Cameras of the case that were looked through, at least 1."""
    elsewhere: int = 0
    """Of ``others``, places of no case."""
    looked: int = 0
    """Places of no case that were looked through, at least ``elsewhere``."""

    @property
    def bound(self) -> float:
        """Greatest log10 LR that the count supports, at least 0; without an end where nothing was counted.

        The case alone bounds it too: places of no case that do not show the thing make it no rarer than it is here.
        """
        here, every = self.others - self.elsewhere, self.groups + self.looked
        of_all = math.log10((every + 1) / (self.others + 1)) if self.others else math.inf
        alone = math.log10((self.groups + 1) / (here + 1)) if here else math.inf
        return max(0.0, min(of_all, alone))


class Calibration(msgspec.Struct, frozen=True):
    """How much less a common thing says."""

    name: str
    """Names the validation data."""
    step: float
    """log10 LR that each doubling of the groups that show the thing takes off, at least 0."""
    same: int
    different: int
    """Sights that it was fitted on."""


class Things:
    """What was seen of things, in a form that tells of any sight how common its thing is.

    Two sights that meet in a picture are of one thing where one covers half of what the other shows there. Of the pictures that
    show the thing, those by one camera and those of one place are one group; relations over pictures that do not show it are
    none, for a camera that visits many homes would make one group of all. Pictures of no case join no groups: each
    counts by its place, whatever the case shows of that. So one more never makes a thing rarer.
    """

    def __init__(
        self, seen: Iterable[Seen], cameras: Mapping[int, Hashable], elsewhere: Iterable[Elsewhere] = (), looked: int = 0
    ) -> None:
        """Take in what was seen.

        Args:
            seen: every sight of the case.
            cameras: of each picture that was looked through, what names its camera; pictures whose camera is not
                known are all named alike, and count as one where groups that were looked through are counted.
            elsewhere: what pictures of no case show of those of the case.
            looked: places of no case that were looked through.
        """
        self._cameras, self._looked = cameras, looked
        self._groups = max(1, len(set(cameras.values())))
        self._met: dict[tuple[int, int], list[tuple[Box, int]]] = defaultdict(list)
        self._places: dict[int, set[int]] = defaultdict(set)
        self._beyond: dict[int, list[Elsewhere]] = defaultdict(list)
        for one in seen:
            self._met[one.a, one.time_a].append((one.box_a, one.b))
            self._met[one.b, one.time_b].append((one.box_b, one.a))
            if one.place_lr >= ONE_PLACE:
                self._places[one.a].add(one.b)
                self._places[one.b].add(one.a)
        for other in elsewhere:
            self._beyond[other.item].append(other)

    def common(self, one: Seen) -> Common:
        """How common the thing of a sight is."""
        shown = ((one.a, one.time_a, one.box_a), (one.b, one.time_b, one.box_b))
        own = {one.a, one.b}
        there = {other for item, time_ms, box in shown for other in self._showing(item, time_ms, box)}
        places = {place for item, _, box in shown for place in self._beyond_showing(item, box)}
        return self._counted(_unrelated(own, there, self._cameras, self._places), places)

    def alone(self, item: int, box: Box) -> Common | None:
        """How common a thing is that one picture of the case shows and no other; None where nothing else shows it."""
        places = self._beyond_showing(item, box)
        return self._counted(0, places) if places else None

    def _counted(self, here: int, places: set[str]) -> Common:
        return Common(here + len(places), self._groups, len(places), max(self._looked, len(places)))

    def _showing(self, item: int, time_ms: int, thing: Box) -> set[int]:
        return {other for box, other in self._met.get((item, time_ms), ()) if covers(box, thing)}

    def _beyond_showing(self, item: int, thing: Box) -> set[str]:
        return {other.place for other in self._beyond.get(item, ()) if covers(other.box, thing)}


def common(
    seen: Sequence[Seen], cameras: Mapping[int, Hashable], elsewhere: Iterable[Elsewhere] = (), looked: int = 0
) -> list[Common]:
    """How common the thing of each sight is, in the same order; see :class:`Things`."""
    things = Things(seen, cameras, elsewhere, looked)
    return [things.common(one) for one in seen]


def _unrelated(own: set[int], there: set[int], cameras: Mapping[int, Hashable], places: Mapping[int, set[int]]) -> int:
    """Groups of the pictures ``there`` that have nothing to do with ``own``."""
    left = there | own
    shot: dict[Hashable, set[int]] = defaultdict(set)
    for one in left:
        if cameras.get(one) is not None:
            shot[cameras[one]].add(one)
    count = -1
    start = own
    while start:
        group, fresh = set(start), set(start)
        while fresh:
            one = fresh.pop()
            near = {*shot.pop(cameras.get(one), ()), *(left & places[one] if one in places else ())} - group
            group |= near
            fresh |= near
        left -= group
        count += 1
        start = {next(iter(left))} if left else set()
    return count


def covers(box: Box, thing: Box) -> bool:
    """Whether ``box`` covers half of ``thing``."""
    wide = min(box[0] + box[2], thing[0] + thing[2]) - max(box[0], thing[0])
    high = min(box[1] + box[3], thing[1] + thing[3]) - max(box[1], thing[1])
    return min(wide, high) > 0 and wide * high >= _COVERED * thing[2] * thing[3]


def weakened(log10_lr: float, how: Common, step: float) -> float:
    """The ratio of one thing, given how common it is: never more than without, and never less for a rarer thing.

    Args:
        log10_lr: by the score alone.
        how: how common it is.
        step: log10 LR that each doubling of the groups that show it takes off, at least 0.
    """
    less = log10_lr - step * math.log2(how.others + 1)
    return min(less, how.bound) if less > 0 else less


@cache
def calibration() -> Calibration:
    """What is kept in the package, made by ``bench/calibrate_sights.py``."""
    body = resources.files("homeward.links").joinpath("rarity_calibration.json").read_bytes()
    return msgspec.json.decode(body, type=Calibration)
