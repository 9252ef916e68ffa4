"""Sound with and without hum, and light that flickers: made, so that the truth is known."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
CODECS = {"aac": ("mp4", 64_000), "mp3": ("mp3", 64_000), "libopus": ("ogg", 32_000), "pcm_s16le": ("wav", 0)}
KINDS = ("noise", "music", "machine")

Samples = NDArray[np.float32]


def sound(seed: int, hertz: int, snr_db: float = -10.0, seconds: float = 15.0, kind: str = "noise") -> Samples:
    """(n,) float32 at :data:`RATE`: pink noise, with mains hum ``snr_db`` over it (``hertz`` 0: none).

    The hum has the fundamental and multiples up to the tenth, even ones louder, as transformers and lamps have; the grid
    drifts. ``kind`` adds what is no hum: tempered notes of an instrument, or a motor that turns at a frequency of its own.
    """
    rng = np.random.default_rng([seed, hertz])
    count = int(seconds * RATE)
    base = _pink(rng, count)
    if kind == "music":
        base += 1.5 * _music(rng, count)
    if kind == "machine":
        turn = rng.choice([rng.uniform(30, 48.5), rng.uniform(51.5, 58), rng.uniform(62, 90)])
        base += _tones(rng, count, float(turn), 0.02, 8) * 0.7
    if hertz:
        added = _tones(rng, count, hertz + rng.uniform(-0.08, 0.08), 0.02, 10, even=True)
        base += added * 10 ** (snr_db / 20) * np.std(base) / np.std(added)
    found: Samples = (0.2 * base / np.std(base)).astype(np.float32)
    return found


def _pink(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(rng.standard_normal(count))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(count, 1 / RATE), 20))
    noise = np.fft.irfft(spectrum, count)
    found: NDArray[np.float64] = noise / np.std(noise)
    return found


def _tones(
    rng: np.random.Generator, count: int, base: float, drift: float, most: int, *, even: bool = False
) -> NDArray[np.float64]:
    times = np.arange(count) / RATE
    phase = 2 * np.pi * np.cumsum(base + drift * np.sin(2 * np.pi * times / rng.uniform(20, 90))) / RATE
    total = np.zeros(count)
    for multiple in range(1, most + 1):
        level = rng.lognormal(0, 0.7) / multiple**0.5 * (2.0 if even and multiple % 2 == 0 else 1.0)
        total += level * np.sin(multiple * phase + rng.uniform(0, 2 * np.pi))
    return total / np.std(total)


def _music(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    total = np.zeros(count)
    for _ in range(24):
        length = int(rng.uniform(0.2, 2.0) * RATE)
        start = int(rng.integers(0, max(1, count - length)))
        times = np.arange(min(length, count - start)) / RATE
        note = 55.0 * 2 ** (rng.integers(0, 36) / 12)
        for multiple in range(1, 6):
            total[start : start + len(times)] += np.sin(2 * np.pi * note * multiple * times) * np.exp(-2 * times) / multiple
    return total / max(float(np.std(total)), 1e-9)


def encoded(samples: Samples, codec: str = "aac") -> bytes:
    """A sound file by one of :data:`CODECS`."""
    import av

    form, bits = CODECS[codec]
    held = io.BytesIO()
    with av.open(held, "w", format=form) as out:
        track: Any = out.add_stream(codec, rate=RATE, layout="mono")
        if bits:
            track.bit_rate = bits
        fifo = np.clip(samples * 32767, -32768, 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(fifo, format="s16", layout="mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(
            format=track.codec_context.format, layout="mono", rate=RATE, frame_size=track.codec_context.frame_size or 1024
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(track.encode(part))
        out.mux(track.encode(None))
    return held.getvalue()


def flickering(seed: int, hertz: int, rate: float, depth: float = 0.02, frames: int = 240, bands: int = 24) -> Samples:
    """(frames, bands) float32 luminance of rows of a rolling shutter under lamps on mains of ``hertz`` (0: daylight)."""
    rng = np.random.default_rng([seed, hertz, int(rate * 100)])
    times = np.arange(frames)[:, None] / rate + np.arange(bands) / bands * 0.7 / rate
    level = rng.uniform(40, 180) * (1 + 0.3 * rng.standard_normal(bands) * 0.3)
    slow = 1 + 0.03 * np.sin(2 * np.pi * times * rng.uniform(0.02, 0.5))
    light = 1 + depth * np.sin(2 * np.pi * 2 * hertz * times + rng.uniform(0, 6)) if hertz else 1.0
    found: Samples = np.clip(level * slow * light + rng.normal(0, 0.4, (frames, bands)), 0, 255).astype(np.float32)
    return found
