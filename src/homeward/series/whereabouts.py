"""Where in the world: a posterior over countries from cues, each with its table, its share, and what is missing.

Every cue takes away from a country what its likelihood there falls short of the best country's: a penalty in powers of
ten, zero where it fits best. Cues of a group depend on each other (a socket and the hum of the mains are one fact about
electricity): the greatest penalty of a group counts in full, the others by :data:`ALSO`, all together up to the group's
cap. Groups are taken as independent. So the order of cues plays no part, the same cue twice is one cue, and a cue that fits
a country best never lowers it (Bayes' rule with discounted dependent evidence; no source is claimed for the discount).

What a plug-in sees is weaker than what a person says: nobody knows how often it is wrong. Its cues have the error
:data:`UNCALIBRATED` at least, and of all of them in a group only the greatest penalty counts; where a person says the same, the
person's word counts alone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

from homeward.series.daylight import DAYLIGHT, GROUP, SOURCE, of_daylight
from homeward.series.tables import countries, of_position, tables

POSITION = "position"
ALSO = 0.3
"""Weight of the lesser cues of a group. Judged, not measured."""
CAPS = {"electricity": 2.5, "building": 1.0, "print": 2.0, "road": 2.0, "device": 3.0, "known": 3.0}
"""Greatest penalty of a group, in powers of ten. Judged, not measured: a device may lie, print travels."""
UNCALIBRATED = 0.5
"""Least error of what a plug-in sees: it makes no country more than twice as likely beside another. Judged, not measured."""


class Seen(msgspec.Struct, frozen=True):
    """Where a plug-in sees what it states."""

    plugin: str
    version: str
    manifest: str
    """SHA-256 of its ``plugin.json``."""
    picture: str
    """SHA-256 of the item."""
    region: tuple[int, int, int, int]
    """Left, top, width and height in pixels of the full picture as stored."""
    score: float
    """0 to 1, as the plug-in says; nobody knows what it is worth."""


class Cue(msgspec.Struct, frozen=True):
    """One observation: its kind is that of a table, :data:`POSITION` or :data:`DAYLIGHT`; ``origin``: who observed it where."""

    kind: str
    value: str
    origin: str = ""
    seen: Seen | None = None
    """Of what a plug-in states; None where people or measurements say it."""


class Part(msgspec.Struct, frozen=True):
    """What one cue did: log10 of likelihood below the best country, by country; ``why_not``: why it did nothing."""

    cue: Cue
    group: str
    source: str
    penalties: dict[str, float]
    why_not: str = ""


class Whereabouts(msgspec.Struct, frozen=True):
    """Chance of each country (they add up to 1), what led to it, and kinds of cues of which nothing is known."""

    posterior: dict[str, float]
    prior: dict[str, float]
    parts: tuple[Part, ...]
    groups: dict[str, dict[str, float]]
    """Penalty of each group by country, after dependence and cap."""
    missing: tuple[str, ...]


def flat() -> dict[str, float]:
    """The prior that says nothing: every country alike."""
    return dict.fromkeys(countries(), 1 / len(countries()))


def whereabouts(cues: Iterable[Cue], prior: Mapping[str, float] | None = None) -> Whereabouts:
    """Combine cues. The same observation counts once, whoever made it, and before plug-ins that of people.

    Args:
        cues: in any order.
        prior: chance of each country; :func:`flat` unless told. Countries that it lacks have none.
    """
    start = dict(prior) if prior is not None else flat()
    first: dict[tuple[str, str], Cue] = {}
    for cue in sorted(cues, key=_rank):
        first.setdefault((cue.kind, cue.value.casefold()), cue)
    parts = tuple(_part(cue) for cue in first.values())
    groups = _groups(parts)
    log10 = {
        country: math.log10(chance) - sum(those[country] for those in groups.values())
        for country, chance in start.items()
        if chance > 0
    }
    best = max(log10.values())
    weights = {country: 10 ** (value - best) for country, value in log10.items()}
    total = math.fsum(weights.values())
    said = {part.cue.kind for part in parts if not part.why_not}
    return Whereabouts(
        {country: weights.get(country, 0.0) / total for country in start},
        start,
        parts,
        groups,
        tuple(sorted({POSITION, DAYLIGHT, *tables()} - said)),
    )


def _rank(cue: Cue) -> tuple[bool, str, str, str, float, str]:
    """What people say comes first; of one plug-in what it is surest of."""
    if cue.seen is None:
        return False, cue.kind, cue.value, "", 0.0, cue.origin
    return True, cue.kind, cue.value, cue.seen.manifest, -cue.seen.score, cue.origin


def _part(cue: Cue) -> Part:
    if cue.kind == POSITION:
        return _position(cue)
    if cue.kind == DAYLIGHT:
        return _daylight(cue)
    table = tables().get(cue.kind)
    if table is None:
        return Part(cue, "", "", {}, "no table speaks of it")
    penalties = _told(cue.kind, cue.value, 0.0 if cue.seen is None else UNCALIBRATED)
    if penalties is None:
        return Part(cue, table.group, table.source, {}, "the table has no such value")
    return Part(cue, table.group, table.source, penalties)


@lru_cache(maxsize=4096)
def _told(kind: str, value: str, least: float) -> dict[str, float] | None:
    """Penalties by a table; None: it has no such value. A detector says the same of many pictures."""
    likelihood = tables()[kind].likelihood(value, least)
    return None if likelihood is None else _penalties(likelihood)


def _position(cue: Cue) -> Part:
    latitude, longitude = map(float, cue.value.split(","))
    likelihood = of_position(latitude, longitude)
    source = "GeoNames, towns of 5,000 people and more: the nearest town of each country"
    if likelihood is None:
        return Part(cue, "device", source, {}, "it is far from every town")
    return Part(cue, "device", source, _penalties(likelihood))


def _daylight(cue: Cue) -> Part:
    likelihood = of_daylight(cue.value)
    if likelihood is None:
        return Part(cue, GROUP, SOURCE, {}, "its camera states no time that can be read")
    return Part(cue, GROUP, SOURCE, _penalties(likelihood))


def _penalties(likelihood: Mapping[str, float]) -> dict[str, float]:
    """Powers of ten below the best country. A country of which nothing is known stands where the mean of the others stands."""
    best, mean = max(likelihood.values()), math.fsum(likelihood.values()) / len(likelihood)
    return {country: math.log10(best / likelihood.get(country, mean)) for country in countries()}


def _groups(parts: Iterable[Part]) -> dict[str, dict[str, float]]:
    said: dict[str, list[dict[str, float]]] = defaultdict(list)
    seen: dict[str, list[dict[str, float]]] = defaultdict(list)
    for part in parts:
        if not part.why_not:
            (said if part.cue.seen is None else seen)[part.group].append(part.penalties)
    return {
        group: {
            country: _joined(group, [one[country] for one in said[group]], [one[country] for one in seen[group]])
            for country in countries()
        }
        for group in sorted({*said, *seen})
    }


def _joined(group: str, said: list[float], seen: list[float]) -> float:
    penalties = [*said, max(seen)] if seen else said
    greatest = max(penalties)
    return min(CAPS[group], greatest + ALSO * (math.fsum(penalties) - greatest))
