"""Places of no case beside a case: counted once each, never making a thing rarer, as a slow reference counts them."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from homeward.links.rarity import ONE_PLACE, Box, Common, Elsewhere, Seen, calibration, common, covers, weakened

BOXES: list[Box] = [(0, 0, 100, 100), (10, 10, 80, 80), (300, 300, 50, 50)]
CAMERAS = {item: item % 3 or None for item in range(8)}
STEP = calibration().step

boxes = st.sampled_from(BOXES)
ratios = st.sampled_from([-1.0, 0.5, 1.0, 2.0])
sights = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7), boxes, boxes, ratios).filter(lambda one: one[0] < one[1]), max_size=12
).map(lambda rows: [Seen(*row) for row in rows])


@st.composite
def elsewheres(draw: Any) -> list[Elsewhere]:
    rows = draw(st.lists(st.tuples(st.integers(0, 7), boxes, st.integers(0, 4)), max_size=14))
    return [Elsewhere(item, box, f"place {one}") for item, box, one in rows]


def slow(one: Seen, seen: list[Seen], beyond: list[Elsewhere]) -> tuple[int, int]:
    """Groups of the case, by joining pictures until nothing changes; and places of no case, one picture at a time."""

    def there(item: int, thing: Box) -> set[int]:
        ahead = {s.b for s in seen if s.a == item and covers(s.box_a, thing)}
        return ahead | {s.a for s in seen if s.b == item and covers(s.box_b, thing)}

    shown = {one.a, one.b} | there(one.a, one.box_a) | there(one.b, one.box_b)
    label = {item: item for item in shown}
    label[one.b] = label[one.a]
    for _ in shown:
        for x in sorted(shown):
            for y in sorted(shown):
                placed = any({s.a, s.b} == {x, y} and s.place_lr >= ONE_PLACE for s in seen)
                if placed or (CAMERAS[x] is not None and CAMERAS[x] == CAMERAS[y]):
                    low = min(label[x], label[y])
                    label = {item: low if at in (label[x], label[y]) else at for item, at in label.items()}
    places = set()
    for row in beyond:
        of_thing = (row.item == one.a and covers(row.box, one.box_a)) or (row.item == one.b and covers(row.box, one.box_b))
        if of_thing:
            places.add(row.place)
    return len(set(label.values())) - 1, len(places)


@given(sights, elsewheres())
def test_the_fast_count_is_the_slow_one(seen: list[Seen], beyond: list[Elsewhere]) -> None:
    for one, how in zip(seen, common(seen, CAMERAS, beyond, 5), strict=True):
        here, places = slow(one, seen, beyond)
        assert how == Common(here + places, 3, places, 5)


@given(sights, elsewheres(), st.floats(-3, 3))
def test_no_collection_ever_raises_a_ratio(seen: list[Seen], beyond: list[Elsewhere], value: float) -> None:
    for alone, how in zip(common(seen, CAMERAS), common(seen, CAMERAS, beyond, 5), strict=True):
        assert weakened(value, how, STEP) <= weakened(value, alone, STEP)


@given(sights, elsewheres(), st.integers(0, 7), boxes, st.floats(-3, 3))
def test_one_more_place_that_shows_it_never_raises_a_ratio(
    seen: list[Seen], beyond: list[Elsewhere], item: int, box: Box, value: float
) -> None:
    more = [*beyond, Elsewhere(item, box, "another place")]
    for before, after in zip(common(seen, CAMERAS, beyond, 5), common(seen, CAMERAS, more, 6), strict=True):
        if after.elsewhere > before.elsewhere:
            assert weakened(value, after, STEP) <= weakened(value, before, STEP)
        else:
            assert after == msgspec.structs.replace(before, looked=6)


@given(st.integers(0, 30), st.integers(1, 30), st.integers(0, 30), st.integers(0, 30), st.floats(-3, 3))
def test_the_ratio_falls_with_every_place(here: int, groups: int, places: int, empty: int, value: float) -> None:
    before = Common(here + places, groups, places, places + empty)
    after = Common(here + places + 1, groups, places + 1, places + empty + 1)
    assert weakened(value, after, STEP) <= weakened(value, before, STEP) <= value


def test_one_shop_with_many_pictures_is_one_place() -> None:
    thing = BOXES[0]
    shop = [Elsewhere(1, thing, "shop")] * 9
    assert common([Seen(1, 2, thing, thing, -1.0)], CAMERAS, shop, 3) == [Common(1, 3, 1, 3)]
