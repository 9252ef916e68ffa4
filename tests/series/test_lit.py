"""Offsets that light allows, against every minute of some days."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.series import lit
from homeward.series.daylight import HEIGHTS, LIGHTS, elevation
from homeward.series.lit import CLEAR, Light, Lit

DAYS = 3
SURE = 0.2
"""Degrees by which a sun that is well inside its heights is further inside than what is allowed."""
HALF = 0.15
"""Degrees by which the sun moves at most in half a minute."""

lights = st.builds(Light, st.sampled_from(sorted(LIGHTS)), st.floats(-85, 85), st.floats(-180, 180), st.floats(0, 5))
seen = st.lists(st.tuples(st.sampled_from("ab"), st.integers(10**9, 2 * 10**9), lights), min_size=1, max_size=3)


def fits(taken: int, offsets: NDArray[np.float64], light: Light, slack: float) -> NDArray[np.bool_]:
    """Whether the sun stands at a height that some share of people calls so, give or take."""
    places = np.radians([[light.latitude], [light.longitude]])
    heights = elevation(taken - offsets, *places)
    reached = np.clip(np.linspace(-1, 1, 9)[:, None] * slack + heights, HEIGHTS[0], HEIGHTS[-1])
    return np.asarray(np.interp(reached, HEIGHTS, LIGHTS[light.light]).max(axis=0) > 1e-9)


@given(seen, st.booleans(), st.integers(-(10**8), 10**8))
@settings(max_examples=60, deadline=None)
def test_the_next_offset_is_allowed_and_nothing_allowed_lies_before_it(
    some: list[tuple[str, int, Light]], down: bool, offset: int
) -> None:
    told = Lit(some)(offset, down)
    tried = offset + (-60.0 if down else 60.0) * np.arange(DAYS * 1440)
    allowed = np.logical_and.reduce([fits(taken, tried, light, light.within + CLEAR - SURE) for _, taken, light in some])
    before = tried if told.offset is None else tried[np.abs(tried - offset) < abs(told.offset - offset)]
    assert not allowed[: before.size].any()
    if told.offset is not None:
        at = np.array([told.offset], np.float64)
        assert all(fits(taken, at, light, light.within + CLEAR + HALF).all() for _, taken, light in some)
        assert told.offset == offset or told.picture in {picture for picture, _, _ in some}
        assert Lit(some)(told.offset, down).offset == told.offset


@given(seen, st.booleans(), st.integers(-(10**8), 10**8), st.integers(0, 10**5))
@settings(max_examples=40, deadline=None)
def test_who_begins_further_on_ends_no_earlier(
    some: list[tuple[str, int, Light]], down: bool, offset: int, further: int
) -> None:
    lit, way = Lit(some), -1 if down else 1
    one, other = (lit(start, down).offset for start in (offset, offset + way * further))
    assert other is None or one is None or way * one <= way * other


@given(seen, st.integers(-(10**8), 10**8), st.integers(0, 30 * 3600))
@settings(max_examples=20, deadline=None)
def test_stretches_are_what_is_stepped_to(some: list[tuple[str, int, Light]], first: int, length: int) -> None:
    lit, at, last = Lit(some), first, first + length
    found = lit.stretches(first, last)
    for begin, end in found:
        assert lit(at, False).offset == begin
        assert lit(end, True).offset == end
        at = end + 1
    beyond = lit(at, False).offset if at <= last else None
    assert beyond is None or beyond > last


def test_where_the_sun_never_stands_so_nothing_is_allowed() -> None:
    noon = 1_434_888_000
    pole = Light("day", 89.0, 0.0, 0.5)
    assert Lit([("a", noon, pole)])(0, False).offset == 0
    never = Lit([("a", noon, pole), ("b", noon, Light("night", 89.0, 0.0, 0.5))])(0, False)
    assert never.offset is not None  # the sun comes up there, once a year
    contrary = Lit([("a", noon, Light("day", 0.0, 0.0, 1.0)), ("b", noon, Light("night", 0.0, 0.0, 1.0))])
    assert contrary(0, False).offset is not None  # at dusk
    dusk = Light("dusk", 0.0, 0.0, 1.0)
    assert Lit([("a", noon, dusk), ("b", noon + 6 * 3600, dusk)])(0, True).offset is None


def test_the_sun_is_asked_of_many_offsets_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, each minute of the hours of zones was asked alone, and four years in which nothing is allowed took a second."""
    asked: list[object] = []
    monkeypatch.setattr(lit, "elevation", lambda *told: asked.append(told) or elevation(*told))
    dusk = Light("dusk", 0.0, 0.0, 1.0)
    assert Lit([("a", 10**9, dusk)]).stretches(-12 * 3600, 14 * 3600)
    assert len(asked) < 30
    asked.clear()
    assert Lit([("a", 10**9, dusk), ("b", 10**9 + 6 * 3600, dusk)])(0, False).offset is None
    assert len(asked) < 500
