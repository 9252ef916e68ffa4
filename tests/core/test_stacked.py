"""A stacked path comes back from its text exactly, whatever a suspect called a file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.core import StackedPath

names = st.text(st.characters(codec=None), min_size=1) | st.text(" >\\x0u", min_size=1)


@given(st.lists(names, min_size=1, max_size=6))
def test_text_form_round_trips(layers: list[str]) -> None:
    path = StackedPath.of(layers)
    assert StackedPath.parse(str(path)) == path


@given(st.lists(names, min_size=1, max_size=6))
def test_text_form_is_printable_utf8_on_one_line(layers: list[str]) -> None:
    text = str(StackedPath.of(layers))
    assert text.encode("utf-8").decode("utf-8") == text
    assert len(text.splitlines()) == 1


def test_reads_like_the_manual() -> None:
    path = StackedPath.of(["disk.E01", "p1", "/a.zip", "b.jpg"])
    assert str(path) == "disk.E01 > p1 > /a.zip > b.jpg"
    assert path.name == "b.jpg"
    assert str(path / "@4096.jpg").endswith("b.jpg > @4096.jpg")


def test_bytes_that_are_no_utf8_are_kept() -> None:
    found = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    assert str(StackedPath.of([found])) == "caf\\xe9.jpg"


def test_a_name_cannot_turn_the_direction_of_what_is_shown() -> None:
    turned = StackedPath.of(["photo\u202egpj.exe", "\u2067a\u2069b\u200f\u061c"])
    assert str(turned) == "photo\\u202egpj.exe > \\u2067a\\u2069b\\u200f\\u061c"
    assert StackedPath.parse(str(turned)) == turned
    assert str(StackedPath.of(["שלום.jpg", "سلام.png"])) == "שלום.jpg > سلام.png"


@pytest.mark.parametrize("text", ["", "a >  > b", "a\\q", "a\\x4", "a\\"])
def test_a_broken_text_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        StackedPath.parse(text)
