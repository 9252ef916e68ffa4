"""Makes the calibration of scaled copies that is kept in the package, from sets that nothing is reported on.

usage: python bench/calibrate_shared.py

Copies of ``world-tune`` against its devices, each without the picture that it shows, and made-up sensors other than those of
``camera_shared``. Every device has the same weight. Only what is true of copies as such is fitted: the agreement that is
typical, and how much it varies.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from calibrate_camera import GRID, cost, keep, unfitted
from camera_copies import compared
from camera_data import Comparison
from camera_shared import KNOWN, SERVICE, SIDE, copied, simulated
from homeward.indexes import fingerprint
from homeward.indexes.frames import Frame, Spectra

TARGET = Path(__file__).resolve().parents[1] / "src/homeward/links/camera_shared_calibration.json"
SEED = 9
SIDES = (SERVICE, 1280, 1024)


def main() -> None:
    """Fit and write."""
    world, pictures = compared("tune")
    met = [*world, *made_up()]
    made = unfitted("scaled copies of the tuning sets", met, pictures, shape=2.0)
    tried = [
        msgspec.structs.replace(made, typical=typical, vague=vague, lapse=lapse)
        for typical in GRID["typical"]
        for vague in GRID["vague"]
        for lapse in (0.02, 0.05, 0.1, 0.2, 0.4)
    ]
    best = min(tried, key=lambda one: cost(one, met))
    keep(best, met, TARGET)


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
