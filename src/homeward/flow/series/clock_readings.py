"""What cameras' clocks said, and what else is known of the time of each picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from homeward.core.posted import posted_by
from homeward.flow.series.clock_clues import Place, Said, lights, moved
from homeward.flow.series.fusing import units
from homeward.series.clocks import EXIF, FIRST, Reading, Session
from homeward.store import clues, headers, posters, traces

if TYPE_CHECKING:
    from homeward.store import Case


class Read:
    """What the clock said of every picture straight from a camera, and what else is known of the time of each."""

    def __init__(self, case: Case, names: Mapping[int, str]) -> None:
        self._case = case
        self._home, self._names, self._acquired = units(case), names, traces.registered(case)
        self._posted = _first_posted(case, self._home)
        straight = {row["item"] for row in headers.all_headers(case) if row["origin"] == "camera"}
        self.readings: dict[int, Reading] = {}
        self.timeless: dict[str, Reading] = {}
        """Pictures of sessions whose files tell no time."""
        self.sessions: list[Session] = []
        self._places: dict[int, Place] = {}
        for row in traces.stated(case):
            taken = _seconds(row.taken)
            if row.position is not None:
                self._places[row.item] = row.position
            if taken is not None and row.item in straight and row.item in self._home:
                exif = row.exif if row.exif in EXIF else FIRST
                there = self._there(row.item)
                self.readings[row.item] = Reading(self._names[row.item], taken, there, _seconds(row.fix), exif)

    def add(self, spoken: Said) -> None:
        """Take in what people say, of a picture or of copies of it; sessions by the pictures that tell their time."""
        joined = {picture for one in spoken.sessions for picture in one.pictures}
        pointed = {*spoken.lights, *spoken.places, *spoken.countries, *joined}
        copies: dict[int, list[int]] = defaultdict(list)
        for item in self.readings:
            copies[self._home[item]].append(item)
        here = clues.held_items(self._case, pointed)
        meant = {name: [item] if item in self.readings else copies[self._home.get(item, item)] for name, item in here.items()}
        shown: dict[int, set[str]] = defaultdict(set)
        places: dict[int, set[Place]] = defaultdict(set)
        known: dict[int, set[str]] = defaultdict(set)
        for name, items in meant.items():
            for item in items:
                known[item] |= spoken.countries.get(name, set())
                shown[item] |= spoken.lights.get(name, set())
                places[item] |= spoken.places.get(name, set())
        for item, kinds in shown.items():
            where = places[item] | ({self._places[item]} if item in self._places else set())
            self.readings[item] = replace(self.readings[item], lights=lights(kinds, where, known[item]))
        for name in (picture for picture in joined if picture in meant and not meant[picture]):
            self.timeless[name] = Reading(name, 0.0, self._there(here[name]))
        told = {name: [self._names[item] for item in items] or [name] for name, items in meant.items()}
        self.sessions = moved(spoken.sessions, told)

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
    named_times = ((item, posted_by(path)) for item, _, path in traces.places(case))
    told = [(item, stamp, "posted, as the name of a copy says") for item, stamp in named_times if stamp is not None]
    told += [(row.item, row.time, "posted, as a capture shows") for row in posters.rows(case) if row.item in home]
    there: dict[int, tuple[int, str]] = {}
    for item, stamp, how in told:
        there[home[item]] = min((stamp, how), there.get(home[item], (stamp, how)))
    return there


def _seconds(words: str) -> float | None:
    try:
        return datetime.strptime(words[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
