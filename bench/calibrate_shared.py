"""Makes the calibration of scaled copies that is kept in the package, from sets that nothing is reported on.

usage: python bench/calibrate_shared.py

Copies of ``world-tune`` against its devices, each without the picture that it shows, and made-up sensors other than those of
``camera_shared``. Every device has the same weight. Only what is true of copies as such is fitted: the agreement that is
typical, and how much it varies.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from calibrate_camera import GRID, cost
from camera_copies import compared
from camera_data import Comparison
from camera_shared import KNOWN, SERVICE, SIDE, copied, simulated
from homeward.core.signal import SignalCalibration
from homeward.indexes import fingerprint
from homeward.indexes.frames import Frame, Spectra

TARGET = Path(__file__).resolve().parents[1] / "src/homeward/links/camera_shared_calibration.json"
SEED = 9
SIDES = (SERVICE, 1280, 1024)


def main() -> None:
    """Fit and write."""
    world, pictures = compared("tune")
    met = [*world, *made_up()]
    strangers = np.array([one.score for one in met if not one.same])
    made = SignalCalibration(
        name="scaled copies of the tuning sets",
        spread=max(1.0, float(np.sqrt(np.mean(strangers**2)))),
        typical=4.0,
        doubt=1.0,
        shape=2.0,
        vague=2.0,
        lapse=0.02,
        independent=pictures,
        same=sum(one.same for one in met),
        different=len(strangers),
    )
    tried = [
        msgspec.structs.replace(made, typical=typical, vague=vague, lapse=lapse)
        for typical in GRID["typical"]
        for vague in GRID["vague"]
        for lapse in (0.02, 0.05, 0.1, 0.2, 0.4)
    ]
    best = min(tried, key=lambda one: cost(one, met))
    print(f"{best.same} + {best.different} comparisons: Cllr {cost(best, met):.3f}\n{best}")
    TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(best), indent=1) + b"\n")


def made_up() -> list[Comparison]:
    """Copies of made-up sensors in three sizes, against few pictures and many."""
    sensors, shared = simulated(SEED)
    met = []
    for side in SIDES:
        for device, picture in shared:
            copy = copied(picture.resize((side, side)))
            for known in KNOWN:
                for other, total in sensors[known].items():
                    found = fingerprint.scaled(Frame(total, SIDE, SIDE), copy, Spectra()) if copy else None
                    if found is not None:
                        met.append(Comparison(f"made up {other}", device == other, found.deviations, None, 0))
    return met


if __name__ == "__main__":
    main()
