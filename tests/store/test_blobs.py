"""Kept bytes have one name, come back unchanged or not at all, and no half of them ever has a name."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.store import CaseDamaged
from homeward.store.blobs import Blobs


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_what_is_put_comes_back_under_its_hash(tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]) -> None:
    blobs = Blobs(tmp_path_factory.mktemp("blobs"))
    for content in [*contents, *contents]:
        name = blobs.put(content)
        assert name == hashlib.sha256(content).hexdigest()
        assert blobs.get(name) == content
    assert list(blobs.names()) == sorted({hashlib.sha256(content).hexdigest() for content in contents})


def test_what_was_never_kept_is_no_blob(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        Blobs(tmp_path).get("00" * 32)


@pytest.mark.parametrize("after", [b"", b"conten", b"Content", b"content!"])
def test_a_changed_blob_is_noticed(tmp_path: Path, after: bytes) -> None:
    blobs = Blobs(tmp_path)
    name = blobs.put(b"content")
    (tmp_path / name[:2] / name[2:]).write_bytes(after)
    with pytest.raises(CaseDamaged, match=name[:16]):
        blobs.get(name)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_write_that_fails_leaves_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def refuse(*args: object) -> None:
        raise OSError("no space left on device")

    blobs = Blobs(tmp_path)
    monkeypatch.setattr(*((os, "fsync") if call == "fsync" else (Path, "replace")), refuse)
    with pytest.raises(OSError, match="no space"):
        blobs.put(b"content")
    monkeypatch.undo()
    assert list(blobs.names()) == []
    assert blobs.get(blobs.put(b"content")) == b"content"
