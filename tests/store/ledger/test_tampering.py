"""Whatever is changed, removed, reordered, inserted, back-dated or turned back is found and named."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_makers import entry, faults, new_log, publish

SIZE = 700
PUBLISHED = (1, 3, 255, 256, 300, 513, 700)
ENTRIES = [entry(seq) for seq in range(SIZE)]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    new_log(folder)
    publish(folder, ENTRIES, PUBLISHED)
    return folder


@pytest.fixture
def log_folder(published: Path, tmp_path: Path) -> Path:
    shutil.copytree(published, tmp_path / "copy")
    return tmp_path / "copy"


def test_an_untouched_log_has_no_fault(published: Path) -> None:
    assert faults(published, ENTRIES) == []


def test_entries_since_the_last_checkpoint_are_no_fault(published: Path) -> None:
    assert faults(published, [*ENTRIES, entry(SIZE), entry(SIZE + 1)]) == []


@given(st.integers(0, SIZE - 1), st.integers(0, 7), st.data())
def test_a_changed_bit_of_an_entry_names_that_entry_alone(published: Path, seq: int, bit: int, data: st.DataObject) -> None:
    body = bytearray(ENTRIES[seq])
    body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << bit
    found = faults(published, [*ENTRIES[:seq], bytes(body), *ENTRIES[seq + 1 :]])
    assert f"ledger entry {seq} is not the one that was published" in found
    assert all(fault.startswith(f"ledger entry {seq} ") for fault in found)


@given(st.integers(0, SIZE - 1))
def test_a_well_formed_forgery_names_that_entry_and_nothing_else(published: Path, seq: int) -> None:
    forged = [*ENTRIES[:seq], entry(seq, details={"n": -1}), *ENTRIES[seq + 1 :]]
    assert faults(published, forged) == [f"ledger entry {seq} is not the one that was published"]


@given(st.integers(0, SIZE - 2), st.integers(1, 40))
def test_removed_entries_are_named_and_nothing_else(published: Path, first: int, count: int) -> None:
    last = min(first + count - 1, SIZE - 2)
    left = [pair for pair in enumerate(ENTRIES) if not first <= pair[0] <= last]
    expected = f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
    assert [fault.split("ledger ")[1] for fault in faults(published, left)] == [expected]


def test_a_removed_entry_whose_followers_moved_up(published: Path) -> None:
    found = faults(published, [*ENTRIES[:40], *ENTRIES[41:]])
    assert "ledger entries 40 to 698 are not those that were published" in found
    assert any(fault.startswith("ledger entries 40 to 698 do not carry their own numbers") for fault in found)
    assert any("only 699 are left: entries were removed" in fault for fault in found)
    assert len(found) == 3


@given(st.integers(0, SIZE - 1))
def test_a_shortened_log_is_found(published: Path, left: int) -> None:
    found = faults(published, ENTRIES[:left])
    assert found == [f"the latest checkpoint speaks of 700 entries, but only {left} are left: entries were removed"]


@given(st.sets(st.integers(0, SIZE - 1), min_size=2, max_size=2))
def test_swapped_entries_are_named(published: Path, pair: set[int]) -> None:
    one, two = sorted(pair)
    swapped = [*ENTRIES]
    swapped[one], swapped[two] = swapped[two], swapped[one]
    text = " ".join(faults(published, swapped))
    assert f"ledger entry {one} " in text or f"entries {one} to {two} " in text
    assert f"entry {two} " in text or f"entries {one} to {two} " in text
    assert "reordered" in text


def test_an_inserted_entry_is_found(published: Path) -> None:
    found = faults(published, [*ENTRIES[:50], entry(50, details={"n": "new"}), *ENTRIES[50:]])
    assert "ledger entries 50 to 699 are not those that were published" in found
    assert any("entries 51 to 700 do not carry their own numbers" in fault for fault in found)


def test_an_entry_that_comes_twice_is_found(published: Path) -> None:
    numbered = list(enumerate(ENTRIES))
    assert faults(published, [*numbered[:9], numbered[8], *numbered[9:]]) == ["ledger entry 8 comes twice or out of its order"]


def test_back_dating_is_found_even_before_a_checkpoint(published: Path) -> None:
    found = faults(published, [*ENTRIES, entry(SIZE, second=5), entry(SIZE + 1)])
    assert len(found) == 1
    assert found[0].startswith(f"ledger entry {SIZE} is back-dated: it says 2026-01-01T00:00:05")


def test_a_forged_date_does_not_accuse_the_entries_after_it(published: Path) -> None:
    forged = [*ENTRIES[:50], entry(50, second=80_000), *ENTRIES[51:]]
    assert faults(published, forged) == ["ledger entry 50 is not the one that was published"]


def test_a_consistent_change_of_entry_and_tile_is_found(log_folder: Path) -> None:
    forged = [*ENTRIES[:20], entry(20, details={}), *ENTRIES[21:]]
    other = log_folder / "other"
    new_log(other)
    publish(other, forged, (SIZE,))
    shutil.copy(other / "ledger/tile/0/000", log_folder / "ledger/tile/0/000")
    found = faults(log_folder, forged)
    assert any(fault.startswith("ledger entries 0 to 255 are not those that were published") for fault in found)
    shutil.copytree(other / "ledger/tile", log_folder / "ledger/tile", dirs_exist_ok=True)
    found = faults(log_folder, forged)
    assert any("checkpoint 255 does not fit the 255 entries that it speaks of: ledger entries 3 to 254" in f for f in found)


def test_a_rebuilt_log_fails_against_a_checkpoint_kept_elsewhere(published: Path, tmp_path: Path) -> None:
    elsewhere = (published / "ledger/checkpoint").read_text()
    shutil.copytree(published / "keys", tmp_path / "keys")
    forged = [entry(seq, details={"n": -seq}) for seq in range(SIZE)]
    publish(tmp_path, forged, (SIZE,))
    assert faults(tmp_path, forged) == []
    (found,) = faults(tmp_path, forged, elsewhere)
    assert found == "the checkpoint kept elsewhere does not fit the first 700 entries: the log was rebuilt after it was signed"


def test_a_log_that_was_turned_back_as_a_whole_fails_against_a_checkpoint_kept_elsewhere(
    published: Path, tmp_path: Path
) -> None:
    elsewhere = (published / "ledger/checkpoint").read_text()
    shutil.copytree(published / "keys", tmp_path / "keys")
    publish(tmp_path, ENTRIES, (1, 300))
    assert faults(tmp_path, ENTRIES[:300]) == []
    (found,) = faults(tmp_path, ENTRIES[:300], elsewhere)
    assert found.startswith("the checkpoint kept elsewhere speaks of 700 entries, but only 300 are left")


def test_an_older_checkpoint_from_elsewhere_fits(published: Path) -> None:
    assert faults(published, ENTRIES, (published / "ledger/checkpoints/000000000300").read_text()) == []


def test_a_checkpoint_of_another_log_or_key_is_not_trusted(published: Path, tmp_path: Path) -> None:
    new_log(tmp_path / "other")
    publish(tmp_path / "other", ENTRIES, (SIZE,))
    (found,) = faults(published, ENTRIES, (tmp_path / "other/ledger/checkpoint").read_text())
    assert found.startswith("the checkpoint kept elsewhere is not to be trusted: no known key has signed this")


def test_replaying_an_older_checkpoint_is_found(log_folder: Path) -> None:
    shutil.copy(log_folder / "ledger/checkpoints/000000000513", log_folder / "ledger/checkpoint")
    assert faults(log_folder, ENTRIES) == [
        "the latest checkpoint speaks of 513 entries, an older one of 700: the log was turned back"
    ]


def test_a_kept_checkpoint_put_in_the_place_of_another_is_found(log_folder: Path) -> None:
    shutil.copy(log_folder / "ledger/checkpoints/000000000256", log_folder / "ledger/checkpoints/000000000513")
    assert faults(log_folder, ENTRIES) == ["checkpoint 513 was replaced: it speaks of 256 entries"]


def test_files_that_are_all_gone_are_missed(log_folder: Path) -> None:
    shutil.rmtree(log_folder / "ledger")
    (log_folder / "ledger").mkdir()
    assert faults(log_folder, ENTRIES) == ["the latest checkpoint is missing: nothing signed vouches for any entry"]


def test_a_carriage_return_is_a_change(log_folder: Path) -> None:
    kept = log_folder / "ledger/checkpoints/000000000513"
    kept.write_bytes(kept.read_bytes().replace(b"\n", b"\r\n", 1))
    assert faults(log_folder, ENTRIES) == ["checkpoint 513 is not to be trusted: this is no signed note"]


def live_files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "ledger").rglob("*") if path.is_file())


def test_only_the_last_tiles_have_partial_forms(published: Path) -> None:
    partial = {path.parent.name for path in live_files(published) if path.parent.name.endswith(".p")}
    assert partial == {"002.p", "000.p"}  # of levels 0 and 1


def damaged(body: bytes, rng: random.Random) -> bytes | None:
    what = rng.choice(["flip", "cut", "grow", "swap", "remove"])
    if what == "flip":
        at = rng.randrange(len(body))
        return body[:at] + bytes([body[at] ^ 1 << rng.randrange(8)]) + body[at + 1 :]
    if what == "cut":
        return body[: rng.randrange(len(body))]
    if what == "grow":
        return body + rng.choice([b"\n", b"\0", bytes(32)])
    if what == "swap" and len(body) > 64 and body[:32] != body[32:64]:
        return body[32:64] + body[:32] + body[64:]
    return None


@given(st.randoms(use_true_random=False))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_tampering_with_any_file_is_found_and_names_the_file(log_folder: Path, rng: random.Random) -> None:
    victim = rng.choice(live_files(log_folder))
    before = victim.read_bytes()
    after = damaged(before, rng)
    victim.unlink() if after is None else victim.write_bytes(after)
    try:
        found = faults(log_folder, ENTRIES)
    finally:
        victim.write_bytes(before)
    name = str(victim.relative_to(log_folder / "ledger"))
    if after is None and name == "checkpoints/000000000700":
        assert found == []  # its twin, the latest checkpoint, stands: nothing is lost, and it comes back
    elif name == "checkpoint":
        assert [fault.split(" is ")[0] for fault in found] == ["the latest checkpoint"]
    elif name.startswith("checkpoints/"):
        assert [fault.split(" is ")[0] for fault in found] == [f"checkpoint {int(name[-12:])}"]
    elif after is None and name in {"tile/0/002.p/1", "tile/0/002.p/44", "tile/1/000.p/1"}:
        assert found == []  # an older form of a tile whose newer form stands
    else:
        assert len(found) == 1
        assert name in found[0]


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_tampering_in_several_places_at_once_is_found(log_folder: Path, rng: random.Random) -> None:
    victims = rng.sample(live_files(log_folder), 3)
    kept = {victim: victim.read_bytes() for victim in victims}
    changed = {victim: damaged(body, rng) or b"" for victim, body in kept.items()}
    seq = rng.randrange(SIZE)
    for victim, body in changed.items():
        victim.write_bytes(body)
    try:
        found = faults(log_folder, [*ENTRIES[:seq], entry(seq, details={}), *ENTRIES[seq + 1 :]])
    finally:
        for victim, body in kept.items():
            victim.write_bytes(body)
    assert len(found) >= 3, (victims, seq, found)
