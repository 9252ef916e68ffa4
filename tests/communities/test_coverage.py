"""Censuses from captures that overlap, against the formulas' own worked cases and against drawn populations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.communities.coverage import at_least, recaptured


def test_two_captures_give_the_worked_case_of_the_textbook() -> None:
    # Seber 1982, §3.1.3: n1 = 200, n2 = 100, m = 10 gives N* = 1844.5
    assert recaptured(200, 100, 10).total == pytest.approx(201 * 101 / 11 - 1)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    random, held = np.random.default_rng(4), 0
    for _ in range(300):
        first, second = random.random(800) < 0.3, random.random(800) < 0.4
        census = recaptured(int(first.sum()), int(second.sum()), int((first & second).sum()))
        held += census.low <= 800 <= census.high
    assert held >= 270  # 95 % of 300 is 285


def test_those_seen_once_and_twice_bound_the_number_from_below() -> None:
    random = np.random.default_rng(5)
    posts = random.poisson(random.gamma(2, 0.7, 2000))
    seen = int((posts > 0).sum())
    census = at_least(seen, int((posts == 1).sum()), int((posts == 2).sum()))
    assert seen < census.total < 2000 * 1.05


def test_the_interval_of_a_single_capture_holds_the_truth_as_often_as_it_says() -> None:
    random, held = np.random.default_rng(1), 0
    for _ in range(1000):
        posts = random.poisson(0.7, 2000)  # all write alike, so that the bound is the number itself
        census = at_least(*(int((posts >= 1).sum()), int((posts == 1).sum()), int((posts == 2).sum())))
        held += census.low <= 2000 <= census.high
    assert held >= 940


@given(st.integers(0, 500), st.integers(0, 500), st.data())
def test_an_estimate_is_never_below_what_was_seen(first: int, second: int, data: st.DataObject) -> None:
    both = data.draw(st.integers(0, min(first, second)))
    census = recaptured(first, second, both)
    assert first + second - both <= census.low <= census.total <= census.high


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="both"):
        recaptured(3, 4, 5)
    with pytest.raises(ValueError, match="once and twice"):
        at_least(3, 2, 2)
