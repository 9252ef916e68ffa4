"""A range of a descriptor behaves as the bytes of that range alone would, and shows nothing beside them."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.sandbox import ByteRange

STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["read", "readinto"]), st.integers(0, 400)),
        st.tuples(st.just("read"), st.just(-1)),
        st.tuples(st.sampled_from([os.SEEK_SET, os.SEEK_CUR, os.SEEK_END]), st.integers(-400, 400)),
    ),
    max_size=20,
)


@contextmanager
def _descriptor(content: bytes) -> Iterator[int]:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        yield file.fileno()


def _taken(file: ByteRange | io.BytesIO, kind: str, count: int) -> object:
    if kind == "read":
        return file.read(count)
    buffer = bytearray(count)
    return file.readinto(buffer), bytes(buffer)


@given(before=st.binary(max_size=50), inside=st.binary(max_size=300), after=st.binary(max_size=50), steps=STEPS)
def test_it_reads_as_the_bytes_themselves(
    before: bytes, inside: bytes, after: bytes, steps: list[tuple[str | int, int]]
) -> None:
    with _descriptor(before + inside + after) as fd:
        ours, theirs = ByteRange(fd, len(before), len(inside)), io.BytesIO(inside)
        for kind, number in steps:
            if isinstance(kind, str):
                assert _taken(ours, kind, number) == _taken(theirs, kind, number)
            elif (target := (0, theirs.tell(), len(inside))[kind] + number) < 0:
                with pytest.raises(ValueError, match="before the start"):
                    ours.seek(number, kind)
            else:
                assert ours.seek(number, kind) == theirs.seek(number, kind) == target
            assert ours.tell() == theirs.tell()


@given(before=st.binary(max_size=50), inside=st.binary(max_size=300), position=st.integers(0, 400), count=st.integers(0, 400))
def test_at_is_a_slice_and_moves_nothing(before: bytes, inside: bytes, position: int, count: int) -> None:
    with _descriptor(before + inside + b"beside") as fd:
        ours = ByteRange(fd, len(before), len(inside))
        ours.seek(3)
        assert ours.at(position, count) == inside[position : position + count]
        assert ours.tell() == 3


@given(position=st.integers(-20, -1), count=st.integers(0, 20))
def test_nothing_before_the_range_can_be_read(position: int, count: int) -> None:
    with _descriptor(b"somebody else's bytes" + b"ours") as fd, pytest.raises(ValueError, match="negative"):
        ByteRange(fd, 21, 4).at(position, count)


@given(content=st.binary(max_size=100), offset=st.integers(0, 150), size=st.integers(0, 150))
def test_a_medium_that_ends_early_gives_what_it_has(content: bytes, offset: int, size: int) -> None:
    with _descriptor(content) as fd:
        ours = ByteRange(fd, offset, size)
        assert ours.read() == content[offset : offset + size]
        assert ours.read(10) == b""
        assert ours.seek(0, os.SEEK_END) == size


def test_two_ranges_of_one_descriptor_do_not_disturb_each_other() -> None:
    with _descriptor(b"first" + b"second") as fd:
        one, other = ByteRange(fd, 0, 5), ByteRange(fd, 5, 6)
        assert (one.read(2), other.read(3), one.read(), other.read()) == (b"fi", b"sec", b"rst", b"ond")
        one.close()
        assert os.fstat(fd).st_size == 11


def test_a_library_reads_it_as_a_file() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"inside" * 100)
    with _descriptor(b"in front" + made.getvalue() + b"behind") as fd:
        source = io.BufferedReader(ByteRange(fd, 8, len(made.getvalue())))
        assert zipfile.ZipFile(source).read("a.txt") == b"inside" * 100


@pytest.mark.parametrize(("offset", "size"), [(-1, 5), (0, -1)])
def test_a_range_cannot_begin_before_its_medium(offset: int, size: int) -> None:
    with pytest.raises(ValueError, match="negative"):
        ByteRange(0, offset, size)


def test_an_unknown_way_to_seek_is_a_value_error() -> None:
    with _descriptor(b"content") as fd, pytest.raises(ValueError, match="seek from 7"):
        ByteRange(fd, 0, 7).seek(0, 7)
