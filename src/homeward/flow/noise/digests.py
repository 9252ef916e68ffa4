"""Digests of the sensor noise of a case by native size, and why pictures have none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from homeward.descriptors import camera as noise
from homeward.flow.process import segment_folder
from homeward.flow.steps import CLIP_NOISE
from homeward.flow.steps import NOISE as NOISE_STEP
from homeward.flow.units import NO_NOISE, NOISE, REASON_BYTES
from homeward.store import noise as stored
from homeward.store.noise import Shot

if TYPE_CHECKING:
    from homeward.store import Case


def unusable(case: Case) -> dict[int, str]:
    """Why a still or a clip has no usable noise, for each that has none."""
    folders = [segment_folder(NO_NOISE, REASON_BYTES, step) for step in (NOISE_STEP, CLIP_NOISE)]
    runs = [run for folder in folders for run in case.segments.read(folder)]
    return {
        int(record["item"]): record["value"].tobytes().decode("ascii", "replace").rstrip() for run in runs for record in run
    }


def buckets(case: Case) -> Iterator[tuple[list[Shot], NDArray[np.uint8]]]:
    """Pictures of one native size and their (n, bytes) digests, both in the order of their contents' SHA-256."""
    sizes: dict[tuple[int, int], list[Shot]] = defaultdict(list)
    for shot in stored.shots(case):
        sizes[shot.width, shot.height].append(shot)
    held = {width: _digests(case, width) for width in {noise.digest_bytes(*size) for size in sizes if min(size) >= 2}}
    for size, shots in sorted(sizes.items()):
        digests = held.get(noise.digest_bytes(*size), {}) if min(size) >= 2 else {}
        told = sorted((shot for shot in shots if shot.item in digests), key=lambda shot: shot.sha256)
        if told:
            yield told, np.stack([digests[shot.item] for shot in told])


def _digests(case: Case, width: int) -> dict[int, NDArray[np.uint8]]:
    runs = case.segments.read(segment_folder(NOISE, width, NOISE_STEP))
    return {int(record["item"]): record["value"] for run in runs for record in run}
