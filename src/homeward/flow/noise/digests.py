"""Digests of the sensor noise of a case by native size, and why pictures have none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from homeward.descriptors import camera as noise
from homeward.flow.process import segment_folder
from homeward.flow.steps import CLIP_NOISE, Step
from homeward.flow.steps import NOISE as NOISE_STEP
from homeward.flow.units import NO_NOISE, NOISE, REASON_BYTES
from homeward.store import noise as stored
from homeward.store.noise import Shot

if TYPE_CHECKING:
    from homeward.store import Case

MOST_TOGETHER = 4096
"""Pictures that are compared all with all: 64 MiB of correlations, several times over, and 2 GiB of digests at most."""


def unusable(case: Case) -> dict[int, str]:
    """Why a still or a clip has no usable noise, for each that has none."""
    folders = [segment_folder(NO_NOISE, REASON_BYTES, step) for step in (NOISE_STEP, CLIP_NOISE)]
    runs = [run for folder in folders for run in case.segments.read(folder)]
    return {
        int(record["item"]): record["value"].tobytes().decode("ascii", "replace").rstrip() for run in runs for record in run
    }


def buckets(case: Case) -> Iterator[tuple[list[Shot], NDArray[np.uint8]]]:
    """Pictures that are compared with each other, of one native size, and their (n, bytes) digests; both in the order of their
    contents' SHA-256. Of a size with more than :data:`MOST_TOGETHER` pictures those of one model are compared, so many at once.
    """
    sizes: dict[tuple[int, int], list[Shot]] = defaultdict(list)
    for shot in stored.shots(case):
        sizes[shot.width, shot.height].append(shot)
    lengths = {noise.digest_bytes(*size) for size in sizes if min(size) >= 2}
    held = {length: by_item(case, NOISE, length, NOISE_STEP) for length in lengths}
    for size, shots in sorted(sizes.items()):
        digests = held.get(noise.digest_bytes(*size), {}) if min(size) >= 2 else {}
        told = sorted((shot for shot in shots if shot.item in digests), key=lambda shot: shot.sha256)
        for some in together(told, MOST_TOGETHER):
            yield some, np.stack([digests[shot.item] for shot in some])


def measured(case: Case, sizes: set[tuple[int, int]]) -> set[int]:
    """Stills of some sizes that have usable noise; others that have digests of the same length may be among them."""
    folders = {segment_folder(NOISE, noise.digest_bytes(*size), NOISE_STEP) for size in sizes}
    return {int(item) for folder in folders for run in case.segments.read(folder) for item in run["item"]}


def by_item(case: Case, name: str, width: int, step: Step) -> dict[int, NDArray[np.uint8]]:
    """What a step keeps of one length, (bytes,) uint8, by item: digests or residuals of stills, digests of clips."""
    runs = case.segments.read(segment_folder(name, width, step))
    return {int(record["item"]): record["value"] for run in runs for record in run}


def together(shots: list[Shot], most: int) -> Iterator[list[Shot]]:
    """Parts of pictures of one size that are compared with each other: all, or at most so many of one model."""
    models: dict[tuple[str, str], list[Shot]] = defaultdict(list)
    for shot in shots:
        models[(shot.make, shot.model) if len(shots) > most else ("", "")].append(shot)
    for _, some in sorted(models.items()):
        yield from (some[start : start + most] for start in range(0, len(some), most))
