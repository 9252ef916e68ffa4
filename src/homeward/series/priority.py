"""In which order series are worked on: points that a person can add up, each with its reason.

No picture is looked at. What counts is what people recorded, what lists say, how the files were made and when.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from homeward.series.events import AGE_BANDS, AWAKE, LOCATED

WEIGHTS = {
    "unidentified": 100,
    "first-hand": 40,
    "recent": 20,
    "clues": 25,
    "country": 10,
    "age": 60,
    "agencies": 10,
}
"""Most points for each reason, where the agency has set no others."""
MANY = 5
"""Open clues, or pictures straight from a camera, from which there are no more points."""
OLD = 10.0
"""Years after which a series is no longer recent; it stays awake."""
_YEAR = 365.25 * 24 * 3600


class Facts(msgspec.Struct, frozen=True):
    """What is known of a series."""

    status: str
    straight: int
    """Pictures without any mark of a program in their files."""
    pictures: int
    newest: datetime | None
    """When its newest picture was taken, by the camera's clock; of one that no copy tells of, when it was first seen posted."""
    today: datetime
    open_clues: int
    country: str
    """The likeliest, empty where no cue speaks."""
    chance: float
    """Its probability, 0..1."""
    age_band: str
    """As people recorded it, or empty."""
    exhibits: int


class Reason(msgspec.Struct, frozen=True):
    """Points, and the sentence that explains them."""

    points: int
    says: str


def reasons(facts: Facts, weights: dict[str, int]) -> list[Reason]:
    """Why a series comes as early as it does; the sum of the points is its priority."""
    most = WEIGHTS | weights
    if facts.status not in AWAKE:
        return [Reason(0, f"it is {facts.status}: nobody needs to begin")]
    return [
        Reason(most["unidentified"], "the victim is not identified")
        if facts.status != LOCATED
        else Reason(most["unidentified"] // 2, "the place is located, the victim not yet identified"),
        Reason(
            most["first-hand"] * min(facts.straight, MANY) // MANY,
            f"{facts.straight} of {facts.pictures} pictures come straight from a camera",
        ),
        _recent(facts, most["recent"]),
        Reason(most["clues"] * min(facts.open_clues, MANY) // MANY, f"{facts.open_clues} open clues"),
        _country(facts, most["country"]),
        _age(facts, most["age"]),
        Reason(most["agencies"] * max(0, min(facts.exhibits, MANY) - 1) // (MANY - 1), f"found in {facts.exhibits} exhibits"),
    ]


def _recent(facts: Facts, most: int) -> Reason:
    if facts.newest is None:
        return Reason(0, "when it was taken is not known")
    years = max(0.0, (facts.today - facts.newest).total_seconds() / _YEAR)
    points = round(most * max(0.0, 1 - years / OLD))
    return Reason(points, f"its newest picture is {years:.1f} years older than the newest delivery")


def _country(facts: Facts, most: int) -> Reason:
    if not facts.country:
        return Reason(0, "no cue speaks for a country")
    return Reason(round(most * facts.chance), f"{facts.country} is the likeliest country ({facts.chance:.0%})")


def _age(facts: Facts, most: int) -> Reason:
    """The youngest first; what is not recorded stands in the middle, so that nobody is overlooked."""
    if facts.age_band not in AGE_BANDS:
        return Reason(most // 2, "no age band is recorded")
    younger = len(AGE_BANDS) - AGE_BANDS.index(facts.age_band)
    return Reason(most * younger // len(AGE_BANDS), f"recorded age band {facts.age_band}")
