"""Disk images against known content: every file, deleted ones bit by bit, and nothing made up."""

from __future__ import annotations

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


@pytest.mark.skipif(shutil.which("fls") is None, reason="fls is not installed")
@pytest.mark.data
def test_every_deleted_name_that_fls_sees_is_a_row(images: Path, tmp_path: Path) -> None:
    raw = tmp_path / "a.img"
    raw.write_bytes(lzma.decompress((images / "made-fat16-deleted-jpegs.img.xz").read_bytes()))
    listing = subprocess.run(["fls", "-r", "-p", "-d", str(raw)], check=True, capture_output=True, text=True).stdout
    by_tool = {entry.split("\t", 1)[1] for entry in listing.splitlines()}
    ours = {row.path.layers[-1].lstrip("/") for row in in_file_systems(occurrences(raw).values()) if row.deleted}
    assert by_tool <= ours
