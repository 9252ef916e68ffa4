"""Every stack of a case as a tile of the grid, and lists of tiles that stay as they are while somebody works through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.core import WrongUse
from homeward.flow.series import listing as victims
from homeward.flow.workbench.grading import Grades
from homeward.flow.workbench.veils import Veils
from homeward.series.events import AWAKE
from homeward.store import series as series_store
from homeward.store import tiles as store

if TYPE_CHECKING:
    from collections.abc import Collection

    from homeward.store import Case

QUEUES = {
    "unknown": "Unknown: no list names them, and nobody has spoken of them",
    "opinions": "Another opinion is wanted: somebody has spoken, and you do not know what they said",
    "disputed": "Opinions differ: speak with each other, or let somebody else say",
    "known": "Known: a list names them",
    "decided": "Decided: all copies have a category",
    "yours": "What you have in hand, or were handed, and have not decided",
    "all": "All stacks",
}
WORK = frozenset({"unknown", "opinions", "disputed"})
"""Queues of work to be given out: who has something of them on the screen has it in hand."""
STACKS, ITEMS, FRAMES = "stacks", "items", "frames"
VIDEO, KNOWN, IN_PART, IN_SERIES, TAKEN = 1, 2, 4, 8, 16
"""Bits of what a tile says about itself."""
RECORD = np.dtype([("sha256", "u1", 32), ("count", "<u4"), ("time_ms", "<i4"), ("flags", "u1"), ("grade", "u1"), ("", "V2")])
"""How a tile is told to a browser; its veil follows after all records. ``grade`` is the place of its category in the scheme,
from 1 on; 0 without one."""

Ids = NDArray[np.int64]


class For(msgspec.Struct, frozen=True):
    """Whom a list is for."""

    person: str = ""
    """Their key."""
    others: frozenset[int] = frozenset()
    """Items that stand for stacks which others have in hand."""
    own: frozenset[int] = frozenset()
    """And those that they have themselves."""


ANYBODY = For()


class Tiles:
    """The stacks of a case at one moment. Item arrays are ascending; ``home`` (n,) says in which stack each item lies."""

    def __init__(self, case: Case) -> None:
        self.state = store.state(case)
        self.veils = Veils(case)
        self.items: Ids = self.veils.items
        exemplar = self.items.copy()
        pairs = store.copies(case)
        pairs = pairs[np.isin(pairs[:, 0], self.items) & np.isin(pairs[:, 1], self.items)]
        exemplar[np.searchsorted(self.items, pairs[:, 0])] = pairs[:, 1]
        self.exemplars, self.home, self.counts = np.unique(exemplar, return_inverse=True, return_counts=True)
        self._by_stack = np.argsort(self.home, kind="stable")
        self._begin = np.concatenate([[0], np.cumsum(self.counts)])
        self.video = np.isin(self.items, store.clips(case))
        self.known = np.isin(self.items, store.matched(case))
        in_series = store.series(case)
        names = sorted({name for _, name in in_series})
        self.series_names = names
        self.series = np.full(len(self.items), -1, np.int64)
        place = {name: at for at, name in enumerate(names)}
        for item, name in in_series:
            if (at := self.at(item)) is not None:
                self.series[at] = place[name]
        self.stack_known = self._any(self.known)
        self.stack_video = self._any(self.video)
        self.stack_series = np.full(len(self.exemplars), -1, np.int64)
        np.maximum.at(self.stack_series, self.home, self.series)
        self._order: Ids | None = None

    def at(self, item: int) -> int | None:
        """The place of an item, if it is shown."""
        at = int(np.searchsorted(self.items, item))
        return at if at < len(self.items) and self.items[at] == item else None

    def members(self, stack: int) -> Ids:
        """Places of the items of a stack, the exemplar first."""
        inside = self._by_stack[self._begin[stack] : self._begin[stack + 1]]
        first = self.items[inside] == self.exemplars[stack]
        return np.asarray(np.concatenate([inside[first], inside[~first]]))

    def decided(self, grades: Grades) -> NDArray[np.bool_]:
        """(stacks,): whether every copy has a category."""
        graded = np.isin(self.items, np.fromiter(grades.codes, np.int64, len(grades.codes)))
        return np.asarray(np.bincount(self.home[graded], minlength=len(self.exemplars)) == self.counts)

    def standing_for(self, items: Collection[int]) -> list[int]:
        """The items that stand for the stacks on which some items lie."""
        return [int(one) for one in self.exemplars[self.with_any(items)]]

    def standing(self, items: Collection[int]) -> NDArray[np.bool_]:
        """(stacks,): for which one of these items stands."""
        return np.asarray(np.isin(self.exemplars, np.fromiter(items, np.int64, len(items))))

    def with_any(self, items: Collection[int]) -> NDArray[np.bool_]:
        """(stacks,): whether some of these items lie on it."""
        return self._any(np.isin(self.items, np.fromiter(items, np.int64, len(items))))

    def by_priority(self, case: Case) -> Ids:
        """Stacks in the order of work: by the priority of their series while its victim is not found, then what is straight
        from a camera, then the larger stack.
        """
        if self._order is None:
            points = np.zeros(len(self.series_names) + 1)
            place = {name: at for at, name in enumerate(self.series_names)}
            for row in victims.listed(case) if place else ():
                if row["status"] in AWAKE and row["id"] in place:
                    points[place[row["id"]]] = 1 + row["priority"]
            straight = self._any(np.isin(self.items, np.fromiter(series_store.straight(case), np.int64)))
            keys = (np.arange(len(self.exemplars)), -self.counts, ~straight, -points[self.stack_series])
            self._order = np.lexsort(keys)
        return self._order

    def _any(self, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.asarray(np.bincount(self.home[marked], minlength=len(self.exemplars)) > 0)


class Listing(NamedTuple):
    """Tiles in an order that does not change: places of stacks or items, or the frames of one item."""

    tiles: Tiles
    kind: str
    title: str
    places: Ids
    times: NDArray[np.int32]
    """Milliseconds of frames; empty for others."""
    stack: int = -1
    """The stack that was opened."""
    queue: str = ""
    words: dict[int, str] | None = None
    """What is said of stacks that a question found, where it ranks."""
    looked: int = 0
    told: int = 0
    """Where a question was cut off, as :class:`~homeward.flow.workbench.finding.Found` has it."""

    def items(self, first: int, last: int) -> list[int]:
        """The items behind tiles ``first`` to ``last``, copies included."""
        chosen = self.places[first : last + 1]
        if self.kind == STACKS:
            chosen = np.concatenate([np.zeros(0, np.int64), *(self.tiles.members(one) for one in chosen.tolist())])
        return [int(item) for item in np.unique(self.tiles.items[chosen])]

    def group(self, at: int) -> list[int]:
        """The items that belong to the same: in a list of stacks those of one series, in an opened stack all."""
        if self.kind != STACKS:
            members = self.tiles.members(self.stack)
            return [int(item) for item in self.tiles.items[members]]
        name = self.tiles.stack_series[self.places[at]]
        if name < 0:
            return self.items(at, at)
        inside = self.places[self.tiles.stack_series[self.places] == name]
        return [int(item) for one in inside.tolist() for item in self.tiles.items[self.tiles.members(one)]]

    def stacks(self, first: int, last: int) -> list[int]:
        """The items that stand for the stacks behind tiles ``first`` to ``last``."""
        chosen = self.places[first : last + 1]
        return [int(one) for one in self.tiles.exemplars[chosen if self.kind == STACKS else self.tiles.home[chosen]]]

    def touched(self, items: list[int]) -> list[int]:
        """Where in this list something shows of some items."""
        places = np.flatnonzero(np.isin(self.tiles.items, items))
        places = self.tiles.home[places] if self.kind == STACKS else places
        return [int(one) for one in np.flatnonzero(np.isin(self.places, places))]


def listing(case: Case, tiles: Tiles, grades: Grades, queue: str, whom: For = ANYBODY) -> Listing:
    """The tiles of a queue: one of :data:`QUEUES`, ``series:NAME``, ``stack:SHA256``, or ``frames:SHA256`` for a clip.

    What others have in hand is in no queue of :data:`WORK`.

    Raises:
        WrongUse: there is no such queue, series or item.
    """
    kind, _, name = queue.partition(":")
    none = np.zeros(0, np.int32)
    if kind in QUEUES and not name:
        order = tiles.by_priority(case)
        here = chosen(tiles, grades, kind, whom)
        return Listing(tiles, STACKS, QUEUES[kind], order[here[order]], none, queue=kind)
    if kind == "series" and name in tiles.series_names:
        inside = np.flatnonzero(tiles.series == tiles.series_names.index(name))
        return Listing(tiles, STACKS, f"Series {name}", np.unique(tiles.home[inside]), none)
    item = tiles.at(store.number(case, name) or -1) if kind in {"stack", "frames"} else None
    if item is None:
        raise WrongUse(f"there is nothing called {queue!r} to be shown")
    stack = int(tiles.home[item])
    if kind == "stack":
        members = tiles.members(stack)
        return Listing(tiles, ITEMS, "One stack", members, none, stack)
    times, _ = tiles.veils.frames(int(tiles.items[item]))
    return Listing(tiles, FRAMES, "Frames of one video", np.full(len(times), item), times, stack)


def chosen(tiles: Tiles, grades: Grades, queue: str, whom: For) -> NDArray[np.bool_]:
    """(stacks,): which are in a queue of :data:`QUEUES`."""
    if queue in {"all", "known"}:
        return tiles.stack_known if queue == "known" else np.ones(len(tiles.exemplars), bool)
    decided = tiles.decided(grades)
    if queue == "decided":
        return decided
    if queue == "yours":
        spoken = tiles.with_any([item for item in grades.open if grades.spoke(item, whom.person)])
        return tiles.standing(whom.own) & ~decided & ~spoken
    here = ~decided & ~tiles.standing(whom.others)
    disputed = tiles.with_any(grades.disputed)
    if queue == "disputed":
        return here & disputed
    begun = tiles.with_any(grades.open)
    if queue == "unknown":
        return here & ~tiles.stack_known & ~begun
    return here & ~disputed & tiles.with_any([item for item in grades.open if not grades.spoke(item, whom.person)])


def packed(
    case: Case, listed: Listing, grades: Grades, codes: dict[str, int], first: int, count: int, whom: For = ANYBODY
) -> bytes:
    """Tiles from ``first`` on: their :data:`RECORD` each, then 432 bytes of veil each. ``codes`` are places in the scheme."""
    tiles, chosen = listed.tiles, listed.places[first : first + count]
    shown = tiles.exemplars[chosen] if listed.kind == STACKS else tiles.items[chosen]
    names = store.names(case, shown.tolist())
    records = np.zeros(len(chosen), RECORD)
    records["time_ms"] = -1
    records["sha256"] = np.frombuffer(b"".join(bytes.fromhex(names[item]) for item in shown.tolist()), np.uint8).reshape(-1, 32)
    records["count"] = tiles.counts[chosen] if listed.kind == STACKS else 1
    told = marks(listed, grades, codes, list(range(first, first + len(chosen))), whom)
    for row, (_, grade, flags) in enumerate(told):
        records[row]["grade"], records[row]["flags"] = grade, flags
    if listed.kind == FRAMES:
        records["time_ms"] = listed.times[first : first + count]
        veils = tiles.veils.frames(int(shown[0]))[1][first : first + count] if len(shown) else np.zeros((0, 432), np.uint8)
    else:
        veils = tiles.veils.of(shown)
    return records.tobytes() + veils.tobytes()


def marks(
    listed: Listing, grades: Grades, codes: dict[str, int], places: list[int], whom: For = ANYBODY
) -> list[tuple[int, int, int]]:
    """For some tiles of a list: where, which category as this person may see it, which flags."""
    tiles = listed.tiles
    chosen = listed.places[places] if places else np.zeros(0, np.int64)
    if listed.kind == STACKS:
        video, known, series = tiles.stack_video[chosen], tiles.stack_known[chosen], tiles.stack_series[chosen]
        inside = [tiles.items[tiles.members(one)].tolist() for one in chosen.tolist()]
    else:
        video, known, series = tiles.video[chosen], tiles.known[chosen], tiles.series[chosen]
        inside = [[item] for item in tiles.items[chosen].tolist()]
    stacks = tiles.exemplars[chosen if listed.kind == STACKS else tiles.home[chosen]]
    taken = np.isin(stacks, list(whom.others))
    flags = VIDEO * video | KNOWN * known | IN_SERIES * (series >= 0) | TAKEN * taken
    found = []
    for at, own, items in zip(places, flags.tolist(), inside, strict=True):
        said = [grades.seen(item, whom.person) for item in items]
        given = {code for code in said if code}
        partly = IN_PART * (bool(given) and ("" in said or len(given) > 1))
        found.append((at, codes.get(given.pop(), 0) if len(given) == 1 else 0, own | partly))
    return found
