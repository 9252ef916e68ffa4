"""The mains frequency from hum and flicker: how often it is told, and how often wrongly, on made clips.

Thresholds were chosen on seeds 0..; figures are of seeds 100000... There is no open peer that decides 50 or 60 Hz with a
reason; the plain way (the louder of the lines at 100 and 120 Hz) stands beside. Bootstrap intervals of 95 % over clips.
"""

from __future__ import annotations

import argparse
import io
import time

import numpy as np

from homeward.core.likelihood import fit
from homeward.descriptors.mains import RATE, flicker, hum
from homeward.media.sound import hear
from homeward.testing.mains import CODECS, KINDS, encoded, flickering, sound

LEVELS = (-10, -20, -25, -30)


def plain(samples: np.ndarray) -> int:
    """The louder of two lines."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    at = np.fft.rfftfreq(len(samples), 1 / RATE)
    return 50 if power[np.abs(at - 100) < 0.6].max() > power[np.abs(at - 120) < 0.6].max() else 60


def interval(right: list[bool]) -> str:
    rng = np.random.default_rng(0)
    values = np.array(right, float)
    means = rng.choice(values, (1000, len(values))).mean(1)
    return f"{values.mean():.3f} ({np.quantile(means, 0.025):.3f}..{np.quantile(means, 0.975):.3f})"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--tune", action="store_true", help="print scores of the tuning seeds instead")
    options = parser.parse_args()
    first = 0 if options.tune else 100_000
    spent, heard = 0.0, 0
    codecs = list(CODECS)
    sides: dict[int, list[float]] = {50: [], 60: []}
    print(f"hum, 15 s, {options.clips} clips a row, codecs {', '.join(codecs)} in turn")
    for hertz, level, kind in [*((h, s, "noise") for s in LEVELS for h in (50, 60)), *((0, 0, kind) for kind in KINDS),
                               *((h, -10, kind) for kind in KINDS[1:] for h in (50, 60))]:  # fmt: skip
        found, others = [], []
        for seed in range(first, first + options.clips):
            data = encoded(sound(seed, hertz, level, kind=kind), codecs[seed % len(codecs)])
            samples = hear(io.BytesIO(data), RATE)
            began = time.process_time()
            found.append(hum(samples))
            spent, heard = spent + time.process_time() - began, heard + 1
            others.append(plain(samples))
        told = [one.hertz for one in found]
        apart = np.array([one.score_50 - one.score_60 for one in found])
        if hertz:
            sides[hertz] += apart.tolist()
        line = f"{hertz or 'none':>5} Hz {level:>4} dB {kind:>8}: told {interval([one is not None for one in told])}"
        line += f", wrongly {interval([one is not None and one != hertz for one in told])}"
        line += f", plain wrongly {interval([one != hertz for one in others])}"
        print(line + (f", apart {np.quantile(apart, [0, 0.05, 0.5, 0.95, 1]).round(2)}" if options.tune else ""))
    if options.tune:
        print(fit("tune", np.array(sides[50]), np.array(sides[60]), len(sides[60])))
    print(f"{1000 * spent / heard:.0f} ms of processor time a clip")
    for rate in (23.976, 24.0, 25.0, 29.97, 30.0, 50.0, 59.94):
        for hertz in (50, 60, 0):
            found = [flicker(flickering(seed, hertz, rate, 0.01), rate) for seed in range(first, first + options.clips)]
            told = [one.hertz for one in found]
            apart = np.array([one.score_50 - one.score_60 for one in found])
            line = f"flicker {hertz or 'none':>5} Hz at {rate:>6} frames/s: told {interval([one is not None for one in told])}"
            line += f", wrongly {interval([one is not None and one != hertz for one in told])}"
            print(line + (f", apart {np.quantile(apart, [0, 0.05, 0.5, 0.95, 1]).round(2)}" if options.tune else ""))


if __name__ == "__main__":
    main()
