"""Copies that services scaled and compressed, looked for in the fingerprints of devices: offered to a person, never merged.

Digests hold too little of such copies, so the whole residual of each is measured, and of what a device took, the whole frame.
Only devices of several pictures are asked, about pictures of the size that their frames have when they are scaled. A copy of
a picture of the device shares the noise of that moment as well and would agree whatever the sensor: stacks say which those
are, and they are not asked about. What was compared once is not compared again: of a later delivery the new copies are, and
devices that have changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import scipy.special
from numpy.typing import NDArray

from homeward.core.canonical import Plain
from homeward.descriptors import camera as noise
from homeward.flow.described import set_key
from homeward.flow.noise.digests import by_item, measured
from homeward.flow.steps import COPIES, DEVICES, OVERVIEWS, RESIDUALS, Step
from homeward.flow.units import OVERVIEW, RESIDUAL
from homeward.indexes import marks
from homeward.indexes.frames import Frame, Spectra
from homeward.links import camera
from homeward.store import headers, results, stacks
from homeward.store import noise as stored
from homeward.store.noise import SharedRow, Shot

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case

LEAST, MEMBERS = 5, 64
"""Pictures from which a device is asked, and of which its fingerprint is made, the strongest ones."""
SOURCES, MOST = 64, 2048
"""Devices of a case that are asked, those with most pictures, and copies, by the order of their contents."""
BEYOND = 3.09
"""Deviations that one stranger in a thousand reaches: nothing below is offered."""

Values = NDArray[np.uint8]


class Source(msgspec.Struct, frozen=True):
    """A device with the pictures of its fingerprint, the strongest first."""

    shots: tuple[Shot, ...]
    stacks: frozenset[int]
    """Of all its pictures."""

    def fits(self, shot: Shot) -> bool:
        """Whether a picture has the size of a scaled frame of this device, lying or standing."""
        (small, long), (least, longest) = (sorted((one.width, one.height)) for one in (shot, self.shots[0]))
        return small >= noise.LEAST_SIDE and long < longest and abs(small - long * least / longest) <= 1


def wanted(case: Case) -> list[int]:
    """Items whose whole frame is to be measured: copies that fit a device, and pictures of the devices that they fit."""
    found = sources(case)
    asked, home = copies(case, found), stacked(case)
    needed = [one for one in found if any(asks(one, shot, home) for shot in asked)]
    shots = {shot.item: shot for some in (*(one.shots for one in needed), asked) for shot in some}
    there = frames(case, shots.values(), (RESIDUALS,))
    return sorted(item for item in shots if item not in there)


def sources(case: Case) -> list[Source]:
    """Devices that are asked; of the copies in a stack the strongest stands for all."""
    shots = {shot.item: shot for shot in stored.shots(case)}
    home = stacked(case)
    groups = []
    for rows in stored.devices(case).values():
        strongest: dict[int, int] = {}
        for row in rows:
            strongest.setdefault(home.get(row.item, row.item), row.item)
        if len(strongest) >= LEAST and camera.COPIES not in rows[0].caveats:
            groups.append(strongest)
    groups.sort(key=lambda strongest: (-len(strongest), shots[next(iter(strongest.values()))].sha256))
    return [
        Source(tuple(shots[item] for item in list(strongest.values())[:MEMBERS]), frozenset(strongest))
        for strongest in groups[:SOURCES]
    ]


def stacked(case: Case) -> dict[int, int]:
    """The item that names the stack, of each item of a stack of several."""
    return {row.item: row.exemplar for row in stacks.members(case)}


def copies(case: Case, found: list[Source]) -> list[Shot]:
    """Pictures with usable noise that fit a device which neither they nor other copies of them belong to.

    Files straight from a camera have the size of a frame of their own and are no copies.
    """
    if not found:
        return []
    home = stacked(case)
    straight = {row["item"] for row in headers.all_headers(case) if row["origin"] == "camera"}
    shots = (shot for shot in stored.shots(case) if shot.item not in straight)
    small = [shot for shot in shots if max(shot.width, shot.height) <= noise.MOST_SIDE]
    sizes = {(shot.width, shot.height): shot for shot in small}
    fitting = {size: [one for one in found if one.fits(shot)] for size, shot in sizes.items()}
    chosen = [shot for shot in small if any(asks(one, shot, home) for one in fitting[shot.width, shot.height])]
    usable = measured(case, {(shot.width, shot.height) for shot in chosen})
    return sorted((shot for shot in chosen if shot.item in usable), key=lambda shot: shot.sha256)[:MOST]


def asks(source: Source, shot: Shot, home: dict[int, int]) -> bool:
    """Whether a device is asked about a picture."""
    return source.fits(shot) and home.get(shot.item, shot.item) not in source.stacks


def shared(case: Case, step: Step, progress: Progress) -> None:
    """Put what is found of all copies in the place of what was found before; nothing to do when nothing changed."""
    key = " ".join([set_key(case, step), *(results.step_key(case, name) for name in (DEVICES.name, COPIES.name))])
    if results.step_key(case, step.name) == key:
        return
    found = sources(case)
    asked, home = copies(case, found), stacked(case)
    held = frames(case, [*asked, *(shot for one in found for shot in one.shots)])
    earlier = {(row.item, row.device, row.key): row for row in stored.shared_rows(case)}
    rows: list[SharedRow] = []
    progress.begin(step.caption, len(found))
    for source in found:
        rows += _searched(source, [shot for shot in asked if asks(source, shot, home)], held, earlier, step)
        progress.advance()
    least = 1000 * beyond(len(rows))
    rows = [msgspec.structs.replace(row, offered=row.score >= least) for row in rows]
    details: dict[str, Plain] = {"step": step.name, "version": step.version, "params": step.params_digest, "links": len(rows)}
    with case.batch("step.set", details) as batch:
        stored.replace_shared(case, rows)
        results.complete_set(case, batch, step.name, key)


def beyond(comparisons: int) -> float:
    """Deviations from which a copy is offered: of all comparisons of a case one stranger is expected to reach as much."""
    return max(BEYOND, -float(scipy.special.ndtri(1 / max(2, comparisons))))


def frame(shot: Shot, values: Values) -> Frame:
    """The noise of a whole picture, to be searched."""
    wide, high = noise.overview_size(shot.width, shot.height)
    return Frame(noise.unpacked(values, (high, wide)), shot.width, shot.height, wide / shot.width)


def _searched(
    source: Source, asked: list[Shot], held: dict[int, Values], earlier: dict[tuple[int, int, str], SharedRow], step: Step
) -> Iterator[SharedRow]:
    """A row for each copy that is there, those that were compared with the same fingerprint before as they were."""
    shots = [shot for shot in source.shots if shot.item in held]
    asked = [shot for shot in asked if shot.item in held]
    if len(shots) < LEAST:
        return
    first = source.shots[0]
    read = [" ".join([one.version, one.params_digest]) for one in (step, OVERVIEWS, RESIDUALS)]
    text = " ".join([*read, *(shot.sha256 for shot in shots)])
    key = hashlib.sha256(text.encode()).hexdigest()[:32]
    new = [shot for shot in asked if (shot.item, first.item, key) not in earlier]
    yield from (earlier[shot.item, first.item, key] for shot in asked if (shot.item, first.item, key) in earlier)
    if not new:
        return
    whole = fingerprint(frame(shot, held[shot.item]) for shot in shots)
    make, spectra = next((shot.make for shot in shots if shot.make), ""), Spectra()
    for shot in new:
        found = marks.scaled(whole, frame(shot, held[shot.item]), spectra)
        if found is not None:
            said = camera.weigh(found.deviations, len(shots), make=make, geometry=found, made=camera.calibration(camera.SHARED))
            yield SharedRow(shot.item, first.item, key, False, *said.told())


def fingerprint(frames: Iterator[Frame]) -> Frame:
    """The sum of the noise of pictures of one size."""
    first = next(frames)
    total = first.plane.copy()
    for one in frames:
        total += one.plane
    return Frame(total, first.width, first.height, first.grain)


def frames(case: Case, shots: Iterable[Shot], steps: tuple[Step, ...] = (OVERVIEWS, RESIDUALS)) -> dict[int, Values]:
    """Packed noise of whole frames by item, as far as a case keeps it; a residual is one where the frame is small enough."""
    found: dict[int, Values] = {}
    sizes = {shot.item: (shot.width, shot.height) for shot in shots}
    for step, name in ((OVERVIEWS, OVERVIEW), (RESIDUALS, RESIDUAL)):
        if step not in steps:
            continue
        fitting = {item: size for item, size in sizes.items() if name == OVERVIEW or max(size) <= noise.MOST_SIDE}
        for length in {noise.overview_bytes(*size) for size in fitting.values()}:
            read = by_item(case, name, length, step)
            found |= {item: read[item] for item in fitting if item in read and item not in found}
    return found
