"""The order of work: points add up, the youngest come first, and nothing that is solved is worked on."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from homeward.series.events import AGE_BANDS, AWAKE, STATUSES
from homeward.series.priority import WEIGHTS, Facts, reasons

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FACTS = Facts("unidentified", 3, 9, datetime(2024, 6, 1, tzinfo=UTC), NOW, 2, "Norway", 0.5, "", 2)


def points(facts: Facts) -> int:
    return sum(reason.points for reason in reasons(facts, {}))


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    year = draw(st.none() | st.integers(1990, 2030))
    pictures = draw(st.integers(1, 50))
    return Facts(
        draw(st.sampled_from(STATUSES)),
        draw(st.integers(0, pictures)),
        pictures,
        None if year is None else datetime(year, 1, 1, tzinfo=UTC),
        NOW,
        draw(st.integers(0, 9)),
        draw(st.sampled_from(["", "Norway"])),
        draw(st.floats(0, 1)),
        draw(st.sampled_from(["", *AGE_BANDS])),
        draw(st.integers(0, 9)),
    )


@given(facts())
def test_every_reason_stays_within_its_weight_and_what_is_solved_gets_none(one: Facts) -> None:
    told = reasons(one, {})
    assert all(reason.points >= 0 and reason.says for reason in told)
    assert sum(reason.points for reason in told) <= sum(WEIGHTS.values())
    assert (points(one) > 0) == (one.status in AWAKE)


@given(facts())
def test_the_younger_never_comes_later(one: Facts) -> None:
    got = [points(msgspec.structs.replace(one, age_band=band)) for band in AGE_BANDS]
    assert got == sorted(got, reverse=True)


def test_more_evidence_never_costs_points() -> None:
    for change in ({"straight": 4}, {"open_clues": 3}, {"chance": 0.6}, {"exhibits": 3}, {"newest": NOW}):
        assert points(msgspec.structs.replace(FACTS, **change)) >= points(FACTS)  # type: ignore[arg-type]


def test_an_agency_weighs_for_itself() -> None:
    assert sum(reason.points for reason in reasons(FACTS, dict.fromkeys(WEIGHTS, 0))) == 0
