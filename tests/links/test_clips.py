"""Which stretch of one clip is which of another: on made hashes, where the truth is known exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.descriptors.pdq_turned import ORIENTATIONS
from homeward.links.clips import ClipMatch, Frames, Stretch, clip_matches, stack_clips, still_matches

STEP = 500
NEUTRAL = 90


def film(seed: int, count: int) -> NDArray[np.uint8]:
    """Eight hashes (orientation 1 to 8) of each of ``count`` frames that have nothing in common."""
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 32), dtype=np.uint8)


def noisy(codes: NDArray[np.uint8], bits: int, seed: int = 0) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    unpacked = np.unpackbits(codes, axis=-1)
    for row in unpacked.reshape(-1, 256):
        row[rng.choice(256, bits, replace=False)] ^= 1
    return np.packbits(unpacked, axis=-1)


def frames_of(*clips: NDArray[np.uint8], quality: int = NEUTRAL) -> Frames:
    """Clips of one frame each half second, in this order and with ids from 0."""
    clip = np.concatenate([np.full(len(codes), number, np.int64) for number, codes in enumerate(clips)])
    starts = np.concatenate([STEP * np.arange(len(codes), dtype=np.int64) for codes in clips])
    codes = np.concatenate(clips)
    plain = np.ascontiguousarray(codes[:, 0])
    qualities = np.full(len(clip), quality, np.uint8)
    turned = np.ascontiguousarray(codes[:, 1:]).reshape(len(clip), 224)
    return Frames(clip, starts, starts + STEP, plain, turned, plain, qualities, qualities)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 30), st.integers(4, 30), st.integers(0, 31), st.integers(0, 2**16))
def test_an_excerpt_is_found_to_the_frame(first: int, length: int, bits: int, seed: int) -> None:
    whole = film(seed, 60)
    (found,) = clip_matches(frames_of(whole, noisy(whole[first : first + length], bits)))
    assert found.stretches == (Stretch(first * STEP, (first + length) * STEP, 0, length * STEP),)
    assert found.share_b == 1000
    assert found.share_a == length * 1000 // 60
    assert (found.orientation, found.distance) == (1, bits)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=6, unique=True), st.integers(0, 2**16))
def test_the_order_of_clips_says_nothing(order: list[int], seed: int) -> None:
    whole = film(seed, 40)
    clips = [whole, whole[5:20], noisy(whole[10:40], 9), film(seed + 1, 20), whole[30:], film(seed + 2, 3)]

    def pairs(some: list[int]) -> set[tuple[int, ...]]:
        found = set()
        for match in clip_matches(frames_of(*(clips[number] for number in some))):
            a, b = some[match.a], some[match.b]
            sides = [(s.a_from, s.a_to, s.b_from, s.b_to) for s in match.stretches]
            found.add((a, b, *sides[0]) if a < b else (b, a, *sides[0][2:], *sides[0][:2]))
        return found

    assert pairs(order) == pairs(sorted(order))


def test_unrelated_clips_have_nothing_in_common() -> None:
    assert list(clip_matches(frames_of(film(1, 100), film(2, 100), film(3, 1)))) == []


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_turned_copy_says_how_it_is_turned(orientation: int) -> None:
    whole = film(7, 20)
    turned = film(8, 20)
    turned[:, 0] = whole[:, orientation - 1]
    (found,) = clip_matches(frames_of(whole, turned))
    assert found.orientation == orientation
    assert found.stretches == (Stretch(0, 20 * STEP, 0, 20 * STEP),)


def test_a_compilation_names_every_part() -> None:
    one, two = film(1, 40), film(2, 40)
    cut = np.concatenate([one[20:30], film(3, 10), two[5:15], one[2:10]])
    with_one, with_two = clip_matches(frames_of(one, two, cut))
    assert with_one.stretches == (Stretch(1000, 5000, 15_000, 19_000), Stretch(10_000, 15_000, 0, 5000))
    assert with_two.stretches == (Stretch(2500, 7500, 10_000, 15_000),)
    assert with_one.share_b == 18_000 // 38


def test_one_alike_frame_makes_no_stretch_unless_there_is_only_one() -> None:
    one, other = film(1, 30), film(2, 30)
    other[13] = one[4]
    assert list(clip_matches(frames_of(one, other))) == []
    (found,) = clip_matches(frames_of(one, one[4:5]))
    assert found.stretches == (Stretch(2000, 2500, 0, 500),)


def test_frames_with_too_little_to_see_are_not_compared() -> None:
    whole = film(1, 30)
    assert list(clip_matches(frames_of(whole, whole[3:20], quality=49))) == []


def test_a_letterboxed_copy_is_found_by_its_trimmed_frames() -> None:
    whole, boxed = film(1, 20), film(2, 20)
    found = frames_of(whole, boxed)
    trimmed = found.codes.copy()
    trimmed[20:] = whole[:, 0]
    (match,) = clip_matches(
        Frames(*(getattr(found, name) if name != "trimmed" else trimmed for name in Frames.__struct_fields__))
    )
    assert match.stretches == (Stretch(0, 20 * STEP, 0, 20 * STEP),)


def test_a_still_is_found_where_it_is_seen() -> None:
    whole = film(1, 60)
    whole[41:44] = whole[40]
    found = list(still_matches(frames_of(whole[40:41], film(9, 1)), frames_of(film(4, 20), whole)))
    assert [(match.a, match.b, match.stretches) for match in found] == [(0, 1, (Stretch(0, 0, 20_000, 22_000),))]
    assert (found[0].share_a, found[0].share_b) == (1000, 4000 // 60)


def match(a: int, b: int, share_a: int, share_b: int) -> ClipMatch:
    return ClipMatch(a, b, 1, (Stretch(0, 1, 0, 1),), share_a, share_b, 4)


def test_a_clip_joins_the_better_one_that_holds_it_and_no_chain() -> None:
    matches = [match(1, 2, 500, 1000), match(2, 3, 900, 950), match(1, 3, 300, 700), match(4, 5, 950, 950)]
    lengths = {1: 90_000, 2: 40_000, 3: 30_000, 4: 200_000, 5: 200_000}
    joined = stack_clips(matches, [4, 5, 1, 2, 3], lengths)
    assert joined == {2: matches[0]}


def test_five_new_seconds_are_looked_at() -> None:
    for length, stacked in ((99_000, True), (101_000, False)):
        joined = stack_clips([match(1, 2, 950, 950)], [1, 2], {1: length, 2: length})
        assert bool(joined) == stacked
