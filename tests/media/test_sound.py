"""What people hear of a clip."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.media.sound import LOUDEST, PEAK, hear, spared

RATE = 8000


def level(samples: np.ndarray) -> float:  # type: ignore[type-arg]
    return float(np.sqrt((samples.astype(float) ** 2).mean())) / 32767


def test_what_is_quiet_stays_and_what_is_loud_is_turned_down_before_it_comes() -> None:
    times = np.arange(4 * RATE) / RATE
    tone = np.sin(2 * np.pi * 300 * times).astype(np.float32)
    faint = 0.02 * tone
    assert np.abs(spared(faint, RATE) / 32767 - faint).max() < 1e-4
    bang = faint.copy()
    bang[2 * RATE : 2 * RATE + RATE // 2] = tone[: RATE // 2]
    heard = spared(bang, RATE)
    assert level(heard[2 * RATE : 2 * RATE + RATE // 2]) < 1.1 * LOUDEST
    assert level(heard[2 * RATE : 2 * RATE + RATE // 100]) < 1.2 * LOUDEST
    assert abs(level(heard[:RATE]) / level(spared(faint, RATE)[:RATE]) - 1) < 0.01


@given(st.lists(st.floats(-100, 100, width=32) | st.sampled_from([float("nan"), float("inf")]), min_size=1, max_size=3000))
def test_nothing_is_louder_than_the_peak(samples: list[float]) -> None:
    heard = spared(np.array(samples, np.float32), RATE)
    assert len(heard) == len(samples)
    assert np.abs(heard.astype(int)).max() <= round(PEAK * 32767)


def clip(picture: int, sound: int) -> io.BytesIO:
    """Eight seconds of pictures from second ``picture`` on, four of sound from ``sound`` on, loud after two of them."""
    held = io.BytesIO()
    with av.open(held, "w", format="matroska") as out:
        seen = out.add_stream("mpeg4", rate=10, width=32, height=32, pix_fmt="yuv420p")
        heard = out.add_stream("pcm_s16le", rate=RATE, layout="mono")
        for at in range(80):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = at + 10 * picture, Fraction(1, 10)
            out.mux(seen.encode(frame))
        samples = np.zeros((1, 4 * RATE), np.int16)
        samples[0, 2 * RATE : 2 * RATE + 800] = 20000
        for at in range(0, 4 * RATE, 800):
            part = av.AudioFrame.from_ndarray(samples[:, at : at + 800], format="s16", layout="mono")
            part.sample_rate, part.pts, part.time_base = RATE, at + sound * RATE, Fraction(1, RATE)
            out.mux(heard.encode(part))
        out.mux(seen.encode(None))
    return held


@pytest.mark.parametrize(("picture", "sound"), [(0, 0), (0, 2), (0, 3), (1, 0), (1, 1)])
@pytest.mark.parametrize("begin_ms", [0, 500, 1000])
def test_a_moment_of_sound_is_that_of_the_picture(picture: int, sound: int, begin_ms: int) -> None:
    loud = np.flatnonzero(hear(clip(picture, sound), RATE, begin_ms, 6) > 0.1)[0] / RATE
    assert begin_ms / 1000 + loud == pytest.approx(sound + 2 - picture, abs=0.01)


def test_what_is_measured_begins_where_the_sound_does() -> None:
    assert np.flatnonzero(hear(clip(0, 3), RATE) > 0.1)[0] == 2 * RATE
