"""Copies are told from second frames and other views, and every copy's map is the true one."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from homeward.descriptors.scene import Features, extract
from homeward.links.geometry import RATIO, compose, inverse, lie, match, moved
from homeward.links.verification import Kinship, verify
from homeward.media.records import Grey
from homeward.testing import scenes

Pixels = NDArray[np.uint8]


def measured(pixels: Pixels) -> Features:
    grey = np.ascontiguousarray(pixels if pixels.ndim == 2 else pixels.mean(axis=2).astype(np.uint8))
    found = extract(Grey(grey, 1, grey.shape[1], grey.shape[0]))
    assert found is not None
    return found


@cache
def room(seed: int) -> Pixels:
    return scenes.room(seed, 900, 675)


@cache
def features(seed: int) -> Features:
    return measured(room(seed))


def warped(pixels: Pixels, linear: NDArray[np.float64], offset: tuple[float, float], size: tuple[int, int]) -> Pixels:
    """``pixels`` under an affine map that counts places from the corner, as maps between pictures do."""
    half = np.array([0.5, 0.5])
    shifted = linear @ half + np.array(offset) - half
    return np.asarray(cv2.warpAffine(pixels, np.column_stack([linear, shifted]), size, flags=cv2.INTER_AREA), np.uint8)


def turned(degrees: float, scale: float = 1.0) -> NDArray[np.float64]:
    angle = np.radians(degrees)
    return scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def edits(pixels: Pixels) -> dict[str, tuple[Pixels, NDArray[np.float64]]]:
    """Copies of a 900 x 675 picture, with the true map from it."""
    eye = np.eye(2)
    screen = np.full((1100, 540, 3), 30, np.uint8)
    screen[300 : 300 + 405, :540] = scenes.resize(pixels, 0.6)
    captioned = pixels.copy()
    cv2.putText(captioned, "part two", (60, 560), cv2.FONT_HERSHEY_SIMPLEX, 2.5, (255, 255, 255), 6)
    mirror = np.array([[-1.0, 0.0], [0.0, 1.0]])
    quarter = np.array([[0.0, -1.0], [1.0, 0.0]])
    framed = scenes.border(pixels, 0.05)
    rim = (framed.shape[0] - 675) // 2
    middle = np.array([450.0, 337.5])

    def about(degrees: float) -> tuple[NDArray[np.float64], tuple[float, float]]:
        linear = turned(degrees)
        offset = middle - linear @ middle
        return linear, (float(offset[0]), float(offset[1]))

    return {
        "recompressed": (scenes.recompress(pixels, 30), np.column_stack([eye, (0, 0)])),
        "half": (
            scenes.recompress(scenes.resize(pixels, 0.5), 70),
            np.column_stack([eye * [[450 / 900], [338 / 675]], (0, 0)]),
        ),
        "cropped": (scenes.recompress(pixels[100:500, 200:700], 80), np.column_stack([eye, (-200, -100)])),
        "framed": (framed, np.column_stack([eye, (rim, rim)])),
        "captioned": (captioned, np.column_stack([eye, (0, 0)])),
        "screenshot": (screen, np.column_stack([eye * 0.6, (0, 300)])),
        "mirrored": (np.ascontiguousarray(pixels[:, ::-1]), np.column_stack([mirror, (900, 0)])),
        "quarter turn": (np.ascontiguousarray(np.rot90(pixels, -1)), np.column_stack([quarter, (675, 0)])),
        "turned by 1": (warped(pixels, *about(1.0), (900, 675)), np.column_stack(about(1.0))),
        "turned by 4": (warped(pixels, *about(4.0), (900, 675)), np.column_stack(about(4.0))),
        "toned": (scenes.brighten(pixels, 70), np.column_stack([eye, (0, 0)])),
    }


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("edit", list(edits(room(0))))
def test_an_edited_copy_is_a_copy_and_its_map_is_true(edit: str, seed: int) -> None:
    pixels, truth = edits(room(seed))[edit]
    verdict = verify(features(seed), measured(pixels))
    assert verdict is not None
    assert verdict.kinship == Kinship.COPY
    corners = np.array([[0, 0], [900, 0], [900, 675], [0, 675], [450, 337]], float)
    apart = np.abs(moved(corners, verdict.lie.map) - moved(corners, truth))
    assert apart.max() < 1.5
    assert verdict.lie.mirrored == (edit == "mirrored")


@pytest.mark.parametrize("seed", range(3))
def test_the_next_frame_of_a_burst_looks_alike(seed: int) -> None:
    """A hand that turned by a third of a degree and moved by a per cent, and noise of its own."""
    world = scenes.room(seed, 1000, 750)
    first, second = world[30:-30, 40:-40], warped(world, turned(0.35, 1.006), (-46, -20), (920, 690))
    noise = np.random.default_rng(seed).normal(0, 3, second.shape)
    second = (second + noise).clip(0, 255).astype(np.uint8)
    verdict = verify(measured(first), measured(second))
    assert verdict is not None
    assert verdict.kinship == Kinship.LOOK_ALIKE


@pytest.mark.parametrize("seed", range(6))
def test_other_rooms_are_nothing_to_each_other(seed: int) -> None:
    assert verify(features(seed), features(seed + 1)) is None


def test_another_view_of_one_wall_is_no_copy() -> None:
    """A wall seen from aside: everything in it moves by one map, but the map stretches."""
    slanted = warped(room(0), np.array([[0.88, 0.0], [0.03, 1.0]]), (40, 0), (900, 675))
    assert lie(features(0), measured(slanted)) is not None
    assert verify(features(0), measured(slanted)) is None


def test_a_common_mark_or_interface_makes_no_copies() -> None:
    def shown(seed: int) -> Pixels:
        screen = np.full((900, 900, 3), 30, np.uint8)
        screen[150:825] = room(seed)
        for line, text in enumerate(("viewer - 12 / 90", "100 %  <  >")):
            cv2.putText(screen, text, (20, 60 + line * 50), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (230, 230, 230), 3)
        return screen

    a, b = measured(shown(0)), measured(shown(1))
    assert len(match(a, b).a) > 12
    assert verify(a, b) is None


@pytest.mark.parametrize("place", [(80, 100), (20, 190), (300, 400)])
def test_one_print_pasted_into_two_pictures_makes_no_copies(place: tuple[int, int]) -> None:
    """At the very same pixels, 30 % of the area: the map is the identity, and up to two fifths of the features agree."""

    def pasted(seed: int) -> Pixels:
        picture, small = room(seed).copy(), scenes.resize(room(9), 0.55)
        picture[place[0] : place[0] + small.shape[0], place[1] : place[1] + small.shape[1]] = small
        return picture[:675, :900]

    a, b = measured(pasted(0)), measured(scenes.recompress(pasted(1), 80))
    found = lie(a, b)
    assert found is not None
    assert found.inliers > 50
    assert np.allclose(found.map, np.eye(2, 3), atol=[0.01, 0.01, 2.0])
    assert verify(a, b) is None


def test_verdicts_do_not_depend_on_the_order_of_the_two() -> None:
    a, b = features(0), measured(edits(room(0))["cropped"][0])
    there, back = verify(a, b), verify(b, a)
    assert there is not None
    assert back is not None
    assert there.kinship == back.kinship
    assert np.allclose(compose(back.lie.map, there.lie.map), [[1, 0, 0], [0, 1, 0]], atol=[0.003, 0.003, 1.0])
    assert np.allclose(inverse(there.lie.map), back.lie.map, atol=[0.003, 0.003, 1.0])


@pytest.mark.parametrize("pixels", [np.zeros((400, 400), np.uint8), np.full((20, 20), 9, np.uint8)])
def test_pictures_with_nothing_to_see_are_nothing_to_each_other(pixels: Pixels) -> None:
    assert verify(measured(pixels), measured(pixels)) is None
    assert verify(measured(pixels), features(0)) is None


def test_one_pattern_repeated_is_no_copy_of_another_piece_of_it() -> None:
    """Tiles repeat: whatever map is found between two tiled pictures must not be a turn or a shear made of chance."""
    tile = np.random.default_rng(3).integers(0, 255, (24, 24), np.uint8).repeat(2, 0).repeat(2, 1)
    wall = np.tile(tile, (12, 16))
    verdict = verify(measured(wall[10:500, 7:700]), measured(wall[40:530, 30:723]))
    assert verdict is None or np.allclose(verdict.lie.map[:, :2], np.eye(2), atol=0.02)


def made_up(codes: NDArray[np.uint8]) -> Features:
    return Features(codes, np.ones((len(codes), 4), np.float32), 100, 100, 100, 100)


CODES = st.integers(2, 12).flatmap(lambda count: arrays.arrays(np.uint8, (count, 128), elements=st.integers(0, 255)))


def matched_slowly(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> list[tuple[int, int]]:
    apart = np.array([((row.astype(np.int64) - b) ** 2).sum(axis=1) for row in a])
    found = []
    for row, line in enumerate(apart):
        other = int(line.argmin())
        if apart[:, other].argmin() == row and line[other] < np.float32(RATIO**2) * np.float32(np.delete(line, other).min()):
            found.append((row, other))
    return found


@given(CODES, CODES)
def test_matches_are_those_of_comparing_everything(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> None:
    found = match(made_up(a), made_up(b))
    assert list(zip(found.a.tolist(), found.b.tolist(), strict=True)) == matched_slowly(a, b)


def test_matches_of_pictures_are_those_of_comparing_everything() -> None:
    a, b = features(3), measured(scenes.recompress(room(3), 40))
    found = match(a, b)
    pairs = list(zip(found.a.tolist(), found.b.tolist(), strict=True))
    assert len(pairs) > 200
    assert pairs == matched_slowly(a.codes, b.codes)
