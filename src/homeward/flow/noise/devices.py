"""Devices behind the pictures of a case, from the digests of their sensor noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.core.canonical import Plain
from homeward.descriptors.camera import digest_shape
from homeward.flow.described import set_key
from homeward.flow.noise import clips as noise_clips
from homeward.flow.noise import exact as noise_exact
from homeward.flow.noise.cameras import facts_of
from homeward.flow.noise.clips import Clip
from homeward.flow.noise.digests import buckets
from homeward.flow.steps import Step
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


def devices(case: Case, step: Step, progress: Progress) -> None:
    """Put the devices behind everything that is there in the place of the old ones; nothing to do when nothing changed."""
    key = set_key(case, step)
    if results.step_key(case, step.name) == key:
        return
    progress.begin(step.caption, 1)
    rows: list[CameraRow] = []
    bodies = constraints(facts_of(row) for row in headers.all_headers(case)).labels
    clips = noise_clips.clips(case)
    left, spectra = noise_exact.MOST, Spectra()
    for shots, digests in buckets(case):
        held, matrix = marks.compare(fingerprint.prints(digests))
        strangers = fingerprint.floor(matrix, 64 * held.sure.shape[1])
        left -= noise_exact.sharpen(case, shots, matrix, strangers, left)
        found = grouped(matrix, strangers, [bodies.get(shot.item) for shot in shots])
        rows += _rows(shots, held, found, clips, spectra)
    progress.advance()
    details: dict[str, Plain] = {"step": step.name, "version": step.version, "params": step.params_digest, "links": len(rows)}
    with case.batch("step.set", details) as batch:
        stored.replace_cameras(case, rows)
        results.complete_set(case, batch, step.name, key)


def _rows(shots: list[Shot], held: fingerprint.Prints, found: Devices, clips: list[Clip], spectra: Spectra) -> list[CameraRow]:
    rows = []
    for group in found.groups:
        if len(group.members) > 1:
            rows += _members(shots, held, group)
    several = [group for group in found.groups if group.distinct > 1]
    for group in sorted(several, key=lambda group: -group.distinct)[: noise_clips.DEVICES]:
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
