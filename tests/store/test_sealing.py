from __future__ import annotations

import os
from pathlib import Path

import pytest

from homeward.store import events, sealing
from homeward.store.errors import CaseDamaged, StoreError

SIZES = [0, 99, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 19]


def sealed(tmp_path: Path, content: bytes, key: bytes, name: str = "posts-0") -> Path:
    plain = os.memfd_create("plain")
    os.write(plain, content)
    with (tmp_path / name).open("wb") as out:
        sealing.seal(plain, out.fileno(), key, name)
    os.close(plain)
    return tmp_path / name


def read(path: Path, key: bytes) -> bytes:
    fd = sealing.unseal(path, key)
    try:
        return os.pread(fd, 1 << 24, 0)
    finally:
        os.close(fd)


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_back(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    path = sealed(tmp_path, content, b"k" * 32)
    assert read(path, b"k" * 32) == content
    assert not content[:1000] or content[:1000] not in path.read_bytes()


@pytest.mark.parametrize("change", ["bit", "cut", "cut to pieces", "longer", "swapped", "renamed", "other key", "mark"])
def test_nothing_but_the_whole_opens(tmp_path: Path, change: str) -> None:
    piece = (1 << 20) + 16
    path, key = sealed(tmp_path, os.urandom(2 << 20), b"k" * 32), b"k" * 32
    body = path.read_bytes()
    head = len(body) - 2 * piece
    changed = {
        "bit": body[:-5] + bytes([body[-5] ^ 1]) + body[-4:],
        "cut": body[:-1],
        "cut to pieces": body[:-piece],
        "longer": body + b"x",
        "swapped": body[:head] + body[head + piece :] + body[head : head + piece],
        "mark": b"H" + body[1:],
    }
    if change == "renamed":
        path = path.rename(tmp_path / "texts-0")
    elif change == "other key":
        key = b"l" * 32
    else:
        path.write_bytes(changed[change])
    with pytest.raises(CaseDamaged):
        read(path, key)


def test_a_destroyed_key_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    key = sealing.new_key(path)
    other = os.open(path, os.O_RDONLY)  # what a second name of the file would still show
    assert sealing.read_key(path) == key
    sealing.destroy_key(path)
    sealing.destroy_key(path)
    assert key.hex().encode() not in os.pread(other, 100, 0)
    os.close(other)
    with pytest.raises(sealing.KeyDestroyed):
        sealing.read_key(path)
    path.write_text("no key")
    with pytest.raises(CaseDamaged):
        sealing.read_key(path)


def test_a_question_that_needs_too_much_memory_ends_in_a_sentence() -> None:
    with pytest.raises(StoreError, match="more than one query can take"):
        _ask_too_much()


def _ask_too_much() -> None:
    with events.opened({}, ["posts"]) as tables:
        tables.rows("SET memory_limit = '1MB'")
        tables.rows("SELECT list(range) FROM range(10000000)")
