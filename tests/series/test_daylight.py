"""The sun against an almanac, laws of what light says about a country, and golden examples."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.series.cues import cues_of
from homeward.series.daylight import DAYLIGHT, ERROR, HEIGHTS, LIGHTS, elevation, observed, of_daylight
from homeward.series.likeness import likeness
from homeward.series.tables import countries, towns
from homeward.series.whereabouts import Cue, whereabouts

WHEN = st.integers(-599_000_000, 2_490_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def height(when: datetime, latitude: float, longitude: float) -> float:
    return float(elevation(when.timestamp(), *np.radians([[latitude], [longitude]]))[0])


@pytest.mark.parametrize(
    ("when", "latitude", "longitude"),
    [  # sunrise and sunset as published by almanacs, to the minute
        (datetime(2019, 6, 21, 3, 43, tzinfo=UTC), 51.507, -0.128),
        (datetime(2019, 6, 21, 20, 21, tzinfo=UTC), 51.507, -0.128),
        (datetime(2020, 12, 20, 18, 41, tzinfo=UTC), -33.869, 151.209),
        (datetime(2020, 12, 21, 9, 5, tzinfo=UTC), -33.869, 151.209),
        (datetime(2021, 3, 20, 10, 59, tzinfo=UTC), 40.713, -74.006),
        (datetime(2021, 3, 20, 23, 8, tzinfo=UTC), 40.713, -74.006),
    ],
)
def test_the_sun_rises_and_sets_when_the_almanac_says(when: datetime, latitude: float, longitude: float) -> None:
    assert height(when, latitude, longitude) == pytest.approx(-0.83, abs=0.3)


def test_the_highest_and_the_lowest_sun_of_a_year() -> None:
    noon = max(height(datetime(2020, 6, 20, hour, minute, tzinfo=UTC), 51.48, 0) for hour in (11, 12) for minute in range(60))
    assert noon == pytest.approx(90 - 51.48 + 23.44, abs=0.02)
    assert max(height(datetime(2020, 12, 21, hour, tzinfo=UTC), 80, 20) for hour in range(24)) < 0
    assert min(height(datetime(2020, 6, 21, hour, tzinfo=UTC), 80, 20) for hour in range(24)) > 0


@given(WHEN, st.floats(-89, 89), st.floats(-179, 179))
def test_the_sun_keeps_its_bounds_and_stands_alike_on_both_sides_of_the_date_line(
    when: datetime, latitude: float, longitude: float
) -> None:
    here = height(when, latitude, longitude)
    assert abs(here) <= 90 - max(0.0, abs(latitude) - 23.5)
    assert here == pytest.approx(height(when, latitude, longitude + 360), abs=1e-6)
    other = height(when, -latitude, longitude + 180)  # under our feet it is as far below
    assert here == pytest.approx(-other, abs=1e-6)


def test_every_height_is_called_something() -> None:
    assert list(HEIGHTS) == sorted(HEIGHTS)
    for at in range(len(HEIGHTS)):
        assert math.isclose(sum(chances[at] for chances in LIGHTS.values()), 1)


@given(st.sampled_from(sorted(LIGHTS)), WHEN, st.sampled_from(["", "+00:00", "+02:00", "-09:30", "nonsense"]))
@settings(max_examples=15)
def test_chances_are_chances_and_those_of_all_lights_add_up(light: str, when: datetime, offset: str) -> None:
    told = {one: of_daylight(observed(one, f"{when:%Y:%m:%d %H:%M:%S}", offset)) for one in LIGHTS}
    found = told[light]
    assert found is not None
    assert set(found) == set(towns().countries) <= set(countries())
    assert all(ERROR <= chance <= 1 + 1e-9 for chance in found.values())
    for country in found:
        total = sum(one[country] for one in told.values() if one is not None)
        assert math.isclose(total, 3 * ERROR + 1 - ERROR)


@given(WHEN, st.sampled_from(["", "+05:30"]))
@settings(max_examples=15)
def test_pictures_of_one_session_are_one_observation(when: datetime, offset: str) -> None:
    clock = f"{when:%Y:%m:%d %H:%M:%S}"
    once = whereabouts([Cue(DAYLIGHT, observed("day", clock, offset), "a")])
    twice = whereabouts([Cue(DAYLIGHT, observed("day", clock, offset), name) for name in ("a", "b")])
    assert once.posterior == twice.posterior


@pytest.mark.parametrize(
    ("value", "likelier", "than"),
    [
        ("day 2020-06-21 23:30", "IS", "ES"),  # light at half past eleven: far north in June
        ("night 2020-06-21 19:00", "ZA", "SE"),
        ("day 2020-01-10 03:00+00:00", "AU", "BR"),  # three in the morning of Greenwich: the sun is over the Pacific
        ("night 2020-01-10 03:00+00:00", "BR", "AU"),
        ("dusk 2020-03-20 18:15+00:00", "GB", "JP"),
    ],
)
def test_golden_examples(value: str, likelier: str, than: str) -> None:
    found = of_daylight(value)
    assert found is not None
    assert found[likelier] > 2 * found[than]


def test_light_without_a_time_is_told_and_says_nothing() -> None:
    for clock in ("", "0000:00:00 00:00:00", "2019:02:30 10:00:00", "yesterday", "1066:10:14 09:00:00"):
        assert observed("day", clock, "+01:00") == "day"
    found = whereabouts([Cue(DAYLIGHT, "day")])
    assert found.parts[0].why_not
    assert DAYLIGHT in found.missing


def test_what_a_person_says_of_the_light_meets_the_clock_of_the_picture() -> None:
    assert likeness("attribute", "Daylight: Dusk") == "daylight: dusk"
    with pytest.raises(ValueError, match="day, dusk, night"):
        likeness("attribute", "daylight: bright")
    clock = ("2019:06:03 21:31:12", "+02:00")
    assert [cue.value for cue in cues_of("attribute", "daylight: day", "", clock)] == ["day 2019-06-03 21:30+02:00"]
    assert [cue.value for cue in cues_of("attribute", "socket: F", "", clock)] == ["F"]


@given(st.text(max_size=24), st.text(max_size=8))
def test_no_clock_breaks_it(text: str, offset: str) -> None:
    of_daylight(observed("night", text, offset))
