"""A case of clips asked with single frames, as they go round: turned, bordered, at another size."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.core import WrongUse
from homeward.descriptors.scene import WIDTH, extract
from homeward.flow.features.gallery import OF_A_CLIP, Featured, Moments, thinned
from homeward.flow.finding.asking import TooLittle
from homeward.flow.finding.copies import find_copies
from homeward.flow.finding.moments import CAVEAT
from homeward.flow.finding.sights import Region, find_sights, sights_of
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process, segment_folder
from homeward.flow.progress import Quiet
from homeward.flow.steps import MOMENTS
from homeward.flow.units import MOMENT
from homeward.flow.verify import verify
from homeward.indexes.local import LocalIndex
from homeward.media.records import Grey
from homeward.store import Case, reads
from homeward.testing import scenes
from homeward.testing.encoding import encode, film

FRAMES, RATE = 20, 10


def frame(at: int) -> NDArray[np.uint8]:
    """One room, and from the second second on another, past which a hand moves."""
    room = scenes.room(61 if at < FRAMES // 2 else 62, 500, 300)
    return np.ascontiguousarray(room[20:260, 4 * at : 4 * at + 320])


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Case:
    base = tmp_path_factory.mktemp("moments")
    (base / "files").mkdir()
    (base / "files/walk.mp4").write_bytes(film([frame(at) for at in range(FRAMES)], RATE))
    with Case.create(base / "case", "Test Unit") as case:
        ingest(case, [Delivery("A", base / "files", "W", "")], Quiet(), jobs=1)
        process(case, "inline", 1, Quiet(), until="moments_index")
        yield case


@pytest.mark.parametrize(("name", "at"), [("plain", 5), ("half", 15), ("mirrored", 5), ("turned", 15), ("bordered", 15)])
def test_a_frame_is_found_at_its_moment(clips: Case, tmp_path: Path, name: str, at: int) -> None:
    shown = {
        "plain": frame(at),
        "half": scenes.resize(frame(at), 0.5),
        "mirrored": frame(at)[:, ::-1],
        "turned": np.rot90(frame(at)),
        "bordered": scenes.border(frame(at), 0.15, 0),
    }[name]
    (tmp_path / "asked.jpg").write_bytes(encode(np.ascontiguousarray(shown)))
    (found,) = find_copies(clips, tmp_path / "asked.jpg", 5)
    assert found["paths"] == ["A > walk.mp4"]
    assert found["evidence"] == "hash"
    assert abs(found["time"] - at / RATE) <= 0.3
    assert found["score"] >= 0.5
    assert found["region"] == [0, 0, 320, 240]


def test_a_picture_that_is_nowhere_is_found_nowhere(clips: Case, tmp_path: Path) -> None:
    (tmp_path / "other.jpg").write_bytes(encode(scenes.room(63)))
    assert find_copies(clips, tmp_path / "other.jpg", 5) == []


def test_a_plain_picture_shows_too_little(clips: Case, tmp_path: Path) -> None:
    (tmp_path / "plain.png").write_bytes(encode(np.full((60, 60, 3), 9, np.uint8)))
    with pytest.raises(TooLittle, match=r"plain\.png"):
        find_copies(clips, tmp_path / "plain.png", 5)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_thing_is_found_in_the_frames_that_show_it_with_its_box(clips: Case, tmp_path: Path, *, mirrored: bool) -> None:
    shown = frame(5)[:, ::-1] if mirrored else frame(5)
    (tmp_path / "asked.png").write_bytes(encode(np.ascontiguousarray(shown), "png"))
    region = Region(*((320 - 90 - 120) if mirrored else 90, 60, 120, 110))
    best, *others = find_sights(clips, tmp_path / "asked.png", "object", region, 5)
    assert best["paths"] == ["A > walk.mp4"]
    assert not others
    assert abs(best["time"] - 0.5) <= 0.3
    assert best["log10_lr"] > 1
    middle = best["region"][0] + best["region"][2] / 2, best["region"][1] + best["region"][3] / 2
    assert middle == pytest.approx((150 - 4 * (10 * best["time"] - 5), 115), abs=25)
    moments = {one["time"]: one["log10_lr"] for one in best["moments"]}
    assert moments[best["time"]] == best["log10_lr"] == max(moments.values())
    assert best["caveats"][-1] == CAVEAT
    assert all(value < 1 for time, value in moments.items() if time >= 1), "the other room does not show it"


def test_a_room_is_found_in_a_clip(clips: Case, tmp_path: Path) -> None:
    (tmp_path / "asked.png").write_bytes(encode(frame(16), "png"))
    (found,) = find_sights(clips, tmp_path / "asked.png", "place", None, 5)
    assert found["time"] >= 1
    assert found["log10_lr"] > 1
    assert not [row for row in find_sights(clips, picture_of(63, tmp_path), "place", None, 5) if row["log10_lr"] > 1]


def test_a_frame_of_the_case_is_asked_from_what_is_stored(clips: Case) -> None:
    ((item, *_),) = reads.clip_sizes(clips)
    for time_ms, late in ((300, False), (1700, True)):
        (found,) = sights_of(clips, item, "place", None, 5, time_ms)
        assert (found["time"] >= 1) == late
        assert found["log10_lr"] > 1


def picture_of(seed: int, folder: Path) -> Path:
    (folder / "other.png").write_bytes(encode(scenes.room(seed), "png"))
    return folder / "other.png"


def test_frames_are_measured_once_and_vouched_for(clips: Case) -> None:
    held = Moments(clips)
    named = [Moments.named(number) for number in held.items]
    assert len(set(named)) == len(named) > 1
    assert {item for item, _ in named} == {item for item, *_ in reads.clip_sizes(clips)}
    assert all(0 <= time < FRAMES / RATE * 1000 for _, time in named)
    before = held.items
    process(clips, "inline", 1, Quiet(), until="moments_index")
    assert Moments(clips).items == before
    assert not verify(clips, Quiet()).faults


def test_no_question_waits_for_the_index(clips: Case) -> None:
    folder = clips.folder / "indexes" / segment_folder(MOMENT, WIDTH, MOMENTS)
    numbers = sorted(Moments(clips).items)
    assert LocalIndex(folder).ids().tolist() == numbers
    before = sorted((path.name, path.stat().st_mtime_ns) for path in folder.iterdir())
    process(clips, "inline", 1, Quiet(), until="moments_index")
    assert sorted((path.name, path.stat().st_mtime_ns) for path in folder.iterdir()) == before
    shutil.rmtree(folder)  # as after a kill between the last moment and its index
    process(clips, "inline", 1, Quiet(), until="moments_index")
    assert LocalIndex(folder).ids().tolist() == numbers


@given(st.lists(st.tuples(st.integers(1, 2**31 - 1), st.integers(0, 2**31 - 1)), max_size=30))
def test_a_number_names_clip_and_time(moments: list[tuple[int, int]]) -> None:
    numbers = [Moments.number(item, time_ms) for item, time_ms in moments]
    assert [Moments.named(number) for number in numbers] == moments
    assert all(0 <= number < 2**63 for number in numbers)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 50)), max_size=60, unique=True))
def test_no_clip_takes_the_place_of_all_others(ranked: list[tuple[int, int]]) -> None:
    kept = [Moments.named(number) for number in thinned(Moments.number(*one) for one in ranked)]
    expected = [one for at, one in enumerate(ranked) if sum(item == one[0] for item, _ in ranked[:at]) < OF_A_CLIP]
    assert kept == expected


def test_many_may_ask_first_at_once(tmp_path: Path) -> None:
    found = extract(Grey(np.ascontiguousarray(frame(0)[..., 1]), 1, 320, 240))
    assert found is not None
    values = np.tile(np.frombuffer(found.packed(), np.uint8), (40, 1))
    numbers = [Moments.number(item, 0) for item in range(1, 41)]
    together = Barrier(4)

    def ask(_: int) -> list[int]:
        held = Featured(numbers, [values], tmp_path / "index", None)
        together.wait(60)
        return held.index().ids().tolist()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, range(4))) == [numbers] * 4


def test_a_moment_of_a_clip_is_asked_with_where_it_was_measured(clips: Case) -> None:
    (item, time_ms), *_ = (Moments.named(number) for number in Moments(clips).items)
    (found,) = sights_of(clips, item, "place", None, 5, time_ms)
    assert found["time"] == time_ms / 1000
    with pytest.raises(WrongUse, match="the nearest is at"):
        sights_of(clips, item, "place", None, 5, 1_000_000)
    with pytest.raises(WrongUse, match="no still"):
        sights_of(clips, item, "place", None, 5)
