"""Words that count as the same, and how far others are from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.core import wording

LETTERS = st.text("abcdeо0", max_size=9)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("МОСКВА", "MOCKBA"),
        ("PELT0R", "peltor"),
        ("Tvättmedel", "TVATTMEDEL"),
        ("ΡΟΔΟ", "poΔo"),
        ("corn", "com"),
        ("l1I", "iii"),
    ],
)
def test_what_looks_alike_has_one_key(one: str, other: str) -> None:
    assert wording.key(one) == wording.key(other)


@pytest.mark.parametrize(("one", "other"), [("peltor", "pelter"), ("1962", "1968"), ("", "a"), ("ж", "x")])
def test_what_does_not_look_alike_has_not(one: str, other: str) -> None:
    assert wording.key(one) != wording.key(other)


def test_a_form_keeps_words_apart_and_nothing_but_letters_and_digits() -> None:
    assert wording.form("  WWW.Haus-Straße.de,\n(Łódź 3) ") == "www haus strasse de lodz 3"


def test_a_key_fits_an_index_whatever_is_written() -> None:
    assert len(wording.key("\ufdfa" * 400)) == wording.LONGEST


def edits(a: str, b: str) -> int:
    if not a or not b:
        return len(a) + len(b)
    return min(edits(a[1:], b) + 1, edits(a, b[1:]) + 1, edits(a[1:], b[1:]) + (a[0] != b[0]))


@given(st.text("ab", max_size=4), st.text("abc", max_size=5))
def test_the_nearest_stretch_is_that_of_trying_all(asked: str, line: str) -> None:
    near = wording.nearest(asked, line)
    best = min(edits(asked, line[start:end]) for start in range(len(line) + 1) for end in range(start, len(line) + 1))
    assert near.distance == best == edits(asked, line[near.start : near.end])


@given(st.text("abcdefgh", min_size=2, max_size=14) | st.text("ab", min_size=2, max_size=14), st.data())
def test_whatever_is_near_enough_shares_enough_pairs(asked: str, data: st.DataObject) -> None:
    line = list(asked)
    for _ in range(wording.allowed(len(asked))):
        at = data.draw(st.integers(0, len(line)))
        what = data.draw(st.sampled_from(["put", "cut", "swap"]))
        letter = data.draw(st.sampled_from("abxyz"))
        line[at : at + (what != "put")] = [] if what == "cut" else [letter]
    found = data.draw(LETTERS) + "".join(line) + data.draw(LETTERS)
    shared = wording.grams(asked) & wording.grams(found)
    assert len(shared) >= wording.least_shared(asked) >= 1


@given(st.text(max_size=60))
def test_every_text_has_forms_and_each_letter_of_its_key_an_owner(text: str) -> None:
    assert wording.form(wording.form(text)) == wording.form(text)
    owners = list(wording.spread(text))
    assert owners == sorted(owners)
    assert all(owner < len(text.split()) for owner in owners)
