"""Who showed a series first, here: laws of the posterior, small cases by hand, and worlds with sources who never post."""

import math
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.communities.appearance import FEATURES, FirstShown, Showing, first_shown, tables
from homeward.communities.records import Handle, Window
from homeward.testing.communities.cascades import PRETENDING, REPORT, SPARSE, CascadeRanges, CascadeWorld, cascade_world

DAY = 86_400.0
MAKER, COLLECTOR, PASSER = Handle("a", "maker"), Handle("a", "collector"), Handle("b", "passer")
WINDOWS = [Window("c", "one", 0, 1000 * DAY, 0.9)]


def case(*, camera: bool = True, generation: int = 0) -> list[FirstShown]:
    """Three series by one camera, each first shown by the same handle and passed on by another ten days later."""
    showings, series, cameras = [], {}, {}
    for number in range(3):
        for file in (f"s{number}f{n}" for n in range(4)):
            series[file] = f"s{number}"
            if camera:
                cameras[file] = "k"
            showings.append(Showing(file, MAKER, "one", (100 + number) * DAY, generation))
            showings.append(Showing(file, PASSER, "one", (110 + number) * DAY, 1))
    return first_shown(showings, series, cameras, WINDOWS)


def test_one_handle_with_one_camera_over_many_series_stands_first() -> None:
    for found in case():
        assert found.candidates[0].handle == MAKER
        assert found.candidates[0].probability > 0.9
        assert dict(found.candidates[0].parts)["sensor"] > 0
        assert found.candidates[0].watched == pytest.approx(0.9, abs=0.05)


def test_being_first_once_names_nobody() -> None:
    found = first_shown([Showing("f", COLLECTOR, "one", 50 * DAY, 1)], {"f": "s"}, {}, WINDOWS)
    assert found[0].unseen > found[0].candidates[0].probability


def test_a_collector_of_many_cameras_is_not_taken_for_a_maker() -> None:
    showings = [Showing(f"f{n}", COLLECTOR, "one", (50 + n) * DAY, 0) for n in range(12)]
    series, cameras = {f"f{n}": f"s{n}" for n in range(12)}, {f"f{n}": f"k{n}" for n in range(12)}
    for found in first_shown(showings, series, cameras, WINDOWS):
        assert found.candidates[0].probability < 0.9


def test_files_without_a_series_say_nothing() -> None:
    assert first_shown([Showing("f", MAKER, "one", 1.0)], {}, {}, []) == []


def test_the_camera_never_lowers_what_it_speaks_for() -> None:
    for with_camera, without in zip(case(), case(camera=False), strict=True):
        assert with_camera.candidates[0].probability >= without.candidates[0].probability


def elsewhere(*, camera: bool = True, hand: Handle = COLLECTOR) -> FirstShown:
    """A series of the maker's camera that the passer is first with, and three that ``hand`` is first with."""
    showings = [Showing("s3f", PASSER, "one", 90 * DAY), *(Showing(f"s{n}f", hand, "one", (10 + n) * DAY) for n in range(3))]
    series = {f"s{n}f": f"s{n}" for n in range(4)}
    found = first_shown(showings, series, dict.fromkeys(series, "k") if camera else {}, WINDOWS)
    return found[-1]


def test_where_the_hand_of_the_camera_was_not_seen_the_source_is_unseen() -> None:
    told = elsewhere()
    assert dict(told.unseen_parts)["hand elsewhere"] > 3
    assert told.unseen > 0.95
    assert told.unseen > elsewhere(camera=False).unseen
    assert elsewhere(hand=PASSER).unseen < 0.2


def test_a_camera_that_is_seen_with_nothing_else_says_as_little_as_none() -> None:
    alone, none = (
        first_shown([Showing("f", MAKER, "one", 1.0)], {"f": "s"}, cameras, WINDOWS)[0] for cameras in ({"f": "k"}, {})
    )
    assert alone == none
    assert dict(alone.unseen_parts)["camera alone"] > 0


def test_passing_on_speaks_against_a_handle_and_weighs_one_natural_unit_at_most() -> None:
    showings = [Showing("f", MAKER, "one", 50 * DAY), Showing("g", PASSER, "one", 50 * DAY)]
    others = [Showing(f"h{n}", who, "one", day * DAY) for n in range(60) for who, day in ((COLLECTOR, 1), (PASSER, 60))]
    series = {row.file: row.file for row in (*showings, *others)}
    told = {one.series: one for one in first_shown([*showings, *others], series, {}, WINDOWS)}
    assert told["g"].candidates[0].probability < told["f"].candidates[0].probability
    assert -1 < dict(told["g"].candidates[0].parts)["passed on"] < -0.9
    assert "passed on" not in dict(told["f"].candidates[0].parts)


