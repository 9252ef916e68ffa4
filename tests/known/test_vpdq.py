"""Frames of a clip as vPDQ's JSON has them: the same list as its text, row by row, and nothing taken that is no frame."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shelf_makers import Read, shelve

from homeward.known.json_text import WINDOW

PDQ = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"


def moments(read: Read) -> list[tuple[bytes, int, int, int]]:
    """Hash, quality, clip and milliseconds of every frame, sorted."""
    near = read.shelf.near()
    return sorted(
        (near[int(one["row"])]["value"].tobytes(), int(near[int(one["row"])]["quality"]), int(one["clip"]), int(one["time"]))
        for one in read.shelf.moments()
    )


@pytest.mark.data
def test_upstreams_frames_are_the_same_list_as_json_and_as_text(shared_data: Path) -> None:
    files = sorted((shared_data / "pdq/vpdq/sample-hashes").glob("*.txt"))
    assert len(files) >= 8
    for file in files:
        rows = [line.split(",") for line in file.read_text().split()]
        written = json.dumps([f"{hash_},{quality},{seconds}" for _, quality, hash_, seconds in rows])
        read = shelve(written.encode())
        assert (read.report.format, read.report.skipped, read.report.hashes["pdq"]) == ("vpdq", 0, len(rows))
        assert moments(read) == moments(shelve(file.read_bytes()))


VALUES = st.binary(min_size=32, max_size=32).filter(lambda value: len(set(value)) > 1)
SECONDS = st.integers(0, 90_000_000).map(lambda ms: ms / 1000)


@settings(max_examples=30)
@given(st.lists(st.tuples(VALUES, st.integers(0, 100), SECONDS), min_size=1, max_size=30))
def test_what_upstream_writes_is_read(frames: list[tuple[bytes, int, float]]) -> None:
    """Its seconds have three figures in all, so long clips are written with an exponent."""
    written = [f"{value.hex()},{quality},{seconds:.3}" for value, quality, seconds in frames]
    read = shelve(json.dumps(written, indent=1).encode())
    assert read.report.skipped == 0
    told = sorted((value, quality, round(1000 * float(f"{seconds:.3}"))) for value, quality, seconds in frames)
    assert sorted((value, quality, time) for value, quality, _, time in moments(read)) == told
    assert read.rows().keys() == {("pdq", value.hex()) for value, _, _ in frames}


def test_a_bad_element_is_left_out_with_its_line_and_reason() -> None:
    bad = [f"{PDQ[1:]},90,1.0", f"{PDQ},101,1.0", f"{PDQ},90,-1", f"{PDQ},90,nan", f"{PDQ},90,9e99", f"{PDQ},90", 7, {"a": [1]}]
    read = shelve(json.dumps([*bad, f"{PDQ},90,12.5"], indent=0).encode("utf-16"))
    assert (read.report.skipped, read.report.hashes) == (len(bad), {"pdq": 1})
    assert read.report.problems[:2] == ["line 2: pdq is not 64 hexadecimal digits", "line 3: its quality is more than 100"]
    assert [time for *_, time in moments(read)] == [12_500]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "no usable hash"),
        ('["x"]', "no usable hash; line 1"),
        (f'["{PDQ},90,1.0", ', "the file ends in the middle"),
        (f'["{PDQ},90,1.0",]', "a comma with nothing behind it"),
        (f'["{PDQ},90,1.0"] x', "something stands behind its end"),
        ("[" * 50_000, "nested too deeply"),
        ('["' + "x" * (17 << 20), "larger than"),
    ],
)
def test_what_is_broken_is_refused_with_its_place(text: str, why: str) -> None:
    assert why in shelve(text.encode()).report.refused


def test_a_clip_of_an_hour_is_read_in_several_windows() -> None:
    values = np.random.default_rng(1).integers(0, 256, (18_000, 32), np.uint8)
    rows = ",".join(f'"{value.tobytes().hex()},90,{at / 5:.3f}"' for at, value in enumerate(values))
    assert len(rows) > 2 * WINDOW
    read = shelve(f"[{rows}]".encode())
    assert read.report.hashes == {"pdq": len(values)}
    assert [time for *_, time in sorted(moments(read), key=lambda one: one[-1])] == list(range(0, 200 * len(values), 200))
