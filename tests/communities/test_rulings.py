"""What people said of two handles, and what that means for those who have done nothing: laws and a count by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from homeward.communities.captures import Ruled, body, replay
from homeward.communities.oversight import Judged, disparity, rates
from homeward.communities.records import Handle
from homeward.communities.rulings import reversed_words, standing, state

WORDS = st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from(["same", "apart", "withdrawn"])), max_size=8)


def said(*words: tuple[str, str]) -> list[Ruled]:
    return [Ruled("pair", "a", "b", person, says, "2026-01-01", "why", 0, "one") for person, says in words]  # type: ignore[arg-type]


@given(WORDS)
def test_two_accept_only_where_two_different_people_say_so_last_and_nobody_doubts(words: list[tuple[str, str]]) -> None:
    last = dict(words)
    same = sum(says == "same" for says in last.values())
    found = state(said(*words))
    assert (found == "rejected") == ("apart" in last.values())
    assert (found == "accepted") == ("apart" not in last.values() and same >= 2)
    assert set(standing(said(*words))) == {person for person, says in last.items() if says != "withdrawn"}


@given(WORDS)
def test_what_everybody_takes_back_is_as_before(words: list[tuple[str, str]]) -> None:
    found = said(*words, *((person, "withdrawn") for person in "xyz"))
    assert state(found) == "withdrawn"
    assert not standing(found)


def test_one_person_twice_is_one_person() -> None:
    assert state(said(("x", "same"), ("x", "same"))) == "supported"
    assert state([]) == "proposed"


@given(WORDS)
def test_a_decision_is_turned_round_by_its_maker_or_by_the_opposite(words: list[tuple[str, str]]) -> None:
    expected = 0
    for at, (person, says) in enumerate(words):
        later = words[at + 1 :]
        opposite = {"same": "apart", "apart": "same"}.get(says)
        expected += says != "withdrawn" and any(b == opposite or (b == "withdrawn" and a == person) for a, b in later)
    assert reversed_words(said(*words)) == expected


def test_events_say_what_stands() -> None:
    words = said(("x", "same"), ("y", "apart"))
    assert replay((body(word), at) for at, word in enumerate(words)).rulings == {"pair": [(words[0], 0), (words[1], 1)]}


def test_rates_are_of_innocents_and_by_group() -> None:
    handles = [Handle("one", f"{n:03}") for n in range(200)]
    even = {handle: "even" if n % 2 == 0 else "odd" for n, handle in enumerate(handles)}
    links = [Judged(a, b, 0.9, "rejected") for a, b in list(pairwise(handles[:7]))[::2]]  # 0-1, 2-3, 4-5
    links += [Judged(handles[10], handles[12], 0.95, "accepted"), Judged(handles[20], handles[22], 0.96, "proposed")]
    (whole,) = rates(handles, links, dict.fromkeys(handles, "all"))
    assert (whole.innocents, whole.linked, whole.wrong) == (198, 8, 6)
    assert whole.per_10_000 == pytest.approx(10_000 * 6 / 198)
    assert whole.expected_per_10_000 == pytest.approx(10_000 * (6 + 2 * 0.04) / 198)
    exact = stats.binomtest(6, 198).proportion_ci(method="exact")
    assert whole.interval == pytest.approx((10_000 * exact.low, 10_000 * exact.high))
    groups = rates(handles, links, even)
    assert {one.group: (one.innocents, one.wrong) for one in groups} == {"even": (98, 3), "odd": (100, 3)}
    assert disparity(whole, groups) == pytest.approx((3 / 98) / (6 / 198))


def test_no_disparity_is_told_of_next_to_nothing() -> None:
    handles = [Handle("one", f"{n:03}") for n in range(100)]
    links = [Judged(handles[0], handles[1], 0.9, "rejected")]
    (whole,) = rates(handles, links, dict.fromkeys(handles, "all"))
    assert disparity(whole, rates(handles, links, {h: str(n % 2) for n, h in enumerate(handles)})) is None
