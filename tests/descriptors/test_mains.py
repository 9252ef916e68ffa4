"""The mains frequency: told where it is there, not told where it is not, through codecs, levels and frame rates."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.descriptors.mains import FEWEST_FRAMES, RATE, beats, flicker, hum
from homeward.media.records import DecodeFailed
from homeward.media.sound import SECONDS, hear
from homeward.testing.mains import CODECS, KINDS, encoded, flickering, sound


def heard(
    seed: int, hertz: int, level: float = -10, seconds: float = 12, kind: str = "noise", codec: str = "aac"
) -> np.ndarray:
    return hear(io.BytesIO(encoded(sound(seed, hertz, level, seconds, kind), codec)), RATE)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("hertz", [50, 60])
def test_hum_is_told_through_every_codec(codec: str, hertz: int) -> None:
    found = hum(heard(900_000, hertz, -6, codec=codec))
    assert found.hertz == hertz
    assert found.reason == ""
    assert (found.log10_lr > 0) == (hertz == 50)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_hum_is_not_told(kind: str) -> None:
    for seed in range(900_000, 900_004):
        found = hum(heard(seed, 0, kind=kind))
        assert (found.hertz, found.log10_lr) == (None, 0.0)
        assert found.reason


def test_one_loud_tone_is_no_hum() -> None:
    times = np.arange(10 * RATE) / RATE
    noise = np.random.default_rng(1).standard_normal(len(times))
    for tone in (50, 100, 120, 300):
        assert hum((noise * 0.01 + np.sin(2 * np.pi * tone * times)).astype(np.float32)).hertz is None


@given(st.floats(1e-6, 1e6))
@settings(max_examples=10)
def test_loudness_plays_no_part(level: float) -> None:
    samples = np.random.default_rng(2).standard_normal(6 * RATE).astype(np.float32)
    one, other = hum(samples), hum((samples * level).astype(np.float32))
    assert math.isclose(one.score_50, other.score_50, abs_tol=1e-3)


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (np.zeros(10 * RATE, np.float32), "silent"),
        (np.ones(10 * RATE, np.float32), "silent"),
        (np.full(10 * RATE, np.nan, np.float32), "silent"),
        (np.zeros(RATE, np.float32), "less than 5 seconds"),
        (np.zeros(0, np.float32), "less than 5 seconds"),
    ],
)
def test_where_nothing_can_be_heard_the_reason_is_said(samples: np.ndarray, reason: str) -> None:
    found = hum(samples)
    assert found.hertz is None
    assert reason in found.reason


def test_beats_follow_from_the_rate() -> None:
    assert beats(30) == pytest.approx((10, 0))
    assert beats(25) == pytest.approx((0, 5))
    assert beats(29.97) == pytest.approx((10.09, 0.12), abs=0.01)


@pytest.mark.parametrize(("rate", "hertz"), [(24, 50), (30, 50), (29.97, 50), (59.94, 50), (25, 60), (50, 60)])
def test_flicker_is_told_where_the_rate_lets_it_be_seen(rate: float, hertz: int) -> None:
    assert flicker(flickering(900_000, hertz, rate), rate).hertz == hertz


@pytest.mark.parametrize(("rate", "hertz"), [(24, 60), (30, 60), (25, 50), (50, 50), (30, 0), (25, 0), (24, 0)])
def test_flicker_is_not_told_where_there_is_none_to_see(rate: float, hertz: int) -> None:
    found = flicker(flickering(900_000, hertz, rate), rate)
    assert found.hertz is None
    assert found.reason


@pytest.mark.parametrize(
    ("profiles", "rate", "reason"),
    [
        (np.full((FEWEST_FRAMES - 1, 24), 90, np.float32), 25.0, "fewer than"),
        (np.full((200, 24), 1, np.float32), 25.0, "dark"),
        (np.full((200, 24), np.nan, np.float32), 25.0, "dark"),
        (np.full((200, 24), 90, np.float32), 5.0, "too few frames"),
        (np.full((200, 24), 90, np.float32), math.inf, "too few frames"),
        (np.full((200, 24), 90, np.float32), 20.0, "no flicker can be seen"),
        (np.full((200, 24), 90, np.float32), 25.0, "no flicker"),
    ],
)
def test_where_nothing_can_be_seen_the_reason_is_said(profiles: np.ndarray, rate: float, reason: str) -> None:
    found = flicker(profiles, rate)
    assert found.hertz is None
    assert reason in found.reason


@given(st.binary(max_size=300))
@settings(max_examples=30)
def test_foreign_bytes_hold_no_sound(data: bytes) -> None:
    with pytest.raises(DecodeFailed):
        hear(io.BytesIO(data), RATE)


def test_damaged_sound_is_heard_as_far_as_it_goes() -> None:
    data = encoded(sound(1, 50, -6, 12), "mp3")
    assert 4 * RATE < len(hear(io.BytesIO(data[: len(data) // 2]), RATE)) < 8 * RATE
    assert SECONDS >= 60
