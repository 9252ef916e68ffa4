"""What was found can be had again, byte for byte, in as many rounds as the room for it asks."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import evidence_makers as make
import pytest
from evidence_reading import contents, occurrences
from hypothesis import given, settings
from hypothesis import strategies as st
from test_disk_images import IMAGES, needs_extra

from homeward.core import StackedPath
from homeward.evidence import Found


def is_branch(row: Found, found: Mapping[str, Found]) -> bool:
    return any(path.startswith(f"{row.path} > ") for path in found)


def everything(location: Path) -> None:
    """Every readable occurrence comes back with the size and hashes that were reported."""
    found = {path: row for path, row in occurrences(location).items() if row.digests is not None}
    fetched = contents(location, [row.path for row in found.values() if not is_branch(row, found)])
    for row in found.values():
        if is_branch(row, found):
            fetched |= contents(location, [row.path])
    assert set(fetched) == set(found)
    for path, row in found.items():
        assert len(fetched[path]) == row.size
        assert make.digests(fetched[path]) == row.digests


@pytest.mark.data
@pytest.mark.parametrize("name", IMAGES)
def test_everything_in_an_image_can_be_had_again(images: Path, name: str) -> None:
    needs_extra(name)
    everything(images / name)


def nested() -> bytes:
    blob = bytes(range(1, 90)) * 60 + make.picture(1) + bytes(500)
    inner = make.zipped({"b.jpg": make.picture(2), "blob.bin": blob, "big.bin": make.noise(3, 3 << 20)})
    return make.tarred(
        {"a.txt": b"text", "inner.zip": inner, "packed.tar": make.tarred({"c.png": make.picture(4, "PNG")}, "gz")}
    )


def test_everything_in_nested_archives_can_be_had_again(tmp_path: Path) -> None:
    (tmp_path / "outer.tar").write_bytes(nested())
    (tmp_path / "plain.jpg").write_bytes(make.picture(5))
    everything(tmp_path)


@pytest.mark.parametrize("budget", [1, 5000, 1 << 20])
def test_a_small_spool_only_means_more_rounds(budget: int, tmp_path: Path) -> None:
    (tmp_path / "outer.tar").write_bytes(nested())
    found = occurrences(tmp_path)
    wanted = [row.path for row in found.values() if not is_branch(row, found)]
    assert contents(tmp_path, wanted, budget) == contents(tmp_path, wanted)


def test_only_what_is_wanted_comes(tmp_path: Path) -> None:
    (tmp_path / "outer.tar").write_bytes(nested())
    wanted = StackedPath.of(["outer.tar", "inner.zip", "b.jpg"])
    assert contents(tmp_path, [wanted]) == {str(wanted): make.picture(2)}


@pytest.mark.parametrize("packer", [make.zipped, make.tarred])
def test_a_container_and_its_inside_can_be_wanted_together(packer: Callable[..., bytes], tmp_path: Path) -> None:
    inner = packer({"b.txt": b"inside"})
    (tmp_path / "a.zip").write_bytes(make.zipped({"inner.bin": inner}))
    wanted = [StackedPath.of(["a.zip", "inner.bin"]), StackedPath.of(["a.zip", "inner.bin", "b.txt"])]
    assert contents(tmp_path, wanted) == {str(wanted[0]): inner, str(wanted[1]): b"inside"}


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_any_choice_comes_back_whole(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "outer.tar").write_bytes(nested())
        found = occurrences(Path(folder))
        leaves = sorted(path for path, row in found.items() if not is_branch(row, found))
        wanted = data.draw(st.lists(st.sampled_from(leaves), unique=True))
        fetched = contents(Path(folder), [found[path].path for path in wanted], data.draw(st.integers(1, 4 << 20)))
    assert set(fetched) == set(wanted)
    for path in wanted:
        assert make.digests(fetched[path]) == found[path].digests


def test_what_cannot_be_read_is_left_out_and_the_rest_comes(tmp_path: Path) -> None:
    archive = make.encrypted(make.zipped({"a.txt": b"aaaa", "locked.txt": b"secret", "z.txt": b"zzzz"}), "locked.txt")
    archive = make.with_method(archive, "a.txt", 97)
    (tmp_path / "a.zip").write_bytes(archive)
    wanted = [StackedPath.of(["a.zip", name]) for name in ("a.txt", "locked.txt", "gone.txt", "z.txt")]
    assert contents(tmp_path, wanted) == {"a.zip > z.txt": b"zzzz"}


def test_a_member_that_breaks_half_way_is_not_handed_out(tmp_path: Path) -> None:
    members = {"a.bin": make.noise(1, 200_000), "z.txt": b"after"}
    data = bytearray(make.zipped(members, 0))
    data[data.index(members["a.bin"]) + 150_000] ^= 1
    (tmp_path / "a.zip").write_bytes(bytes(data))
    wanted = [StackedPath.of(["a.zip", name]) for name in members]
    assert contents(tmp_path, wanted) == {"a.zip > z.txt": b"after"}


@pytest.mark.parametrize("name", ["@.jpg", "@x.jpg", "@-5.jpg", "@99999999999999999999.jpg", "@3", "@0.jpg", "none"])
def test_paths_that_no_reader_ever_wrote_bring_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(range(1, 90)) * 20 + make.picture(1))
    assert contents(tmp_path, [StackedPath.of(["a.bin", name])]) == {}
