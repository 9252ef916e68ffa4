"""Disk images made at test time: every file system and table that a tool here can make, whole, split, cut and nested."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Iterable
from pathlib import Path

import evidence_images as disks
import evidence_makers as make
import pytest
from evidence_reading import contents, occurrences, read_bytes
from test_disk_images import in_file_systems

from homeward.evidence import Found

PICTURES = {f"ROOM{at}.JPG": make.picture(at, side=120) for at in range(4)}


@pytest.fixture
def fat16(tmp_path: Path) -> bytes:
    disks.fat(tmp_path / "fat.img", PICTURES, deleted=("ROOM2.JPG",))
    return (tmp_path / "fat.img").read_bytes()


def names_and_hashes(rows: Iterable[Found]) -> dict[str, str]:
    return {row.path.layers[-1]: row.digests.sha256 for row in in_file_systems(rows) if row.digests}


FAT_EXPECTED = {f"/{'_' + name[1:] if name == 'ROOM2.JPG' else name}": make.sha256(data) for name, data in PICTURES.items()}


@pytest.mark.parametrize("bits", [12, 16, 32])
def test_fat_of_every_width(bits: int, tmp_path: Path) -> None:
    kib = {12: 1024, 16: 8192, 32: 40_000}[bits]
    disks.fat(tmp_path / "fat.img", PICTURES, deleted=("ROOM2.JPG",), kib=kib, bits=bits)
    found = occurrences(tmp_path / "fat.img")
    assert names_and_hashes(found.values()) == FAT_EXPECTED
    assert found["fat.img > /_OOM2.JPG"].deleted


@pytest.mark.parametrize("version", ["ext2", "ext3", "ext4"])
def test_ext_of_every_version(version: str, tmp_path: Path) -> None:
    folder = tmp_path / "tree"
    (folder / "deep" / "er").mkdir(parents=True)
    files = {"a.jpg": make.picture(1), "deep/b.bin": make.noise(2, 300_000), "deep/er/c.txt": b"text", "empty": b""}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "link").symlink_to("deep/er/c.txt")
    disks.ext(tmp_path / "a.img", folder, version)
    found = occurrences(tmp_path / "a.img")
    listed = names_and_hashes(found.values())
    assert {f"/{name}": make.sha256(data) for name, data in files.items()}.items() <= listed.items()
    assert set(listed) - {f"/{name}" for name in files} <= {"/link"}
    assert "a.img > /link" in found


def test_ntfs_agrees_with_the_sleuth_kit(tmp_path: Path) -> None:
    path = tmp_path / "a.img"
    with path.open("wb") as out:
        out.truncate(4 << 20)
    disks.run(disks.tool("mkntfs"), "-q", "-F", path)
    big = make.noise(1, 200_000)
    for name, data in (("small.txt", b"resident"), ("big.bin", big)):
        (tmp_path / name).write_bytes(data)
        disks.run(disks.tool("ntfscp"), path, tmp_path / name, name)
    found = occurrences(path)
    assert found["a.img > /small.txt"].digests == make.digests(b"resident")
    assert found["a.img > /big.bin"].digests == make.digests(big)
    listing = subprocess.run([disks.tool("fls"), "-r", "-p", "-F", str(path)], check=True, capture_output=True, text=True)
    by_tool = {entry.split("\t", 1)[1] for entry in listing.stdout.splitlines()}
    ours = {row.path.layers[-1].lstrip("/") for row in in_file_systems(found.values())}
    assert {name for name in by_tool if not name.startswith("$")} == ours


def test_iso_with_long_names(tmp_path: Path) -> None:
    folder = tmp_path / "tree"
    folder.mkdir()
    picture = make.picture(1)
    (folder / "A rather long name in Finnish, ä.jpg").write_bytes(picture)
    disks.run(disks.tool("genisoimage"), "-quiet", "-J", "-R", "-o", tmp_path / "a.iso", folder)
    rows = in_file_systems(occurrences(tmp_path / "a.iso").values())
    assert make.sha256(picture) in {row.digests.sha256 for row in rows if row.digests}


@pytest.mark.parametrize("table", ["mbr", "gpt"])
def test_volumes_are_layers(table: str, fat16: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "second.txt").write_bytes(b"on the second volume")
    disks.ext(tmp_path / "ext.img", folder, "ext4")
    second = (tmp_path / "ext.img").read_bytes()
    disk = disks.mbr((6, fat16), (0x83, second)) if table == "mbr" else disks.gpt(fat16, second)
    found = read_bytes(tmp_path, "disk.dd", disk)
    assert found["disk.dd > p1 > /ROOM0.JPG"].digests == make.digests(PICTURES["ROOM0.JPG"])
    assert found["disk.dd > p1 > /_OOM2.JPG"].deleted
    assert found["disk.dd > p2 > /second.txt"].digests == make.digests(b"on the second volume")
    assert found["disk.dd"].readable


def test_a_volume_that_cannot_be_read_is_named_and_costs_only_itself(fat16: bytes, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, "disk.dd", disks.mbr((7, make.noise(1, 1 << 20)), (6, fat16)))
    assert names_and_hashes(found.values()) == FAT_EXPECTED
    broken = found["disk.dd > p1"]
    assert not broken.readable
    assert "no file system" in broken.reason
    assert broken.digests is None


@pytest.mark.parametrize("size", [1 << 20, 100_003])
def test_a_split_raw_image_is_one_image_and_each_piece_a_row(size: int, fat16: bytes, tmp_path: Path) -> None:
    """Pieces need not end at a sector, and files cross from one to the next."""
    pieces = disks.split(fat16, size)
    for ending, piece in pieces.items():
        (tmp_path / f"disk.{ending}").write_bytes(piece)
    found = occurrences(tmp_path)
    assert names_and_hashes(found.values()) == FAT_EXPECTED
    for ending, piece in pieces.items():
        assert found[f"disk.{ending}"].digests == make.digests(piece)
    assert found["disk.001 > /ROOM0.JPG"].readable
    (tmp_path / "out").mkdir()
    fetched = contents(tmp_path, [found["disk.001 > /ROOM3.JPG"].path])
    assert fetched == {"disk.001 > /ROOM3.JPG": PICTURES["ROOM3.JPG"]}


@pytest.mark.parametrize("missing", [1, 2])
def test_a_missing_piece_of_a_raw_image_is_named(missing: int, fat16: bytes, tmp_path: Path) -> None:
    for ending, piece in disks.split(fat16, 1 << 20).items():
        if int(ending) != missing:
            (tmp_path / f"disk.{ending}").write_bytes(piece)
    found = occurrences(tmp_path)
    first = min(path for path in found if path.startswith("disk.0") and ">" not in path)
    assert not found[first].readable
    assert f"segment {missing} of " in found[first].reason
    assert "is missing" in found[first].reason
    assert all(row.digests for path, row in found.items() if ">" not in path)


@pytest.fixture
def split_e01(fat16: bytes, tmp_path: Path) -> Path:
    folder = tmp_path / "split"
    folder.mkdir()
    disks.fat(tmp_path / "big.img", {f"N{at}.BIN": make.noise(at, 1 << 20) for at in range(3)} | PICTURES, kib=8192)
    command = [disks.tool("ewfacquire"), "-u", "-q", "-c", "none", "-S", "2MiB", "-t", folder / "disk", tmp_path / "big.img"]
    subprocess.run([str(part) for part in command], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    assert len(list(folder.iterdir())) >= 4
    return folder


def test_a_split_e01_is_one_image(split_e01: Path) -> None:
    found = occurrences(split_e01)
    listed = names_and_hashes(found.values())
    assert {f"/{name}": make.sha256(data) for name, data in PICTURES.items()}.items() <= listed.items()
    assert found["disk.E01"].readable
    assert all(claim.stated == claim.measured for claim in found["disk.E01"].claims)
    for path in split_e01.iterdir():
        assert found[path.name].digests == make.digests(path.read_bytes())


@pytest.mark.parametrize("missing", [1, 2, 3, -1])
def test_a_missing_segment_of_an_e01_is_named(missing: int, split_e01: Path) -> None:
    files = sorted(split_e01.iterdir())
    number = missing if missing > 0 else len(files)
    files.pop(number - 1).unlink()
    found = occurrences(split_e01)
    said = [row.reason for row in found.values() if row.reason]
    assert any(f"segment {number} of " in reason and "is missing" in reason for reason in said), said
    for path in files:
        assert found[path.name].digests == make.digests(path.read_bytes())


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_cut_raw_image_gives_what_lies_before_the_cut(share: float, fat16: bytes, tmp_path: Path) -> None:
    data = fat16[: int(len(fat16) * share)]
    found = read_bytes(tmp_path, "a.img", data)
    assert found["a.img"].digests == make.digests(data)
    for row in in_file_systems(found.values()):
        if row.digests is not None and not row.deleted:
            assert row.digests.sha256 == FAT_EXPECTED[row.path.layers[-1]]
        else:
            assert row.reason or row.deleted
    for name, content in PICTURES.items():
        if data.find(content) >= 0 and name != "ROOM2.JPG":
            assert found[f"a.img > /{name}"].digests == make.digests(content)


def test_an_image_in_a_cut_archive_has_no_hash_it_does_not_deserve(fat16: bytes, tmp_path: Path) -> None:
    packed = gzip.compress(fat16)
    found = read_bytes(tmp_path, "a.img.gz", packed[: len(packed) * 9 // 10])
    inner = found["a.img.gz > a.img"]
    assert inner.digests is None
    assert not inner.readable
    assert found["a.img.gz > a.img > /ROOM0.JPG"].digests == make.digests(PICTURES["ROOM0.JPG"])


def test_an_image_inside_an_archive_inside_an_image(fat16: bytes, tmp_path: Path) -> None:
    disks.fat(tmp_path / "outer.img", {"BACKUP.ZIP": make.zipped({"inner.img": fat16})})
    found = occurrences(tmp_path / "outer.img")
    path = "outer.img > /BACKUP.ZIP > inner.img > /ROOM1.JPG"
    assert found[path].digests == make.digests(PICTURES["ROOM1.JPG"])
    assert contents(tmp_path / "outer.img", [found[path].path]) == {path: PICTURES["ROOM1.JPG"]}


def test_deleted_files_that_were_written_over_are_not_made_up(tmp_path: Path) -> None:
    """After a deletion a new file takes the same clusters: the old entry must not claim the new bytes as its own."""
    path = tmp_path / "a.img"
    old, new = make.noise(1, 60_000), make.noise(2, 60_000)
    disks.fat(path, {"OLD.BIN": old}, deleted=("OLD.BIN",))
    (tmp_path / "new").write_bytes(new)
    disks.run(disks.tool("mcopy"), "-i", path, tmp_path / "new", "::LATER.BIN")
    found = occurrences(path)
    for row in in_file_systems(found.values()):
        if row.deleted:
            assert row.digests is None or row.digests == make.digests(old)
