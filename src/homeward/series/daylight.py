"""Day, dusk or night in a picture whose camera states a time: where the sun then stood so high, and where not.

A person says what light a picture shows; its camera says when. Where the clock tells its offset from UTC the moment is known
everywhere, and light speaks of longitude and latitude; where it does not, it is taken as the local time of each town, and light
speaks of latitude and season alone. The sun by the low-precision formulas of the Astronomical Almanac (Michalsky, Solar Energy
40, 1988), good to some hundredths of a degree from 1950 to 2050.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from homeward.series.tables import offset_of, towns

DAYLIGHT, GROUP = "daylight", "device"
ERROR = 0.15
"""Chance that the clock is wrong by hours, or set to another zone: judged, not measured."""
SOURCE = "position of the sun (Michalsky 1988); towns of 5,000 people and more by GeoNames, by their people"
HEIGHTS = (-18.0, -12.0, -6.0, -0.83, 3.0, 10.0)
"""Degrees of the sun's middle: ends of astronomical, nautical and civil twilight, its upper edge on the horizon, and low."""
LIGHTS: Mapping[str, tuple[float, ...]] = {
    "day": (0.0, 0.0, 0.05, 0.45, 0.85, 1.0),
    "dusk": (0.0, 0.15, 0.65, 0.54, 0.15, 0.0),
    "night": (1.0, 0.85, 0.3, 0.01, 0.0, 0.0),
}
"""How often a person calls a picture so at each of the heights, straight between: judged. Dawn is ``dusk`` too."""
_STEP = timedelta(minutes=10)
"""Times are rounded to it: pictures of one session are one observation."""
_EPOCH = datetime(2000, 1, 1, 12, tzinfo=UTC)
_CLOCK = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?")


def observed(light: str, taken: str, offset: str) -> str:
    """A value of the cue: ``night 2019-06-03 21:30+02:00``; without a time that can be read, ``night`` alone.

    Args:
        light: one of :data:`LIGHTS`.
        taken: time as the camera wrote it (``2019:06:03 21:31:12``).
        offset: its offset from UTC as the camera wrote it, empty where it did not.
    """
    found = _CLOCK.fullmatch(taken.strip())
    try:
        when = datetime(*(int(part or 0) for part in found.groups())) if found else None  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        when = None
    if when is None or not 1950 <= when.year <= 2049:
        return light
    rounded = when + (_STEP / 2 - (when + _STEP / 2 - datetime.min) % _STEP)  # noqa: DTZ901
    return f"{light} {rounded:%Y-%m-%d %H:%M}{offset_of(offset) or ''}"


@lru_cache(maxsize=1024)
def of_daylight(value: str) -> Mapping[str, float] | None:
    """Relative chance in each country of what :func:`observed` made: the mean over its people; None: it holds no time."""
    light, _, clock = value.partition(" ")
    if light not in LIGHTS or not clock:
        return None
    stated = datetime.strptime(clock[:16], "%Y-%m-%d %H:%M")  # noqa: DTZ007
    held = towns()
    heights = elevation(_moments(stated, clock[16:]), held.points[:, 0], held.points[:, 1])
    fits = np.interp(heights, HEIGHTS, LIGHTS[light])
    sums, people = (np.bincount(held.numbers, weights) for weights in (fits * held.people, held.people))
    return {code: ERROR + (1 - ERROR) * float(sums[at] / people[at]) for at, code in enumerate(held.countries)}


def elevation(
    seconds: NDArray[np.float64] | float, latitude: NDArray[np.float64], longitude: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Degrees of the sun's middle above the horizon, without refraction.

    Args:
        seconds: since 1970-01-01 00:00 UTC; one, (n,) or (k, n).
        latitude: (n,) radians, north is positive.
        longitude: (n,) radians, east is positive.
    """
    days = (np.asarray(seconds) - _EPOCH.timestamp()) / 86400
    mean = np.radians((280.460 + 0.9856474 * days) % 360)
    anomaly = np.radians((357.528 + 0.9856003 * days) % 360)
    along = mean + np.radians(1.915) * np.sin(anomaly) + np.radians(0.020) * np.sin(2 * anomaly)
    tilt = np.radians(23.439 - 0.0000004 * days)
    right = np.arctan2(np.cos(tilt) * np.sin(along), np.cos(along))
    north = np.arcsin(np.sin(tilt) * np.sin(along))
    sidereal = np.radians((280.46061837 + 360.98564736629 * days) % 360)
    hour = sidereal + longitude - right
    high = np.sin(latitude) * np.sin(north) + np.cos(latitude) * np.cos(north) * np.cos(hour)
    result: NDArray[np.float64] = np.degrees(np.arcsin(np.clip(high, -1, 1)))
    return result


def _moments(stated: datetime, offset: str) -> NDArray[np.float64] | float:
    """Seconds since 1970: one where the offset is stated, otherwise one for each town by its own clock."""
    if offset:
        away = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6])) * (-1 if offset[0] == "-" else 1)
        return stated.replace(tzinfo=timezone(away)).timestamp()
    held = towns()
    by_zone = np.array([_in_zone(stated, name, east) for name, east in held.zones])
    return np.asarray(by_zone[held.zone_numbers], np.float64)


def _in_zone(stated: datetime, name: str, east: float) -> float:
    """By the mean longitude, in degrees, of its towns where this machine does not know the zone."""
    try:
        return stated.replace(tzinfo=ZoneInfo(name)).timestamp()
    except (ZoneInfoNotFoundError, ValueError):
        return stated.replace(tzinfo=UTC).timestamp() - 240 * east
