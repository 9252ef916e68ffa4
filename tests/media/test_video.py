"""Clips: what they are, which frames are looked at, and what is said of broken ones."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
from frame_hashes import reference_frames
from hypothesis import given
from hypothesis import strategies as st

from homeward.media import video
from homeward.media.records import DecodeFailed
from homeward.media.shots import MOST_FRAMES
from homeward.testing import scenes
from homeward.testing.encoding import film


@pytest.fixture(scope="module")
def clip() -> bytes:
    """Four seconds panning over a room, 25 frames a second."""
    wide = scenes.room(51, 480, 240)
    return film([wide[:, at : at + 320] for at in range(100)])


def _seen(data: bytes) -> tuple[video.Footage, list[video.Frame]]:
    footage, frames = video.open_video(io.BytesIO(data))
    return footage, list(frames)


def test_a_clip_is_described(clip: bytes) -> None:
    footage, frames = _seen(clip)
    assert (footage.clip.width, footage.clip.height) == (320, 240)
    assert footage.clip.duration_ms == pytest.approx(4000, abs=50)
    assert footage.clip.streams[0].kind == "video"
    assert footage.damage == ""
    seconds = [frame.time_ms for frame in frames]
    assert len(frames) >= 4
    assert seconds[0] == 0
    assert seconds == sorted(set(seconds))
    assert max(np.diff([*seconds, 4000])) <= 1000
    assert all(frame.grey.shape == (240, 320) and frame.grey.dtype == np.uint8 for frame in frames)


def test_grey_levels_are_those_of_the_picture(clip: bytes) -> None:
    _, frames = _seen(clip)
    truth = scenes.room(51, 480, 240)[:, :320].astype(float) @ [0.299, 0.587, 0.114]
    assert np.abs(frames[0].grey - truth).mean() < 6


def test_the_same_clip_gives_the_same_frames(clip: bytes) -> None:
    one, two = _seen(clip)[1], _seen(clip)[1]
    assert [(f.time_ms, f.grey.tobytes()) for f in one] == [(f.time_ms, f.grey.tobytes()) for f in two]


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_a_cut_clip_is_decoded_as_far_as_it_goes_or_says_why(clip: bytes, share: float) -> None:
    try:
        footage, frames = _seen(clip[: int(len(clip) * share)])
    except DecodeFailed as error:
        assert str(error)
        return
    assert frames or footage.damage


@pytest.mark.parametrize("data", [b"", b"\0\0\0\x18ftypisom", b"RIFF\x10\0\0\0AVI LIST", bytes(5000)])
def test_what_is_no_clip_says_so(data: bytes) -> None:
    with pytest.raises(DecodeFailed):
        _seen(data)


@given(st.data())
def test_flipped_bytes_never_end_in_anything_but_an_answer(clip: bytes, data: st.DataObject) -> None:
    broken = bytearray(clip)
    for _ in range(data.draw(st.integers(1, 20))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        _, frames = _seen(bytes(broken))
    except DecodeFailed:
        return
    assert len(frames) <= MOST_FRAMES


def _stated_duration(data: bytes) -> float:
    """Milliseconds from the movie header (ISO/IEC 14496-12, 8.2.2), read by hand."""
    at = data.index(b"mvhd") + 4
    if data[at] == 1:
        scale, length = int.from_bytes(data[at + 20 : at + 24], "big"), int.from_bytes(data[at + 24 : at + 32], "big")
    else:
        scale, length = int.from_bytes(data[at + 12 : at + 16], "big"), int.from_bytes(data[at + 16 : at + 20], "big")
    return 1000 * length / scale


def _last_moment(data: bytes) -> int:
    """Milliseconds at which the last frame is shown: sound may go on for longer."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        first, *_, last = (frame.pts for frame in container.decode(stream))
        return round(1000 * (last - first) * stream.time_base)


@pytest.mark.data
@pytest.mark.slow
def test_shared_clips_are_read_whole(shared_data: Path) -> None:
    clips = [*(shared_data / "pdq" / "tmk").rglob("*.mp4"), *(shared_data / "world" / "files").glob("*.mp4")]
    assert len(clips) == 18
    for path in clips:
        data = path.read_bytes()
        footage, frames = _seen(data)
        assert footage.damage == "", path.name
        assert footage.clip.duration_ms == pytest.approx(_stated_duration(data), abs=60), path.name
        assert frames[0].time_ms == 0, path.name
        assert abs(_last_moment(data) - frames[-1].time_ms) <= 1, path.name


@pytest.mark.data
def test_frames_hash_as_upstream_hashes_them(shared_data: Path) -> None:
    """Upstream's rule: at most 10 bits where quality is 80 or more."""
    found = []
    for clip in sorted((shared_data / "pdq/tmk/sample-videos").glob("*.mp4")):
        found += reference_frames(clip, shared_data / "pdq/vpdq/sample-hashes" / f"{clip.stem}.txt")
    sure = [bits for bits, quality in found if quality >= 80]
    assert len(sure) >= 500
    assert max(sure) <= 10
    assert np.median(sure) <= 2


def at(clip: bytes, time_ms: int) -> video.Shown:
    return next(video.frames_from(io.BytesIO(clip), time_ms))


def test_one_frame_is_the_one_that_is_shown_then(clip: bytes) -> None:
    frames = _seen(clip)[1]
    for frame in frames:
        shown = at(clip, frame.time_ms)
        assert (shown.rotation, shown.time_ms) == (0, frame.time_ms)
        grey = shown.pixels @ np.array([0.2126, 0.7152, 0.0722])
        far = [abs(grey - other.grey).mean() for other in frames]
        assert frames[far.index(min(far))] is frame
        assert min(far) < 5
    early, late = (at(clip, time).pixels.astype(int) for time in (0, 3000))
    assert abs(early - late).mean() > 3
    assert (at(clip, 10**9).pixels == at(clip, 3960).pixels).all()


def test_frames_follow_each_other_one_by_one(clip: bytes) -> None:
    """On by what each says of the next, back by the moment before it: the same frames as in one go."""
    whole = list(video.frames_from(io.BytesIO(clip), 0))
    assert [one.next_ms for one in whole] == [*(one.time_ms for one in whole[1:]), -1]
    assert len(whole) == 100
    some = [whole[30]]
    for _ in range(3):
        some.append(at(clip, some[-1].next_ms))
    assert [one.time_ms for one in some] == [one.time_ms for one in whole[30:34]]
    assert all((a.pixels == b.pixels).all() for a, b in zip(some, whole[30:34], strict=True))
    assert at(clip, some[-1].time_ms - 1).time_ms == whole[32].time_ms


@given(st.floats(0, 1), st.integers(0, 5000))
def test_one_frame_of_a_cut_clip_is_there_or_not(clip: bytes, share: float, time: int) -> None:
    try:
        shown = at(clip[: int(len(clip) * share)], time)
    except DecodeFailed:
        return
    assert shown.pixels.shape == (240, 320, 3)
