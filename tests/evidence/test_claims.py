"""Hashes that came with a delivery are read as the usual tools write them, whatever the files are called."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.core import StackedPath, WrongUse
from homeward.evidence.claims import read_claims

NAMES = (
    b"plain.jpg", b"with  two spaces.jpg", b"new\nline.jpg", b"back\\slash.jpg", b"return\rhere.jpg", b"page\x0cend.jpg",
    "line\u2028separator.jpg".encode(), "next\x85line.jpg".encode(), b"no utf-8 \xff.jpg", b" > like a stacked path",
    b"a > \\q",
)  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [["md5sum"], ["sha1sum", "--binary"], ["sha256sum"], ["md5sum", "--tag"], ["sha256sum", "--tag"]],
    ids=" ".join,
)
def test_what_the_usual_tools_write_is_read_back(command: list[str], tmp_path: Path) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]} here")
    folder = tmp_path / "files"
    folder.mkdir()
    for at, name in enumerate(NAMES):
        (folder / os.fsdecode(name)).write_bytes(b"%d" % at)
    written = subprocess.run([*command, "--", *NAMES], cwd=folder, capture_output=True, check=True).stdout
    (tmp_path / "sums").write_bytes(written)
    algorithm = command[0].removesuffix("sum")
    read = read_claims(tmp_path / "sums")
    for at, name in enumerate(NAMES):
        digest = hashlib.new(algorithm, b"%d" % at, usedforsecurity=False).hexdigest()
        text = os.fsdecode(name)
        assert [(algorithm, digest)] in (read.get(str(StackedPath.of([text]))), read.get(_stacked(text)))


def _stacked(text: str) -> str:
    """The one name here that can be read as a stacked path is taken for one."""
    try:
        return str(StackedPath.parse(text))
    except ValueError:
        return ""


def test_lines_of_windows_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    (tmp_path / "sums").write_bytes(b"\xef\xbb\xbf" + b"0" * 32 + b" *a.jpg\r\n" + b"1" * 40 + b"  ./b.jpg\r\n")
    assert read_claims(tmp_path / "sums") == {"a.jpg": [("md5", "0" * 32)], "b.jpg": [("sha1", "1" * 40)]}


def test_a_csv_file_is_read_with_line_ends_inside_names(tmp_path: Path) -> None:
    (tmp_path / "sums.csv").write_text(f'Path,MD5,SHA256\n"a\nb.jpg",{"A" * 32},\nz.zip > c.jpg,,{"b" * 64}\n,{"c" * 32},\n')
    read = read_claims(tmp_path / "sums.csv")
    assert read == {"a\\u000ab.jpg": [("md5", "a" * 32)], "z.zip > c.jpg": [("sha256", "b" * 64)]}


@given(content=st.binary(max_size=200) | st.binary(max_size=200).map(lambda data: b"path,md5\n" + data))
def test_any_file_is_claims_or_wrong_use(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.getbasetemp() / "any"
    file.write_bytes(content)
    try:
        read = read_claims(file)
    except WrongUse:
        return
    assert all(len(value) in {32, 40, 64} for claims in read.values() for _, value in claims)


def test_a_csv_that_breaks_the_reader_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "sums.csv").write_text("path,md5\n" + "x" * 200_000 + "," + "0" * 32)
    with pytest.raises(WrongUse, match="CSV"):
        read_claims(tmp_path / "sums.csv")


def test_an_empty_name_is_no_claim(tmp_path: Path) -> None:
    (tmp_path / "sums").write_text("0" * 32 + "  ./\n" + "0" * 32 + "  a\n")
    assert read_claims(tmp_path / "sums") == {"./": [("md5", "0" * 32)], "a": [("md5", "0" * 32)]}
