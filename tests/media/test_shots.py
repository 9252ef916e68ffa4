"""The choice of frames follows the content and is bounded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.media.shots import MOST_FRAMES, Chooser, change, signature
from homeward.testing import scenes


def walk(seed: int, frames: int, pace: float = 3.0) -> list[NDArray[np.uint8]]:
    """A camera that wanders over a room, faster and slower."""
    rng = np.random.default_rng(seed)
    wide = np.asarray(scenes.room(seed, 900, 300) @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
    speed = np.abs(np.convolve(rng.normal(0, pace, frames + 20), np.ones(11) / 11, "same")[:frames]) * 2
    at = np.cumsum(speed) % 1100
    places = np.where(at > 550, 1100 - at, at).astype(int)
    return [wide[:, place : place + 340] for place in places]


def chosen(frames: list[NDArray[np.uint8]], step: int = 40) -> list[int]:
    """Numbers of the frames that are chosen."""
    chooser = Chooser(len(frames) * step, len(frames))
    found = [frame for number, luma in enumerate(frames) for frame, _ in chooser.offer(number, number * step, luma)]
    return found + [frame for frame, _ in chooser.finish()]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**16), st.integers(1, 700), st.sampled_from([33, 40, 100, 1000, 60_000]))
def test_the_choice_is_ordered_and_bounded_and_holds_both_ends(seed: int, frames: int, step: int) -> None:
    found = chosen(walk(seed % 7, frames), step)
    assert found == sorted(set(found))
    assert len(found) <= MOST_FRAMES
    assert found[0] == 0
    assert found[-1] == frames - 1


def test_noise_alone_never_passes_the_bound() -> None:
    rng = np.random.default_rng(3)
    found = chosen([rng.integers(0, 256, (60, 80), dtype=np.uint8) for _ in range(3000)])
    assert len(found) <= MOST_FRAMES
    assert found[-1] == 2999


def test_both_sides_of_a_cut_are_seen() -> None:
    shots = [walk(seed, 200, 1.0) for seed in range(4)]
    found = set(chosen([frame for shot in shots for frame in shot]))
    for cut in (200, 400, 600):
        assert {cut - 1, cut} <= found


def test_a_shot_that_stands_still_costs_little() -> None:
    still = walk(5, 1)[0]
    rng = np.random.default_rng(1)
    frames = [np.clip(still + rng.normal(0, 3, still.shape), 0, 255).astype(np.uint8) for _ in range(1500)]
    assert len(chosen(frames)) <= 2 + 1500 * 40 // 10_000


def test_a_short_clip_is_seen_whole() -> None:
    frames = walk(2, 120, 12.0)
    found = chosen(frames)
    assert len(found) >= 80


@pytest.mark.parametrize("start", [37, 150, 411])
def test_an_excerpt_is_seen_where_the_whole_was_seen(start: int) -> None:
    frames = walk(6, 1200)
    whole = {at - start for at in chosen(frames) if start + 40 <= at < start + 560}
    excerpt = chosen(frames[start : start + 600])
    near = [min(abs(at - other) for other in excerpt) <= 1 for at in whole]
    assert len(near) >= 15
    assert np.mean(near) >= 0.9


def test_change_is_nothing_for_the_same_and_about_one_for_another_picture() -> None:
    one, other = signature(walk(1, 1)[0]), signature(walk(4, 1)[0])
    assert change(one, one) == 0
    assert change(one, other) > 0.35


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3), (24, 32), (1080, 1920)])
def test_a_signature_of_any_size(size: tuple[int, int]) -> None:
    assert signature(np.full(size, 77, np.uint8)).shape == (24, 32)
