"""A second reader lists the same images, and every difference is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.core import StackedPath
from homeward.evidence.second_reader import Listed, compare, differences

IMAGE = StackedPath.of(["disk.img"])
listings = st.dictionaries(
    st.sampled_from([f"disk.img > p1 > /{n}" for n in "abcdef"]),
    st.builds(Listed, st.integers(0, 9), st.sampled_from(["x", "y", None])),
)


@given(listings)
def test_a_listing_does_not_differ_from_itself(listing: dict[str, Listed]) -> None:
    assert compare(IMAGE, listing, listing) == []


@given(listings, listings)
def test_every_difference_is_said_once_whoever_is_asked_first(one: dict[str, Listed], two: dict[str, Listed]) -> None:
    wanted = {p for p in one.keys() | two.keys() if p not in one or p not in two or one[p].sha256 != two[p].sha256}
    assert [str(d.path) for d in compare(IMAGE, one, two)] == sorted(wanted)
    assert {str(d.path) for d in compare(IMAGE, two, one)} == wanted


def test_what_lies_in_archives_is_not_the_second_readers_business() -> None:
    inside = {"disk.img > p1 > /a.zip > b.jpg": Listed(1, "x"), "disk.img > /a.bin > @12.jpg": Listed(1, "x")}
    assert compare(IMAGE, inside, {}) == []


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.usefixtures("forensic")
def test_dfvfs_agrees_on_every_live_file(shared_data: Path) -> None:
    import json

    expected = json.loads((shared_data / "evidence" / "expected.json").read_text())
    for name in ("ext2.E01", "ext2.qcow2", "apfs.raw", "made-fat16-deleted-jpegs.E01", "iso9660.raw"):
        listed = expected[name]["dfvfs"]
        volume = " > v1" if name == "apfs.raw" else ""
        first = {f"{name}{volume} > {row['path']}": Listed(row["size"], row["sha256"]) for row in listed}
        found = differences({name: shared_data / "evidence" / name}, first)
        # The expected lists leave out links and the file system's own bookkeeping.
        rest = [d for d in found if "a_link" not in str(d.path) and ".fseventsd" not in str(d.path)]
        assert rest == [], name
        changed = {**first, next(iter(first)): Listed(1, "0" * 64)}
        assert any("readers differ" in d.text for d in differences({name: shared_data / "evidence" / name}, changed))
