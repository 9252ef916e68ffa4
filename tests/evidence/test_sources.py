"""What lies on disk: all of it, in order, nothing followed, nothing dropped."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import evidence_makers as make
import pytest
from evidence_reading import occurrences
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.evidence import EvidenceError, EvidenceMissing, source_at, sources


def test_a_folder_is_listed_in_order_and_by_relative_path(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a/deep/er/x.txt", "c/y.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    found = list(sources(tmp_path))
    assert [source.path for source in found] == ["a/deep/er/x.txt", "a/z.txt", "b.txt", "c/y.txt"]
    assert [source.size for source in found] == [len(source.path) for source in found]
    assert all(not source.reason for source in found)


def test_a_single_file_is_called_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "beside.txt").write_bytes(b"not part of the exhibit")
    (tmp_path / "only.txt").write_bytes(b"x")
    assert [source.path for source in sources(tmp_path / "only.txt")] == ["only.txt"]


def test_nothing_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(EvidenceMissing, match=r"gone\.zip") as caught:
        list(sources(tmp_path / "gone.zip"))
    assert isinstance(caught.value, EvidenceError)
    assert isinstance(caught.value, FileNotFoundError)


def test_what_is_no_file_is_a_row_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "socket"))
    found = {path: row.reason for path, row in occurrences(tmp_path).items()}
    assert set(found) == {"real", "link", "dangling", "loop", "pipe", "socket"}
    assert found["real"] == ""
    assert all("symbolic link" in found[name] for name in ("link", "dangling", "loop"))
    assert all("not a file" in found[name] for name in ("pipe", "socket"))


def test_an_exhibit_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_bytes(b"x")
    (tmp_path / "link.txt").symlink_to("real.txt")
    assert all(row.digests is None and row.reason for row in occurrences(tmp_path / "link.txt").values())


def test_a_file_swapped_for_a_link_after_listing_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x")
    (tmp_path / "elsewhere").write_bytes(b"other")
    (source,) = sources(tmp_path / "a.txt")
    (tmp_path / "a.txt").unlink()
    (tmp_path / "a.txt").symlink_to("elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        source.open()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_folder_is_a_row_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir()
    (tmp_path / "shut" / "inside.txt").write_bytes(b"x")
    (tmp_path / "open.txt").write_bytes(b"x")
    (tmp_path / "shut").chmod(0)
    try:
        found = occurrences(tmp_path)
    finally:
        (tmp_path / "shut").chmod(0o700)
    assert "cannot be read" in found["shut"].reason
    assert found["open.txt"].readable


def test_names_that_are_not_utf8_are_kept_byte_for_byte(tmp_path: Path) -> None:
    name = b"caf\xe9 > x\n.txt"
    (tmp_path / os.fsdecode(name)).write_bytes(b"x")
    (tmp_path / "sub").mkdir()
    (tmp_path / os.fsdecode(b"sub/\xff.zip")).write_bytes(make.zipped({"a.txt": b"y"}))
    found = occurrences(tmp_path)
    assert found["caf\\xe9 \\u003e x\\u000a.txt"].digests == make.digests(b"x")
    assert found["sub/\\xff.zip > a.txt"].digests == make.digests(b"y")


def test_reading_leaves_evidence_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(make.zipped({"a.txt": b"x"}))
    os.utime(tmp_path / "a.zip", ns=(10**18, 10**18))
    before = (tmp_path / "a.zip").stat()
    occurrences(tmp_path)
    after = (tmp_path / "a.zip").stat()
    assert (after.st_atime_ns, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_atime_ns,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )


def test_times_of_a_file_come_from_its_disk(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x")
    os.utime(tmp_path / "a.txt", ns=(1_500_000_000_123_456_789, 1_600_000_000_987_654_321))
    times = occurrences(tmp_path)["a.txt"].times
    assert times.modified is not None
    assert times.accessed is not None
    assert (times.accessed.ns, times.modified.ns) == (1_500_000_000_123_456_789, 1_600_000_000_987_654_321)
    assert times.modified.zoned


def test_segments_are_one_source_in_their_true_order(tmp_path: Path) -> None:
    numbers = [*(f"E{at:02}" for at in range(1, 100)), "EAA", "EAB", "EZZ"]
    for number in numbers:
        (tmp_path / f"disk.{number}").write_bytes(b"x")
    (tmp_path / "disk.txt").write_bytes(b"x")
    (tmp_path / "other.E01").write_bytes(b"x")
    found = {source.path: [file.name for file in source.files] for source in sources(tmp_path)}
    assert found["disk.E01"] == [f"disk.{number}" for number in numbers]
    assert set(found) == {"disk.E01", "disk.txt", "other.E01"}


def test_a_series_of_another_folder_or_stem_stays_apart(tmp_path: Path) -> None:
    for name in ("a.001", "a.002", "b.001", "sub/a.002", "sub/a.003"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = {source.path: [file.name for file in source.files] for source in sources(tmp_path)}
    assert found == {"a.001": ["a.001", "a.002"], "b.001": ["b.001"], "sub/a.002": ["a.002", "a.003"]}


parts = st.sampled_from(["a", "b", "disk.E01", "disk.E02", "x.001", "x.002", "Z", "é"])


@given(st.sets(st.lists(parts, min_size=1, max_size=3).map("/".join), max_size=12))
@settings(max_examples=60, deadline=None)
def test_every_file_is_in_exactly_one_source_and_can_be_found_again(names: set[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        made = set()
        for name in sorted(names):
            if any((root / parent).is_file() for parent in Path(name).parents) or (root / name).exists():
                continue
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(b"x")
            made.add(name)
        found = list(sources(root))
        files = [str(file.relative_to(root)) for source in found for file in source.files]
        assert sorted(files) == sorted(made)
        for source in found:
            again = source_at(root, source.path)
            assert again is not None
            assert (again.path, again.files, again.stamp) == (source.path, source.files, source.stamp)


def test_the_stamp_changes_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x")
    (before,) = sources(path)
    path.write_bytes(b"y")
    os.utime(path, ns=(before.stats[0].st_atime_ns, before.stats[0].st_mtime_ns + 1))
    after = source_at(path, "a.txt")
    assert after is not None
    assert after.stamp != before.stamp
    path.unlink()
    assert source_at(tmp_path, "a.txt") is None


_LISTED = """
import sys, tracemalloc
from pathlib import Path
from homeward.evidence.sources import sources
tracemalloc.start()
print(sum(1 for _ in sources(Path(sys.argv[1]))), tracemalloc.get_traced_memory()[1])
"""
"""In a process of its own: nothing else is counted."""


@pytest.mark.slow
def test_fifty_thousand_files_are_listed_in_constant_memory(tmp_path: Path) -> None:
    """500 folders of 100 files: what is held is the names of the folders that are open, far below 100 bytes a file."""
    for at in range(500):
        folder = tmp_path / f"{at % 10}" / f"{at:03}"
        folder.mkdir(parents=True)
        for number in range(100):
            os.close(os.open(folder / f"{number:03}.txt", os.O_CREAT | os.O_WRONLY))
    done = subprocess.run([sys.executable, "-c", _LISTED, tmp_path], check=True, capture_output=True, text=True)
    count, peak = map(int, done.stdout.split())
    assert count == 50_000
    assert peak < 4 << 20
