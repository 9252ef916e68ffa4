"""Disk images against known content: every file, deleted ones bit by bit, and nothing made up."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import lzma
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import evidence_images as disks
import evidence_makers as make
import pytest
from evidence_reading import contents, occurrences, read_bytes
from PIL import Image

from homeward.evidence import Found

IMAGES = (
    "apfs.raw", "ext2-deleted-names.E01", "ext2.E01", "ext2.qcow2", "ext2.vhd", "ext2.vmdk", "hfsplus_zlib.dmg",
    "iso9660.raw", "made-ext4-jpegs.img.xz", "made-fat16-deleted-jpegs.E01", "made-fat16-deleted-jpegs.img.xz",
    "made-ntfs-jpegs.img.xz", "ntfs_img.dd",
)  # fmt: skip
FORENSIC = {
    "apfs.raw": ("APFS", "pyfsapfs"),
    "ext2.qcow2": ("qcow2", "pyqcow"),
    "ext2.vhd": ("VHD", "pyvhdi"),
    "ext2.vmdk": ("VMDK", "pyvmdk"),
    "hfsplus_zlib.dmg": ("DMG", "pymodi"),
}
UNLISTED = ("/.fseventsd/", "/.Trashes/", "/.HFS+ Private")
"""Housekeeping of macOS that the expected list leaves out."""
DELETED = {
    "/DCIM/_OOM_3.JPG": "2dd0e27ae338a2f9eba28ee7386b0ff76a1ab454bc0c6162067a3d735df7c0fb",
    "/DCIM/_OOM_4.JPG": "4665ed8aec4178d470b929bd5f56832f18a30a20f0f92b07f546afc18c72c613",
}

Line = tuple[str, bool, "str | None"]


def needs_extra(name: str) -> None:
    if name in FORENSIC and importlib.util.find_spec(FORENSIC[name][1]) is None:
        message = f"{name} needs the extra forensic"
        pytest.fail(message) if os.environ.get("HOMEWARD_REQUIRE_DATA") == "1" else pytest.skip(message)


def expected_of(images: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((images / "expected.json").read_text("utf-8"))[name]
    return found


def in_file_systems(rows: Iterable[Found]) -> list[Found]:
    return [row for row in rows if row.path.layers[-1].startswith("/") and not row.path.layers[-1].startswith(UNLISTED)]


def line(row: Found) -> Line:
    return row.path.layers[-1], row.deleted, row.digests.sha256 if row.digests else None


def expected_lines(entries: list[dict[str, Any]]) -> set[Line]:
    return {(entry["path"], entry["deleted"], entry["sha256"]) for entry in entries}


@pytest.mark.data
@pytest.mark.parametrize("name", IMAGES)
def test_every_expected_file_is_found_and_nothing_is_made_up(images: Path, name: str) -> None:
    needs_extra(name)
    expected = expected_of(images, name)
    found = occurrences(images / name)
    rows = in_file_systems(found.values())
    lines = {line(row) for row in rows}
    live = {(path, sha256) for path, deleted, sha256 in lines if not deleted}
    if isinstance(expected["pytsk3"], list):
        assert expected_lines(expected["pytsk3"]) <= lines
    listed = {(path, sha256) for path, _, sha256 in expected_lines(expected["dfvfs"])}
    assert listed <= live
    more = {path for path, _ in live - listed} - {"/a_link"}
    assert all(":" in path for path in more), "only streams are missing from the list"
    assert all(row.deleted for row in rows if row.path.layers[-1].startswith("/$OrphanFiles/"))
    for row in rows:
        assert row.readable == (row.digests is not None)
        assert bool(row.reason) != row.readable
        assert row.address.startswith("inode ")
    own = found[name]
    assert own.digests is not None
    assert own.digests.sha256 == expected["container_sha256"]
    assert own.size == expected["size"]
    assert own.readable, own.reason
    assert own.container


@pytest.mark.data
@pytest.mark.parametrize(("name", "sectors"), [("ntfs_img.dd", True), ("made-ntfs-jpegs.img.xz", False)])
def test_every_stream_is_what_the_sleuth_kit_reads(images: Path, name: str, sectors: bool, tmp_path: Path) -> None:
    """Two files of ``ntfs_img.dd`` have the same path: a stream of one, and a file whose name has a colon."""
    data = (images / name).read_bytes()
    raw = tmp_path / "a.dd"
    raw.write_bytes(lzma.decompress(data) if name.endswith(".xz") else data)
    start = int.from_bytes(raw.read_bytes()[454:458], "little") if sectors else 0
    image = ["-o", str(start), str(raw)]
    listing = subprocess.run([disks.tool("fls"), "-r", "-p", *image], check=True, capture_output=True, text=True).stdout
    by_tool = []
    for entry in listing.splitlines():
        kind, _, rest = entry.partition(" ")
        address, path = rest.split(":\t", 1)
        if kind.endswith("/r") and not path.startswith("$") and "/.:" not in path:
            content = subprocess.run([disks.tool("icat"), *image, address], check=True, capture_output=True).stdout
            by_tool.append((path, make.sha256(content)))
    ours = [
        (row.path.layers[-1].lstrip("/").partition(" (inode ")[0], row.digests.sha256)
        for row in in_file_systems(occurrences(raw).values())
        if row.digests
    ]
    assert sorted(ours) == sorted(by_tool)


@pytest.mark.data
@pytest.mark.parametrize("name", [name for name in IMAGES if name.endswith(".xz")])
def test_the_unpacked_image_has_its_row(images: Path, name: str) -> None:
    row = occurrences(images / name)[f"{name} > {name.removesuffix('.xz')}"]
    assert row.digests is not None
    assert row.digests.sha256 == expected_of(images, name)["raw_sha256"]
    assert row.container == "raw image"


@pytest.mark.data
@pytest.mark.parametrize("name", ["made-fat16-deleted-jpegs.E01", "made-fat16-deleted-jpegs.img.xz"])
def test_deleted_pictures_come_back_bit_by_bit(images: Path, name: str) -> None:
    rows = {row.path.layers[-1]: row for row in occurrences(images / name).values()}
    deleted = contents(images / name, [rows[path].path for path in DELETED])
    live = occurrences(images / "made-ext4-jpegs.img.xz")
    originals = contents(images / "made-ext4-jpegs.img.xz", [row.path for row in live.values()])
    by_hash = {make.sha256(data): data for data in originals.values()}
    for path, sha256 in DELETED.items():
        assert rows[path].deleted
        data = deleted[str(rows[path].path)]
        assert data == by_hash[sha256], "the same picture lies undeleted in another image"
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
    assert not rows["/DCIM/ROOM_0.JPG"].deleted


@pytest.mark.data
def test_a_picture_under_a_wrong_name_is_told_by_its_content(images: Path) -> None:
    rows = {row.path.layers[-1]: row for row in occurrences(images / "made-fat16-deleted-jpegs.E01").values()}
    assert rows["/DCIM/notes.dll"].mime == "image/jpeg"
    assert rows["/DCIM/notes.dll"].extension_mismatch
    assert not rows["/DCIM/ROOM_1.JPG"].extension_mismatch


@pytest.mark.data
def test_times_say_whether_they_have_a_zone(images: Path) -> None:
    fat = {row.path.layers[-1]: row for row in occurrences(images / "made-fat16-deleted-jpegs.img.xz").values()}
    ntfs = {row.path.layers[-1]: row for row in occurrences(images / "ntfs_img.dd").values()}
    modified = fat["/DCIM/ROOM_0.JPG"].times.modified
    assert modified is not None
    assert not modified.zoned
    created = ntfs["/adstest/a.txt"].times.created
    assert created is not None
    assert created.zoned


@pytest.mark.data
@pytest.mark.parametrize("name", ["ext2.E01", "ext2-deleted-names.E01", "made-fat16-deleted-jpegs.E01"])
def test_the_hash_an_e01_states_is_compared_with_its_medium(images: Path, name: str) -> None:
    claims = occurrences(images / name)[name].claims
    assert claims
    assert all(claim.stated == claim.measured for claim in claims)
    if name.startswith("made-fat16"):
        medium = lzma.decompress((images / "made-fat16-deleted-jpegs.img.xz").read_bytes())
        assert {claim.measured for claim in claims} <= {make.digests(medium).md5, make.digests(medium).sha1}


@pytest.mark.data
def test_a_forged_stored_hash_is_noticed(images: Path, tmp_path: Path) -> None:
    name = "made-fat16-deleted-jpegs.E01"
    stated = next(c for c in occurrences(images / name)[name].claims if c.algorithm == "md5").stated
    data = bytearray((images / name).read_bytes())
    forged = bytes.fromhex(stated)[:-1] + b"\x00"
    for length in (32, 76):  # data of the sections hash and digest before their Adler-32 (EWF-E01)
        place = data.find(bytes.fromhex(stated))
        while place >= 0:
            if int.from_bytes(data[place + length : place + length + 4], "little") == zlib.adler32(
                data[place : place + length]
            ):
                data[place : place + 16] = forged
                data[place + length : place + length + 4] = zlib.adler32(data[place : place + length]).to_bytes(4, "little")
            place = data.find(bytes.fromhex(stated), place + 1)
    assert bytes.fromhex(stated) not in data
    own = read_bytes(tmp_path, "forged.E01", bytes(data))["forged.E01"]
    claim = next(c for c in own.claims if c.algorithm == "md5")
    assert claim.stated == forged.hex()
    assert claim.measured == stated


@pytest.mark.data
def test_a_damaged_stretch_of_an_e01_costs_only_the_files_on_it(images: Path, tmp_path: Path) -> None:
    name = "made-fat16-deleted-jpegs.E01"
    data = bytearray((images / name).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 64] = make.noise(1, 64)
    found = read_bytes(tmp_path, "a.E01", bytes(data))
    truth = {entry["path"]: entry["sha256"] for entry in expected_of(images, name)["pytsk3"]}
    rows = in_file_systems(found.values())
    right = [row for row in rows if row.digests and row.digests.sha256 == truth[row.path.layers[-1]]]
    wrong = [row for row in rows if row not in right]
    assert len(rows) == len(truth)
    assert 1 <= len(wrong) <= 2
    assert all(row.digests is None and not row.readable and row.reason for row in wrong), "a zero-filled hole is no content"


@pytest.mark.data
@pytest.mark.parametrize("name", FORENSIC)
def test_without_the_extra_the_row_says_what_to_install(images: Path, name: str) -> None:
    """In a fresh process in which the library cannot be imported."""
    caption, module = FORENSIC[name]
    here = Path(__file__).parent
    code = (
        f"import sys; sys.modules[{module!r}] = None; sys.path.insert(0, {str(here)!r})\n"
        f"from pathlib import Path; from evidence_reading import occurrences\n"
        f"rows = occurrences(Path({str(images / name)!r}))\n"
        f"row = rows[{name!r}]; print(len(rows), row.readable, row.digests.sha256, row.reason)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    reason = f"{caption} images need the extra: pip install 'homeward[forensic]'"
    assert done.stdout.strip() == f"1 False {expected_of(images, name)['container_sha256']} {reason}"


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


@pytest.mark.skipif(shutil.which("fls") is None, reason="fls is not installed")
@pytest.mark.data
def test_every_deleted_name_that_fls_sees_is_a_row(images: Path, tmp_path: Path) -> None:
    raw = tmp_path / "a.img"
    raw.write_bytes(lzma.decompress((images / "made-fat16-deleted-jpegs.img.xz").read_bytes()))
    listing = subprocess.run(["fls", "-r", "-p", "-d", str(raw)], check=True, capture_output=True, text=True).stdout
    by_tool = {entry.split("\t", 1)[1] for entry in listing.splitlines()}
    ours = {row.path.layers[-1].lstrip("/") for row in in_file_systems(occurrences(raw).values()) if row.deleted}
    assert by_tool <= ours
