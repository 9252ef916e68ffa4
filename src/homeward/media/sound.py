"""The sound of a clip by PyAV, as little of it as is measured: one channel, few samples, one minute."""

from __future__ import annotations

import io

import av
import numpy as np
from numpy.typing import NDArray

from homeward.media.records import DecodeFailed

SECONDS = 60
"""Of the beginning of a clip that are heard."""
MOST_PACKETS = 100_000


def warm_up() -> None:
    """Encode, decode and resample a moment of silence."""
    held = io.BytesIO()
    with av.open(held, "w", format="mp4") as out:
        track = out.add_stream("aac", rate=8000, layout="mono")
        track.codec_context.thread_count = 1
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        out.mux(track.encode(frame))
        out.mux(track.encode(None))
    hear(held, 2000)


def hear(source: io.IOBase, rate: int) -> NDArray[np.float32]:
    """(n,) float32 samples, the mean of all channels, at ``rate`` a second; as many as can be decoded, at most a minute.

    Raises:
        DecodeFailed: it holds no sound that can be decoded.
    """
    source.seek(0)
    heard: list[NDArray[np.float32]] = []
    count = 0
    try:
        with av.open(source, "r", metadata_errors="replace") as container:
            track = next((track for track in container.streams.audio if track.codec_context is not None), None)
            if track is None:
                raise DecodeFailed("it holds no sound")
            track.codec_context.thread_count = 1
            resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
            for number, packet in enumerate(container.demux(track)):
                if number >= MOST_PACKETS or count >= SECONDS * rate:
                    break
                for frame in packet.decode():
                    for part in resampler.resample(frame):
                        heard.append(part.to_ndarray()[0])
                        count += len(heard[-1])
    except (av.FFmpegError, ValueError, OSError, EOFError) as error:
        if isinstance(error, DecodeFailed):
            raise
        if not heard:
            raise DecodeFailed("its sound cannot be decoded") from error
    if not heard:
        raise DecodeFailed("its sound cannot be decoded")
    return np.concatenate(heard)[: SECONDS * rate]
