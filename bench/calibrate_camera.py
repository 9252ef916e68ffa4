"""Makes the calibration of sensor noise that is kept in the package, from devices that nothing is reported on.

usage: python bench/calibrate_camera.py

Every device has the same weight, however many pictures there are of it. What is fitted is what cannot be known from the
pictures of a case; the least cost is looked for on a coarse grid, because few devices support no finer one; it goes on beyond
what is found. That a mate agrees on average as the reference lets expect is no fitted value: measured, 1.00 times as much.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from camera_data import Comparison, comparisons, photos, residual_buckets
from homeward.core.signal import SignalCalibration

TARGET = Path(__file__).resolve().parents[1] / "src/homeward/links/camera_calibration.json"
SIZES = (1, 2, 3, 5, 8, 12)
DRAWS = 3
GRID = {
    "typical": (2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 14.0),
    "doubt": (0.12, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0),
    "shape": (2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 48.0),
    "vague": (0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 12.0),
}
MOST = 40
"""Strangers of each device and size of reference that are weighed."""


def main() -> None:
    """Fit and write."""
    held = [(name, bucket) for name, shown in photos("tune") for bucket in residual_buckets(shown)]
    met = [one for _, bucket in held for size in SIZES for one in thinned(comparisons(bucket, size, DRAWS, size))]
    # Each picture met strangers once, as one independent non-match: repeated draws add no knowledge.
    independent = sum(len(bucket.photos) for _, bucket in held if len({photo.device for photo in bucket.photos}) > 1)
    made = fitted(unfitted("devices of the tuning sets", met, independent, shape=8.0), met)
    keep(made, met, TARGET)


def unfitted(name: str, met: list[Comparison], independent: int, *, shape: float) -> SignalCalibration:
    """Where fitting begins: the spread is that of strangers, and counts as many of them as are independent."""
    strangers = np.array([one.score for one in met if not one.same])
    return SignalCalibration(
        name=name,
        spread=max(1.0, float(np.sqrt(np.mean(strangers**2)))),
        typical=4.0,
        doubt=1.0,
        shape=shape,
        vague=2.0,
        lapse=0.02,
        independent=independent,
        same=sum(one.same for one in met),
        different=len(strangers),
    )


def keep(made: SignalCalibration, met: list[Comparison], target: Path) -> None:
    """Say what it costs, and write it where the package has it."""
    print(f"{made.same} + {made.different} comparisons: Cllr {cost(made, met):.3f}\n{made}")
    target.write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")


def fitted(first: SignalCalibration, met: list[Comparison]) -> SignalCalibration:
    """One value after the other is set to the best of its grid, until none changes any more."""
    made, least = first, cost(first, met)
    while True:
        before = made
        for name, values in GRID.items():
            for value in values:
                tried = msgspec.structs.replace(made, **{name: value})
                if (said := cost(tried, met)) < least:
                    made, least = tried, said
        if made == before:
            break
    edges = [name for name, values in GRID.items() if getattr(made, name) in {values[0], values[-1]}]
    if edges:
        print(f"at the end of what was tried: {', '.join(edges)}")
    return made


def thinned(met: list[Comparison]) -> list[Comparison]:
    """All mates, and at most :data:`MOST` strangers of each device."""
    rng = np.random.default_rng(0)
    kept = [one for one in met if one.same]
    for device in sorted({one.device for one in met}):
        strangers = [one for one in met if one.device == device and not one.same]
        kept += [strangers[at] for at in rng.permutation(len(strangers))[:MOST]]
    return kept


def cost(made: SignalCalibration, met: list[Comparison]) -> float:
    """Cllr with the same weight for each device and size of reference."""
    parts: dict[tuple[bool, str, int], list[float]] = {}
    for one in met:
        value = np.log(10) * made.log10_lr(one.score, one.expected, one.pairs)
        parts.setdefault((one.same, one.device, one.pairs), []).append(float(np.logaddexp(0, -value if one.same else value)))
    sides = [np.mean([np.mean(costs) for key, costs in parts.items() if key[0] == same]) for same in (True, False)]
    return float(np.mean(sides) / np.log(2))


if __name__ == "__main__":
    main()
