"""Makes the calibrations of sensor noise that are kept in the package, from devices that nothing is reported on.

usage: python bench/calibrate_camera.py
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from camera_data import buckets, comparisons, photos
from homeward.core import likelihood
from homeward.links.camera import BINS

TARGET = Path(__file__).resolve().parents[1] / "src/homeward/links/camera_calibration.json"
DRAWS = 4
SIZES = {1: (1,), 2: (2, 3, 4), 5: (5, 8, 12)}


def main() -> None:
    """Fit a calibration for each size of reference and write them."""
    held = [(name, bucket) for name, shown in photos("tune") for bucket in buckets(shown)]
    independent = sum(len(bucket.photos) for _, bucket in held if len({photo.device for photo in bucket.photos}) > 1)
    fitted = []
    for least, words in BINS:
        same: list[float] = []
        different: list[float] = []
        for _, bucket in held:
            for size in SIZES[least]:
                mates, strangers = comparisons(bucket, size, DRAWS, least)
                same += [score for _, score in mates]
                different += [score for _, score in strangers]
        name = f"devices of the tuning sets, references of {words}"
        # Each picture met strangers once, as one independent non-match: repeated draws add no knowledge.
        made = likelihood.fit(name, np.array(same), np.array(different), independent)
        ones, others = (np.array([made.log10_lr(score) for score in side]) for side in (same, different))
        print(f"{words}: {len(same)} + {len(different)}, {made.slope:.3f} score {made.intercept:+.3f}, cap {made.cap:.2f}")
        print(
            f"  Cllr {likelihood.cllr(ones, others):.3f}, least {likelihood.cllr_min(np.array(same), np.array(different)):.3f}"
        )
        fitted.append(made)
    TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(fitted), indent=1) + b"\n")


if __name__ == "__main__":
    main()
