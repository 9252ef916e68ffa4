"""Residuals of sensor noise, measured anew for a question and not kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.camera import middle, unpacked
from homeward.flow.executors import Processes
from homeward.flow.finding.asking import Picture, TooLittle, asked
from homeward.flow.process import unit_of
from homeward.flow.steps import OVERVIEWS
from homeward.flow.units import NO_NOISE, NOISE, OVERVIEW, RESIDUAL, Described
from homeward.store import reads

if TYPE_CHECKING:
    from homeward.store import Case

TASK = "homeward.flow.tasks.noise:residual"


class Residual(msgspec.Struct, frozen=True, eq=False):
    """The noise of one picture of ``width`` x ``height`` pixels."""

    width: int
    height: int
    packed: NDArray[np.uint8]
    """(bytes,) uint8, see :func:`homeward.descriptors.camera.packed`."""
    digest: NDArray[np.uint8]
    """(bytes,) uint8."""

    def plane(self) -> NDArray[np.float32]:
        """(h, w) float32 with a spread of about 1."""
        _, _, wide, high = middle(self.width, self.height)
        return unpacked(self.packed, (high, wide))


def of_file(crew: Processes, picture: Picture) -> tuple[str, Residual]:
    """SHA-256 and noise of a picture file from outside.

    Raises:
        TooLittle: it cannot be read, or has no usable noise.
        OSError: it cannot be opened.
    """
    sha256, said = asked(crew, picture, TASK)
    found = _residual(said)
    if found is None:
        why = said.pictures[0].values[NO_NOISE][1].decode("ascii").rstrip() if said.pictures else "nothing was measured"
        raise TooLittle(f"{picture.name} has no usable noise: {why}")
    return sha256, found


def of_items(crew: Processes, case: Case, items: Iterable[int]) -> Iterator[tuple[int, Residual]]:
    """The noise of items of a case that can still be read, in any order; one at a time is held."""
    units = [unit_of(row) for row in reads.work(case, items)]
    for outcome in crew.measure(TASK, units):
        found = _residual(outcome) if isinstance(outcome, Described) else None
        if found is not None:
            yield outcome.item, found


def frames_of_items(crew: Processes, case: Case, items: Iterable[int]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """The packed noise of whole frames of items that can still be read, as the step ``overviews`` keeps it, in any order."""
    units = [unit_of(row) for row in reads.work(case, items)]
    for outcome in crew.measure(OVERVIEWS.function, units):
        values = outcome.pictures[0].values if isinstance(outcome, Described) and outcome.pictures else {}
        if OVERVIEW in values:
            yield outcome.item, np.frombuffer(values[OVERVIEW][1], np.uint8)


def _residual(said: Described) -> Residual | None:
    values = said.pictures[0].values if said.pictures else {}
    if RESIDUAL not in values or NOISE not in values:
        return None
    packed, digest = (np.frombuffer(values[name][1], np.uint8) for name in (RESIDUAL, NOISE))
    return Residual(said.width, said.height, packed, digest)
