"""Clips whose frames carry the noise of a device behind the pictures of a case: leads for a person, never merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.camera import digest_bytes, digest_shape, middle
from homeward.flow.noise.digests import by_item
from homeward.flow.steps import CLIP_NOISE
from homeward.flow.units import NOISE, RESIDUAL
from homeward.indexes import fingerprint
from homeward.indexes.fingerprint import Prints
from homeward.indexes.frames import Frame, Spectra
from homeward.links import camera
from homeward.links.devices import OFFER, Device
from homeward.store import reads
from homeward.store.noise import CameraRow

if TYPE_CHECKING:
    from homeward.store import Case
    from homeward.store.noise import Shot

LEAD = "a clip: frames are scaled, moved and compressed, so this is a lead and never merged"
MOST = 64
"""Clips that are searched for a device, by the order of their contents."""
DEVICES = 64
"""Devices of one size in which clips are searched, those with most pictures: each clip takes a tenth of a second in each."""
MEMBERS = 32
"""Pictures of a device that its fingerprint is summed from, the strongest; of copies of one picture, one."""


class Clip(msgspec.Struct, frozen=True, eq=False):
    """A clip with usable noise."""

    item: int
    sha256: str
    frame: Frame


def decoded_clips(case: Case) -> list[int]:
    """Clips worth measuring: every decoded one, once pictures of the case agree at all with each other."""
    if not any(run.descriptor.startswith(f"{RESIDUAL}-") for run in reads.segment_runs(case)):
        return []
    return [row[0] for row in reads.clip_sizes(case)]


def clips(case: Case) -> list[Clip]:
    """The fingerprints of clips, in the order of their contents' SHA-256."""
    found = []
    chosen = [row for row in sorted(reads.clip_sizes(case), key=lambda row: row[1])[:MOST] if min(row[2:]) >= 2]
    read = {length: by_item(case, NOISE, length, CLIP_NOISE) for length in {digest_bytes(*row[2:]) for row in chosen}}
    for item, sha256, width, height in chosen:
        value = read[digest_bytes(width, height)].get(item)
        if value is not None:
            held = fingerprint.prints(np.asarray(value)[None])
            found.append(Clip(item, sha256, summed_frame(held, np.zeros(1, np.int64), width, height)))
    return found


def summed_frame(held: Prints, rows: NDArray[np.int64], width: int, height: int) -> Frame:
    """What some digests of pictures of one size say together, to be searched."""
    shape = digest_shape(width, height)
    return Frame(fingerprint.summed(held, rows, shape), width, height, shape[0] / middle(width, height)[3])


def leads(clips: list[Clip], shots: list[Shot], held: Prints, group: Device, spectra: Spectra) -> list[CameraRow]:
    """Clips in which the fingerprint of a device is found; ``spectra`` keeps what other devices are searched for."""
    if not clips:
        return []
    first = shots[group.members[0]]
    sensor = summed_frame(held, np.array(group.stand[:MEMBERS], np.int64), first.width, first.height)
    make = next((shots[member].make for member in group.members if shots[member].make), "")
    rows = []
    for clip in clips:
        found = fingerprint.search(sensor, clip.frame, spectra)
        if found is not None and found.deviations >= OFFER:
            said = camera.weigh(found.deviations, group.distinct, make=make, geometry=found)
            score, value, calibration, reason, caveats = said.told()
            rows.append(
                CameraRow(clip.item, first.item, False, score, value, calibration, f"a clip: {reason}", [LEAD, *caveats])
            )
    return rows
