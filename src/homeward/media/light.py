"""How bright rows of successive frames are, for what lamps do: the beginning of a clip by PyAV, every frame of it."""

from __future__ import annotations

import io

import av
import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.media.records import DecodeFailed

BANDS = 24
"""Bands of rows that a frame is cut into."""
FRAMES = 240
MOST_PIXELS = 1 << 28
"""Pixels decoded of one clip: less than a second of one core."""
_UNEVEN = 0.1
"""Share of the time between two frames by which others may differ."""


class Light(msgspec.Struct, frozen=True, eq=False):
    """``profiles`` is (t, :data:`BANDS`) float32 luminance of rows as the decoder gives it; ``rate`` in frames a second."""

    profiles: NDArray[np.float32]
    rate: float


def look(source: io.IOBase) -> Light:
    """Bands of the first frames of a clip.

    Raises:
        DecodeFailed: no frames that follow each other evenly can be decoded.
    """
    source.seek(0)
    profiles: list[NDArray[np.float32]] = []
    times: list[float] = []
    pixels = 0
    try:
        with av.open(source, "r", metadata_errors="replace") as container:
            video = next((stream for stream in container.streams.video if stream.codec_context is not None), None)
            if video is None:
                raise DecodeFailed("it holds no moving picture")
            video.thread_type = "NONE"
            video.codec_context.thread_count = 1
            for frame in container.decode(video):
                pixels += frame.width * frame.height
                if pixels > MOST_PIXELS or len(times) >= FRAMES or frame.time is None or frame.height < BANDS:
                    break
                times.append(frame.time)
                profiles.append(_bands(frame))
    except (av.FFmpegError, ValueError, OSError, EOFError) as error:
        if not profiles:
            raise DecodeFailed("no frames that follow each other can be decoded") from error
    steps = np.diff(times)
    if len(steps) < 2 or float(np.median(steps)) <= 0 or (np.abs(steps / np.median(steps) - 1) > _UNEVEN).any():
        raise DecodeFailed("its frames do not follow each other evenly")
    return Light(np.stack(profiles), float(1 / steps.mean()))


def _bands(frame: av.VideoFrame) -> NDArray[np.float32]:
    plane = frame.reformat(format="gray", threads=1).to_ndarray()
    rows = plane.mean(1, dtype=np.float32)
    return np.array([part.mean() for part in np.array_split(rows, BANDS)], np.float32)
