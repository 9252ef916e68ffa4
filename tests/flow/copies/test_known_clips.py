"""Clips and pictures against lists that hold the frames of known clips: which seconds of which, said once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clip_truth import world_clips

from homeward.flow.copies import match
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.known import Manner, add_known_list, matches
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.steps import MATCH
from homeward.flow.verify import verify
from homeward.known import MOST_NEAR, NEGATIVE
from homeward.store import Case
from homeward.testing.described import Made, deliver
from homeward.testing.encoding import film

STEP = 500
Named = Callable[..., list[dict[str, Any]]]


def films(seed: int, frames: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 256, (frames, 8, 32), dtype=np.uint8)


def made(**items: np.ndarray[Any, np.dtype[np.uint8]]) -> Made:
    """Items by name: of one frame a still, of more a clip with a frame each half second."""
    owners = np.concatenate([np.full(len(codes), at) for at, codes in enumerate(items.values())])
    times = np.concatenate([np.arange(len(codes)) * STEP if len(codes) > 1 else [-1] for codes in items.values()])
    names = [name.encode().hex().ljust(64, "0") for name in items]
    codes = np.concatenate(list(items.values()))
    return Made(names, np.arange(1, len(names) + 1), owners, times, codes, np.full(len(owners), 90, np.uint8))


def vpdq(codes: np.ndarray[Any, np.dtype[np.uint8]], rate: int = 30) -> str:
    """A list as vPDQ writes it: every frame of a clip in which each of these stands for half a second."""
    count = len(codes) * rate * STEP // 1000
    rows = (f"{at},90,{codes[at * 1000 // rate // STEP, 0].tobytes().hex()},{at / rate:.3f}" for at in range(count))
    return "\n".join(rows) + "\n"


@pytest.fixture
def named(case: Case, tmp_path: Path) -> Named:
    """Adds a list, matches, and says what is named, by item."""

    def add(text: str, name: str = "list", purpose: str = "") -> list[dict[str, Any]]:
        (tmp_path / name).write_text(text)
        add_known_list(case, tmp_path / name, name, Quiet(), Manner(purpose))
        match.match(case, MATCH, Quiet())
        assert verify(case, Quiet()).faults == []
        return sorted(
            ({**one, "item": bytes.fromhex(one["sha256"]).rstrip(b"\0").decode()} for one in matches(case)),
            key=lambda one: (one["item"], one["list"]),
        )

    return add


def test_a_clip_is_named_once_with_its_stretches_and_shares(case: Case, named: Named) -> None:
    whole, other = films(1, 40), films(2, 10)
    mirrored = whole[10:20][:, [1, 0, *range(2, 8)]]
    cut = np.concatenate([other[:4], whole[10:20], other[4:8], whole[30:36]])
    deliver(case, made(excerpt=whole[8:28], mirrored=mirrored, cut=cut, other=other, still=whole[5:6]))
    cut_, excerpt, turned, still = named(vpdq(whole))
    assert [one["item"] for one in (cut_, excerpt, turned, still)] == ["cut", "excerpt", "mirrored", "still"]

    def close(found: list[float], wanted: list[float]) -> bool:
        return found == pytest.approx(wanted, abs=0.25)

    assert close(excerpt["ranges"][0]["item"], [0, 10])
    assert close(excerpt["ranges"][0]["known"], [4, 14])
    assert (excerpt["orientation"], excerpt["distance"]) == ("as stored", 0)
    assert excerpt["item_share"] == pytest.approx(1, abs=0.03)
    assert excerpt["known_share"] == pytest.approx(0.5, abs=0.03)
    assert len(cut_["ranges"]) == 2
    assert close(cut_["ranges"][0]["known"], [5, 10])
    assert close(cut_["ranges"][1]["item"], [9, 12])
    assert close(cut_["ranges"][1]["known"], [15, 18])
    assert turned["orientation"] == "mirrored"
    assert close(turned["ranges"][0]["known"], [5, 10])
    assert still["ranges"] == [{"item": None, "known": pytest.approx([2.5, 3], abs=0.25)}]
    assert still["time"] is None


def test_clips_of_one_list_are_told_apart_by_their_name(case: Case, named: Named) -> None:
    one, other = films(3, 12), films(4, 12)
    deliver(case, made(both=np.concatenate([one, other])))
    rows = [
        f"{name},{codes[at, 0].tobytes().hex()},90,{at * STEP / 1000}"
        for name, codes in (("A", one), ("B", other))
        for at in range(12)
    ]
    first, second = sorted(named("video,pdq,quality,seconds\n" + "\n".join(rows)), key=lambda one: one["key"])
    assert (first["key"], second["key"]) == ("A", "B")
    assert first["ranges"][0]["item"] == pytest.approx([0, 6], abs=0.5)
    assert second["ranges"][0]["item"] == pytest.approx([6, 12], abs=0.5)


def test_a_frame_that_a_list_of_pictures_names_keeps_its_time(case: Case, named: Named) -> None:
    clip = films(5, 20)
    deliver(case, made(clip=clip))
    (found,) = named(f"pdq,quality\n{clip[7, 0].tobytes().hex()},90\n")
    assert found["time"] == 3.5
    assert found["ranges"] == [{"item": [3.5, 4.0], "known": None}]


def test_a_false_hit_on_one_frame_silences_no_clip(case: Case, named: Named) -> None:
    clip = films(6, 12)
    deliver(case, made(clip=clip))
    named(vpdq(clip))
    found = named(f"pdq,quality\n{clip[0, 0].tobytes().hex()},90\n", "false hits", NEGATIVE)
    assert [one["silenced_by"] for one in found] == [None]
    assert found[0]["time"] > 0


def test_a_pattern_that_is_near_to_a_whole_list_does_not_flood(case: Case, named: Named) -> None:
    codes = films(7, 2)
    deliver(case, made(plain=codes[:1], other=codes[1:]))
    value = int.from_bytes(codes[0, 0].tobytes(), "big")
    rows = [f"{value ^ (((1 << (1 + at % 25)) - 1) << (at // 25)):064x},90" for at in range(100)]
    found = named("pdq,quality\n" + "\n".join(rows))
    assert len(found) == MOST_NEAR
    assert {one["left_out"] for one in found} == {80}
    assert max(one["distance"] for one in found) <= 5


@pytest.mark.slow
@pytest.mark.data
def test_copies_of_the_worlds_clips_are_named_by_the_frames_of_their_originals(
    case: Case, shared_data: Path, tmp_path: Path
) -> None:
    """Whole clips as a list of every frame, copies cut at both ends and made smaller as the case."""
    import io

    from homeward.flow.tasks.measuring import values
    from homeward.media.records import Grey
    from homeward.media.video import open_video

    folder = shared_data / "world"
    rows, truth = world_clips(shared_data)
    (tmp_path / "copies").mkdir()
    lines = ["video,pdq,quality,seconds"]
    for row in rows:
        data = (folder / row["path"]).read_bytes()
        if row["kind"] == "video copy":
            (tmp_path / "copies" / Path(row["path"]).name).write_bytes(data)
            continue
        for frame in open_video(io.BytesIO(data))[1]:
            quality, code = values(Grey(frame.grey, 1, frame.grey.shape[1], frame.grey.shape[0]))["pdq"]
            lines.append(f"{row['root']},{code.hex()},{quality},{frame.time_ms / 1000:.3f}")
    (tmp_path / "list.csv").write_text("\n".join(lines) + "\n")
    add_known_list(case, tmp_path / "list.csv", "list", Quiet())
    ingest(case, [Delivery("A", tmp_path / "copies", "W", "")], Quiet())
    process(case, "inline", 1, Quiet(), until="match")
    found = matches(case)
    copies = [row for row in rows if row["kind"] == "video copy"]
    assert {(one["sha256"], one["key"]) for one in found} == {(row["sha256"], row["root"]) for row in copies}
    for one in found:
        clip = truth[one["key"]]
        first, rate = int(int(clip["frames"]) * 0.15), float(clip["fps"])
        assert one["ranges"][0]["item"][0] == pytest.approx(0, abs=0.3)
        assert one["ranges"][0]["known"][0] == pytest.approx(first / rate, abs=0.3)
        assert one["item_share"] >= 0.9


@pytest.mark.slow
@pytest.mark.data
def test_upstreams_clips_are_named_by_upstreams_frames_as_stored_trimmed_letterboxed_and_mirrored(
    case: Case, shared_data: Path, tmp_path: Path
) -> None:
    import av

    name = "pattern-hd-no-bar"
    video = shared_data / "pdq/tmk/sample-videos" / f"{name}.mp4"
    with av.open(str(video)) as container:
        rate = float(container.streams.video[0].average_rate or 25)
        frames = [frame.to_ndarray(format="rgb24")[::2, ::2] for frame in container.decode(video=0)]
    even = [size // 2 * 2 for size in frames[0].shape[:2]]
    part = [np.ascontiguousarray(frame[: even[0], : even[1]]) for frame in frames[60:150]]
    (tmp_path / "clips").mkdir()
    copies = {
        "stored": (video.read_bytes(), 0.0),
        "trimmed": (film(part, round(rate)), 60 / rate),
        "letterboxed": (film([np.pad(frame, ((60, 60), (0, 0), (0, 0))) for frame in part], round(rate)), 60 / rate),
        "mirrored": (film([np.ascontiguousarray(frame[:, ::-1]) for frame in part], round(rate)), 60 / rate),
    }
    for copy, (data, _) in copies.items():
        (tmp_path / "clips" / f"{copy}.mp4").write_bytes(data)
    add_known_list(case, shared_data / "pdq/vpdq/sample-hashes" / f"{name}.txt", name, Quiet())
    ingest(case, [Delivery("A", tmp_path / "clips", "W", "")], Quiet())
    process(case, "inline", 1, Quiet(), until="match")
    found = {one["paths"][0].removeprefix("A > ").removesuffix(".mp4"): one for one in matches(case)}
    assert found.keys() == copies.keys()
    for copy, (_, begin) in copies.items():
        assert found[copy]["item_share"] >= 0.8, copy
        assert found[copy]["ranges"][0]["known"][0] == pytest.approx(begin, abs=1), copy
        assert (found[copy]["orientation"] == "mirrored") == (copy == "mirrored")
