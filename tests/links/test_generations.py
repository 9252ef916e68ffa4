"""Generation trees: no ring, no order, no side of a mirror plays a part; what pictures show decides."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.descriptors.scene import extract
from homeward.links.generation_evidence import Copy, found_again, made_from
from homeward.links.generations import CAVEAT, LEAST, MOST, Tree, calibration, compared, evidence, none_here, tree
from homeward.links.geometry import compose
from homeward.media.records import Grey
from homeward.media.veil import area_means
from homeward.testing import scenes

WHOLE = np.eye(2, 3)


def copy(name: str, pixels: NDArray[np.uint8], to_root: Any, **known: Any) -> Copy:
    """A copy as it would be measured."""
    grey = np.ascontiguousarray(pixels if pixels.ndim == 2 else pixels.mean(axis=2).astype(np.uint8))
    height, width = grey.shape
    down, across = (18, round(18 * width / height)) if width <= height * 24 / 18 else (round(24 * height / width), 24)
    veil = np.rint(area_means(grey, down, across, 8))
    told = {
        "size": grey.size // 4,
        "origin": "stripped",
        "features": extract(Grey(grey, 1, width, height)),
        "veil": veil,
    } | known
    return Copy(sha256=name, map=np.array(to_root, np.float64), width=width, height=height, **told)


@pytest.fixture(scope="module")
def family() -> list[Copy]:
    """A room; its crop, shrunk; a mirrored copy of that; and a marked copy of the room, shrunk."""
    room = scenes.room(3).mean(axis=2).astype(np.uint8)
    crop = room[60:420, 80:560]
    half = scenes.resize(crop, 0.5)
    mirror = np.ascontiguousarray(half[:, ::-1])
    marked = room.copy()
    marked[200:240, 100:300] = 255
    marked_half = scenes.resize(marked, 0.5)
    return [
        copy("room", room, WHOLE, size=90_000, origin="camera", named=True),
        copy("crop", crop, [[1, 0, 80], [0, 1, 60]], size=50_000, quality=92),
        copy("half", half, [[2, 0, 80], [0, 2, 60]], size=16_000, quality=85),
        copy("mirror", mirror, [[-2, 0, 560], [0, 2, 60]], size=15_000, quality=80),
        copy("marked", marked, WHOLE, size=80_000, quality=90),
        copy("marked half", marked_half, [[2, 0, 0], [0, 2, 0]], size=20_000, quality=85),
    ]


def parents(made: Tree) -> dict[str, str | None]:
    return {one.sha256: one.parent for one in made.generations}


def likeliest(made: Tree) -> dict[str, str | None]:
    return {one.sha256: one.parent or (one.others[0].sha256 if one.others else None) for one in made.generations}


def test_a_family_is_put_together(family: list[Copy]) -> None:
    made = tree(family)
    found = likeliest(made)
    assert made.least_processed == "room"
    assert found["room"] is None
    assert found["crop"] == "room"
    assert found["half"] == "crop"
    assert found["mirror"] == "half"
    assert found["marked half"] in {"room", "marked"}
    reasons = {one.sha256: one.reason for one in made.generations}
    assert "cropped to 56%" in reasons["crop"]
    assert "stripped of its metadata" in reasons["crop"]
    assert "camera" in reasons["room"]
    assert made.caveat == CAVEAT


def test_a_mark_that_the_parent_has_must_be_in_the_child(family: list[Copy]) -> None:
    by = {one.sha256: one for one in family}
    crop_of_clean = by["half"]
    clean, marked = made_from(crop_of_clean, [by["crop"], by["marked"]], by["room"])
    assert clean.dropped == 0.0
    assert marked.dropped > 0.0
    (kept,) = made_from(by["marked half"], [by["marked"]], by["room"])
    assert kept.dropped == 0.0


def test_more_of_the_scene_than_the_parent_has_is_seen(family: list[Copy]) -> None:
    by = {one.sha256: one for one in family}
    (back,) = made_from(by["marked"], [by["crop"]], by["room"])
    (forth,) = made_from(by["crop"], [by["marked"]], by["room"])
    assert back.unexplained > 0.1 > forth.unexplained
    assert back.beyond == pytest.approx(1 - 360 * 480 / (640 * 480), abs=0.03)
    assert forth.cut == pytest.approx(back.beyond, abs=0.03)


def test_features_are_found_again_in_a_mirror(family: list[Copy]) -> None:
    by = {one.sha256: one for one in family}
    half, mirror = by["half"].features, by["mirror"].features
    assert half is not None and mirror is not None  # noqa: PT018
    flipped = np.array([[-1.0, 0, by["half"].width], [0, 1, 0]])
    assert found_again(half, mirror, flipped).sum() > 0.4 * len(half)
    assert found_again(half, mirror, WHOLE).sum() < 0.1 * len(half)


@pytest.mark.parametrize("frame", [[[-1, 0, 640], [0, 1, 0]], [[0, -1, 480], [1, 0, 0]], [[0.5, 0, 7], [0, 0.5, -3]]])
def test_the_exemplar_may_lie_any_way_round(family: list[Copy], frame: Any) -> None:
    turned = [msgspec.structs.replace(one, map=compose(np.array(frame, np.float64), one.map)) for one in family]
    assert parents(tree(turned)) == parents(tree(family))


bare = st.builds(
    lambda at, scale, x, y, width, height, size, origin, stamp: Copy(
        f"{at:04d}", np.array([[scale, 0, x], [0, scale, y]]), width, height, size, origin, origin == "app", None, stamp
    ),
    st.integers(0, 9999), st.sampled_from([0.5, 1.0, 2.0]), st.integers(-50, 50), st.integers(-50, 50), st.integers(1, 400),
    st.integers(1, 400), st.integers(0, 9999), st.sampled_from(["camera", "app", "stripped", "unknown"]),
    st.none() | st.integers(0, 10**9),
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.lists(bare, min_size=1, max_size=9, unique_by=lambda one: one.sha256), st.randoms(use_true_random=False))
def test_no_rings_no_order_and_probabilities(copies: list[Copy], dice: random.Random) -> None:
    made = tree(copies)
    turned = list(copies)
    dice.shuffle(turned)
    assert tree(turned) == made
    up = parents(made)
    assert set(up) == {one.sha256 for one in copies}
    for start in up:
        seen, at = set(), up[start]
        while at is not None:
            assert at not in seen
            assert at != start
            seen.add(at)
            at = up[at]
    for one in made.generations:
        assert 0 <= one.probability <= 1
        assert one.parent is None or one.probability >= LEAST
        assert one.reason
    origins = {one.sha256: one.origin for one in copies}
    assert all(up[name] is None for name, origin in origins.items() if origin == "camera")


def test_a_stack_of_one_and_of_none() -> None:
    alone = Copy("a", WHOLE, 10, 10, 100, "stripped")
    (only,) = tree([alone]).generations
    assert only.parent is None
    assert only.probability == 1.0
    with pytest.raises(ValueError, match="without copies"):
        tree([])


def test_a_great_stack_is_compared_in_part() -> None:
    many = [Copy(f"{at:04d}", WHOLE, 10 + at, 10, 100 + at, "stripped") for at in range(200)]
    ranked = sorted(many, key=lambda one: one.order)
    chosen = compared(ranked)[many[0].sha256]
    assert len(chosen) == MOST + 1
    assert ranked[0] in chosen
    assert many[0] not in chosen


@settings(deadline=None)
@given(st.lists(bare, min_size=1, max_size=MOST + 12, unique_by=lambda one: one.sha256))
def test_those_nearest_in_size_are_compared(copies: list[Copy]) -> None:
    """Beside a search through all of them."""
    ranked = sorted(copies, key=lambda one: one.order)
    found = compared(ranked)
    for child in ranked:
        area = child.width * child.height
        ratios = {one.sha256: max(one.width * one.height, area) / min(one.width * one.height, area) for one in ranked}
        near = sorted(ratios[one.sha256] for one in ranked if one is not child)[:MOST]
        chosen = [one for one in found[child.sha256] if one is not ranked[0]]
        assert [one for one in ranked if one in chosen] == chosen
        if child.origin == "camera":
            assert not found[child.sha256]
        else:
            assert child is ranked[0] or ranked[0] in found[child.sha256]
            assert all(ratios[one.sha256] <= near[-1] * (1 + 1e-9) for one in chosen)
            assert len(found[child.sha256]) >= len(near)


def test_every_weight_is_of_something_that_is_measured(family: list[Copy]) -> None:
    (made,) = made_from(family[1], [family[0]], family[0])
    assert set(calibration().edge) == set(evidence(family[0], family[1], made))
    assert set(calibration().none) == set(none_here(family[0], family[0]))
