"""Sights on made points whose truth is known, on degenerate ones, and on photographs."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.descriptors.scene import Features, extract
from homeward.links.sights import guided, is_view_of_plane, least_score, sight
from homeward.media.stills import decode_still

WALL = np.array([[0.9, 0.1, 30], [-0.05, 1.1, 10], [1e-4, -5e-5, 1]])


def features(points: NDArray[np.float64], codes: NDArray[np.uint8]) -> Features:
    places = np.zeros((len(points), 4), np.float32)
    places[:, :2], places[:, 2] = points, 6
    return Features(codes, places, 1024, 768, 1024, 768)


def some_codes(count: int, seed: int) -> NDArray[np.uint8]:
    raw = np.sqrt(np.random.default_rng(seed).gamma(0.6, size=(count, 128)))
    return np.rint(512 * raw / np.linalg.norm(raw, axis=1, keepdims=True)).clip(0, 255).astype(np.uint8)


def points(count: int, seed: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).uniform([20, 20], [900, 700], (count, 2))


def through(plane: NDArray[np.float64], here: NDArray[np.float64]) -> NDArray[np.float64]:
    there = np.column_stack([here, np.ones(len(here))]) @ plane.T
    return there[:, :2] / there[:, 2:]


def two_views(count: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points at many depths, seen from two sides."""
    rng = np.random.default_rng(seed)
    scene = rng.uniform([-2, -1.5, 3], [2, 1.5, 9], (count, 3))
    turn = np.array([[np.cos(0.2), 0, np.sin(0.2)], [0, 1, 0], [-np.sin(0.2), 0, np.cos(0.2)]])
    other = scene @ turn.T + [-1.0, 0.1, 0.2]
    return scene[:, :2] / scene[:, 2:] * 800 + [512, 384], other[:, :2] / other[:, 2:] * 800 + [512, 384]


def guided_one_by_one(a: Features, b: Features, plane: NDArray[np.float64]) -> list[tuple[int, int]]:
    """The slow reference: every pair is looked at."""
    there = through(plane, a.places[:, :2].astype(np.float64))
    apart = np.full((len(a), len(b)), np.inf)
    for row in range(len(a)):
        for column in range(len(b)):
            if (np.abs(there[row] - b.places[column, :2]) < 4).all():
                apart[row, column] = ((a.codes[row].astype(float) - b.codes[column]) ** 2).sum()
    if not apart.size:
        return []
    best, back = apart.argmin(1), apart.argmin(0)
    return [
        (row, int(best[row])) for row in range(len(a)) if back[best[row]] == row and apart[row, best[row]] < (0.7 * 512) ** 2
    ]


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 10**6), st.integers(1, 4))
def test_what_a_plane_leads_to_is_what_looking_at_every_pair_finds(some: int, others: int, seed: int, codes: int) -> None:
    """Crowded and with few different codes, so that many are as near as each other."""
    rng = np.random.default_rng(seed)
    held = some_codes(codes, seed)
    a = features(rng.uniform(0, 25, (some, 2)), held[rng.integers(0, codes, some)])
    b = features(through(WALL, rng.uniform(0, 25, (others, 2))), held[rng.integers(0, codes, others)])
    found = guided(a, b, WALL)
    assert list(zip(found.a.tolist(), found.b.tolist(), strict=True)) == guided_one_by_one(a, b, WALL)


def test_a_plane_is_seen_and_every_feature_of_it_counts() -> None:
    here, codes = points(60, 1), some_codes(160, 2)
    a = features(np.concatenate([here, points(50, 3)]), codes[:110])
    b = features(np.concatenate([through(WALL, here), points(50, 4)]), np.concatenate([codes[:60], codes[110:]]))
    found = sight(a, b)
    assert found is not None
    assert found.score == 60 - 4
    assert sorted(found.agreeing.a.tolist()) == list(range(60)) == sorted(found.agreeing.b.tolist())
    assert found.plane is not None
    np.testing.assert_allclose(through(found.plane, here), through(WALL, here), atol=0.5)


def test_a_scene_of_many_depths_is_seen() -> None:
    here, there = two_views(80, 5)
    codes = some_codes(80, 6)
    found = sight(features(here, codes), features(there, codes))
    assert found is not None
    assert found.score > 65
    assert found.plane is None


