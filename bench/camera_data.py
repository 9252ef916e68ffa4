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
from homeward.flow.noise.exact import by_tile, correlations
from homeward.indexes import fingerprint, marks
from homeward.links.nuclei import hoped

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


class Comparison(NamedTuple):
    """One picture against the fingerprint of others of one device."""

    device: str
    """Of the reference."""
    same: bool
    score: float
    """In standard deviations of strangers."""
    expected: float | None
    """What the reference by itself lets expect of a mate."""
    pairs: int
    """Inside the reference."""


class Bucket(NamedTuple):
    """Photographs of one native size and their correlations."""

    photos: list[Photo]
    matrix: NDArray[np.float32]
    """(n, n) of digests or of residuals."""
    strangers: float

    def against(self, group: list[int]) -> tuple[NDArray[np.float64], float | None]:
        """Agreement of every picture with the fingerprint of a group, and what the group lets expect of its mates."""
        total = float(self.matrix[np.ix_(group, group)].astype(np.float64).sum())
        scores = self.matrix[:, group].sum(1, dtype=np.float64) / (total**0.5 * self.strangers)
        return scores, float(hoped(np.array(total), len(group), self.strangers)) if len(group) > 1 else None


def residual_buckets(shown: list[Photo]) -> list[Bucket]:
    """Measure everything in full, by native size, as the step ``residuals`` keeps it; print what strangers reach."""
    found: dict[tuple[int, int], list[tuple[Photo, NDArray[np.uint8]]]] = {}
    for photo in shown:
        measured = camera.measure(grey(photo.path))
        if isinstance(measured, camera.Noise):
            packed = np.frombuffer(camera.packed(measured.residual), np.uint8)
            found.setdefault((measured.residual.shape[0], measured.residual.shape[1]), []).append((photo, packed))
    made = []
    for shape, rows in found.items():
        kept = [packed for _, packed in rows]
        matrix = correlations(kept, shape)
        made.append(Bucket([photo for photo, _ in rows], matrix, fingerprint.floor(matrix, shape[0] * shape[1])))
        print(of_strangers(made[-1], by_tile(kept, shape), shape))
    return made


def of_strangers(bucket: Bucket, parts: NDArray[np.float32], shape: tuple[int, int]) -> str:
    """The noise floor of a size, and the greatest agreement of a tile of pictures of two devices."""
    owners = np.array([photo.device for photo in bucket.photos])
    apart = np.triu(owners[:, None] != owners[None])
    ideal = bucket.strangers * (shape[0] * shape[1]) ** 0.5
    said = f"{shape[1]} x {shape[0]}: {len(owners)} pictures, floor {ideal:.2f} times the ideal"
    if not apart.any():
        return said
    squares = np.sqrt(np.einsum("kii->ki", parts))
    samples = marks.tile_samples(shape) ** 0.5
    greatest = [
        float((part[apart] / np.outer(one, one)[apart]).max() * n) for part, one, n in zip(parts, squares, samples, strict=True)
    ]
    return f"{said}; of {apart.sum() * len(parts):,} tiles of strangers the greatest agrees by {max(greatest):.2f} deviations"


def comparisons(held: Bucket, reference: int, draws: int, seed: int) -> list[Comparison]:
    """Every other picture against references of ``reference`` pictures of each device, drawn several times."""
    rng = np.random.default_rng(seed)
    devices = [photo.device for photo in held.photos]
    met: list[Comparison] = []
    for device in sorted(set(devices)):
        own = [at for at, owner in enumerate(devices) if owner == device]
        if len(own) <= reference:
            continue
        for _ in range(draws):
            group = [int(at) for at in rng.permutation(own)[:reference]]
            scores, expected = held.against(group)
            pairs = reference * (reference - 1) // 2
            others = [one for one in range(len(devices)) if one not in group]
            met += [Comparison(device, devices[one] == device, float(scores[one]), expected, pairs) for one in others]
    return met
