"""Clues: what stands in pictures and may lead somewhere, and everything that was ever said about each.

A clue is not a row that is changed but the replay of events. An event is never changed or deleted, is named by its own
SHA-256, and says who of which case said what, when and why. Two ledgers merge by the union of their events: in any order, any
number of times, with one result. A decision names the decisions that it replaces, so that two units that decide without
knowing of each other contradict each other openly, and no clock settles it (a multi-value register: Shapiro, Preguiça,
Baquero and Zawirski, "A comprehensive study of convergent and commutative replicated data types", INRIA 2011, section 3.2.2).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

from homeward.core.canonical import canonical_json
from homeward.core.errors import HomewardError
from homeward.series.likeness import likeness

STILL = -1
"""Time of a still's only picture, in milliseconds."""
PERSON = "person"
OPEN, TRACED, COMMON, DEAD = "open", "traced", "too common", "dead"
STATUSES = (OPEN, TRACED, COMMON, DEAD)
_STOPPING = (TRACED, DEAD)
_WEIGHT = (TRACED, DEAD, COMMON, OPEN)
"""Which decision counts while two contradict each other: what saves work first."""
AT_HOME = ("note", "owner")
"""Acts that stay in the case that they were said in."""

Kind = Literal["text", "code", "coordinate", "serial", "region", "attribute"]
Act = Literal["sight", "status", "owner", "note", "search", "rarity", "undo"]
Line = Annotated[str, msgspec.Meta(max_length=2000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Box = tuple[int, int, int, int]
Edge = Annotated[int, msgspec.Meta(ge=0, le=1 << 20)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 50)]
Time = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}\.[0-9]{6}Z\Z")]


class ClueRefused(HomewardError, ValueError):
    """Nothing that can be said about a clue; the message says why."""


