"""What people hear of a clip."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from homeward.media.sound import LOUDEST, PEAK, spared

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
