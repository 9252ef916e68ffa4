"""The log's files: their layout, their proofs, and that no kill between two file operations leaves anything wrong."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_makers import ORIGIN, entry, faults, files, new_log, opened, publish

from homeward.store.errors import CaseDamaged
from homeward.store.ledger import key as keys
from homeward.store.ledger.tiles import tile_name
from homeward.store.ledger.tree import leaf_hash, verify_consistency, verify_inclusion

ENTRIES = [entry(seq) for seq in range(66_000)]
SIZES = (1, 200, 300, 530)


@pytest.fixture(scope="module")
def long_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long enough for three levels of tiles."""
    folder = tmp_path_factory.mktemp("long")
    new_log(folder)
    publish(folder, ENTRIES, (65_535, 65_536, 66_000))
    return folder


@pytest.mark.parametrize(
    ("level", "index", "width", "name"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 67, 256, "tile/0/067"),
        (1, 1067, 256, "tile/1/x001/067"),
        (0, 1_234_067, 256, "tile/0/x001/x234/067"),
        (2, 1_000, 8, "tile/2/x001/000.p/8"),
    ],
)
def test_tiles_are_named_as_specified(level: int, index: int, width: int, name: str) -> None:
    assert tile_name(level, index, width) == name


def test_the_layout_on_disk(long_log: Path) -> None:
    names = [name for name in files(long_log) if name.startswith("tile/")]
    full = [f"tile/0/{index:03d}" for index in range(257)]
    assert sorted(names) == sorted([*full, "tile/0/257.p/208", "tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1"])
    assert not list((long_log / "ledger").rglob(".new"))


def test_a_stock_client_computes_the_signed_root(long_log: Path) -> None:
    """Nothing of ours: read the checkpoint's text and the level 0 tiles, and hash as RFC 9162 says."""
    ledger = long_log / "ledger"
    origin, size, root, *_ = (ledger / "checkpoint").read_text().split("\n")
    assert (origin, size) == (ORIGIN, "66000")
    tiles = sorted(path for path in (ledger / "tile/0").rglob("*") if path.is_file())
    leaves = b"".join(path.read_bytes() for path in tiles)
    row = [leaves[at : at + 32] for at in range(0, len(leaves), 32)]
    assert row == [hashlib.sha256(b"\x00" + body).digest() for body in ENTRIES]
    while len(row) > 1:  # an odd one out is lifted unchanged: the same tree, level by level
        pairs = [hashlib.sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row) - 1, 2)]
        row = pairs + row[len(pairs) * 2 :]
    assert base64.b64encode(row[0]).decode() == root


@given(st.integers(1, 66_000), st.data())
@settings(max_examples=60, deadline=None)
def test_proofs_from_tiles_verify_at_every_size(long_log: Path, size: int, data: st.DataObject) -> None:
    log = opened(long_log)
    last = 66_000
    seq = data.draw(st.integers(0, last - 1))
    root = log.root(last)
    assert verify_inclusion(leaf_hash(ENTRIES[seq]), seq, last, log.inclusion(seq, last), root)
    assert not verify_inclusion(leaf_hash(ENTRIES[seq] + b"!"), seq, last, log.inclusion(seq, last), root)
    if size in {65_535, 65_536, last}:
        assert verify_consistency(size, last, log.root(size), root, log.consistency(size, last))


@pytest.mark.parametrize("size", [65_535, 65_536])
def test_each_signed_size_is_shown_to_be_the_beginning_of_the_next(long_log: Path, size: int) -> None:
    log = opened(long_log)
    assert verify_consistency(size, 66_000, log.root(size), log.root(66_000), log.consistency(size, 66_000))


def test_a_long_log_has_no_fault_and_each_upper_tile_is_checked(long_log: Path, tmp_path: Path) -> None:
    assert faults(long_log, ENTRIES) == []
    shutil.copytree(long_log, tmp_path / "copy")
    for name in ("tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1", "tile/0/100", "tile/0/257.p/208"):
        path = tmp_path / "copy/ledger" / name
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        assert faults(tmp_path / "copy", ENTRIES) == [f"the ledger's {name} was changed"]
        path.write_bytes(before)


def test_publishing_again_changes_nothing(tmp_path: Path) -> None:
    new_log(tmp_path)
    publish(tmp_path, ENTRIES, SIZES)
    before = files(tmp_path)
    publish(tmp_path, ENTRIES, (530, 530))
    assert files(tmp_path) == before


