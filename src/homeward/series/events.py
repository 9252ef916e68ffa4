"""What people decide about series and what software finds changed about them: events that are never changed.

What holds now is their replay. A decision names pictures by their SHA-256, so it holds whatever the software finds later and
whatever a series is called then; taking it back is an event too. An event is named by its own SHA-256.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

from homeward.core.canonical import canonical_json
from homeward.core.components import components
from homeward.core.errors import HomewardError

UNIDENTIFIED, LOCATED, IDENTIFIED, SAFEGUARDED, ELSEWHERE = (
    "unidentified", "located", "identified", "safeguarded", "known elsewhere",
)  # fmt: skip
STATUSES = (UNIDENTIFIED, LOCATED, IDENTIFIED, SAFEGUARDED, ELSEWHERE)
AWAKE = (UNIDENTIFIED, LOCATED)
"""While a series has one of these, whatever is new is tested against it."""
AGE_BANDS = ("0-2", "3-5", "6-9", "10-13", "14-17")
FIELDS = ("status", "age band", "contact", "note")

Act = Literal["formed", "changed", "merge", "split", "reject", "set", "undo", "seen", "weigh", "lead", "task"]
BY_SOFTWARE = ("formed", "changed")
NO_MORE = "no more is it said that "
"""Begins what is told when something known is withdrawn."""
APART = 3
"""Pictures of what is held together that are held apart from others; the rest of them follows."""
DECISIONS = ("merge", "split", "reject")
"""Acts that change which pictures lie together."""

Line = Annotated[str, msgspec.Meta(max_length=2000)]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Picture = tuple[Digest, ...]
Pair = tuple[str, str]


class SeriesRefused(HomewardError, ValueError):
    """What cannot be said of a series now; the message says why."""


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is new about a series."""

    kind: Literal["joined", "merged", "left", "known", "withdrawn", "proposed", "clue"]
    what: str
    lr: int | None = None
    """Thousandths of a log10 likelihood ratio."""
    pair: tuple[Digest, Digest] | None = None
    """The two pictures that say most."""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same thing when it is found again."""
        if self.kind == "withdrawn":
            return "known", self.what.removeprefix(NO_MORE)
        return self.kind, " ".join(self.pair) if self.kind == "proposed" and self.pair else self.what


class Event(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing that was decided or found. Which fields an act needs, the functions of :mod:`homeward.flow.series` know."""

    act: Act
    agency: str
    origin: str
    """Of the case in which it was said: the origin line of its custody ledger."""
    when: str
    """RFC 3339 in UTC with microseconds."""
    series: str = ""
    others: tuple[str, ...] = ()
    """Series that it took in, or that a split made."""
    why: Line = ""
    a: Picture = ()
    """Pictures of one side of a decision; of a split those that stay."""
    b: Picture = ()
    field: str = ""
    value: Line = ""
    lead: str = ""
    clue: str = ""
    told: tuple[Told, ...] = ()
    undone: str = ""
    """The event that is taken back, or the newest notice that was seen."""

    @property
    def id(self) -> str:
        """SHA-256 of :attr:`body`."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def body(self) -> bytes:
        """Canonical JSON."""
        return canonical_json(msgspec.to_builtins(self))


class History:
    """Every event of a case, by time; their order and repetitions play no part."""

    def __init__(self, events: Iterable[Event]) -> None:
        given = {event.id: event for event in events}
        self.events = sorted(given.items(), key=lambda pair: (pair[1].when, pair[0]))
        """(Name, event)."""
        self.undone = {event.undone for _, event in self.events if event.act == "undo"}
        self._about: dict[str, list[tuple[str, Event]]] = defaultdict(list)
        for name, event in self.events:
            self._about[event.series].append((name, event))

    def valid(self, *acts: str) -> list[tuple[str, Event]]:
        """Events of some acts that were not taken back."""
        return [(name, event) for name, event in self.events if event.act in acts and name not in self.undone]

    def constraints(self) -> tuple[set[Pair], set[Pair]]:
        """Pairs of pictures that people hold together, and pairs that they hold apart; a later decision goes before.

        A merge holds everything of both sides together. A split holds together what stays, and what goes, and the two apart:
        all of one from all of the other, also when one of them is split again.
        """
        together: set[Pair] = set()
        apart: list[tuple[Picture, Picture]] = []
        for _, event in self.valid(*DECISIONS):
            here, there = set(event.a), set(event.b)
            if event.act == "merge":
                apart = [sides for pair in apart for sides in _left(*pair, here | there) if all(sides)]
                together |= _star([*event.a, *event.b])
                continue
            together = {(a, b) for a, b in together if not ((a in here and b in there) or (a in there and b in here))}
            if event.act == "split":
                together |= _star(event.a) | _star(event.b)
            apart.append((event.a, event.b))
        return together, _pairs(apart, together)

    def about(self, series: Iterable[str], *acts: str) -> list[Event]:
        """Events of some acts about some series that were not taken back, by time."""
        found = [pair for one in set(series) for pair in self._about.get(one, ())]
        found = [pair for pair in found if pair[1].act in acts and pair[0] not in self.undone]
        return [event for _, event in sorted(found, key=lambda pair: (pair[1].when, pair[0]))]

    def said(self, names: Iterable[str], field: str) -> Event | None:
        """The newest decision on a field of a series, or of one that it took in."""
        found = [event for event in self.about(names, "set") if event.field == field]
        return found[-1] if found else None

    def notes(self, names: Iterable[str]) -> list[Event]:
        """Every note on a series."""
        return [event for event in self.about(names, "set") if event.field == "note"]

    def told(self, names: Iterable[str]) -> set[tuple[str, str]]:
        """Everything that was found about a series before, and was not withdrawn since."""
        last = {one.key: one.kind for event in self.about(names, *BY_SOFTWARE) for one in event.told}
        return {key for key, kind in last.items() if kind != "withdrawn"}

    def absorbed(self, standing: Iterable[str]) -> dict[str, set[str]]:
        """For every series that stands, its own name and those of series that are part of it now."""
        now = set(standing)
        taking = [event for _, event in self.valid("formed", "changed", "merge")]
        into = {other: event.series for event in taking for other in event.others}
        found: dict[str, set[str]] = {name: {name} for name in now}
        for name in into:
            end, passed = name, set()
            while end not in now and end in into and end not in passed:
                passed.add(end)
                end = into[end]
            if end in now:
                found[end] |= passed
        return found

    def retired(self, standing: Iterable[str]) -> set[str]:
        """Names that were given once and belong to no series now."""
        return {event.series for _, event in self.events if event.act == "formed"} - set(standing)

    def notices(self) -> dict[str, list[tuple[str, Event]]]:
        """Series -> what changed about it and nobody has seen yet, by time."""
        found: dict[str, list[tuple[str, Event]]] = defaultdict(list)
        places = {name: place for place, (name, _) in enumerate(self.events)}
        for name, event in self.events:
            if event.act == "changed" or (event.act == "task" and event.field == "outcome" and name not in self.undone):
                found[event.series].append((name, event))
            elif event.act == "seen" and name not in self.undone:
                until = places.get(event.undone, -1)  # which itself may have been taken back since
                found[event.series] = [pair for pair in found[event.series] if places[pair[0]] > until]
        return {series: new for series, new in found.items() if new}

    def weights(self) -> dict[str, int]:
        """What the agency has set for its order of work."""
        return {event.field: int(event.value) for _, event in self.valid("weigh")}


def _star(pictures: Iterable[str]) -> set[Pair]:
    first, *others = dict.fromkeys(pictures)
    return {(first, other) for other in others}


def _left(a: Picture, b: Picture, both: set[str]) -> tuple[tuple[Picture, Picture], ...]:
    """What stays apart of two sides when ``both`` are held together."""
    inside = tuple(one for one in a if one in both)
    return (tuple(one for one in a if one not in both), b), (inside, tuple(one for one in b if one not in both))


def _pairs(apart: Iterable[tuple[Picture, Picture]], together: Iterable[Pair]) -> set[Pair]:
    """A few pairs of each two groups of two sides: two pictures of one group may turn out to be copies of one picture."""
    home = {one: group[0] for group in components(together) for one in group}

    def few(side: Picture) -> list[str]:
        groups: dict[str, list[str]] = defaultdict(list)
        for one in side:
            groups[home.get(one, one)].append(one)
        return [one for group in groups.values() for one in group[:APART]]

    return {(a, b) for here, there in apart for a in few(here) for b in few(there)}
