"""Offsets of a clock at which the sun stands where people say that it stood when its pictures were taken.

A person says what light a picture shows (:data:`~homeward.series.daylight.LIGHTS`), and where it was taken is known within
some degrees. The sun is seen so at heights to which that table gives any share, no further: day above -12 degrees, night below
3, dusk and dawn from -18 to 10. Two towns a degree apart see it at most a degree apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.series.daylight import HEIGHTS, LIGHTS, elevation
from homeward.series.network import Step

CLEAR = 0.5
"""Degrees beyond its heights from which a light is refused: formulas, and the same day of another year, differ by less."""
_RATE = 0.0043
"""Degrees a second by which the sun's height changes at most: a turn of the earth in a sidereal day, and its own way."""
_CELL = 60
"""Seconds of offset that are allowed or not together, by their middle, where the sun stands as in all of them but for a bit of
:data:`CLEAR`."""
_PERIOD = 1462 * 86_400 // _CELL
"""Cells in four years, after which the sun stands again where it stood at that hour."""


class Light(msgspec.Struct, frozen=True, order=True):
    """What light a picture shows, and where it was taken."""

    light: str
    latitude: float
    """Degrees, north is positive."""
    longitude: float
    """Degrees, east is positive."""
    within: float
    """Degrees of a great circle around it."""


class Lit:
    """The next offset of one clock that all lights of its pictures allow; an :data:`~homeward.series.network.Allowed`."""

    def __init__(self, seen: Sequence[tuple[str, int, Light]]) -> None:
        """``seen``: picture, what the clock said (seconds since 1970, read as UTC), and its light; at least one."""
        self._seen = sorted(set(seen))
        lights = [light for _, _, light in self._seen]
        self._taken = np.array([taken for _, taken, _ in self._seen], np.float64)
        self._latitude, self._longitude = np.radians([[one.latitude for one in lights], [one.longitude for one in lights]])
        slack = np.array([one.within for one in lights]) + CLEAR
        low, high = np.array([_heights(one.light) for one in lights]).T
        self._low, self._high = low - slack, high + slack

    def __call__(self, offset: int, down: bool) -> Step:
        """The next one upwards, or ``down``; none where four years of offsets hold none."""
        cell, way, worst = offset // _CELL, -1 if down else 1, -1
        first = cell
        while abs(cell - first) <= _PERIOD:
            wrong = self._wrong(cell)
            if wrong.max() <= 0:
                begin = cell * _CELL
                at = offset if cell == first else begin + _CELL - 1 if down else begin
                return Step(at, *self._why(worst))
            worst = int(wrong.argmax())
            cell += way * max(1, int(wrong[worst] / (_RATE * _CELL)))
        return Step(None, *self._why(worst))

    def stretches(self, first: int, last: int) -> list[tuple[int, int]]:
        """All that is allowed from ``first`` to ``last``, both included, in order; some days at most, for all is tried."""
        cells = range(first // _CELL, last // _CELL + 1)
        found: list[tuple[int, int]] = []
        for begin in (cell * _CELL for cell in cells if self._wrong(cell).max() <= 0):
            held = found.pop() if found and found[-1][1] == begin - 1 else (begin, begin)
            found.append((held[0], begin + _CELL - 1))
        return [(max(begin, first), min(end, last)) for begin, end in found]

    def _wrong(self, cell: int) -> NDArray[np.float64]:
        """(n,) degrees by which the sun stands outside the heights of each light; none where negative."""
        heights = elevation(self._taken - (cell + 0.5) * _CELL, self._latitude, self._longitude)
        return np.asarray(np.maximum(self._low - heights, heights - self._high))

    def _why(self, place: int) -> tuple[str, str]:
        picture, _, light = self._seen[place]
        return picture, f"it shows {light.light}: the sun stood so where it was taken"


def _heights(light: str) -> tuple[float, float]:
    """Between which heights of the sun, in degrees, anybody calls it so."""
    held = [place for place, share in enumerate(LIGHTS[light]) if share > 0]
    first, last = held[0] - 1, held[-1] + 1
    return HEIGHTS[first] if first >= 0 else -90.0, HEIGHTS[last] if last < len(HEIGHTS) else 90.0
