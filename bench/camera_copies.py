"""Scaled copies of the rendered worlds against the devices behind them, each without the picture that it shows."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from camera_data import SETS, Comparison, grey
from common import DATA
from homeward.descriptors import camera
from homeward.indexes import marks
from homeward.indexes.frames import Frame, Spectra

MEMBERS, MOST = 32, 64
"""Pictures of a device that its fingerprint is made of, and copies that are compared, spread over all."""
Plane = NDArray[np.float32]


class File(NamedTuple):
    """One picture of a world."""

    root: str
    device: str
    path: Path
    size: tuple[int, int]


def compared(part: str) -> tuple[list[Comparison], int]:
    """Every copy against every device that it could be of, and how many copies met a stranger."""
    originals, copies = files(SETS[part][0])
    by_device: dict[str, list[File]] = defaultdict(list)
    for one in originals:
        by_device[one.device].append(one)
    for device, own in by_device.items():  # some stand: others lie on the same photosites, but are another size
        sizes = Counter(one.size for one in own)
        by_device[device] = [one for one in own if one.size == max(sizes, key=lambda size: (sizes[size], size))]
    met: list[Comparison] = []
    strangers = set()
    measured = {one.path: plane for one in copies[:: max(1, len(copies) // MOST)] if (plane := noise(one)) is not None}
    for device, own in sorted(by_device.items()):
        asked = [one for one in copies if one.path in measured and fits(one, own[0])]
        planes = {one.root: plane for one in own[:MEMBERS] if (plane := noise(one)) is not None}
        total = np.sum(list(planes.values()), axis=0)
        for copy in asked:
            left = total - planes[copy.root] if copy.root in planes else total
            found = marks.scaled(Frame(left, *own[0].size), Frame(measured[copy.path], *copy.size), Spectra())
            if found is not None:
                met.append(Comparison(device, copy.device == device, found.deviations, None, 0))
                strangers |= {copy.root} if copy.device != device else set()
    return met, len(strangers)


def row(part: str) -> dict[str, str]:
    """What is found of copies beyond what one stranger in a thousand reaches."""
    met, _ = compared(part)
    mates, strangers = (np.array([one.score for one in met if one.same == same]) for same in (True, False))
    area = np.mean([np.mean(strangers < one) for one in mates])
    beyond = 3.09
    told = f"found {np.mean(mates > beyond):.2f}, false {np.sum(strangers > beyond)} of {len(strangers)}"
    return {
        "what": f"{SETS[part][0]}: copies scaled by services, of up to {MEMBERS} known, never of the same picture",
        "mates + strangers": f"{len(mates)} + {len(strangers)}",
        "AUC": f"{area:.3f}",
        "ratio": f"beyond {beyond} deviations: {told}",
    }


def files(world: str) -> tuple[list[File], list[File]]:
    """Originals, and derived pictures."""
    truth = DATA / world / "truth"
    with (truth / "originals.csv").open() as file:
        devices = {line["file_id"]: line["device"] for line in csv.DictReader(file)}
    found: dict[bool, list[File]] = {True: [], False: []}
    with (truth / "files.csv").open() as file:
        for line in csv.DictReader(file):
            if line["root"] in devices and line["path"].endswith(".jpg"):
                size = int(line["width"]), int(line["height"])
                one = File(line["root"], devices[line["root"]], DATA / world / line["path"], size)
                found[line["kind"] == "original"].append(one)
    return found[True], found[False]


def fits(copy: File, original: File) -> bool:
    """Whether a copy has the size of a scaled frame."""
    (small, long), (least, longest) = sorted(copy.size), sorted(original.size)
    return small >= camera.LEAST_SIDE and long < longest and abs(small - long * least / longest) <= 1


def noise(one: File) -> Plane | None:
    """The noise of a picture as it is kept."""
    measured = camera.measure(grey(one.path))
    if not isinstance(measured, camera.Noise):
        return None
    return camera.unpacked(np.frombuffer(camera.packed(measured.residual), np.uint8), measured.residual.shape)