class Event(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing that was said about a clue. Which fields beyond ``why`` an act needs, :func:`fault` knows."""

    kind: Kind
    value: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    """As it was written; what counts as the same, :func:`homeward.series.likeness.likeness` decides."""
    act: Act
    agency: Name
    origin: Name
    """Of the case in which it was said: the origin line of its custody ledger."""
    when: Time
    """RFC 3339 in UTC with microseconds."""
    why: Line = ""
    picture: Digest | None = None
    """SHA-256 of the item in which the clue was seen."""
    time_ms: Annotated[int, msgspec.Meta(ge=STILL, le=1 << 40)] = STILL
    box: tuple[Edge, Edge, Edge, Edge] | None = None
    """Left, top, width and height in pixels of the full picture as stored; None: the file as a whole, its metadata."""
    by: Name = PERSON
    """:data:`PERSON`, or the software that proposes it."""
    status: Literal["", "open", "traced", "too common", "dead"] = ""
    owner: Line = ""
    where: Line = ""
    """What was searched, or among what a rarity was counted."""
    outcome: Line = ""
    seen: Count = 0
    of: Count = 0
    after: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=1000)] = ()
    """Decisions of its act that this one replaces."""
    undone: Digest | None = None
    """The event that is taken back."""

    @property
    def id(self) -> str:
        """SHA-256 of :attr:`body`."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def body(self) -> bytes:
        """Canonical JSON."""
        return canonical_json(msgspec.to_builtins(self))

    @property
    def clue(self) -> str:
        """The clue that it is about."""
        return clue_id(self.kind, self.value)


class Sighting(msgspec.Struct, frozen=True):
    """A place in a picture where a clue is; ``proposed`` until a person says so too."""

    picture: str
    time_ms: int
    box: Box | None
    proposed: bool
    by: tuple[str, ...]


class Clue(msgspec.Struct, frozen=True):
    """What all events together say. ``events`` are all of them by time, those that were taken back too."""

    id: str
    kind: str
    value: str
    status: str
    disputed: bool
    """Units that did not know of each other's decision decided differently."""
    proposed: bool
    """Only software has said anything."""
    owners: tuple[str, ...]
    sightings: tuple[Sighting, ...]
    decided: tuple[Event, ...]
    """The decisions in force on its status."""
    owned: tuple[Event, ...]
    undone: frozenset[str]
    events: tuple[Event, ...]

    def told(self, act: Act) -> list[Event]:
        """Events of one act that are in force, by time."""
        return [event for event in self.events if event.act == act and event.id not in self.undone]

    @property
    def stopped(self) -> bool:
        """Whether nobody should trace it again."""
        return self.status in _STOPPING


def clue_id(kind: str, value: str) -> str:
    """The name of a clue: the same in every case, for everything that counts as the same.

    Raises:
        ClueRefused: the value is none of its kind.
    """
    try:
        return hashlib.sha256(canonical_json(["clue", kind, likeness(kind, value)])).hexdigest()
    except ValueError as error:
        raise ClueRefused(str(error)) from error


def fault(event: Event) -> str:
    """What makes no sense about an event, empty if nothing does."""
    needed = {
        "sight": (event.picture is not None, "where it is seen is a picture"),
        "status": (bool(event.status) and bool(event.why), "a status is told with a reason"),
        "owner": (True, ""),
        "note": (bool(event.why), "a note says something"),
        "search": (bool(event.where) and bool(event.outcome), "a search is told with where it was and what came of it"),
        "rarity": (
            bool(event.where) and 0 <= event.seen <= event.of and event.of > 0,
            "a rarity is so many of at least as many and more than none, told with what they are",
        ),
        "undo": (event.undone is not None and bool(event.why), "what is taken back is named, and told with a reason"),
    }
    complete, reason = needed[event.act]
    if not complete:
        return reason
    if event.box is not None and 0 in event.box[2:]:
        return "its region is empty"
    texts = (event.value, event.agency, event.origin, event.why, event.by, event.owner, event.where, event.outcome)
    if not all(map(str.isprintable, texts)):
        return "it holds control characters"
    try:
        clue_id(event.kind, event.value)
    except ClueRefused as error:
        return str(error)
    return ""


def replay(events: Iterable[Event]) -> dict[str, Clue]:
    """Every clue that ``events`` speak of, by its name. Their order and repetitions play no part."""
    about: dict[str, dict[str, Event]] = defaultdict(dict)
    for event in events:
        about[event.clue][event.id] = event
    return {clue: _clue(clue, about[clue]) for clue in sorted(about)}


def _clue(clue: str, events: dict[str, Event]) -> Clue:
    by_time = sorted(events.items(), key=lambda pair: (pair[1].when, pair[0]))
    undone = frozenset(_undone(events))
    valid = {name: event for name, event in events.items() if name not in undone}
    decided, owned = _heads(valid, "status"), _heads(valid, "owner")
    said: set[str] = {event.status for event in decided} or {OPEN}
    return Clue(
        clue,
        by_time[0][1].kind,
        by_time[0][1].value,
        next(status for status in _WEIGHT if status in said),
        len(said) > 1,
        all(event.act == "sight" and event.by != PERSON for event in valid.values()),
        tuple(sorted({event.owner for event in owned} - {""})),
        _sightings(event for name, event in by_time if event.act == "sight" and name in valid),
        decided,
        owned,
        undone,
        tuple(event for _, event in by_time),
    )


def _undone(events: dict[str, Event]) -> Iterable[str]:
    """Events that their own case has taken back. Nobody takes back the word of others, nor a taking back."""
    for event in events.values():
        target = events.get(event.undone) if event.undone else None
        if event.act == "undo" and target is not None and target.act != "undo" and target.origin == event.origin:
            yield event.undone or ""


def _heads(valid: dict[str, Event], act: str) -> tuple[Event, ...]:
    """Decisions that no other one in force has replaced."""
    those = [(name, event) for name, event in valid.items() if event.act == act]
    replaced = {name for _, event in those for name in event.after}
    heads = sorted((event.when, name) for name, event in those if name not in replaced)
    return tuple(valid[name] for _, name in heads)


def _sightings(events: Iterable[Event]) -> tuple[Sighting, ...]:
    by: dict[tuple[str, int, Box | None], set[str]] = defaultdict(set)
    for event in events:
        by[event.picture or "", event.time_ms, event.box].add(event.by)
    ordered = sorted(by, key=lambda place: (*place[:2], place[2] or ()))
    return tuple(Sighting(*place, PERSON not in by[place], tuple(sorted(by[place]))) for place in ordered)


def refusal(clue: Clue | None, event: Event) -> str:
    """Why a person of this case may not say this now, empty if they may. Only :func:`fault` judges what partners send."""
    if broken := fault(event):
        return broken
    if clue is None:
        return "" if event.act == "sight" else "there is no such clue"
    if event.act in {"search", "owner"} and clue.stopped and (event.owner or event.act == "search"):
        return f"it is {clue.status}: {told_by(clue)}. Reopen it first if it is to be traced again"
    if event.act == "status" and not clue.disputed:
        if event.status == clue.status:
            return f"it is {clue.status} already"
        if OPEN not in {event.status, clue.status}:
            return f"it is {clue.status}: {told_by(clue)}. Reopen it before it is called {event.status}"
    if event.act == "undo":
        return _undo_refusal(clue, event)
    return ""


def _undo_refusal(clue: Clue, event: Event) -> str:
    target = next((one for one in clue.events if one.id == event.undone), None)
    if target is None:
        return "nothing of that name was said about it"
    if target.act == "undo":
        return "a taking back cannot be taken back: say again what was said"
    if target.origin != event.origin:
        return f"that was said in a case of {target.agency}, which alone can take it back"
    return "that was taken back before" if target.id in clue.undone else ""


def told_by(clue: Clue) -> str:
    """Who decided on its status, when and why."""
    said = [event for event in clue.decided if event.status == clue.status]
    return "; ".join(f"{event.agency}, {event.when[:10]}: {event.why}" for event in said)
