"""The sound of a clip by PyAV, as little of it as is asked for: one channel, few samples, a minute at most."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray

from homeward.media.records import DecodeFailed

SECONDS = 60
"""Of one stretch."""
MOST_PACKETS = 100_000
"""Of one stretch, and of what is decoded before it begins."""

LOUDEST, PEAK = 10 ** (-26 / 20), 10 ** (-10 / 20)
"""Of full scale: what a tenth of a second is turned down to (root of its mean square), and what no sample exceeds."""
AROUND, STEP = 0.1, 0.01
"""Seconds of which the loudness is taken, and between two values of it."""

Samples = NDArray[np.float32]


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


def hear(source: io.IOBase, rate: int, begin_ms: int | None = None, seconds: float = SECONDS) -> Samples:
    """(n,) float32 samples, the mean of all channels, at ``rate`` a second; as many as can be decoded, at most so many
    ``seconds``, and a minute. From ``begin_ms`` milliseconds after the first picture on, silence where the sound begins later;
    None: from where it begins.

    Raises:
        DecodeFailed: it holds no sound there that can be decoded.
    """
    source.seek(0)
    most = int(min(seconds, SECONDS) * rate)
    heard: list[Samples] = []
    count = 0
    try:
        with av.open(source, "r", metadata_errors="replace") as container:
            for part in _parts(container, rate, begin_ms):
                heard.append(part[: most - count])
                count += len(heard[-1])
                if count >= most:
                    break
    except (av.FFmpegError, ValueError, OSError, EOFError) as error:
        if isinstance(error, DecodeFailed):
            raise
        if not count:
            raise DecodeFailed("its sound cannot be decoded") from error
    if not count:
        raise DecodeFailed("its sound cannot be decoded" if not begin_ms else "there is no sound at this moment")
    return np.concatenate(heard)


def _parts(container: av.container.InputContainer, rate: int, begin_ms: int | None) -> Iterator[Samples]:
    """Samples from a moment on, in order; what comes before it is decoded and let go."""
    track = next((track for track in container.streams.audio if track.codec_context is not None), None)
    if track is None:
        raise DecodeFailed("it holds no sound")
    track.codec_context.thread_count = 1
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
    base = track.time_base or Fraction(1, rate)
    zero = _begin(next((one for one in container.streams.video if not one.disposition & Disposition.attached_pic), track))
    if begin_ms:
        container.seek(int((Fraction(begin_ms, 1000) + zero) / base), stream=track, backward=True)
    before: int | None = 0 if begin_ms is None else None
    for number, packet in enumerate(container.demux(track)):
        if number >= MOST_PACKETS:
            return
        for frame in packet.decode():
            if before is None:
                began = (frame.pts or 0) * base - zero
                before = round((Fraction(begin_ms or 0, 1000) - began) * rate)
                if before < 0:
                    yield np.zeros(min(-before, SECONDS * rate), np.float32)
                before = max(0, before)
            for part in resampler.resample(frame):
                samples: Samples = part.to_ndarray()[0]
                before, dropped = max(0, before - len(samples)), before
                if dropped < len(samples):
                    yield samples[dropped:]


def _begin(stream: av.stream.Stream) -> Fraction:
    """Seconds at which it begins by its own clock."""
    return Fraction(stream.start_time or 0) * (stream.time_base or 0)


def spared(samples: Samples, rate: int) -> NDArray[np.int16]:
    """(n,) int16: samples for the ears of people. What is loud is turned down, a tenth of a second ahead, so that nothing
    bursts upon whoever listens; what is quiet stays as it is.
    """
    step, around = max(1, int(STEP * rate)), round(AROUND / STEP)
    steps = -(-len(samples) // step)
    sound = np.nan_to_num(samples).astype(np.float64)
    power = np.add.reduceat(sound**2, np.arange(0, len(sound), step)) / step
    level = np.sqrt(np.convolve(power, np.ones(around) / around, "same")[:steps])
    gain = np.minimum(1, LOUDEST / np.maximum(level, LOUDEST))
    lowest = np.lib.stride_tricks.sliding_window_view(np.pad(gain, around, mode="edge"), 2 * around + 1).min(1)
    smooth = np.convolve(np.pad(lowest, around, mode="edge"), np.ones(2 * around + 1) / (2 * around + 1), "valid")
    turned = sound * np.interp(np.arange(len(sound)), np.arange(steps) * step + step / 2, smooth)
    return np.asarray(np.rint(np.clip(turned, -PEAK, PEAK) * 32767), np.int16)
