"""Walks through rooms that do not exist, and the copies of them that go round: for tests and benchmarks of clips."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from homeward.flow.tasks.measuring import values
from homeward.links.clips import Frames
from homeward.media.records import Grey
from homeward.media.video import open_video
from homeward.testing import scenes

if TYPE_CHECKING:
    from av.video.stream import VideoStream

Film: TypeAlias = list[npt.NDArray[np.uint8]]
"""Frames of one even size, (height, width, 3) RGB."""
RATE = 25
"""Frames a second."""
_WIDTH, _HEIGHT = 640, 320


class Edit(NamedTuple):
    """How a copy of a film is made, which part of it is shown (shares of its length), and the orientation it then has."""

    make: Callable[[Film], bytes]
    shows: tuple[float, float] = (0, 1)
    orientation: int = 1


def encoded(film: Film, rate: int | Fraction = RATE, codec: str = "libx264", **options: str) -> bytes:
    """An MP4 of ``film``; ``options`` are those of the codec."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = cast("VideoStream", container.add_stream(codec, rate=rate, options={"threads": "1", **options}))
        stream.pix_fmt, (stream.height, stream.width), stream.time_base = "yuv420p", film[0].shape[:2], Fraction(1, rate)
        for at, frame in enumerate(film):
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
            noisy = wide[y : y + _HEIGHT, x : x + _WIDTH] + rng.normal(0, 2, (_HEIGHT, _WIDTH, 1))
            film.append(np.clip(noisy, 0, 255).astype(np.uint8))
    return film


def _smaller(film: Film, factor: float) -> Film:
    height, width = (int(side * factor) // 2 * 2 for side in (_HEIGHT, _WIDTH))
    return [scenes.resize(frame, factor)[:height, :width] for frame in film]


def _boxed(film: Film) -> Film:
    return [np.pad(frame, ((80, 80), (0, 0), (0, 0))) for frame in film]


EDITS: dict[str, Edit] = {
    "H.264 CRF 23": Edit(lambda film: encoded(film, crf="23")),
    "H.264 CRF 38": Edit(lambda film: encoded(film, crf="38")),
    "MPEG-4": Edit(lambda film: encoded(film, codec="mpeg4")),
    "half size": Edit(lambda film: encoded(_smaller(film, 0.5), crf="30")),
    "cut to the middle 60 %": Edit(lambda film: encoded(film[len(film) // 5 : len(film) * 4 // 5], crf="28"), (0.2, 0.8)),
    "letterboxed": Edit(lambda film: encoded(_boxed(film), crf="28")),
    "mirrored": Edit(lambda film: encoded([frame[:, ::-1] for frame in film], crf="28"), orientation=2),
    "turned": Edit(lambda film: encoded([np.rot90(frame, -1) for frame in film], crf="28"), orientation=6),
    "every second frame": Edit(lambda film: encoded(film[::2], rate=Fraction(RATE, 2), crf="28")),
}
"""By name."""


def described(clips: Sequence[bytes]) -> Frames:
    """What a case knows of the frames of each clip."""
    rows = []
    for number, data in enumerate(clips):
        footage, frames = open_video(io.BytesIO(data))
        said = [(f.time_ms, values(Grey(f.grey, 1, f.grey.shape[1], f.grey.shape[0]))) for f in frames]
        ends = [time for time, _ in said[1:]] + [footage.clip.duration_ms]
        for (time, found), end in zip(said, ends, strict=True):
            whole, code = found["pdq"]
            part, inside = found.get("pdq_trimmed", (whole, code))
            rows.append((number, time, max(end, time + 1), code, found["pdq_turned"][1], inside[:32], whole, part))
    columns = list(zip(*rows, strict=True))
    clip, start, until = (np.array(column, np.int64) for column in columns[:3])
    plain, turned, trimmed = (np.array([list(value) for value in column], np.uint8) for column in columns[3:6])
    quality, inside_quality = (np.array(column, np.uint8) for column in columns[6:])
    return Frames(clip, start, until, plain, turned, trimmed, quality, inside_quality)
