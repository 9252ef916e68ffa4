"""What unfolds without end is stopped with a reason, and everything before the stop stands."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import evidence_makers as make
import pytest
from evidence_reading import read_bytes

from homeward.evidence import limits

SMALL = 1 << 18
ZEROS = bytes(64 << 20)
PACK: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of a MiB and ten times the bytes on disk, so that a bomb of 64 MiB is a bomb."""
    monkeypatch.setattr(limits, "EXPANDED_BASE", SMALL)
    monkeypatch.setattr(limits, "EXPANDED_RATIO", 10)


@pytest.mark.usefixtures("tight")
@pytest.mark.parametrize("kind", [*PACK, "zip"])
def test_a_bomb_is_named_and_costs_only_itself(kind: str, tmp_path: Path) -> None:
    good = make.picture(1)
    if kind == "zip":
        data, before, bomb = make.zipped({"good.jpg": good, "bomb": ZEROS}), "a.bin > good.jpg", "a.bin > bomb"
    else:
        packed = PACK[kind](ZEROS)
        data = make.zipped({"good.jpg": good, f"bomb.{kind}": packed}, zipfile.ZIP_STORED)
        before, bomb = "a.bin > good.jpg", f"a.bin > bomb.{kind} > bomb"
    found = read_bytes(tmp_path, "a.bin", data)
    assert found[before].digests == make.digests(good)
    assert not found[bomb].readable
    assert "bomb" in found[bomb].reason
    assert found[bomb].size <= SMALL + 10 * len(data) + (1 << 20)
    assert found["a.bin"].digests == make.digests(data)


@pytest.mark.usefixtures("tight")
def test_overlapping_members_count_each_time_they_are_unpacked(tmp_path: Path) -> None:
    """One packed megabyte named a hundred times in the directory: the overlap trick of better zip bombs."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("kernel", bytes(1 << 20))
        first = archive.infolist()[0]
        for at in range(100):
            twin = zipfile.ZipInfo("kernel", first.date_time)
            for field in ("header_offset", "CRC", "compress_size", "file_size", "compress_type", "flag_bits"):
                setattr(twin, field, getattr(first, field))
            archive.filelist.append(twin)
            archive.NameToInfo[f"{at}"] = twin
        archive._didModify = True  # type: ignore[attr-defined] # no public way to write a directory by hand
    found = read_bytes(tmp_path, "a.zip", out.getvalue())
    unpacked = sum(row.size for path, row in found.items() if path != "a.zip")
    assert unpacked <= SMALL + 11 * len(out.getvalue()) + (2 << 20)
    assert any("bomb" in row.reason for row in found.values())


def test_too_many_files_are_counted_and_the_first_ones_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ENTRIES", 50)
    data = make.zipped({f"{at:03}.txt": b"text %d" % at for at in range(200)})
    found = read_bytes(tmp_path, "a.zip", data)
    assert len(found) == 51
    assert found["a.zip > 000.txt"].readable
    assert not found["a.zip"].readable
    assert "more than 50 files" in found["a.zip"].reason
    assert found["a.zip"].digests == make.digests(data)


@pytest.mark.parametrize("kind", ["zip", "tar", "gz"])
def test_nesting_ends_at_the_limit_with_a_reason(kind: str, tmp_path: Path) -> None:
    data = make.zipped({"heart.txt": b"heart"})
    for _ in range(limits.DEPTH + 5):
        data = {
            "zip": lambda d: make.zipped({"a.bin": d}),
            "tar": lambda d: make.tarred({"a.bin": d}),
            "gz": lambda d: gzip.compress(d, 1),
        }[kind](data)
    found = read_bytes(tmp_path, "a.bin", data)
    deepest = max(found.values(), key=lambda row: len(row.path.layers))
    assert len(deepest.path.layers) == limits.DEPTH + 1
    assert f"more than {limits.DEPTH} containers deep" in deepest.reason
    assert found["a.bin"].digests == make.digests(data)
    assert sum(bool(row.reason) for row in found.values()) == 1, "the depth is said once, where it was reached"


def test_a_deep_but_allowed_nesting_is_read_to_its_heart(tmp_path: Path) -> None:
    data = make.zipped({"heart.txt": b"heart"})
    for _ in range(limits.DEPTH - 1):
        data = make.zipped({"a.zip": data})
    found = read_bytes(tmp_path, "a.zip", data)
    heart = " > ".join(["a.zip"] * limits.DEPTH + ["heart.txt"])
    assert found[heart].digests == make.digests(b"heart")


def test_an_archive_that_holds_itself_ends(tmp_path: Path) -> None:
    """Russ Cox's quine: a gzip whose content is itself would unfold for ever; here the limit is what ends a chain."""
    data = make.tarred({"a.txt": b"x"})
    for _ in range(60):
        data = make.tarred({"again.tar": data})
    found = read_bytes(tmp_path, "a.tar", data)
    assert len(found) <= 2 * limits.DEPTH
    assert any(row.reason for row in found.values())


def test_a_zip_member_that_claims_gigabytes_is_what_it_is(tmp_path: Path) -> None:
    data = bytearray(make.zipped({"a.txt": b"few bytes"}, zipfile.ZIP_STORED))
    place = data.index(make.DIRECTORY)
    data[place + 20 : place + 28] = b"\xfe\xff\xff\xff" * 2
    row = read_bytes(tmp_path, "a.zip", bytes(data))["a.zip > a.txt"]
    assert not row.readable
    assert row.digests is None


def test_a_tar_member_that_claims_exabytes_ends_at_once(tmp_path: Path) -> None:
    data = bytearray(make.tarred({"a.txt": b"few bytes"}))
    data[124:136] = b"\x80" + (1 << 60).to_bytes(11, "big")
    data[148:156] = b"%06o\0 " % sum(data[:148] + b" " * 8 + data[156:512])
    row = read_bytes(tmp_path, "a.tar", bytes(data))["a.tar > a.txt"]
    assert not row.readable
    assert row.digests is None
