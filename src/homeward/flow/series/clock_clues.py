"""What people say of pictures that speaks of clocks: light, where they were taken, and which were taken together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import msgspec
import numpy as np

from homeward.core.earth import RADIUS_KM, directions, kilometres
from homeward.series.clocks import Session
from homeward.series.clues import COMMON, DEAD, Clue
from homeward.series.daylight import DAYLIGHT
from homeward.series.likeness import SESSION, attribute, position, session, unread
from homeward.series.lit import Light
from homeward.series.tables import COUNTRY, towns

Place = tuple[float, float]
"""Latitude and longitude in degrees."""
WITHIN = 1.0
"""Degrees by which a camera may be away from where its last position, or a person, puts it."""


class Said(msgspec.Struct):
    """By SHA-256 of a picture the lights, places and countries that people give it, and all sessions."""

    lights: dict[str, set[str]]
    places: dict[str, set[Place]]
    countries: dict[str, set[str]]
    sessions: list[Session]


def said(clues: Iterable[Clue]) -> Said:
    """What people said; what software proposes, and clues that lead nowhere, say nothing."""
    found = Said(defaultdict(set), defaultdict(set), defaultdict(set), [])
    for clue in clues:
        seen = {one.picture for one in clue.sightings if not one.proposed}
        if not seen or clue.status in {COMMON, DEAD}:
            continue
        if clue.kind == "coordinate":
            for picture in seen:
                found.places[picture].add(position(clue.value))
        elif clue.kind == "attribute":
            about, what = attribute(clue.value)
            if about == SESSION and not unread(clue.value):
                name, hours = session(what)
                found.sessions.append(Session(name, hours * 3600.0, frozenset(seen)))
            for picture in seen if about == DAYLIGHT else ():
                found.lights[picture].add(what)
            for picture in seen if about == COUNTRY else ():
                found.countries[picture].add(what.upper())
    return found


def lights(kinds: Iterable[str], places: Iterable[Place], countries: Collection[str]) -> tuple[Light, ...]:
    """Lights of one picture that was taken at one of ``places``, or where none is known in any town of ``countries``, or
    between them; none where nothing is known.
    """
    held = towns()
    points = np.radians(np.array(sorted(set(places)), np.float64).reshape(-1, 2))
    if not len(points):
        points = held.points[np.isin(held.numbers, [at for at, code in enumerate(held.countries) if code in countries])]
    if not len(points):
        return ()
    middle = directions(points).sum(axis=0)
    latitude = float(np.degrees(np.arctan2(middle[2], np.hypot(*middle[:2]))))
    longitude = float(np.degrees(np.arctan2(middle[1], middle[0])))
    away = float(np.degrees(kilometres(points, latitude, longitude).max() / RADIUS_KM))
    return tuple(Light(kind, latitude, longitude, away + WITHIN) for kind in sorted(set(kinds)))


def moved(sessions: Iterable[Session], readings: Mapping[str, Iterable[str]]) -> list[Session]:
    """The same sessions by the pictures that tell a time: ``readings`` of each one that people point at, itself or copies."""
    return [
        Session(one.name, one.seconds, frozenset(name for picture in one.pictures for name in readings.get(picture, ())))
        for one in sessions
    ]
