"""Counting quickly is counting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from homeward.known.counting import count_key, count_lines

texts = st.lists(st.sampled_from([b'"MD5"', b'"MD5', b'MD5"', b'"SHA1"', b"M", b'"', b"\n", b"\0", b"xyz"]), max_size=40).map(
    b"".join
)


@given(texts, st.sampled_from([b'"MD5"', b'"SHA1"']))
def test_keys_are_counted_as_they_stand(text: bytes, key: bytes) -> None:
    assert count_key(text, key) == sum(text.startswith(key, at) for at in range(len(text)))


@given(texts, st.integers(0, 300))
def test_lines_are_counted_up_to_an_end(text: bytes, end: int) -> None:
    end = min(end, len(text))
    assert count_lines(text, end) == text.count(b"\n", 0, end)
