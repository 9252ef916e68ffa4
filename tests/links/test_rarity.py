"""How common a thing is: counted by groups that have nothing to do with each other, and never making evidence stronger."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from homeward.links.rarity import Box, Common, Seen, calibration, common, covers, weakened

THING: Box = (10, 10, 100, 100)


def seen(a: int, b: int, box: Box = THING, place_lr: float = -1.0) -> Seen:
    return Seen(a, b, box, box, place_lr)


def test_thirty_pictures_by_one_camera_are_not_common_and_five_homes_are() -> None:
    home = [seen(0, other) for other in range(1, 30)]
    assert {how.others for how in common(home, dict.fromkeys(range(30), "one"))} == {0}
    homes = [seen(0, other) for other in range(1, 6)]
    assert {how.others for how in common(homes, {at: f"camera {at}" for at in range(6)})} == {4}


def test_pictures_of_one_place_are_one_group_whoever_took_them() -> None:
    sights = [seen(0, 1), seen(0, 2), seen(2, 3, place_lr=2.0), seen(0, 3)]
    assert common(sights, {at: f"camera {at}" for at in range(4)})[0] == Common(1, 4)


def test_boxes_in_two_frames_of_a_clip_are_not_of_one_thing_because_they_overlap() -> None:
    def shown(*moments: int) -> list[int]:
        rows = [Seen(0, other, THING, THING, -1.0, time_a=time_ms) for other, time_ms in enumerate(moments, 1)]
        return [how.others for how in common(rows, {at: f"camera {at}" for at in range(3)})]

    assert shown(0, 4000) == [0, 0]
    assert shown(4000, 4000) == [1, 1]


def test_a_camera_that_visits_other_homes_joins_no_groups_there() -> None:
    elsewhere = seen(2, 9, (500, 500, 20, 20))
    sights = [seen(0, 1), seen(0, 2), seen(0, 3), elsewhere]
    cameras = {0: "a", 1: "b", 2: "c", 3: "d", 8: "c", 9: "d"}
    assert common(sights, cameras)[0].others == 2


def test_unknown_cameras_are_no_bond_between_pictures() -> None:
    assert common([seen(0, 1), seen(0, 2), seen(0, 3)], dict.fromkeys(range(4), None))[0].others == 2


def test_another_thing_in_the_same_picture_does_not_count() -> None:
    sights = [seen(0, 1), seen(0, 2, (400, 400, 50, 50))]
    assert [how.others for how in common(sights, {0: "a", 1: "b", 2: "c"})] == [0, 0]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.floats(-2, 2)), max_size=20), st.randoms())
def test_the_order_of_sights_plays_no_part(pairs: list[tuple[int, int, float]], chance: object) -> None:
    sights = [seen(a, b, place_lr=value) for a, b, value in pairs if a < b]
    cameras = {at: at % 4 for at in range(10)}
    before = dict(zip(sights, common(sights, cameras), strict=True))
    mixed = list(sights)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert dict(zip(mixed, common(mixed, cameras), strict=True)) == before


@given(st.floats(-3, 3), st.integers(0, 50), st.integers(1, 50), st.floats(0, 2))
def test_more_common_never_says_more(value: float, others: int, groups: int, step: float) -> None:
    here = weakened(value, Common(others, groups), step)
    assert here <= value
    assert weakened(value, Common(others + 1, groups), step) <= here
    assert weakened(value - 0.1, Common(others, groups), step) <= here
    if others:
        assert here <= max(0.0, math.log10((groups + 1) / (others + 1)))


def test_what_nobody_else_shows_is_not_weakened() -> None:
    assert weakened(1.7, Common(0, 3), calibration().step) == 1.7


@given(*[st.tuples(*[st.integers(0, 100)] * 4)] * 2)
def test_a_box_covers_half_of_what_it_holds(box: Box, thing: Box) -> None:
    overlap = sum(
        box[0] <= x < box[0] + box[2] and box[1] <= y < box[1] + box[3]
        for x in range(thing[0], thing[0] + min(thing[2], 12))
        for y in range(thing[1], thing[1] + min(thing[3], 12))
    )
    small: Box = (thing[0], thing[1], min(thing[2], 12), min(thing[3], 12))
    assert covers(box, small) == (overlap > 0 and 2 * overlap >= small[2] * small[3])
