"""Whatever is changed, removed, reordered, inserted, back-dated or turned back is found and named."""

from __future__ import annotations


import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from homeward.store.ledger import Entry, Log, check, commit, encode, opens
from homeward.store.ledger import key as keys
from homeward.store.ledger.entries import EntryRefused, Opening, decode
from homeward.store.ledger.tree import leaf_hash, verify_consistency, verify_inclusion

ORIGIN = "homeward.test/log"
SIZE = 700
PUBLISHED = (1, 3, 255, 256, 300, 513, 700)


def entry(seq: int, minute: int | None = None, details: dict[str, object] | None = None) -> bytes:
    time = f"2026-01-01T{(minute or seq) // 60:02d}:{(minute or seq) % 60:02d}:00.000000Z"
    return encode(Entry(seq, time, "someone", "step.batch", details or {"n": seq}, {}))


ENTRIES = [entry(seq) for seq in range(SIZE)]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    (folder / "keys").mkdir()
    log = Log(folder / "ledger", keys.create(folder / "keys", ORIGIN))
    for size in PUBLISHED:
        log.publish(size, lambda first, size=size: ENTRIES[first:size], "2026-02-01T00:00:00.000000Z")
    return folder


@pytest.fixture
def log_folder(published: Path, tmp_path: Path) -> Path:
    shutil.copytree(published, tmp_path / "copy")
    return tmp_path / "copy"


def faults(folder: Path, entries: list[tuple[int, bytes]] | None = None, trusted: tuple[str, ...] = ()) -> list[str]:
    given = entries if entries is not None else list(enumerate(ENTRIES))
    return check(given, folder / "ledger", [keys.load_public(folder / "keys")], trusted)


def test_an_untouched_log_has_no_fault(log_folder: Path) -> None:
    assert faults(log_folder) == []


def test_entries_since_the_last_checkpoint_are_no_fault(log_folder: Path) -> None:
    more = [*enumerate(ENTRIES), (SIZE, entry(SIZE)), (SIZE + 1, entry(SIZE + 1))]
    assert faults(log_folder, more) == []


@pytest.mark.parametrize("at", [0, 1, 254, 255, 256, 511, 600, 699])
def test_a_changed_entry_is_named(log_folder: Path, at: int) -> None:
    changed = list(enumerate(ENTRIES))
    changed[at] = (at, entry(at, details={"n": -1}))
    found = faults(log_folder, changed)
    assert any(fault.startswith(f"ledger entry {at} is not the one") for fault in found)
    assert not any(f"entry {other} is not" in fault for fault in found for other in (at - 1, at + 1))


def test_a_removed_entry_is_named(log_folder: Path) -> None:
    assert "ledger entry 40 is missing" in " ".join(faults(log_folder, [pair for pair in enumerate(ENTRIES) if pair[0] != 40]))


def test_removing_the_end_is_found(log_folder: Path) -> None:
    assert any("entries were removed" in fault for fault in faults(log_folder, list(enumerate(ENTRIES[:-1]))))


def test_reordering_is_found(log_folder: Path) -> None:
    swapped = list(enumerate([*ENTRIES[:50], ENTRIES[51], ENTRIES[50], *ENTRIES[52:]]))
    assert any("reordered" in fault for fault in faults(log_folder, swapped))


def test_back_dating_is_found_even_before_a_checkpoint(log_folder: Path) -> None:
    more = [*enumerate(ENTRIES), (SIZE, entry(SIZE, minute=5))]
    assert any(f"ledger entry {SIZE} is back-dated" in fault for fault in faults(log_folder, more))


def test_a_rebuilt_log_fails_against_a_checkpoint_kept_elsewhere(published: Path, tmp_path: Path) -> None:
    elsewhere = (published / "ledger" / "checkpoint").read_text()
    shutil.copytree(published / "keys", tmp_path / "keys")
    forged = [entry(seq, details={"n": -seq}) for seq in range(SIZE)]
    Log(tmp_path / "ledger", keys.load(tmp_path / "keys", ORIGIN)).publish(
        SIZE, lambda first: forged[first:], "2026-02-01T00:00:00.000000Z"
    )
    assert faults(tmp_path, list(enumerate(forged))) == []
    found = faults(tmp_path, list(enumerate(forged)), (elsewhere,))
    assert any("kept elsewhere does not fit" in fault for fault in found)


