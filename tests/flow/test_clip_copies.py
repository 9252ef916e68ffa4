"""Copies of one clip as they go round: compressed, resized, trimmed, letterboxed, mirrored, turned, at another frame rate."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.flow.measuring import values
from homeward.links.clips import ClipMatch, Frames, clip_matches
from homeward.media.records import Grey
from homeward.media.video import open_video
from homeward.testing import scenes

RATE = 25
Film = list[NDArray[np.uint8]]


def written(frames: Film, rate: int | Fraction = RATE, codec: str = "libx264", **options: str) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=rate, options={"threads": "1", **options})
        stream.pix_fmt, (stream.height, stream.width), stream.time_base = "yuv420p", frames[0].shape[:2], Fraction(1, rate)
        for at, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            picture.pts = at
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return out.getvalue()


def hand_held(seed: int, seconds: int) -> Film:
    """A walk through two rooms by a hand that shakes, rests and moves on, with a cut between."""
    rng = np.random.default_rng(seed)
    film: Film = []
    for room in (seed, seed + 50):
        wide = scenes.room(room, 1100, 360)
        count = seconds * RATE // 2
        pace = np.interp(np.arange(count), np.arange(0, count + 30, 30), rng.choice([0.0, 0.3, 2.0, 4.0], count // 30 + 2))
        shake = np.convolve(rng.normal(0, 1.2, (count, 2)).ravel(), np.ones(9) / 9, "same").reshape(-1, 2).cumsum(axis=0)
        across = np.clip(30 + pace.cumsum() + shake[:, 0], 0, 460).astype(int)
        down = np.clip(10 + shake[:, 1], 0, 40).astype(int)
        for x, y in zip(across, down, strict=True):
            noisy = wide[y : y + 320, x : x + 640] + rng.normal(0, 2, (320, 640, 1))
            film.append(np.clip(noisy, 0, 255).astype(np.uint8))
    return film


def smaller(film: Film, factor: float) -> Film:
    return [scenes.resize(frame, factor)[: int(320 * factor) // 2 * 2, : int(640 * factor) // 2 * 2] for frame in film]


def boxed(film: Film) -> Film:
    return [np.pad(frame, ((80, 80), (0, 0), (0, 0))) for frame in film]


COPIES: dict[str, tuple[Callable[[Film], bytes], tuple[float, float], int]] = {
    "light": (lambda film: written(film, crf="23"), (0, 1), 1),
    "strong": (lambda film: written(film, crf="38"), (0, 1), 1),
    "old codec": (lambda film: written(film, codec="mpeg4"), (0, 1), 1),
    "half size": (lambda film: written(smaller(film, 0.5), crf="30"), (0, 1), 1),
    "trimmed": (lambda film: written(film[len(film) // 5 : len(film) * 4 // 5], crf="28"), (0.2, 0.8), 1),
    "letterboxed": (lambda film: written(boxed(film), crf="28"), (0, 1), 1),
    "mirrored": (lambda film: written([frame[:, ::-1] for frame in film], crf="28"), (0, 1), 2),
    "turned": (lambda film: written([np.rot90(frame, -1) for frame in film], crf="28"), (0, 1), 6),
    "fewer frames": (lambda film: written(film[::2], rate=Fraction(RATE, 2), crf="28"), (0, 1), 1),
}
"""How each copy is made, which part of the original it shows, and the orientation of the original that it has."""


def described(clips: list[bytes]) -> Frames:
    rows = []
    for number, data in enumerate(clips):
        footage, frames = open_video(io.BytesIO(data))
        said = [(f.time_ms, values(Grey(f.grey, 1, f.grey.shape[1], f.grey.shape[0]))) for f in frames]
        ends = [time for time, _ in said[1:]] + [footage.clip.duration_ms]
        for (time, found), end in zip(said, ends, strict=True):
            quality, code = found["pdq"]
            inside_quality, inside = found.get("pdq_trimmed", (quality, code))
            rows.append((number, time, max(end, time + 1), code, found["pdq_turned"][1], inside[:32], quality, inside_quality))
    columns = list(zip(*rows, strict=True))
    times = [np.array(column, np.int64) for column in columns[:3]]
    codes = [np.array([list(value) for value in column], np.uint8) for column in columns[3:6]]
    return Frames(*times, *codes, *(np.array(column, np.uint8) for column in columns[6:]))


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [8, 30])
def test_every_copy_is_found_in_the_original_at_its_time(seconds: int) -> None:
    film, stranger = hand_held(3, seconds), hand_held(21, seconds)
    clips = [written(film, crf="18"), written(stranger, crf="23"), *(make(film) for make, _, _ in COPIES.values())]
    found: dict[tuple[int, int], ClipMatch] = {(match.a, match.b): match for match in clip_matches(described(clips))}
    assert not any(1 in pair for pair in found)
    for number, (name, (_, (begin, end), orientation)) in enumerate(COPIES.items(), 2):
        assert (0, number) in found, name
        match = found[0, number]
        assert match.orientation == orientation, name
        assert match.share_b >= 850, (name, match.share_b)
        # A restless clip of more than 240 frames is not seen whole: its ends may be missed by some frames.
        assert abs(match.stretches[0].a_from - 1000 * begin * seconds) <= 300 + 60 * seconds, (name, match.stretches)
        assert abs(match.stretches[-1].a_to - 1000 * end * seconds) <= 300 + 60 * seconds, (name, match.stretches)
