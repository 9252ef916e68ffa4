"""Offsets of a clock at which the sun stands where people say that it stood when its pictures were taken.

A person says what light a picture shows (:data:`~homeward.series.daylight.LIGHTS`), and where it was taken is known within
some degrees. The sun is seen so at heights to which that table gives any share, no further: day above -12 degrees, night below
3, dusk and dawn from -18 to 10. Two towns a degree apart see it at most a degree apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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


_TOGETHER = 15
"""Cells that are left out together where the sun stands too far off in the middle one."""
_AT_ONCE = 60_000
"""Heights of the sun in middle ones that are found at once, at most about."""


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
        cell, way = offset // _CELL, -1 if down else 1
        last = cell + way * _PERIOD
        found = next(self._allowed(cell, last), None)
        if found == cell:
            return Step(offset)
        wrong = self._wrong(np.array([last if found is None else found - way]), slice(None))
        why = self._why(int(wrong.argmax()))
        return Step(None, *why) if found is None else Step(found * _CELL + (_CELL - 1 if down else 0), *why)

    def stretches(self, first: int, last: int) -> list[tuple[int, int]]:
        """All that is allowed from ``first`` to ``last``, both included, in order."""
        found: list[tuple[int, int]] = []
        for begin in (cell * _CELL for cell in self._allowed(first // _CELL, last // _CELL)):
            held = found.pop() if found and found[-1][1] == begin - 1 else (begin, begin)
            found.append((held[0], begin + _CELL - 1))
        return [(max(begin, first), min(end, last)) for begin, end in found]

    def _allowed(self, first: int, last: int) -> Iterator[int]:
        """Every cell that is allowed, in order, ``first`` and ``last`` included, which may be the lesser one."""
        way, at, many = 1 if first <= last else -1, first, 1
        while way * (last - at) >= 0:
            begins = at + way * _TOGETHER * np.arange(many)
            near = self._fitting(begins + way * (_TOGETHER // 2), _RATE * _CELL * (_TOGETHER // 2)) - way * (_TOGETHER // 2)
            cells = self._fitting((near[:, None] + way * np.arange(_TOGETHER)).ravel(), 0.0)
            yield from (int(cell) for cell in cells if way * (last - cell) >= 0)
            at, many = at + way * _TOGETHER * many, min(4 * many, max(16, _AT_ONCE // len(self._seen)))

    def _fitting(self, cells: NDArray[np.int64], slack: float) -> NDArray[np.int64]:
        """Those in which the sun stands at most ``slack`` degrees outside the heights of every light."""
        first, many = 0, 1
        while first < len(self._seen) and cells.size:
            cells = cells[self._wrong(cells, slice(first, first + many)).max(axis=1) <= slack]
            first, many = first + many, 2 * many
        return cells

    def _wrong(self, cells: NDArray[np.int64], lights: slice) -> NDArray[np.float64]:
        """(cells, lights) degrees by which the sun stands outside the heights of each light; none where negative."""
        seconds = self._taken[lights] - (cells[:, None] + 0.5) * _CELL
        heights = elevation(seconds, self._latitude[lights], self._longitude[lights])
        return np.asarray(np.maximum(self._low[lights] - heights, heights - self._high[lights]))

    def _why(self, place: int) -> tuple[str, str]:
        picture, _, light = self._seen[place]
        return picture, f"it shows {light.light}: the sun stood so where it was taken"


def _heights(light: str) -> tuple[float, float]:
    """Between which heights of the sun, in degrees, anybody calls it so."""
    held = [place for place, share in enumerate(LIGHTS[light]) if share > 0]
    first, last = held[0] - 1, held[-1] + 1
    return HEIGHTS[first] if first >= 0 else -90.0, HEIGHTS[last] if last < len(HEIGHTS) else 90.0
