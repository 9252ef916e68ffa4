"""Pictures of one device, found without the device: fingerprints are merged as long as they agree.

Bloy, "Blind camera fingerprinting and image clustering", IEEE TPAMI 2008, showed that merging *fingerprints* reaches farther
than linking pictures: the noise of n pictures averaged is root n times clearer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
import scipy.special
from numpy.typing import NDArray

from homeward.links.merging import Merging, merge
from homeward.links.nuclei import expected, nuclei, strengths

MERGE = 4.75
"""Standard deviations of strangers from which two fingerprints are merged by themselves, in a small set."""
MARGIN = 0.5
"""By how much a merge must exceed the greatest agreement that chance is expected to give in a large set."""
ATTACH = 3.0
"""From which a single picture joins the fingerprint that it fits best, once fingerprints stand, in the smallest set."""
ASTRAY = 0.01
"""Strangers that are expected to join any device of a set by chance: the more comparisons, the higher the threshold."""
OFFER = 4.0
"""From which a person is asked."""


class Device(msgspec.Struct, frozen=True):
    """Pictures that support one device, the strongest first."""

    members: tuple[int, ...]
    strengths: tuple[float, ...]
    """For each member, its agreement with the fingerprint of the others, in standard deviations of strangers."""
    expected: tuple[float, ...] = ()
    """The same as the others by themselves let expect it; empty where there are less than three members."""


class Offer(msgspec.Struct, frozen=True):
    """Two groups (places in the list of devices) that may be one device: for a person to decide."""

    a: int
    b: int
    strength: float
    reason: str


class Devices(msgspec.Struct, frozen=True):
    """Every picture is in exactly one group; groups of one are pictures that nothing was found for."""

    groups: tuple[Device, ...]
    offers: tuple[Offer, ...]


def devices(matrix: NDArray[np.float32], strangers: float, bodies: Sequence[tuple[str, str] | None] = ()) -> Devices:
    """Group pictures of one native size by device.

    Groups that are beyond chance as a whole come first, then whatever merges by itself, then single pictures.

    Args:
        matrix: (n, n) correlations of all with all, :func:`homeward.indexes.marks.compare`.
        strangers: their measured standard deviation where two devices meet, :func:`homeward.indexes.fingerprint.floor`.
        bodies: maker and serial number of the camera body that each picture names, None where it names none. Two bodies of
            one maker keep two groups apart for ever; the same body in two groups is offered to a person. A name can be
            forged, noise hardly.
    """
    size = len(matrix)
    named = list(bodies) or [None] * size
    apart = _apart(named)
    state = Merging(matrix, apart, strangers)
    for first, *others in nuclei(matrix, apart, strangers):
        for other in others:
            state.join(first, other)
    merge(state, threshold(size))
    while _attach_singles(state):
        pass
    order = [at for at in range(size) if state.live[at]]
    order.sort(key=lambda at: (-len(state.members[at]), min(state.members[at])))
    groups = tuple(_device(matrix, sorted(state.members[at]), strangers) for at in order)
    return Devices(groups, tuple(_offers(state, order, groups, named)))


def threshold(pictures: int) -> float:
    """Agreement from which groups of so many pictures are merged: among n pairs chance alone reaches sqrt(2 ln n)."""
    return max(MERGE, MARGIN + _chance(pictures * (pictures - 1) // 2))


def joins(comparisons: int) -> float:
    """Agreement from which single pictures join, when so many of them and of fingerprints were compared."""
    return max(ATTACH, -float(scipy.special.ndtri(ASTRAY / max(1, comparisons))))


def _chance(comparisons: int) -> float:
    return math.sqrt(2 * math.log(max(1, comparisons)))


def _apart(bodies: Sequence[tuple[str, str] | None]) -> NDArray[np.bool_]:
    """(n, n) where two pictures name different bodies of one maker."""
    makers, serials = (np.array([body[at] if body else "" for body in bodies], dtype=object) for at in (0, 1))
    named = serials != ""
    unlike: NDArray[np.bool_] = (serials[:, None] != serials[None]) & (makers[:, None] == makers[None])
    unlike &= named[:, None] & named[None]
    return unlike


def _attach_singles(state: Merging) -> bool:
    """Single pictures join the group of several that they fit best; each is judged before any of them has joined.

    Returns:
        Whether any has: fingerprints are clearer then, and others may follow.
    """
    several = np.array([len(members) > 1 for members in state.members], bool)
    singles = np.flatnonzero(state.live & ~several)
    least = joins(len(singles) * int((several & state.live).sum()))
    wanted = []
    for at in singles:
        row = np.where(several, state.row(int(at)), -np.inf)
        if row.max() >= least:
            wanted.append((int(np.argmax(row)), int(at)))
    joined = False
    for group, single in wanted:
        if not state.apart[group, single]:
            state.join(group, single)
            joined = True
    return joined


def _device(matrix: NDArray[np.float32], members: list[int], strangers: float) -> Device:
    if len(members) == 1:
        return Device((members[0],), (0.0,))
    said = strengths(matrix, members, strangers)
    hopes = expected(matrix, members, strangers) if len(members) > 2 else np.zeros(0)
    order = sorted(range(len(members)), key=lambda at: (-said[at], members[at]))
    told = tuple(tuple(float(values[at]) for at in order if len(values)) for values in (said, hopes))
    return Device(tuple(members[at] for at in order), *told)


def _offers(
    state: Merging, order: list[int], groups: Sequence[Device], named: Sequence[tuple[str, str] | None]
) -> Iterable[Offer]:
    places = {at: place for place, at in enumerate(order)}
    stated = [{body for member in group.members if (body := named[member])} for group in groups]
    for at in order:
        row = state.row(at)
        for other in order:
            a, b = places[at], places[other]
            if a >= b:
                continue
            same = stated[a] & stated[b]
            if same:
                yield Offer(a, b, float(row[other]), "the same serial number of the camera body")
            elif row[other] >= OFFER:
                yield Offer(a, b, float(row[other]), "noise that agrees, too weakly to merge")