@given(st.lists(st.integers(1, 1200), min_size=1, max_size=8).map(sorted))
@settings(max_examples=25, deadline=None)
def test_tiles_do_not_depend_on_how_often_they_were_published(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    many, once = tmp_path_factory.mktemp("many"), tmp_path_factory.mktemp("once")
    new_log(many)
    new_log(once)
    publish(many, ENTRIES, sizes)
    publish(once, ENTRIES, sizes[-1:])
    assert opened(many).root(sizes[-1]) == opened(once).root(sizes[-1])
    assert {name for name in files(once) if name.startswith("tile/")} <= files(many).keys()
    assert faults(many, ENTRIES[: sizes[-1]]) == []


class Killed:
    """Lets ``left`` file operations happen and ends the process before the next one; a write is cut in half first."""

    def __init__(self, left: int) -> None:
        self.left = left

    def arm(self, module: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(module, name)

        def stopping(*args: Any, **kwargs: Any) -> Any:
            if self.left == 0:
                if name == "write":
                    real(args[0], args[1][: len(args[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            self.left -= 1
            return real(*args, **kwargs)

        setattr(module, name, stopping)


def killed_run(folder: Path, left: int) -> bool:
    """Publish in a process of its own that is killed before file operation ``left``; whether it was."""
    child = os.fork()
    if child == 0:
        killer = Killed(left)
        for module, name in ((os, "write"), (os, "fsync"), (os, "replace"), (os, "mkdir"), (shutil, "rmtree")):
            killer.arm(module, name)
        try:
            publish(folder, ENTRIES, SIZES)
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def test_a_kill_before_any_file_operation_changes_nothing_in_the_end(tmp_path: Path) -> None:
    new_log(tmp_path / "calm")
    shutil.copytree(tmp_path / "calm", tmp_path / "begin")
    publish(tmp_path / "calm", ENTRIES, SIZES)
    expected = files(tmp_path / "calm")
    left, died = 0, True
    while died:
        folder = tmp_path / str(left)
        shutil.copytree(tmp_path / "begin", folder)
        died = killed_run(folder, left)
        if (folder / "ledger/checkpoint").exists():
            assert faults(folder, ENTRIES[:530]) == []
        publish(folder, ENTRIES, SIZES)
        assert files(folder) == expected, left
        assert faults(folder, ENTRIES[:530]) == []
        left += 1
    assert left > 50


def test_kill_upon_kill_changes_nothing_in_the_end(tmp_path: Path) -> None:
    new_log(tmp_path / "calm")
    shutil.copytree(tmp_path / "calm", tmp_path / "hit")
    publish(tmp_path / "calm", ENTRIES, SIZES)
    deaths = 0
    while killed_run(tmp_path / "hit", 7):
        deaths += 1
    assert deaths >= 3
    assert files(tmp_path / "hit") == files(tmp_path / "calm")


def test_entries_that_contradict_the_tiles_are_not_signed(tmp_path: Path) -> None:
    new_log(tmp_path)
    publish(tmp_path, ENTRIES, (300,))
    (tmp_path / "ledger/checkpoint").unlink()
    with pytest.raises(CaseDamaged, match="older than its checkpoint 300, or gone"):
        publish(tmp_path, ENTRIES, (530,))
    shutil.rmtree(tmp_path / "ledger/checkpoints")
    with pytest.raises(CaseDamaged, match="tile/0/000 contradicts the entries"):
        publish(tmp_path, [entry(0, details={}), *ENTRIES[1:]], (530,))


def test_a_changed_tile_or_checkpoint_stops_publishing(tmp_path: Path) -> None:
    new_log(tmp_path)
    publish(tmp_path, ENTRIES, (200, 300))
    with pytest.raises(CaseDamaged, match="speaks of 300 entries, but only 200 are left"):
        opened(tmp_path).publish(200, lambda first: ENTRIES[first:200], "")
    with pytest.raises(CaseDamaged, match="should hold 530 entries and holds 301"):
        opened(tmp_path).publish(530, lambda first: ENTRIES[first:301], "")
    tile = tmp_path / "ledger/tile/0/001.p/44"
    before = tile.read_bytes()
    tile.write_bytes(bytes(len(before)))
    with pytest.raises(CaseDamaged, match="tiles contradict its checkpoint"):
        publish(tmp_path, ENTRIES, (530,))
    tile.write_bytes(before)
    latest = tmp_path / "ledger/checkpoint"
    shutil.copy(tmp_path / "ledger/checkpoints/000000000200", latest)
    with pytest.raises(CaseDamaged, match="older than its checkpoint 300"):
        publish(tmp_path, ENTRIES, (530,))
    latest.write_text("nonsense\n")
    with pytest.raises(CaseDamaged, match="not to be trusted"):
        publish(tmp_path, ENTRIES, (530,))


def test_the_key_is_private_and_made_once(tmp_path: Path) -> None:
    signer = keys.create(tmp_path, ORIGIN)
    assert (tmp_path / "ledger.pem").stat().st_mode & 0o777 == 0o600
    assert keys.load(tmp_path, ORIGIN).verifier == signer.verifier == keys.load_public(tmp_path)
    with pytest.raises(FileExistsError):
        keys.create(tmp_path, ORIGIN)


@pytest.mark.parametrize("name", ["ledger.pem", "ledger.vkey"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"name+00000000+AAAA", None])
def test_a_broken_key_is_said(tmp_path: Path, name: str, content: bytes | None) -> None:
    keys.create(tmp_path, ORIGIN)
    (tmp_path / name).unlink() if content is None else (tmp_path / name).write_bytes(content)
    with pytest.raises(CaseDamaged, match="missing or broken"):
        keys.load(tmp_path, ORIGIN) if name == "ledger.pem" else keys.load_public(tmp_path)
