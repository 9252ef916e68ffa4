"""Photographs by device, measured once: what calibration and the benchmark of sensor noise share.

Parameters and calibrations come from ``TUNE``, figures that are reported from ``REPORT``; no device is in both.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from common import DATA
from homeward.descriptors import camera
from homeward.indexes import fingerprint

REAL_TUNE = {"canon-450d-copr", "dji-fc300s-brighton"}
SETS = {"tune": ("world-tune", True), "report": ("world", False)}


class Photo(NamedTuple):
    """One file straight from a device."""

    device: str
    model: str
    path: Path


def photos(part: str) -> Iterator[tuple[str, list[Photo]]]:
    """(name of the set, photographs) of ``tune`` or ``report``: real devices, then simulated ones."""
    manifest = json.loads((DATA / "cameras" / "manifest.json").read_text())
    wanted = [entry for entry in manifest if (entry["device"] in REAL_TUNE) == (part == "tune")]
    yield "real", [Photo(e["device"], e["device"], DATA / "cameras" / e["file"]) for e in wanted]
    world = SETS[part][0]
    truth = DATA / world / "truth"
    with (truth / "devices.csv").open() as file:
        models = {row["device"]: f"{row['make']} {row['model']}" for row in csv.DictReader(file)}
    with (truth / "originals.csv").open() as file:
        devices = {row["file_id"]: row["device"] for row in csv.DictReader(file)}
    with (truth / "files.csv").open() as file:
        paths = {row["file_id"]: DATA / world / row["path"] for row in csv.DictReader(file) if row["kind"] == "original"}
    yield world, [Photo(devices[name], models[devices[name]], path) for name, path in sorted(paths.items())]


def grey(path: Path) -> NDArray[np.uint8]:
    """(h, w) uint8 luminance, as stored."""
    return np.ascontiguousarray(simplejpeg.decode_jpeg(path.read_bytes(), "GRAY")[..., 0])


class Bucket(NamedTuple):
    """Photographs of one native size and their correlations."""

    photos: list[Photo]
    matrix: NDArray[np.float32]
    """(n, n) of digests."""
    strangers: float

    def agreement(self, one: int, group: list[int]) -> float:
        """Agreement of a picture with the fingerprint of others, in standard deviations of strangers."""
        norm = float(self.matrix[np.ix_(group, group)].astype(np.float64).sum()) ** 0.5
        return float(self.matrix[one, group].sum()) / (norm * self.strangers)


def buckets(shown: list[Photo]) -> list[Bucket]:
    """Measure everything, by native size."""
    found: dict[tuple[int, ...], list[tuple[Photo, bytes]]] = {}
    for photo in shown:
        pixels = grey(photo.path)
        measured = camera.measure(pixels)
        if isinstance(measured, camera.Noise):
            found.setdefault(pixels.shape, []).append((photo, camera.digest(measured.residual)))
    return [bucket([p for p, _ in rows], np.stack([np.frombuffer(d, np.uint8) for _, d in rows])) for rows in found.values()]


def bucket(shown: list[Photo], digests: NDArray[np.uint8]) -> Bucket:
    """Correlate the digests of one size."""
    held = fingerprint.prints(digests)
    matrix = fingerprint.gram(held)
    return Bucket(shown, matrix, fingerprint.floor(matrix, int(held.sure.shape[1]) * 64))


def comparisons(held: Bucket, reference: int, draws: int, seed: int) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """(device of the reference, score) of mates and of strangers, against references of ``reference`` pictures."""
    rng = np.random.default_rng(seed)
    devices = np.array([photo.device for photo in held.photos])
    same, different = [], []
    for device in sorted(set(devices)):
        own = np.flatnonzero(devices == device)
        if len(own) <= reference:
            continue
        for _ in range(draws):
            group = [int(at) for at in rng.permutation(own)[:reference]]
            for one in set(range(len(devices))) - set(group):
                side = same if devices[one] == device else different
                side.append((str(device), held.agreement(one, group)))
    return same, different
