"""Devices behind the pictures of a case, from the digests of their sensor noise."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.core.canonical import Plain, canonical_json
from homeward.descriptors.camera import digest_shape
from homeward.flow.described import set_key
from homeward.flow.growing import still_at
from homeward.flow.noise import clips as noise_clips
from homeward.flow.noise import exact as noise_exact
from homeward.flow.noise.cameras import facts_of
from homeward.flow.noise.clips import Clip
from homeward.flow.noise.digests import buckets
from homeward.flow.steps import CLIP_NOISE, NOISE, RESIDUALS, Step
from homeward.indexes import fingerprint, marks
from homeward.indexes.frames import Spectra
from homeward.links import camera
from homeward.links.devices import Device, Devices
from homeward.links.devices import devices as grouped
from homeward.links.headers import constraints
from homeward.store import headers, results
from homeward.store import noise as stored
from homeward.store.noise import CameraRow, Shot

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case


SIZES = "devices.sizes"
"""The record of what was read of the pictures of each size when their devices were found: a digest, and the residuals used."""


def devices(case: Case, step: Step, progress: Progress) -> None:
    """Put the devices behind everything that is there in the place of the old ones; nothing to do when nothing changed.

    Pictures of one size are looked at anew only where anything that is read of that size has changed.
    """
    key = set_key(case, step)
    if results.step_key(case, step.name) == key:
        return
    progress.begin(step.caption, 1)
    before = results.step_key(case, SIZES)
    earlier = msgspec.json.decode(before or "{}", type=dict[str, int])
    kept = stored.by_device(case)
    bodies = constraints(facts_of(row) for row in headers.all_headers(case)).labels
    clips = noise_clips.clips(case)
    left, spectra, now, rows = noise_exact.MOST, Spectra(), {}, list[CameraRow]()
    for shots, digests in buckets(case):
        if len(shots) == 1:
            continue
        read = _read(case, step, shots, bodies, clips, left)
        if read in earlier:
            now[read] = earlier[read]
            rows += (row for shot in shots for row in kept.get(shot.item, ()))
        else:
            found, now[read] = _found(case, shots, digests, bodies, clips, left, spectra)
            rows += found
        left -= now[read]
    progress.advance()
    details: dict[str, Plain] = {"step": step.name, "version": step.version, "params": step.params_digest, "links": len(rows)}
    with case.batch("step.set", details) as batch:
        still_at(case, SIZES, before)
        stored.replace_cameras(case, rows)
        results.write_step_key(case, batch, SIZES, msgspec.json.encode(now).decode())
        results.complete_set(case, batch, step.name, key)


def _read(
    case: Case, step: Step, shots: list[Shot], bodies: Mapping[int, tuple[str, str]], clips: list[Clip], left: int
) -> str:
    """A digest of everything that the devices of some pictures follow from."""
    there = noise_exact.there(case, shots)
    measured: list[Plain] = [[one.version, one.params_digest] for one in (step, NOISE, RESIDUALS, CLIP_NOISE)]
    told: list[Plain] = [[shot.sha256, shot.make, *bodies.get(shot.item, ()), shot.item in there] for shot in shots]
    size: list[Plain] = [shots[0].width, shots[0].height, min(left, noise_exact.MOST_OF_A_SIZE)]
    text = canonical_json([measured, size, told, [clip.sha256 for clip in clips]])
    return hashlib.sha256(text).hexdigest()[:32]


def _found(
    case: Case,
    shots: list[Shot],
    digests: NDArray[np.uint8],
    bodies: Mapping[int, tuple[str, str]],
    clips: list[Clip],
    left: int,
    spectra: Spectra,
) -> tuple[list[CameraRow], int]:
    """Devices of pictures of one size, and how many of the ``left`` residuals of the case they took."""
    held, matrix = marks.compare(fingerprint.prints(digests))
    strangers = fingerprint.floor(matrix, 64 * held.sure.shape[1])
    used = noise_exact.sharpen(case, shots, matrix, strangers, left)
    found = grouped(matrix, strangers, [bodies.get(shot.item) for shot in shots])
    return _rows(shots, held, found, clips, spectra), used


def _rows(shots: list[Shot], held: fingerprint.Prints, found: Devices, clips: list[Clip], spectra: Spectra) -> list[CameraRow]:
    rows = []
    for group in found.groups:
        if len(group.members) > 1:
            rows += _members(shots, held, group)
    several = [group for group in found.groups if len(group.members) > 1]
    for group in sorted(several, key=lambda group: (-group.distinct, -len(group.members)))[: noise_clips.DEVICES]:
        rows += noise_clips.leads(clips, shots, held, group, spectra)
    return rows + _offered(shots, found)


def _members(shots: list[Shot], held: fingerprint.Prints, group: Device) -> list[CameraRow]:
    """Each picture of a device against the others; the strongest names the device."""
    exemplar = shots[group.members[0]].item
    make = next((shots[member].make for member in group.members if shots[member].make), "")
    rows = []
    hopes = group.expected or (None,) * len(group.members)
    first = shots[group.members[0]]
    tiles = _tiles(held, group, digest_shape(first.width, first.height))
    for member, strength, hope, spread in zip(group.members, group.strengths, hopes, tiles, strict=True):
        said = camera.weigh(strength, max(1, group.distinct - 1), hope, spread, make)
        # Where agreement is local it may be a mark that was not seen as one: for a person to decide.
        merged = member == group.members[0] or camera.LOCAL not in said.caveats
        row = CameraRow(shots[member].item, exemplar, merged, *said.told())
        rows.append(row if group.distinct > 1 else msgspec.structs.replace(row, caveats=[camera.COPIES, *row.caveats]))
    return rows


def _tiles(held: fingerprint.Prints, group: Device, shape: tuple[int, int]) -> Sequence[NDArray[np.float64] | None]:
    """Agreement of each member by tile; of copies of one picture alone it would show where the scene has detail."""
    if group.distinct == 1:
        return [None] * len(group.members)
    members, pictures = (np.array(values, np.int64) for values in (group.members, group.pictures))
    return list(camera.by_tile(held, members, pictures, shape))


def _offered(shots: list[Shot], found: Devices) -> list[CameraRow]:
    """Groups that may be one device: between the pictures that name them."""
    rows = []
    for offer in found.offers:
        groups = found.groups[offer.a], found.groups[offer.b]
        a, b = (shots[group.members[0]] for group in groups)
        said = camera.weigh(offer.strength, max(group.distinct for group in groups), make=a.make or b.make)
        score, value, calibration, reason, caveats = said.told()
        rows.append(CameraRow(b.item, a.item, False, score, value, calibration, f"{offer.reason}: {reason}", caveats))
    return rows
