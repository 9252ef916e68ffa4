"""Broken and forged containers behind the lock: every call ends, whatever was found before stands."""

from __future__ import annotations

import gzip
import json
import lzma
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import evidence_makers as make
import msgspec
import pytest

from homeward.evidence import Found, ReadOrder, Times
from homeward.evidence.worker import read_found
from homeward.sandbox import Call, Finished, Limits, Lost, Message, Pool

READ = "homeward.evidence.worker:read"
SMALL = ("ext2.E01", "ext2-deleted-names.E01", "ext2.vmdk", "ext2.qcow2", "hfsplus_zlib.dmg", "iso9660.raw")
ROUNDS = 12


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    limits = Limits(memory=384 << 20, cpu_seconds=10, wall_seconds=20.0, file_bytes=256 << 20)
    with Pool((READ,), workers=2, limits=limits) as started:
        yield started


def behind_the_lock(pool: Pool, name: str, data: bytes) -> tuple[list[Found], Lost | None]:
    order = ReadOrder(name, (len(data),), (name,), Times())
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as scratch:
        file.write(data)
        file.flush()
        call = Call(name, READ, msgspec.msgpack.encode(order), (file.fileno(), scratch.fileno()))
        events = list(pool.run([call]))
    lost = [event for event in events if isinstance(event, Lost)]
    ended = [event for event in events if isinstance(event, Lost | Finished)]
    assert len(ended) == 1
    return [read_found(event.body, {name}) for event in events if isinstance(event, Message)], lost[0] if lost else None


def damaged(data: bytes, seed: int) -> bytes:
    """Flipped bits, a cut, a hole, or a stretch written over."""
    chance = random.Random(seed)
    broken = bytearray(data)
    for _ in range(chance.choice([1, 8, 64])):
        broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
    if chance.random() < 0.3:
        del broken[chance.randrange(len(broken)) :]
    if broken and chance.random() < 0.3:
        at = chance.randrange(len(broken))
        broken[at : at + 512] = chance.choice([bytes(512), b"\xff" * 512, chance.randbytes(512)])
    return bytes(broken)


def archives() -> dict[str, bytes]:
    files = {"a.jpg": make.picture(1), "b.txt": b"text" * 100, "c.bin": bytes(range(1, 90)) * 20 + make.picture(2, "PNG")}
    zipped, tarred = make.zipped(files), make.tarred(files)
    return {
        "a.zip": zipped,
        "pipe.zip": make.zipped_to_a_pipe(files),
        "big.zip": make.zip64(files),
        "a.tar": tarred,
        "a.tar.gz": gzip.compress(tarred),
        "a.tar.xz": lzma.compress(tarred),
        "nested.tar": make.tarred({"inner.zip": zipped, "inner.tgz": gzip.compress(tarred)}),
        "blob.bin": files["c.bin"],
    }


def never_lost(pool: Pool, name: str, data: bytes) -> None:
    for seed in range(ROUNDS):
        broken = damaged(data, seed)
        found, lost = behind_the_lock(pool, name, broken)
        assert lost is None, f"{name}, seed {seed}: {lost}"
        own = found[-1]
        assert str(own.path) == name
        assert own.digests == make.digests(broken)
        assert all(row.readable or row.reason for row in found)


@pytest.mark.parametrize("name", archives())
def test_a_damaged_archive_ends_with_its_own_row(pool: Pool, name: str) -> None:
    never_lost(pool, name, archives()[name])


@pytest.mark.data
@pytest.mark.parametrize("name", SMALL)
def test_a_damaged_image_ends_and_the_worker_goes_on(pool: Pool, images: Path, name: str) -> None:
    """A C library may crash on a forged image: that costs the image, not the run."""
    data = (images / name).read_bytes()
    for seed in range(ROUNDS):
        broken = damaged(data, seed)
        found, lost = behind_the_lock(pool, name, broken)
        assert lost is not None or found[-1].digests == make.digests(broken)
        assert lost is None or lost.cause in {"crash", "memory", "time", "hang"}, f"seed {seed}: {lost}"
    found, lost = behind_the_lock(pool, name, data)
    assert lost is None
    assert found[-1].readable or "need the extra" in found[-1].reason


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["made-fat16-deleted-jpegs.E01", "made-ntfs-jpegs.img.xz", "made-ext4-jpegs.img.xz", "apfs.raw"]
)
def test_a_whole_image_reads_the_same_behind_the_lock(
    pool: Pool, images: Path, name: str, request: pytest.FixtureRequest
) -> None:
    if name == "apfs.raw":
        request.getfixturevalue("forensic")
    data = (images / name).read_bytes()
    found, lost = behind_the_lock(pool, name, data)
    assert lost is None
    listed = json.loads((images / "expected.json").read_text("utf-8"))[name]["dfvfs"]
    hashes = {row.digests.sha256 for row in found if row.digests}
    assert {entry["sha256"] for entry in listed} <= hashes
