"""Devices behind the pictures of a case, from the digests of their sensor noise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from homeward.core.canonical import Plain
from homeward.descriptors import camera as noise
from homeward.flow.described import set_key
from homeward.flow.process import segment_folder
from homeward.flow.steps import NOISE as NOISE_STEP
from homeward.flow.steps import Step
from homeward.flow.units import NO_NOISE, NOISE, REASON_BYTES
from homeward.indexes import fingerprint
from homeward.links import camera
from homeward.links.devices import Device, Devices
from homeward.links.devices import devices as grouped
from homeward.store import noise as stored
from homeward.store import reads, results, vouching
from homeward.store.noise import CameraRow, Shot

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case


def decoded_stills(case: Case) -> list[int]:
    """Every still that was decoded: which of them have usable noise is found by measuring."""
    return reads.decoded_stills(case)


def devices(case: Case, step: Step, progress: Progress) -> None:
    """Put the devices behind everything that is there in the place of the old ones; nothing to do when nothing changed."""
    key = set_key(case, step)
    if results.step_key(case, step.name) == key:
        return
    progress.begin(step.caption, 1)
    rows: list[CameraRow] = []
    for shots, digests in buckets(case):
        rows += _rows(shots, digests)
    progress.advance()
    details: dict[str, Plain] = {"step": step.name, "version": step.version, "params": step.params_digest, "links": len(rows)}
    with case.batch("step.set", details) as batch:
        stored.replace_cameras(case, rows)
        results.write_step_key(case, step.name, key)
        batch.details["rows"] = vouching.set_digest(case, step.name)


def unusable(case: Case) -> dict[int, str]:
    """Why a still has no usable noise, for each that has none."""
    runs = list(case.segments.read(segment_folder(NO_NOISE, REASON_BYTES, NOISE_STEP)))
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


def _rows(shots: list[Shot], digests: NDArray[np.uint8]) -> list[CameraRow]:
    held = fingerprint.prints(digests)
    matrix = fingerprint.gram(held)
    strangers = fingerprint.floor(matrix, 64 * held.sure.shape[1])
    found = grouped(matrix, strangers, [shot.serial for shot in shots])
    rows = []
    for group in found.groups:
        if len(group.members) > 1:
            rows += _members(shots, held, group)
    return rows + _offered(shots, found)


def _members(shots: list[Shot], held: fingerprint.Prints, group: Device) -> list[CameraRow]:
    """Each picture of a device against the others; the strongest names the device."""
    exemplar = shots[group.members[0]].item
    make = next((shots[member].make for member in group.members if shots[member].make), "")
    rows = []
    for member, strength in zip(group.members, group.strengths, strict=True):
        others = np.array([other for other in group.members if other != member], np.int64)
        said = camera.weigh(strength, len(others), camera.by_band(held, member, others), make)
        rows.append(CameraRow(shots[member].item, exemplar, True, *_told(said)))
    return rows


def _offered(shots: list[Shot], found: Devices) -> list[CameraRow]:
    """Groups that may be one device: between the pictures that name them."""
    rows = []
    for offer in found.offers:
        groups = found.groups[offer.a], found.groups[offer.b]
        a, b = (shots[group.members[0]] for group in groups)
        said = camera.weigh(offer.strength, max(len(group.members) for group in groups), make=a.make or b.make)
        score, value, calibration, reason, caveats = _told(said)
        rows.append(CameraRow(b.item, a.item, False, score, value, calibration, f"{offer.reason}: {reason}", caveats))
    return rows


def _told(said: camera.Evidence) -> tuple[int, int, str, str, list[str]]:
    bounded = max(-1e6, min(1e6, said.score))  # two serial numbers keep groups infinitely apart
    return round(1000 * bounded), round(1000 * said.log10_lr), said.calibration, said.reason, list(said.caveats)