def test_a_region_asks_alone_and_keeps_its_numbers() -> None:
    here, codes = points(60, 7), some_codes(60, 8)
    rows = np.arange(20, 45, dtype=np.int64)
    found = sight(features(here, codes), features(through(WALL, here), codes), rows)
    assert found is not None
    assert found.score == 25 - 4
    assert set(found.agreeing.a.tolist()) == set(rows.tolist()) == set(found.agreeing.b.tolist())


def test_one_place_with_many_directions_counts_once() -> None:
    here, codes = points(12, 9), some_codes(36, 10)
    again = np.repeat(here, 3, axis=0)
    found = sight(features(again, codes), features(through(WALL, again), codes))
    assert found is not None
    assert found.score == 12 - 4


def test_a_patch_of_texture_is_no_scene() -> None:
    rng = np.random.default_rng(20)
    here, there = points(30, 21), points(30, 22)
    there[:22] = rng.uniform([90, 190], [104, 204], (22, 2))
    codes = some_codes(30, 23)
    found = sight(features(here, codes), features(there, codes))
    assert found is None or found.score < 7


@pytest.mark.parametrize("counts", [(0, 0), (0, 50), (1, 50), (2, 2), (5, 5), (50, 0)])
def test_too_few_features_say_nothing(counts: tuple[int, int]) -> None:
    a, b = (features(points(count, 11), some_codes(count, 12)) for count in counts)
    found = sight(a, b)
    assert found is None or found.score < 7


@settings(max_examples=25)
@given(st.integers(0, 2**31))
def test_matches_at_random_places_are_no_sight(seed: int) -> None:
    codes = some_codes(60, 13)
    found = sight(features(points(60, seed), codes), features(points(60, seed + 1), codes))
    assert found is None or found.score < least_score(60)


@given(st.integers(0, 2**31), st.floats(-1e-3, 1e-3), st.floats(-1e-3, 1e-3))
def test_mirrors_folds_and_lines_are_no_view_of_a_plane(seed: int, tilt: float, lean: float) -> None:
    here = points(20, seed)
    assert is_view_of_plane(WALL, here)
    assert is_view_of_plane(-3 * WALL, here), "a homography has no sign and no size"
    assert not is_view_of_plane(np.diag([-1.0, 1, 1]) @ WALL, here)
    assert not is_view_of_plane(np.array([[1, 0.2, 3], [2, 0.4, 5], [tilt, lean, 1]]), here)
    fold = np.array([[1, 0, 0], [0, 1, 0], [-1 / float(np.median(here[:, 0])), 0, 1]])
    assert not is_view_of_plane(fold, here)
    assert not is_view_of_plane(np.full((3, 3), np.nan), here)


def test_a_plane_leads_to_what_was_not_clear_before() -> None:
    here, codes = points(30, 14), some_codes(30, 15)
    there = through(WALL, here)
    twins = features(np.concatenate([there, there + np.array([300, 0])]), np.concatenate([codes, codes]))
    a = features(here, codes)
    assert sight(a, twins) is None or sight(a, twins).score < 7  # type: ignore[union-attr]
    found = guided(a, twins, WALL)
    assert found.a.tolist() == found.b.tolist() == list(range(30))


@pytest.mark.data
def test_photographs_of_one_place_and_of_others(shared_data: Path) -> None:
    groups = {group: sorted((shared_data / "places/img").glob(f"{group}_*"))[:2] for group in ("office", "facade")}
    seen = {group: [taken(path) for path in paths] for group, paths in groups.items()}
    for group, (one, other) in seen.items():
        found = sight(one, other)
        assert found is not None and found.score >= 15, group  # noqa: PT018
        for stranger in (pictures[0] for name, pictures in seen.items() if name > group):
            found = sight(one, stranger)
            assert found is None or found.score < 8, group


def taken(path: Path) -> Features:
    sound = decode_still(path.read_bytes()).sound()
    assert sound is not None
    found = extract(sound)
    assert found is not None
    return found


@pytest.mark.parametrize("seed", [224, 1024])
def test_points_that_no_model_explains_are_nothing_and_no_failure(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(5, 14))
    here, there = (np.round(rng.uniform(0, 900, (count, 2)) / 300) * 300 for _ in range(2))
    with pytest.raises(cv2.error):  # the estimator itself gives up on these
        cv2.findFundamentalMat(here, there, cv2.USAC_MAGSAC, 1.5, 0.999, 2000)
    codes = some_codes(count, seed)
    found = sight(features(here, codes), features(there, codes))
    assert found is None or found.deep == 0
