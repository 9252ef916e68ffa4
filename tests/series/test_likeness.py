"""Normal forms: the same thing written in other ways is the same clue, and another thing is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.series.likeness import likeness, position

SHA = "ab" * 32
KINDS = st.sampled_from(["text", "code", "serial"])


@given(KINDS, st.text(max_size=30))
def test_a_normal_form_is_its_own_normal_form(kind: str, value: str) -> None:
    try:
        found = likeness(kind, value)
    except ValueError:
        return
    assert likeness(kind, found) == found


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=20))
def test_case_and_blanks_are_no_part_of_a_text(value: str) -> None:
    try:
        found = likeness("text", value)
    except ValueError:
        return
    assert likeness("text", f"  {value.upper().lower()}\n") == likeness("text", value.upper().lower())
    assert likeness("text", value.casefold()) == found


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("text", "Straße  12", "STRASSE 12"),
        ("text", "ﬁsh", "Fish"),
        ("text", "Ａ４", "a4"),
        ("code", "978-3-16-148410-0", "9783161484100"),
        ("serial", "Canon  EOS 0123", "CANON EOS 0123"),
        ("coordinate", "59.33258, 18.0649", "59.33262 18.06491"),
        ("coordinate", "0.00001,-0.00001", "0,0"),
        ("coordinate", "10,-180", "10;180"),
    ],
)
def test_written_otherwise_it_is_the_same(kind: str, one: str, other: str) -> None:
    assert likeness(kind, one) == likeness(kind, other)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("code", "https://x.example/Ab", "https://x.example/aB"),
        ("code", "A-1", "A1"),
        ("serial", "canon 0123", "canon 123"),
        ("coordinate", "59.3326,18.0649", "59.3328,18.0649"),
        ("region", f"{SHA} -1 0,0,5,5", f"{SHA} -1 0,0,5,6"),
    ],
)
def test_another_thing_is_another(kind: str, one: str, other: str) -> None:
    assert likeness(kind, one) != likeness(kind, other)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("coordinate", "91,0"), ("coordinate", "0,181"), ("coordinate", "nan,0"), ("coordinate", "north"), ("text", " "),
     ("region", "here"), ("region", f"{SHA} 0 -1,0,5,5"), ("code", "\n"), ("coordinate", "1e5,0"), ("coordinate", "")],
)  # fmt: skip
def test_what_is_none_of_its_kind_is_refused(kind: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        likeness(kind, value)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_coordinate_keeps_its_place_within_its_decimals(latitude: float, longitude: float) -> None:
    found = position(likeness("coordinate", f"{latitude:.9f},{longitude:.9f}"))
    assert abs(found[0] - latitude) <= 0.00006
    assert min(abs(found[1] - longitude), 360 - abs(found[1] - longitude)) <= 0.00006
