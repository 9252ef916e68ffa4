"""50 or 60 hertz: the frequency of the mains from the hum in a clip's sound and from the flicker of its light.

Hum: electric machines, lamps and poor cables add the mains frequency and its multiples to what a microphone hears
(Grigoras, "Applications of ENF criterion in forensic audio, video, computer and telecommunication analysis", Forensic
Science International 2007). Multiples of 50 and of 60 hertz are looked for together, because codecs cut the lowest ones
off; 300 and 600 hertz are multiples of both and tell nothing. One loud tone is no hum: several multiples must stand out.

Flicker: lamps flicker at twice the mains frequency, and a camera that takes ``rate`` frames a second sees that as a slow
beat (Garg, Varna, Hajj-Ahmad and Wu, "'Seeing' ENF", IEEE TIFS 2013). Which beat belongs to which frequency follows from the
rate alone; at some rates one of both cannot be seen.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

RATE = 2000
"""Samples a second that :func:`hum` takes."""
SHORTEST = 5.0
"""Seconds; of less, too little stands out of noise."""
HIGHEST = 600.0
DEVIATION = 0.3
"""Hertz by which a grid, and a recorder's clock, may be off."""
_STEP = 0.02
_FLOOR, _MOST = 1.5, 4.0
"""Natural logarithms over the noise beside a line: what counts from, and at most."""
HUM_THRESHOLD = 1.1
"""More than two lines of either can reach: a motor whose multiples meet two of ours is no hum."""
HUM_SLOPE, HUM_CAP = 2.25, 2.08
"""Fitted on 240 made clips by ``bench/mains.py --tune``: log10 a unit of score, and log10 of 120 clips of either."""
FLICKER_THRESHOLD = 3.0
FLICKER_SLOPE, FLICKER_CAP = 0.5, 2.0
"""Judged: at every rate only one of both can be seen, and no made clip was told wrongly."""
FEWEST_FRAMES = 60

Samples = NDArray[np.float32]
Values = NDArray[np.float64]


class Mains(msgspec.Struct, frozen=True):
    """What was found. ``hertz`` is 50, 60 or None with a ``reason``; ``log10_lr`` speaks for 50 (positive) against 60."""

    hertz: int | None
    log10_lr: float
    score_50: float
    score_60: float
    reason: str = ""


def hum(samples: Samples) -> Mains:
    """The mains frequency in sound.

    Args:
        samples: (n,) float32, one channel of any level at :data:`RATE` samples a second.
    """
    if len(samples) < SHORTEST * RATE:
        return _none(f"it holds less than {SHORTEST:.0f} seconds of sound")
    if not np.isfinite(samples).all() or np.ptp(samples) == 0:
        return _none("it is silent")
    power, width = _spectrum(samples.astype(np.float64))
    return _decide(
        _lines(power, width, 50.0), _lines(power, width, 60.0), HUM_THRESHOLD, HUM_SLOPE, HUM_CAP, "no hum stands out"
    )


def _spectrum(samples: Values) -> tuple[Values, float]:
    """Power over the noise around it, and the width of a bin in hertz."""
    size = 2 * len(samples)
    power = np.abs(np.fft.rfft((samples - samples.mean()) * np.hanning(len(samples)), size)) ** 2
    width = RATE / size
    power = power[: int((HIGHEST + 10) / width)]
    block = max(8, round(6 / width))
    edges = range(0, len(power), block)
    centres = np.array([edge + block / 2 for edge in edges])
    levels = np.array([np.median(power[edge : edge + block]) for edge in edges]) / np.log(2) + 1e-30
    floor: Values = np.exp(np.interp(np.arange(len(power)), centres, np.log(levels)))
    return power / floor, width


def _lines(power: Values, width: float, base: float) -> float:
    """How much the multiples of the best base near ``base`` stand out, a multiple on average."""
    multiples = np.array([k for k in range(1, int(HIGHEST / base) + 1) if round(k * base) % 300], np.float64)
    bases = np.arange(base - DEVIATION, base + DEVIATION + _STEP / 2, _STEP)
    places = np.round(bases[:, None] * multiples / width).astype(int)
    stands = np.clip(np.log(np.maximum(power[places], 1e-9)) - _FLOOR, 0, _MOST)
    return float(stands.mean(1).max())


def beats(rate: float) -> tuple[float, float]:
    """The beats in hertz that flicker of 100 and of 120 hertz makes at ``rate`` frames a second."""
    return abs(100 - rate * round(100 / rate)), abs(120 - rate * round(120 / rate))


def flicker(profiles: Samples, rate: float) -> Mains:
    """The mains frequency in light.

    Args:
        profiles: (t, r) float32, mean luminance of r bands of rows of each of t frames that follow each other.
        rate: frames a second.
    """
    if len(profiles) < FEWEST_FRAMES:
        return _none(f"fewer than {FEWEST_FRAMES} frames follow each other")
    if not np.isfinite(rate) or rate < 10:
        return _none("it has too few frames a second")
    if not np.isfinite(profiles).all() or profiles.mean() < 4:
        return _none("it is dark")
    changes = np.diff(profiles.astype(np.float64), axis=0)
    window = np.hanning(len(changes))[:, None]
    # Banding moves over the rows: its rows agree in frequency and not in phase, so their spectrum over both is taken.
    power = np.abs(np.fft.fft(np.fft.rfft((changes - changes.mean(0)) * window, axis=0), axis=1)) ** 2
    frequencies = np.fft.rfftfreq(len(changes), 1 / rate)
    spectrum = power.max(1)
    least = 3 * rate / len(changes)
    floor = np.median(spectrum[frequencies > least]) + 1e-12
    scores = []
    for beat in beats(rate):
        near = np.abs(frequencies - beat) <= max(0.3, 1.5 * rate / len(changes))
        seen = beat > least and near.any()
        scores.append(max(0.0, float(np.log(spectrum[near].max() / floor + 1e-12)) - 2) if seen else 0.0)
    if max(scores) == 0 and max(beats(rate)) <= least:
        return _none("at this rate of frames no flicker can be seen")
    if min(beats(rate)) > least and abs(beats(rate)[0] - beats(rate)[1]) < 2 * least:
        return _none("at this rate of frames both flicker alike")
    return _decide(scores[0], scores[1], FLICKER_THRESHOLD, FLICKER_SLOPE, FLICKER_CAP, "no flicker stands out")


def _decide(score_50: float, score_60: float, threshold: float, slope: float, cap: float, reason: str) -> Mains:
    apart = score_50 - score_60
    if abs(apart) < threshold:
        return Mains(None, 0.0, score_50, score_60, reason if max(score_50, score_60) < threshold else "both are heard alike")
    lr = max(-cap, min(cap, slope * apart))
    return Mains(50 if apart > 0 else 60, lr, score_50, score_60)


def _none(reason: str) -> Mains:
    return Mains(None, 0.0, 0.0, 0.0, reason)
