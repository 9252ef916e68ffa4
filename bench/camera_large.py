"""Copies of pictures of twelve megapixels, searched in the middle that is measured of each picture and in whole frames.

usage: python bench/camera_large.py [--json FILE]

One made-up sensor as in ``camera_shared``, 4000 x 3000 pixels, over photographs of ``places`` that are blown up, and copies of
another sensor as strangers. Scenes of copies stand in no fingerprint. Three minutes of processor time.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from camera_shared import BEYOND, STRENGTH, Plane, encoded, light, luminance, scenes, shot
from common import report
from homeward.descriptors import camera
from homeward.indexes import fingerprint
from homeward.indexes.frames import Frame, Spectra

WIDE, HIGH = 4000, 3000
KNOWN, SHARED = (12, 30), 10
COPIES = ((2048, 85), (1600, 75), (1280, 75))
"""Longer sides and qualities of copies."""
Copies = dict[tuple[int, int], list[Frame]]


def main() -> None:
    """Simulate, search and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    fresh = scenes()[KNOWN[-1] :][:SHARED]
    mates, strangers = copies(pictures(0, 1, fresh)), copies(pictures(1, 1, fresh[: SHARED // 2]))
    totals: dict[str, Plane] = {}
    rows = []
    for count, picture in enumerate(pictures(0, 2, scenes()[: KNOWN[-1]]), 1):
        grey = luminance(encoded(picture, 92))
        for words, measured in (("the middle", camera.measure(grey)), ("the whole", camera.overview(grey))):
            plane = kept(measured)
            totals[words] = totals[words] + plane if words in totals else plane
        if count in KNOWN:
            rows += [told(words, count, plane, mates, strangers) for words, plane in totals.items()]
    report("Copies of twelve megapixels", [row for some in rows for row in some], asked.json)


def told(words: str, known_pictures: int, total: Plane, mates: Copies, strangers: Copies) -> list[dict[str, str]]:
    """A row for each size of copy."""
    whole = Frame(total, WIDE, HIGH, total.shape[1] / WIDE if words == "the whole" else 1.0)
    rows = []
    for size in COPIES:
        reached = [[deviations(whole, copy) for copy in some[size]] for some in (mates, strangers)]
        hits, false = (sum(one > BEYOND for one in some) for some in reached)
        rows.append({
            "measured": words,
            "pictures known": str(known_pictures),
            "copies": f"{size[0]} pixels, q {size[1]}",
            f"found beyond {BEYOND}": f"{hits} of {len(reached[0])}",
            "false": f"{false} of {len(reached[1])}",
            "median": f"{np.median(reached[0]):.1f}",
        })  # fmt: skip
    return rows


def deviations(whole: Frame, copy: Frame) -> float:
    """Agreement as ``process`` measures it."""
    found = fingerprint.scaled(whole, copy, Spectra())
    return found.deviations if found else 0.0


def copies(shown: Iterator[Image.Image]) -> Copies:
    """Copies of some pictures in each size."""
    made: Copies = {size: [] for size in COPIES}
    for picture in shown:
        for side, quality in COPIES:
            copy = picture.resize((side, side * HIGH // WIDE), Image.Resampling.BICUBIC)
            measured = camera.measure(luminance(encoded(copy, quality)))
            assert isinstance(measured, camera.Noise)
            made[side, quality].append(Frame(measured.residual, *copy.size))
    return made


def pictures(sensor: int, draw: int, places: list[Path]) -> Iterator[Image.Image]:
    """Developed pictures of one sensor."""
    pattern = STRENGTH * np.random.default_rng([77, sensor]).standard_normal((HIGH, WIDE), np.float32)
    rng = np.random.default_rng([77, sensor, draw])
    return (shot(light(place, (WIDE, HIGH)), pattern, rng) for place in places)


def kept(measured: camera.Noise | camera.NoNoise) -> Plane:
    """A residual as it is kept."""
    assert isinstance(measured, camera.Noise)
    packed: NDArray[np.uint8] = np.frombuffer(camera.packed(measured.residual), np.uint8)
    return camera.unpacked(packed, measured.residual.shape)


if __name__ == "__main__":
    main()
