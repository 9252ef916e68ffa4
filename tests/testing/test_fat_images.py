from __future__ import annotations

import io
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pyewf
import pytest
import pytsk3
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.testing.disk_images import PARTITION_START, SECTOR, DiskFile, fat_image
from homeward.testing.expert_witness import expert_witness

FILES = [
    DiskFile("a.txt", b"short"),
    DiskFile("nothing.dat", b""),
    DiskFile(
        "Holiday Pictures/a rather long name, März \u263a.jpeg",
        bytes(range(256)) * 300,
        modified=datetime(2021, 12, 31, 23, 59, 58, tzinfo=UTC),
    ),
    DiskFile("Holiday Pictures/deeper/gone for good.jpg", b"still here" * 700, deleted=True),
    DiskFile("Holiday Pictures/deeper/thirteen.char", b"x" * SECTOR),
]
KINDS = {"fat12": {}, "fat16": {"clusters": 5000}, "large-clusters": {"clusters": 5000, "sectors_per_cluster": 4}}


class Raw(pytsk3.Img_Info):
    def __init__(self, data: bytes) -> None:
        self._data = data
        super().__init__("")

    def get_size(self) -> int:
        return len(self._data)

    def read(self, offset: int, size: int) -> bytes:
        return self._data[offset : offset + size]


def listed(image: bytes, offset: int = 0) -> dict[str, tuple[bytes, bool, int]]:
    """Path to content, deleted, modified: as The Sleuth Kit sees them."""
    volume = pytsk3.FS_Info(Raw(image), offset=offset)
    found: dict[str, tuple[bytes, bool, int]] = {}

    def walk(folder: pytsk3.Directory, before: str) -> None:
        for entry in folder:
            name = entry.info.name.name.decode()
            if name in {".", ".."} or name.startswith("$") or entry.info.name.type == pytsk3.TSK_FS_NAME_TYPE_VIRT:
                continue
            if entry.info.meta.type == pytsk3.TSK_FS_META_TYPE_DIR:
                walk(entry.as_directory(), f"{before}{name}/")
            elif "Volume Label" not in name:
                size = entry.info.meta.size
                data = entry.read_random(0, size) if size else b""
                deleted = bool(entry.info.name.flags & pytsk3.TSK_FS_NAME_FLAG_UNALLOC)
                found[before + name] = (data, deleted, entry.info.meta.mtime)

    walk(volume.open_dir("/"), "")
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_sleuth_kit_reads_every_file(kind: str) -> None:
    found = listed(fat_image(FILES, **KINDS[kind]))
    assert {path: (data, deleted) for path, (data, deleted, _) in found.items()} == {f.path: (f.data, f.deleted) for f in FILES}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.skipif(not shutil.which("fsck.fat"), reason="dosfstools is not installed")
def test_fsck_finds_it_clean(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "disk.img"
    path.write_bytes(fat_image(FILES, **KINDS[kind]))
    done = subprocess.run(["fsck.fat", "-n", "-v", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert ("12 bit entries" if kind == "fat12" else "16 bit entries") in done.stdout


@pytest.mark.skipif(not shutil.which("mcopy"), reason="mtools is not installed")
def test_mtools_copies_the_same_bytes(tmp_path: Path) -> None:
    path, out = tmp_path / "disk.img", tmp_path / "out"
    path.write_bytes(fat_image(FILES))
    out.mkdir()
    subprocess.run(["mcopy", "-s", "-i", path, "::", out], check=True, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})
    (root,) = out.iterdir() if not (out / "a.txt").exists() else (out,)
    assert (root / "a.txt").read_bytes() == b"short"
    assert (root / "Holiday Pictures/deeper/thirteen.char").read_bytes() == b"x" * SECTOR
    assert not (root / "Holiday Pictures/deeper/gone for good.jpg").exists()


def test_partition_lies_where_its_table_says() -> None:
    image = fat_image(FILES, clusters=5000, partitioned=True)
    used = [part for part in pytsk3.Volume_Info(Raw(image)) if part.flags == pytsk3.TSK_VS_PART_FLAG_ALLOC]
    assert [(part.start, part.len) for part in used] == [(PARTITION_START, len(image) // SECTOR - PARTITION_START)]
    assert set(listed(image, PARTITION_START * SECTOR)) == {file.path for file in FILES}


def test_times_are_wall_clock() -> None:
    _, _, modified = listed(fat_image(FILES))[FILES[2].path]
    assert datetime.fromtimestamp(modified, UTC) == FILES[2].modified


@pytest.mark.parametrize("clusters", [4084, 4085, 4087, 65_524])
def test_kinds_meet_at_their_cluster_counts(clusters: int) -> None:
    assert listed(fat_image(FILES, clusters=clusters))["a.txt"][0] == b"short"


def test_too_much_is_refused() -> None:
    with pytest.raises(ValueError, match="too many for FAT16"):
        fat_image([], clusters=65_525)
    with pytest.raises(ValueError, match="at most 512"):
        fat_image([DiskFile(f"{at}.txt", b"") for at in range(300)])


NAMES = st.text(st.sampled_from("abcXYZ 0123-_äß\u263a\U0001f3e0"), min_size=1, max_size=60).map(lambda text: f"n{text}n")


@settings(max_examples=40, deadline=None)
@given(
    content=st.dictionaries(
        st.tuples(NAMES, NAMES).map("/".join), st.tuples(st.binary(max_size=3000), st.booleans()), max_size=12
    )
)
def test_any_tree_comes_back(content: dict[str, tuple[bytes, bool]]) -> None:
    seen = {path.upper() for path in content} | {path.split("/")[0].upper() for path in content}
    if len(seen) < len(content) + len({path.split("/")[0] for path in content}):
        return  # FAT folds case
    found = listed(fat_image(DiskFile(path, data, deleted=deleted) for path, (data, deleted) in content.items()))
    live = {path: data for path, (data, deleted) in content.items() if not deleted}
    assert {path: data for path, (data, deleted, _) in found.items() if not deleted} == live


@pytest.mark.parametrize("size", [SECTOR, 64 * SECTOR, 64 * SECTOR + SECTOR, 300_032])
def test_libewf_reads_the_image_back(size: int, tmp_path: Path) -> None:
    image = bytes(at * 31 % 251 for at in range(size))
    path = tmp_path / "disk.E01"
    path.write_bytes(expert_witness(image, case_number="C-7", examiner="Nobody"))
    handle = pyewf.handle()
    handle.open([str(path)])
    assert handle.get_media_size() == size
    assert handle.read_buffer(size) == image
    assert handle.get_header_value("case_number") == "C-7"
    handle.close()


@pytest.mark.skipif(not shutil.which("ewfverify"), reason="ewf-tools is not installed")
def test_ewfverify_confirms_the_hash(tmp_path: Path) -> None:
    path = tmp_path / "disk.E01"
    path.write_bytes(expert_witness(fat_image(FILES)))
    done = subprocess.run(["ewfverify", path], capture_output=True, text=True, check=False)
    assert "SUCCESS" in done.stdout, done.stdout


def test_half_a_sector_is_refused() -> None:
    with pytest.raises(ValueError, match="700 bytes"):
        expert_witness(io.BytesIO(bytes(700)).getvalue())
