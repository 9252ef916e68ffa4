"""Archives of every kind, nested and broken: what can be had is had, what cannot is named."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import struct
import tarfile
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import evidence_makers as make
import pytest
from evidence_reading import occurrences, read_bytes
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.core import StackedPath
from homeward.core.time import Moment
from homeward.evidence import Found
from homeward.evidence.walk import Node, Walk

FILES = {"one.jpg": make.picture(1), "two.txt": b"a few words", "deep/three.bin": make.noise(3, 70_000), "empty.txt": b""}
PACKERS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "zip": make.zipped,
    "zip stored": lambda files: make.zipped(files, zipfile.ZIP_STORED),
    "zip bzip2": lambda files: make.zipped(files, zipfile.ZIP_BZIP2),
    "zip lzma": lambda files: make.zipped(files, zipfile.ZIP_LZMA),
    "zip to a pipe": make.zipped_to_a_pipe,
    "zip64": make.zip64,
    "pax": make.tarred,
    "ustar": lambda files: make.tarred(files, form=tarfile.USTAR_FORMAT),
    "gnu tar": lambda files: make.tarred(files, form=tarfile.GNU_FORMAT),
}


@pytest.mark.parametrize("packer", PACKERS)
def test_every_member_has_its_row_and_hashes(packer: str, tmp_path: Path) -> None:
    data = PACKERS[packer](FILES)
    found = read_bytes(tmp_path, "a.bin", data)
    for name, content in FILES.items():
        row = found[f"a.bin > {name}"]
        assert (row.size, row.digests, row.readable, row.reason) == (len(content), make.digests(content), True, "")
        assert not row.deleted
        assert not row.embedded
    assert found["a.bin"].digests == make.digests(data)
    assert found["a.bin"].container == ("tar" if "tar" in packer or packer == "pax" else "zip")
    assert len(found) == len(FILES) + 1


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz"])
def test_a_packed_tar_is_a_tar_in_a_one_member_container(packing: str, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, f"a.tar.{packing}", make.tarred(FILES, packing))
    plain = found[f"a.tar.{packing} > a.tar"]
    assert plain.container == "tar"
    assert found[f"a.tar.{packing} > a.tar > one.jpg"].digests == make.digests(FILES["one.jpg"])
    assert len(found) == len(FILES) + 2


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_packed_streams_one_after_the_other_are_one_content(
    suffix: str, pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    halves = make.noise(1, 300_000), make.noise(2, 5)
    found = read_bytes(tmp_path, f"a.dat.{suffix}", b"".join(map(pack, halves)))
    assert found[f"a.dat.{suffix} > a.dat"].digests == make.digests(b"".join(halves))


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_a_cut_packed_stream_has_no_hash_it_does_not_deserve(
    suffix: str, pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    packed = pack(make.noise(1, 300_000))
    data = packed[: len(packed) // 2]
    found = read_bytes(tmp_path, f"a.dat.{suffix}", data)
    inner, outer = found[f"a.dat.{suffix} > a.dat"], found[f"a.dat.{suffix}"]
    assert inner.digests is None
    assert not inner.readable
    assert "end" in inner.reason
    assert outer.digests == make.digests(data)


@pytest.mark.parametrize("inner", ["zip", "pax"])
def test_a_container_inside_a_cut_one_has_no_hash_it_does_not_deserve(inner: str, tmp_path: Path) -> None:
    packed = gzip.compress(PACKERS[inner](FILES))
    found = read_bytes(tmp_path, "a.dat.gz", packed[: len(packed) // 2])
    assert found["a.dat.gz > a.dat"].digests is None
    assert not found["a.dat.gz > a.dat"].readable
    assert found["a.dat.gz"].digests == make.digests(packed[: len(packed) // 2])


def test_a_password_costs_only_its_member(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, "a.zip", make.encrypted(make.zipped(FILES), "one.jpg"))
    locked = found["a.zip > one.jpg"]
    assert (locked.digests, locked.readable) == (None, False)
    assert "password" in locked.reason
    assert found["a.zip > deep/three.bin"].digests == make.digests(FILES["deep/three.bin"])


@pytest.mark.parametrize("method", [1, 9, 97, 99])
def test_an_unsupported_method_is_named_and_costs_only_its_member(method: int, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, "a.zip", make.with_method(make.zipped(FILES), "one.jpg", method))
    assert str(method) in found["a.zip > one.jpg"].reason
    assert found["a.zip > one.jpg"].digests is None
    assert found["a.zip > two.txt"].readable


def test_a_wrong_checksum_costs_only_its_member(tmp_path: Path) -> None:
    data = bytearray(make.zipped(FILES, zipfile.ZIP_STORED))
    data[data.index(FILES["two.txt"])] ^= 1
    found = read_bytes(tmp_path, "a.zip", bytes(data))
    assert found["a.zip > two.txt"].digests is None
    assert "checksum" in found["a.zip > two.txt"].reason
    assert found["a.zip > one.jpg"].readable


@pytest.mark.parametrize("packer", ["zip", "zip stored", "zip to a pipe", "zip64"])
def test_a_zip_without_its_directory_gives_up_every_member(packer: str, tmp_path: Path) -> None:
    whole = PACKERS[packer](FILES)
    data = whole[: whole.index(make.DIRECTORY)]
    found = read_bytes(tmp_path, "a.zip", data)
    for name, content in FILES.items():
        assert found[f"a.zip > {name}"].digests == make.digests(content), name
    assert found["a.zip"].digests == make.digests(data)
    assert not found["a.zip"].readable
    assert "cut short" in found["a.zip"].reason


@pytest.mark.parametrize("packer", ["zip", "zip stored", "zip to a pipe", "pax", "gnu tar"])
@given(share=st.floats(0.0, 1.0))
@settings(max_examples=25, deadline=None)
def test_a_cut_archive_keeps_what_lies_before_the_cut(packer: str, share: float) -> None:
    whole = PACKERS[packer](FILES)
    data = whole[: int(len(whole) * share)]
    with tempfile.TemporaryDirectory() as folder:
        found = read_bytes(Path(folder), "a.bin", data)
    assert found["a.bin"].digests == make.digests(data)
    for name, content in FILES.items():
        row = found.get(f"a.bin > {name}")
        if row is not None and row.digests is not None:
            assert row.digests == make.digests(content)
        stored = packer in {"zip stored", "pax", "gnu tar"} and content
        if stored and data.find(content) >= 0:
            assert row is not None
            assert row.digests == make.digests(content)
        elif stored and row is not None:
            assert not row.readable
            assert row.reason


def test_a_cut_tar_names_the_member_that_is_cut(tmp_path: Path) -> None:
    whole = make.tarred(FILES)
    data = whole[: whole.index(FILES["deep/three.bin"]) + 1000]
    found = read_bytes(tmp_path, "a.tar", data)
    assert found["a.tar > one.jpg"].readable
    cut = found["a.tar > deep/three.bin"]
    assert cut.digests is None
    assert "ends" in cut.reason
    assert not found["a.tar"].readable


NAMES = [
    "../../etc/passwd", "/absolute", "C:\\windows\\x", "white space ", "line\nbreak", "a > b", "日本.txt", "x" * 240, ".hidden",
]  # fmt: skip


@pytest.mark.parametrize("packer", ["zip", "pax", "gnu tar"])
def test_names_are_kept_as_they_are_and_lead_nowhere(packer: str, tmp_path: Path) -> None:
    files = {name: name.encode() for name in NAMES}
    inside = tmp_path / "inside"
    inside.mkdir()
    found = read_bytes(inside, "a.bin", PACKERS[packer](files))
    for name, content in files.items():
        row = found[str(StackedPath.of(["a.bin", name]))]
        assert row.digests == make.digests(content)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.bin", "inside"]


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_two_members_of_one_name_are_two_occurrences(kind: str, tmp_path: Path) -> None:
    contents = [b"first", b"second", b"third"]
    out = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w") as archive:
            for content in contents:
                with pytest.warns(UserWarning, match="Duplicate name") if content != b"first" else contextlib.nullcontext():
                    archive.writestr("same.txt", content)
    else:
        with tarfile.open(fileobj=out, mode="w") as archive_tar:
            for content in contents:
                info = tarfile.TarInfo("same.txt")
                info.size = len(content)
                archive_tar.addfile(info, io.BytesIO(content))
    found = read_bytes(tmp_path, "a.bin", out.getvalue())
    hashes = {row.digests.sha256 for path, row in found.items() if path != "a.bin" and row.digests}
    assert hashes == {make.sha256(content) for content in contents}
    assert len(found) == 4


def test_names_that_are_not_utf8_are_kept_byte_for_byte(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
        info = tarfile.TarInfo("caf\xe9.txt")
        info.size = 2
        archive.addfile(info, io.BytesIO(b"ok"))
    found = read_bytes(tmp_path, "a.tar", out.getvalue())
    assert found["a.tar > caf\\xe9.txt"].digests == make.digests(b"ok")


def test_links_and_devices_in_a_tar_are_rows_without_content(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in (("soft", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE), ("pipe", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd" if kind == tarfile.SYMTYPE else "real"
            archive.addfile(info)
    found = read_bytes(tmp_path, "a.tar", out.getvalue())
    for name in ("soft", "hard", "pipe"):
        row = found[f"a.tar > {name}"]
        assert row.digests is None
        assert row.reason


def test_a_zip_keeps_wall_clock_times_and_says_that_they_have_no_zone(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.txt", (2021, 7, 14, 9, 30, 58)), b"x")
    modified = read_bytes(tmp_path, "a.zip", out.getvalue())["a.zip > a.txt"].times.modified
    assert modified is not None
    assert not modified.zoned
    assert str(modified) == "2021-07-14T09:30:58"


def test_a_tar_keeps_universal_time(tmp_path: Path) -> None:
    modified = read_bytes(tmp_path, "a.tar", make.tarred({"a": b"x"}))["a.tar > a"].times.modified
    assert modified is not None
    assert modified.zoned
    assert modified.ns == 1_600_000_000 * 10**9


def test_a_bad_date_costs_nothing(tmp_path: Path) -> None:
    data = bytearray(make.zipped({"a.txt": b"x"}))
    for signature, at in ((make.LOCAL, 12), (make.DIRECTORY, 14)):
        place = data.index(signature)
        data[place + at : place + at + 2] = b"\xff\xff"
    row = read_bytes(tmp_path, "a.zip", bytes(data))["a.zip > a.txt"]
    assert row.digests == make.digests(b"x")
    assert row.times.modified is None


names = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x24F, exclude_characters="/\\"), min_size=1, max_size=12)
trees = st.dictionaries(names, st.binary(max_size=2000).filter(lambda data: data[:1] not in {b"\xff", b"\x89"}), max_size=6)


@given(trees, st.lists(st.sampled_from(["zip", "zip stored", "zip to a pipe", "pax", "gnu tar"]), min_size=3, max_size=5))
@settings(max_examples=40, deadline=None)
def test_any_tree_comes_back_through_any_nesting(tree: dict[str, bytes], nesting: list[str]) -> None:
    files = {f"{name}.txt": b"text " + content.hex().encode() for name, content in tree.items()}
    data = PACKERS[nesting[0]](files | {"mark.txt": b"mark"})
    layers: list[str] = []
    for at, packer in enumerate(nesting[1:]):
        layers.insert(0, f"inner{at}.bin")
        data = PACKERS[packer]({layers[0]: data, "beside.txt": packer.encode()})
    with tempfile.TemporaryDirectory() as folder:
        found = read_bytes(Path(folder), "outer.bin", data)
    for name, content in files.items():
        row = found[str(StackedPath.of(["outer.bin", *layers, name]))]
        assert row.digests == make.digests(content)
    assert len(found) == len(files) + 1 + len(nesting) + len(nesting) - 1
    assert all(row.readable for row in found.values())


def test_an_exhibit_folder_names_archives_by_their_place_in_it(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.zip").write_bytes(make.zipped(FILES))
    found = occurrences(tmp_path)
    assert found["sub/a.zip > one.jpg"].digests == make.digests(FILES["one.jpg"])
    assert found["sub/a.zip"].path.layers == ("sub/a.zip",)


def _headless(archive: bytes) -> bytes:
    """A zip without its directory."""
    return archive[: archive.index(b"PK\x01\x02")]


@pytest.mark.parametrize("packer", ["zip", "zip without its directory", "tar"])
def test_members_that_bear_each_other_s_names_all_have_their_row(packer: str, tmp_path: Path) -> None:
    """A member may truly be called what a second one of a name is called here: none may hide another."""
    names = ["a.jpg (entry 2)", "a.jpg", "a.jpg", "a.jpg (entry 3)", "a.jpg", "", "(no name)"]
    contents = [make.picture(seed) for seed in range(len(names))]
    out = io.BytesIO()
    if packer == "tar":
        with tarfile.open(fileobj=out, mode="w") as archive:
            for name, data in zip(names, contents, strict=True):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    else:
        with zipfile.ZipFile(out, "w") as packed, warnings.catch_warnings(action="ignore"):
            for name, data in zip(names, contents, strict=True):
                info_ = zipfile.ZipInfo(name or "x")
                info_.filename = name
                packed.writestr(info_, data)
    data = out.getvalue() if "without" not in packer else _headless(out.getvalue())
    found = read_bytes(tmp_path, "a.bin", data)
    held = {row.digests for path, row in found.items() if path != "a.bin"}
    assert held == {make.digests(content) for content in contents}


@pytest.mark.parametrize("time", ["nan", "inf", "-inf", "1e300", "-9e18", "yesterday"])
def test_a_time_that_is_none_costs_nothing_but_itself(time: str, tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, header in (("a.jpg", {"mtime": time}), ("b.jpg", {"mtime": "1600000000.123456789"})):
            info = tarfile.TarInfo(name)
            info.size, info.pax_headers = len(FILES["one.jpg"]), header
            archive.addfile(info, io.BytesIO(FILES["one.jpg"]))
    found = read_bytes(tmp_path, "a.tar", out.getvalue())
    assert found["a.tar > a.jpg"].digests == found["a.tar > b.jpg"].digests == make.digests(FILES["one.jpg"])
    assert found["a.tar > a.jpg"].times.modified in {None, Moment(0)}
    assert found["a.tar > b.jpg"].times.modified == Moment(1_600_000_000_123_456_789)


def test_a_size_beyond_64_bits_costs_nothing_but_itself(tmp_path: Path) -> None:
    info = tarfile.TarInfo("huge")
    info.size, info.type = 1 << 80, tarfile.SYMTYPE
    header = info.tobuf(tarfile.GNU_FORMAT)
    found = read_bytes(tmp_path, "a.tar", header)
    assert found["a.tar > huge"].size < 1 << 63


@pytest.mark.parametrize("error", [IndexError, KeyError, struct.error, AssertionError, MemoryError, RecursionError, TypeError])
def test_a_fault_of_a_parser_costs_the_file_it_parses_and_nothing_beside(error: type[Exception]) -> None:
    def fail() -> NoReturn:
        raise error("index out of range")

    with tempfile.TemporaryFile() as scratch:
        walk = Walk(1 << 20, scratch.fileno())
        (found,) = walk.visit(Node(StackedPath(("disk.dd", "/a.zip")), 1, fail))
    assert isinstance(found, Found)
    assert (found.readable, found.digests) == (False, None)
    assert found.reason
