"""Clips of every common container and codec: whole, cut, with holes, turned, with few key frames."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from clip_files import HEIGHT, RATE, WIDTH, clip, sound_only, turned, view, with_hole

from homeward.media import video
from homeward.media.records import DecodeFailed
from homeward.media.shots import MOST_FRAMES

KINDS = [
    ("libx264", "mp4"), ("libx264", "mov"), ("libx264", "matroska"), ("libx264", "mpegts"), ("libvpx-vp9", "webm"),
    ("mpeg4", "avi"), ("mpeg2video", "mpeg"), ("wmv2", "asf"), ("flv", "flv"),
]  # fmt: skip
CUT = 0.6


def _seen(data: bytes) -> tuple[video.Footage, list[video.Frame]]:
    footage, frames = video.open_video(io.BytesIO(data))
    return footage, list(frames)


def _truth(at: int) -> np.ndarray:
    return view(at).astype(float) @ [0.299, 0.587, 0.114]


@pytest.mark.parametrize(("codec", "container"), KINDS)
def test_every_container_gives_every_frame_of_a_short_moving_clip(codec: str, container: str) -> None:
    footage, frames = _seen(clip(codec, container))
    assert footage.damage == ""
    assert [frame.time_ms for frame in frames] == list(range(0, 6000, 100))
    assert [frame.time_ms for frame in frames if frame.key] == list(range(0, 6000, 1000))
    assert (footage.clip.width, footage.clip.height) == (WIDTH, HEIGHT)
    assert footage.clip.duration_ms == pytest.approx(6000, abs=150)


@pytest.mark.parametrize("kind", [("mpeg4", "avi"), ("libx264", "avi"), ("libx264", "mp4"), ("mpeg2video", "mpeg")])
def test_frames_stored_out_of_order_are_seen_at_their_times(kind: tuple[str, str]) -> None:
    footage, frames = _seen(clip(*kind, two_way=True))
    assert footage.damage == ""
    assert 40 <= len(frames) <= 60
    for second in range(6):
        nearest = min(frames, key=lambda frame: abs(frame.time_ms - 1000 * second))
        assert abs(nearest.time_ms - 1000 * second) <= 200
        assert min(np.abs(nearest.grey - _truth(second * RATE + off)).mean() for off in (-2, -1, 0, 1, 2)) < 10


@pytest.mark.parametrize(("codec", "container"), KINDS)
def test_a_cut_clip_says_so_and_shows_only_sound_frames(codec: str, container: str) -> None:
    whole = clip(codec, container)
    try:
        footage, frames = _seen(whole[: int(len(whole) * CUT)])
    except DecodeFailed as error:
        assert "partway through its mdat box" in str(error)
        return
    assert footage.damage
    sound = {frame.time_ms: frame.grey.tobytes() for frame in _seen(whole)[1]}
    assert frames
    assert all(sound[frame.time_ms] == frame.grey.tobytes() for frame in frames)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_with_its_index_in_front_a_cut_clip_is_decoded_up_to_the_cut(share: float) -> None:
    whole = clip(index_first=True)
    footage, frames = _seen(whole[: int(len(whole) * share)])
    assert footage.damage == "the file ends partway through its mdat box"
    assert len(frames) == pytest.approx(60 * share, abs=8)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_after_a_hole_frames_count_again_from_the_next_key_frame(codec: str) -> None:
    whole = clip(codec, index_first=True)
    sound = {frame.time_ms: frame.grey.tobytes() for frame in _seen(whole)[1]}
    footage, frames = _seen(with_hole(whole, 0.05))
    assert footage.damage == video.BROKEN
    assert frames[-1].time_ms == 5900
    assert 0 < len(frames) < len(sound)
    assert all(sound[frame.time_ms] == frame.grey.tobytes() for frame in frames)


def test_a_clip_with_one_key_frame_is_seen_to_its_end() -> None:
    footage, frames = _seen(clip(seconds=300, gop=100_000))
    assert footage.damage == ""
    assert 100 <= len(frames) <= MOST_FRAMES
    assert (frames[0].time_ms, frames[-1].time_ms) == (0, 299_900)
    assert sum(frame.key for frame in frames) == 1
    assert np.abs(frames[-1].grey - _truth(300 * RATE - 1)).mean() < 8


def test_a_clip_too_long_to_decode_is_seen_by_its_key_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "MOST_DECODED", 50 * WIDTH * HEIGHT)
    footage, frames = _seen(clip(seconds=20))
    assert footage.damage == ""
    assert [frame.time_ms for frame in frames] == list(range(0, 20_000, 1000))
    footage, frames = _seen(clip(seconds=20, gop=100_000))
    assert footage.damage == "it is too long to be looked at beyond 5 seconds"
    assert [frame.time_ms for frame in frames] == list(range(0, 5100, 100))


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turn_is_said_and_not_applied(degrees: int) -> None:
    footage, frames = _seen(turned(clip(), degrees))
    assert footage.clip.rotation == degrees
    assert frames[0].grey.shape == (HEIGHT, WIDTH)


def test_ten_bits_and_full_range_give_the_same_grey_levels() -> None:
    for codec, pixels in (("libx264", "yuv420p"), ("libx264", "yuv420p10le"), ("libx264", "yuv444p"), ("mjpeg", "yuvj420p")):
        _, frames = _seen(clip(codec, "matroska", pixels=pixels))
        assert np.abs(frames[0].grey - _truth(0)).mean() < 5, pixels


def test_sound_is_no_picture_and_may_be_longer() -> None:
    with pytest.raises(DecodeFailed, match="no moving picture"):
        _seen(sound_only())
    footage, frames = _seen(clip(sound=12))
    assert footage.damage == ""
    assert [stream.kind for stream in footage.clip.streams] == ["video", "audio"]
    assert len(frames) == 60


def test_frames_that_grow_within_a_stream_keep_their_own_size() -> None:
    small, large = clip("mpeg2video", "mpegts"), _larger()
    _, frames = _seen(small + large)
    assert {frame.grey.shape for frame in frames} == {(HEIGHT, WIDTH), (2 * HEIGHT, 2 * WIDTH)}


def _larger() -> bytes:
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="mpegts") as container:
        stream = container.add_stream("mpeg2video", rate=RATE, options={"threads": "1"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 2 * WIDTH, 2 * HEIGHT, "yuv420p", RATE
        for at in range(3 * RATE):
            frame = av.VideoFrame.from_ndarray(np.kron(view(at), np.ones((2, 2, 1), np.uint8)), format="rgb24")
            frame.pts = 6 * RATE + at
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


def test_a_list_of_files_opens_none_of_them() -> None:
    for text in ("#EXTM3U\n#EXTINF:4,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n", "ffconcat version 1.0\nfile '/etc/hostname'\n"):
        with pytest.raises(DecodeFailed, match="cannot be opened as video"):
            _seen(text.encode())


@pytest.mark.parametrize("stated", [1e9, 1e12, 1e15])
def test_a_duration_that_is_a_lie_hides_no_frame(stated: float) -> None:
    data = bytearray(clip("libvpx-vp9", "matroska"))
    at = data.find(b"\x44\x89\x88") + 3  # Duration, eight bytes (RFC 9559, section 5.1.2.13)
    assert struct.unpack(">d", data[at : at + 8])[0] == pytest.approx(6000, abs=150)
    data[at : at + 8] = struct.pack(">d", stated)
    footage, frames = _seen(bytes(data))
    assert [frame.time_ms for frame in frames] == list(range(0, 6000, 100))
    assert "it ends after 6.0 of" in footage.damage
