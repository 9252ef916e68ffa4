"""Rare words that two pictures share."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.links.text import CAP, WIDEST, Shared, Text, calibration, links, marked, rarity, shared, weigh


def text(stack: int, key: str, where: tuple[float, float] = (0.5, 0.5), time_ms: int = -1) -> Text:
    return Text(stack, time_ms, stack, key, key.upper(), where)


OTHERS = [text(100 + number, f"other{number}") for number in range(60)]


def test_a_rare_string_links_and_the_rarest_counts() -> None:
    found = links([*OTHERS, text(1, "heltortri"), text(2, "heltortri"), text(1, "pontevale"), text(2, "pontevale"),
                   *(text(stack, "pontevale") for stack in range(3, 8))])  # fmt: skip
    (best,) = [link for link in found if {link.a, link.b} == {1, 2}]
    assert best.text == "HELTORTRI"
    assert best.rarity == pytest.approx(rarity(2, 67), abs=1e-3)
    assert best.log10_lr == pytest.approx(weigh(best.rarity), abs=1e-3)
    assert found[0] is best


@pytest.mark.parametrize(
    "those",
    [
        [text(1, "abcd"), text(2, "abcd")],
        [text(1, "ababab"), text(2, "ababab")],
        [text(1, "common"), text(2, "common")],
        [text(1, "heltortri"), text(1, "heltortri", time_ms=40)],
        [text(stack, "heltortri") for stack in range(WIDEST + 1)],
    ],
    ids=["short", "a pattern", "common", "one stack", "everywhere"],
)
def test_what_says_nothing_links_nothing(those: list[Text]) -> None:
    assert links([*OTHERS, *those], frozenset({"common"})) == []


def test_a_mark_at_one_spot_of_the_edge_links_nothing() -> None:
    fixed = [text(stack, "sitename", (0.93, 0.96)) for stack in range(4)]
    assert marked(fixed)
    assert links([*OTHERS, *fixed]) == []
    many = [text(stack, "sitename", (0.93, 0.96)) for stack in range(WIDEST + 20)]
    assert [string.mark for string in shared([*OTHERS, *many])] == [True]
    moved = links([*OTHERS, *(text(stack, "sitename", (0.2 * stack, 0.96)) for stack in range(4))])
    assert all(link.log10_lr > 0 for link in moved)


def test_a_mark_lies_at_one_distance_from_a_corner_of_pictures_of_all_sizes() -> None:
    sizes = [(1000, 750), (640, 480), (819, 614)]
    corner = [
        Text(at, -1, at, "sitename", "SITENAME", (1 - 90 / wide, 1 - 20 / high), size=(wide, high))
        for at, (wide, high) in enumerate(sizes)
    ]
    assert marked(corner)
    assert not marked([msgspec.structs.replace(one, size=(1, 1)) for one in corner])


def test_a_mark_is_one_where_most_stand_at_the_spot() -> None:
    fixed = [text(stack, "sitename", (0.93, 0.96)) for stack in range(1, 5)]
    turned = [text(9, "sitename", (0.04, 0.07))]
    assert marked([*turned, *fixed]) == fixed
    assert not marked([*fixed[:3], *(text(20 + at, "sitename", (0.1 * at + 0.2, 0.5)) for at in range(5))])


def test_what_stands_in_one_place_seen_again_is_no_mark() -> None:
    fixed = [text(stack, "sitename", (0.93, 0.96)) for stack in range(1, 5)]
    assert not marked([msgspec.structs.replace(one, place=7) for one in fixed])
    assert marked([msgspec.structs.replace(fixed[0], place=7), *fixed[1:3]])


@given(st.integers(2, 500), st.integers(2, 5000))
def test_rarer_is_stronger_and_nothing_is_beyond_what_the_case_supports(pictures: int, read: int) -> None:
    value = rarity(pictures, max(read, pictures))
    assert 0 <= value <= min(CAP, math.log10(max(read, pictures))) + 1e-9
    assert rarity(pictures + 1, max(read, pictures + 1)) <= rarity(pictures, max(read, pictures + 1))


@given(st.floats(0, CAP), st.floats(0, CAP))
def test_a_ratio_rises_with_rarity_and_is_never_beyond_what_was_met(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= weigh(low) <= weigh(high) <= calibration().cap


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from(["heltortri", "pontevale", "xx"])), max_size=20))
def test_links_are_pairs_of_stacks_in_any_order_of_reading(said: list[tuple[int, str]]) -> None:
    texts = [text(*one) for one in said]
    found = links(texts)
    assert links(texts[::-1]) == found
    pairs = [(link.a, link.b) for link in found]
    assert len(set(pairs)) == len(pairs)
    together = {pair for string in shared(texts) for pair in
                ((a.stack, b.stack) for a in string.texts for b in string.texts if a.stack < b.stack)}  # fmt: skip
    assert set(pairs) == together


@given(st.integers(2, 30), st.integers(0, 300), st.integers(0, 50), st.integers(0, 500))
def test_places_of_no_case_never_make_words_rarer(pictures: int, more: int, elsewhere: int, empty: int) -> None:
    texts = tuple(text(stack, "heltortri") for stack in range(pictures))
    read, looked = pictures + more, elsewhere + empty
    here = Shared(texts, read, mark=False, elsewhere=elsewhere, looked=looked).rarity
    assert here <= Shared(texts, read, mark=False).rarity
    assert Shared(texts, read, mark=False, elsewhere=elsewhere + 1, looked=looked + 1).rarity <= here


def test_words_of_background_collections_are_counted() -> None:
    texts = [*OTHERS, text(1, "heltortri"), text(2, "heltortri")]
    (alone,) = links(texts)
    (less,) = links(texts, elsewhere={"heltortri": 9}, looked=40)
    assert less.rarity < alone.rarity
    assert "in 9 of 40 places of background collections" in less.reason
