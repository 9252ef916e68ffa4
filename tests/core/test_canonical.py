"""Canonical JSON: the quick way and the reference write the same bytes and refuse the same values."""

from __future__ import annotations

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from homeward.core.canonical import Plain, canonical_json

scalars = st.none() | st.booleans() | st.integers() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec=None))


@given(st.lists(scalars) | st.lists(st.lists(scalars)) | st.dictionaries(st.text(), st.lists(scalars)))
def test_every_value_is_written_as_by_the_reference(value: Plain) -> None:
    try:
        wanted = rfc8785.dumps(value)
    except ValueError:
        with pytest.raises(ValueError):
            canonical_json(value)
        return
    assert canonical_json(value) == wanted


def test_so_is_every_character() -> None:
    for first in range(0, 0x11000, 0x100):
        text = "".join(chr(point) for point in range(first, first + 0x100) if not 0xD800 <= point < 0xE000)
        assert canonical_json([text]) == rfc8785.dumps([text])
