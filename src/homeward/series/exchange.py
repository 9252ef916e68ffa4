"""Clues between agencies as plain JSON: events, without pictures, places of files, or names of people.

``{"homeward": "clues 1", "agency": …, "origin": …, "events": […]}``. What one case said travels on with its own words, so
that a partner of a partner reads who said it. Signing and encryption are the business of the package around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from homeward.series.clues import AT_HOME, ClueRefused, Event, fault

LARGEST = 64 << 20
"""Bytes of a file that is read."""
MOST_REASONS = 20


class _File(msgspec.Struct, forbid_unknown_fields=True):
    homeward: Literal["clues 1"]
    agency: str
    origin: str
    events: list[msgspec.Raw]


class Delivery(msgspec.Struct, frozen=True):
    """What a file says. ``skipped`` rows were not taken; ``problems`` say why of the first ones."""

    agency: str
    events: tuple[Event, ...]
    skipped: int
    problems: tuple[str, ...]


def write_events(agency: str, origin: str, events: Iterable[Event], most: int = LARGEST) -> bytes:
    """The file that gives ``events`` to others; what is said at home only is left out.

    Raises:
        ClueRefused: it would have more than ``most`` bytes, and nobody would read it.
    """
    told = _given(events)
    data = _written(agency, origin, told)
    if len(data) > most:
        raise ClueRefused(f"{len(told)} events are more than one file may hold: {len(data) >> 20} MiB, of {most >> 20}")
    return data


def files_of(agency: str, origin: str, events: Iterable[Event], most: int = LARGEST) -> Iterator[tuple[bytes, int]]:
    """The same in as many files of at most ``most`` bytes as it takes, each with its number of events. Each is read by itself,
    in any order.

    Raises:
        ClueRefused: a single event is larger.
    """
    return _halves(agency, origin, _given(events), most)


def _given(events: Iterable[Event]) -> list[Event]:
    kept = {event.id: event for event in events if event.act not in AT_HOME}
    kept = {name: event for name, event in kept.items() if event.act != "undo" or event.undone in kept}
    return sorted(kept.values(), key=lambda event: (event.when, event.id))


def _written(agency: str, origin: str, events: Sequence[Event]) -> bytes:
    told = {"homeward": "clues 1", "agency": agency, "origin": origin, "events": events}
    return msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"


def _halves(agency: str, origin: str, events: Sequence[Event], most: int) -> Iterator[tuple[bytes, int]]:
    data = _written(agency, origin, events)
    if len(data) <= most:
        yield data, len(events)
        return
    if len(events) == 1:
        raise ClueRefused(f"an event about a clue is larger than {most >> 20} MiB")
    del data  # the halves take as much again
    middle = len(events) // 2
    yield from _halves(agency, origin, events[:middle], most)
    yield from _halves(agency, origin, events[middle:], most)


def read_events(data: bytes, origin: str, known: set[str], latest: str) -> Delivery:
    """Read a file; a bad row is skipped with a reason.

    Args:
        data: the file.
        origin: of the case that reads it: nobody else speaks in its name.
        known: events that the case holds already.
        latest: no event is later than this time (of the form of :attr:`Event.when`).

    Raises:
        ClueRefused: no file of clues.
    """
    if len(data) > LARGEST:
        raise ClueRefused(f"it is larger than {LARGEST >> 20} MiB")
    try:
        file = msgspec.json.decode(data, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ClueRefused(f"it is no file of clues: {error}") from error
    events: list[Event] = []
    problems: list[str] = []
    skipped = 0
    for number, raw in enumerate(file.events, 1):
        try:
            event = msgspec.json.decode(raw, type=Event)
            reason = fault(event) or _foreign(event, origin, known, latest)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            reason = str(error)
        if not reason:
            events.append(event)
            continue
        skipped += 1
        if len(problems) < MOST_REASONS:
            problems.append(f"event {number}: {reason[:200]}")
    return Delivery(file.agency[:200], tuple(events), skipped, tuple(problems))


def _foreign(event: Event, origin: str, known: set[str], latest: str) -> str:
    if event.act in AT_HOME:
        return f"an event of the kind {event.act} stays at home"
    if event.when > latest:
        return "it was said in the future"
    if event.origin == origin and event.id not in known:
        return "it claims to come from this case, which never said it"
    return ""
