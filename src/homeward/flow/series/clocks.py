"""``homeward clocks``: how far the clock of each device may be off, worked out when it is asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from homeward.core.posted import posted
from homeward.flow.clues.clue_ledger import ledger
from homeward.flow.series.clock_clues import Place, Said, lights, moved, said
from homeward.flow.series.fusing import units
from homeward.links import headers as named
from homeward.series.clocks import EXIF, FIRST, Clock, Reading, Session
from homeward.series.clocks import clocks as bounded
from homeward.store import clues, headers, noise, posters, reads, traces

if TYPE_CHECKING:
    from homeward.store import Case

CAVEAT = "the offset is taken as constant, and times in names, positions and headers can be edited"


def clocks(case: Case) -> list[dict[str, Any]]:
    """One dictionary a device with a reading, those with the most readings first.

    ``offset`` is the camera's clock minus UTC in seconds, ``[least, most]``; either is None where nothing bounds it.
    """
    read = _Read(case)
    sessions = read.add(said(ledger(case).values()))
    devices = [
        (name, by, [read.readings[item] for item in items if item in read.readings]) for name, by, items in _devices(case)
    ]
    held = {name: some for name, _, some in devices if some}
    found = bounded(held | _alone(sessions, held, read), sessions)
    told = [_told(name, by, found[name]) for name, by, _ in devices if name in held]
    return sorted(told, key=lambda one: (-one["readings"], one["id"]))


def _devices(case: Case) -> list[tuple[str, str, list[int]]]:
    """Name, kind of evidence and items of every device, those that noise supports and those that a serial number names."""
    names = reads.item_names(case)
    found = [
        (f"noise:{names[device]}", "sensor noise", [row.item for row in rows]) for device, rows in noise.devices(case).items()
    ]
    bodies: dict[tuple[str, str], list[int]] = {}
    for row in headers.all_headers(case):
        facts = named.HeaderFacts(row["item"], "", row["make"], row["model"], row["body_serial"], row["origin"])
        body = named.device(facts)
        if body is not None:
            bodies.setdefault(body, []).append(row["item"])
    return found + [(f"serial:{make}:{serial}", "body serial", items) for (make, serial), items in sorted(bodies.items())]


class _Read:
    """What the clock said of every picture straight from a camera, and what else is known of the time of each."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._home, self._names, self._acquired = units(case), reads.item_names(case), traces.registered(case)
        self._posted = _first_posted(case, self._home)
        straight = {row["item"] for row in headers.all_headers(case) if row["origin"] == "camera"}
        self.readings: dict[int, Reading] = {}
        self.timeless: dict[str, Reading] = {}
        """Pictures of sessions whose files tell no time."""
        self._places: dict[int, Place] = {}
        for row in traces.stated(case):
            taken = _seconds(row.taken)
            if row.position is not None:
                self._places[row.item] = row.position
            if taken is not None and row.item in straight and row.item in self._home:
                exif = row.exif if row.exif in EXIF else FIRST
                there = self._there(row.item)
                self.readings[row.item] = Reading(self._names[row.item], taken, there, _seconds(row.fix), exif)

    def add(self, spoken: Said) -> list[Session]:
        """Take in what people say, of a picture or of copies of it; sessions by the pictures that tell their time."""
        pointed = {*spoken.lights, *spoken.places, *(picture for one in spoken.sessions for picture in one.pictures)}
        copies: dict[int, list[int]] = defaultdict(list)
        for item in self.readings:
            copies[self._home[item]].append(item)
        here = clues.held_items(self._case, pointed)
        meant = {name: [item] if item in self.readings else copies[self._home.get(item, item)] for name, item in here.items()}
        shown: dict[int, set[str]] = defaultdict(set)
        places: dict[int, set[Place]] = defaultdict(set)
        for name, items in meant.items():
            for item in items:
                shown[item] |= spoken.lights.get(name, set())
                places[item] |= spoken.places.get(name, set())
        for item, kinds in shown.items():
            where = places[item] | ({self._places[item]} if item in self._places else set())
            self.readings[item] = replace(self.readings[item], lights=lights(kinds, where))
        for name in {picture for one in spoken.sessions for picture in one.pictures if picture in meant and not meant[picture]}:
            self.timeless[name] = Reading(name, 0.0, self._there(here[name]))
        told = {name: [self._names[item] for item in items] or [name] for name, items in meant.items()}
        return moved(spoken.sessions, told)

    def _there(self, item: int) -> tuple[tuple[float, str], ...]:
        """By when it was registered or a copy of it was posted."""
        found = []
        if item in self._acquired:
            found.append((self._acquired[item].timestamp(), "in an exhibit when it was registered"))
        if earliest := self._posted.get(self._home.get(item, item)):
            found.append((float(earliest[0]), earliest[1]))
        return tuple(found)


def _first_posted(case: Case, home: dict[int, int]) -> dict[int, tuple[int, str]]:
    """When a copy of each unit was first posted, and how that is known."""
    named_times = ((item, posted(path)) for item, _, path in traces.places(case))
    told = [(item, stamp, "posted, as the name of a copy says") for item, stamp in named_times if stamp is not None]
    told += [(row.item, row.time, "posted, as a capture shows") for row in posters.rows(case) if row.item in home]
    there: dict[int, tuple[int, str]] = {}
    for item, stamp, how in told:
        there[home[item]] = min((stamp, how), there.get(home[item], (stamp, how)))
    return there


def _alone(sessions: Iterable[Session], held: dict[str, list[Reading]], read: _Read) -> dict[str, list[Reading]]:
    """A clock of its own for every picture of a session that no device made, as far as is known."""
    placed = {one.picture for some in held.values() for one in some}
    wanted = {picture for one in sessions for picture in one.pictures} - placed
    known = {one.picture: one for one in read.readings.values() if one.picture in wanted} | read.timeless
    return {f"picture:{picture}": [known[picture]] for picture in sorted(wanted)}


def _seconds(words: str) -> float | None:
    try:
        return datetime.strptime(words[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _told(name: str, by: str, found: Clock) -> dict[str, Any]:
    return {
        "id": name,
        "by": by,
        "offset": [found.least, found.most],
        "right_somewhere": found.right_somewhere,
        "contradiction": found.contradiction,
        "decisive": [
            {
                "offset": one.offset,
                "sha256": one.picture,
                "reason": one.reason,
                "chain": [{"sha256": picture, "reason": reason} for picture, reason in one.chain],
            }
            for one in found.decisive
        ],
        "readings": found.readings,
        "bounds": found.bounds,
        "caveat": CAVEAT,
    }
