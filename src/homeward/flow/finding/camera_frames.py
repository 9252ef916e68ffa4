"""Devices whose whole frame has the shape of a picture, compared as the step ``shared`` compares scaled copies of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from homeward.descriptors.camera import MOST_SIDE
from homeward.flow.noise import residuals, shared
from homeward.flow.noise.shared import LEAST
from homeward.indexes import marks
from homeward.indexes.fingerprint import Found
from homeward.indexes.frames import Frame, Spectra
from homeward.store.noise import Shot

if TYPE_CHECKING:
    from homeward.flow.executors import Processes
    from homeward.store import Case

READ, MEMBERS = 8, 12
"""Devices of which frames that are not kept are measured again, those with most pictures, and up to how many of each."""


class WholeFrame(msgspec.Struct, frozen=True):
    """How a picture lies in the whole frame of a device."""

    shots: tuple[Shot, ...]
    """The pictures whose frames were added up."""
    found: Found


def compared(crew: Processes, case: Case, frame: Frame, shown: frozenset[int], spectra: Spectra) -> dict[int, WholeFrame]:
    """By item, the pictures of devices in whose scaled frames a picture is found, beyond what is offered of a case.

    Args:
        crew: reads what is not kept.
        case: the case.
        frame: the noise of the picture, all of which was measured: nothing is found of a larger one.
        shown: items that show the picture itself. They stand in no fingerprint: the noise of that moment agrees.
        spectra: what searches share.
    """
    if max(frame.width, frame.height) > MOST_SIDE:
        return {}
    asked = Shot(0, "", frame.width, frame.height, "", "", "")
    sources = [tuple(shot for shot in one.shots if shot.item not in shown) for one in shared.sources(case) if one.fits(asked)]
    sources = [shots for shots in sources if len(shots) >= LEAST]
    held = shared.frames(case, (shot for shots in sources for shot in shots))
    wanted = [shot for shots in sources[:READ] for shot in _lacking(shots, held)]
    held |= dict(residuals.frames_of_items(crew, case, [shot.item for shot in wanted]))
    least = shared.beyond(len(sources))
    whole: dict[int, WholeFrame] = {}
    for shots in sources:
        kept = tuple(shot for shot in shots if shot.item in held)
        if len(kept) < LEAST:
            continue
        sensor = shared.fingerprint(shared.frame(shot, held[shot.item]) for shot in kept)
        found = marks.scaled(sensor, frame, spectra)
        if found is not None and found.deviations >= least:
            whole |= dict.fromkeys((shot.item for shot in shots), WholeFrame(kept, found))
    return whole


def _lacking(shots: tuple[Shot, ...], held: dict[int, shared.Values]) -> list[Shot]:
    """Pictures whose frames are to be read, the strongest, until there are :data:`MEMBERS`."""
    there = sum(shot.item in held for shot in shots)
    return [shot for shot in shots if shot.item not in held][: max(0, MEMBERS - there)]