def test_how_original_copies_look_weighs_one_natural_unit_at_most() -> None:
    for found in case(generation=0):
        assert all(abs(value) <= 1 for name, value in found.candidates[0].parts if name == "original")


def shuffled(world: CascadeWorld, seed: int) -> list[FirstShown]:
    rows = list(world.showings)
    random.Random(seed).shuffle(rows)
    return first_shown(rows, world.series, world.cameras, world.windows)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_probabilities_add_up_and_the_order_of_posts_does_not_matter(seed: int) -> None:
    world = cascade_world(seed, handles=120, producers=5, collectors=8)
    found = first_shown(world.showings, world.series, world.cameras, world.windows)
    for one, two in zip(found, shuffled(world, seed), strict=True):
        assert one.unseen > 0
        assert one.unseen + sum(c.probability for c in one.candidates) == pytest.approx(1)
        assert one.unseen == pytest.approx(two.unseen)
        assert [c.handle for c in one.candidates] == [c.handle for c in two.candidates]


NAMELESS = REPORT._replace(unknown=(1.0, 1.0))
"""Nothing is known of any camera."""


@pytest.mark.parametrize("ranges", [REPORT, SPARSE, PRETENDING, NAMELESS])
def test_who_only_passed_on_is_hardly_ever_named_and_unseen_sources_are_told(ranges: CascadeRanges) -> None:
    named = wrong = unseen = absent = 0
    for seed in range(2):
        world = cascade_world(seed, ranges)
        for found in first_shown(world.showings, world.series, world.cameras, world.windows):
            best, source = found.candidates[0], world.sources[found.series]
            named += best.probability >= 0.9
            wrong += best.probability >= 0.9 and best.handle != source
            if source not in {c.handle for c in found.candidates}:
                absent += 1
                unseen += found.unseen > best.probability
    assert wrong <= 0.05 * named
    assert unseen >= 0.7 * absent


def test_what_is_counted_once_is_what_a_slow_count_of_every_series_finds() -> None:
    world = cascade_world(3, REPORT, handles=200, producers=12, collectors=20)
    rows: dict[str, list[Showing]] = {}
    for one in sorted(world.showings, key=lambda s: (s.time, s.handle, s.file)):
        rows.setdefault(world.series[one.file], []).append(one)
    first = {name: shown[0].handle for name, shown in rows.items()}
    sensor = {name: camera for name in rows if (camera := _most(rows[name], world.cameras))}
    for table in tables(world.showings, world.series, world.cameras, world.windows):
        name = table.series
        for handle, told in zip(table.earliest, table.handle, strict=True):
            led = [other for other in rows if other != name and first[other] == handle]
            seen = sum(any(s.handle == handle for s in rows[other]) for other in rows if other != name)
            same = [other for other in rows if other != name and name in sensor and sensor.get(other) == sensor[name]]
            named = [other for other in led if other in sensor]
            by_it = len(set(named) & set(same))
            all_led = [sensor[other] for other in sensor if first[other] == handle]
            one_hand = 1 - (len(set(all_led)) - 1) / (len(all_led) - 1) if len(all_led) > 1 else 0.0
            behind = (seen - len(led)) / (seen - len(led) + 2)
            more = max(len(set(all_led)) - 2, 0)
            expected = (
                len(led) / (seen + 2),
                by_it / (len(named) + 1),
                by_it / (len(same) + 1),
                one_hand,
                more / (more + 2),
                behind,
            )
            counted = ("elsewhere", "camera", "sensor", "one hand", "many cameras", "passed on")
            columns = [FEATURES.index(feature) for feature in counted]
            assert told[columns] == pytest.approx(expected)
        same = [other for other in rows if other != name and name in sensor and sensor.get(other) == sensor[name]]
        hands = Counter(first[other] for other in same if first[other] not in table.earliest)
        assert table.unseen[2:] == pytest.approx((math.log(1 + max(hands.values(), default=0)), float(not same)))


def _most(rows: list[Showing], cameras: dict[str, str]) -> str | None:
    named = Counter(cameras[file] for file in {row.file for row in rows} if file in cameras)
    camera, count = min(named.items(), key=lambda pair: (-pair[1], pair[0]), default=(None, 0))
    return camera if 3 * count >= named.total() else None