def test_turning_the_checkpoint_back_is_found(log_folder: Path) -> None:
    old = log_folder / "ledger" / "checkpoints" / f"{513:012d}"
    shutil.copy(old, log_folder / "ledger" / "checkpoint")
    assert any("turned back" in fault for fault in faults(log_folder))


def test_random_tampering_with_any_file_is_always_found(published: Path, tmp_path: Path) -> None:
    rng = random.Random(7)
    files = sorted(path.relative_to(published) for path in (published / "ledger").rglob("*") if path.is_file())
    # Partial tiles of older sizes are superseded: nothing reads them any more.
    live = [path for path in files if ".p/" not in str(path) or str(path).endswith((".p/188", ".p/2"))]
    assert len(live) >= 10
    for attempt in range(120):
        folder = tmp_path / str(attempt)
        shutil.copytree(published, folder)
        victim = folder / rng.choice(live)
        body = bytearray(victim.read_bytes())
        what = rng.choice(["flip", "cut", "remove", "grow"])
        if what == "flip":
            body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
        elif what == "cut":
            del body[rng.randrange(len(body)) :]
        elif what == "grow":
            body += b"x"
        victim.unlink() if what == "remove" else victim.write_bytes(bytes(body))
        kept = what == "remove" and "checkpoints" in str(victim)
        assert faults(folder) or kept, (what, victim.name)


def test_proofs_from_tiles_verify(published: Path) -> None:
    log = Log(published / "ledger", keys.load(published / "keys", ORIGIN))
    root = log.root(SIZE)
    for seq in (0, 1, 255, 256, 400, 699):
        assert verify_inclusion(leaf_hash(ENTRIES[seq]), seq, SIZE, log.inclusion(seq, SIZE), root)
    for old in PUBLISHED[:-1]:
        assert verify_consistency(old, SIZE, log.root(old), root, log.consistency(old, SIZE))


KILLED = """
import os, pathlib, sys
from homeward.store.ledger import Log, key
from homeward.store.ledger.log import latest
sys.path.insert(0, sys.argv[3])
import test_tampering as t
folder, left = pathlib.Path(sys.argv[1]), int(sys.argv[2])
real_replace = pathlib.Path.replace
def replace(self, target):
    global left
    if left == 0:
        os._exit(9)
    left -= 1
    return real_replace(self, target)
pathlib.Path.replace = replace
log = Log(folder / "ledger", key.load(folder / "keys", t.ORIGIN))
done = latest(folder / "ledger", [key.load_public(folder / "keys")])
for size in (size for size in (200, 300, 530) if done is None or size >= done.size):
    log.publish(size, lambda first: t.ENTRIES[first:size], "2026-02-01T00:00:00.000000Z")
"""


def test_a_kill_between_any_two_files_leaves_nothing_wrong(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    keys.create(tmp_path / "keys", ORIGIN)
    deaths = 0
    for left in range(30):
        (tmp_path / "ledger").mkdir(exist_ok=True)
        run = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(left), str(Path(__file__).parent)], check=False)
        assert run.returncode in {0, 9}
        deaths += run.returncode == 9
        assert faults(tmp_path, list(enumerate(ENTRIES[:530]))) == []
        if run.returncode == 0 or left % 3:
            shutil.rmtree(tmp_path / "ledger")
    assert deaths >= 8
    log = Log(tmp_path / "ledger", keys.load(tmp_path / "keys", ORIGIN))
    log.publish(530, lambda first: ENTRIES[first:530], "2026-02-01T00:00:00.000000Z")
    assert faults(tmp_path, list(enumerate(ENTRIES[:530]))) == []


def test_names_can_be_erased_and_not_guessed() -> None:
    digest, opening = commit("somebody's name")
    assert opens(digest, opening)
    assert not opens(digest, Opening(opening.salt, "somebody else's name"))
    assert commit("somebody's name")[0] != digest
    assert len(opening.salt) == 32


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", ENTRIES[0] + b" ", ENTRIES[0].replace(b"step.batch", b"nothing"), bytes(range(50))]
)
def test_what_is_no_entry_is_refused(body: bytes) -> None:
    with pytest.raises(EntryRefused):
        decode(body)
