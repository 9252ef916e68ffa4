"""Pictures of one device, found without the device: fingerprints are merged as long as they agree.

Bloy, "Blind camera fingerprinting and image clustering", IEEE TPAMI 2008, showed that merging *fingerprints* reaches farther
than linking pictures: the noise of n pictures averaged is root n times clearer.
"""

from __future__ import annotations

import math
from collections import defaultdict
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
COPY, BEYOND = 0.06, 30.0
"""Correlation from which pictures are copies of one, and deviations of strangers that it must be worth.

Copies share the noise of the moment as well, and say no more than one picture does. On the tuning world no two other pictures
reached 0.021, and half of the copies of one size exceed 0.8.
"""


class Device(msgspec.Struct, frozen=True):
    """Pictures that support one device, the strongest first."""

    members: tuple[int, ...]
    strengths: tuple[float, ...]
    """For each member, its agreement with the fingerprint of the others, in standard deviations of strangers."""
    pictures: tuple[int, ...]
    """For each member, which picture it shows: copies of one picture have one number."""
    expected: tuple[float, ...] = ()
    """The strengths that the others by themselves let expect; empty where there are less than three of them."""

    @property
    def distinct(self) -> int:
        """Pictures, copies counted once."""
        return len(set(self.pictures))

    @property
    def stand(self) -> tuple[int, ...]:
        """The strongest member of each picture, the strongest first."""
        first: dict[int, int] = {}
        for member, shown in zip(self.members, self.pictures, strict=True):
            first.setdefault(shown, member)
        return tuple(first.values())


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

    Copies of one picture are taken together before anything else, because two copies agree whatever the sensor. Groups that
    are beyond chance as a whole come first, then whatever merges by itself, then single pictures.

    Args:
        matrix: (n, n) correlations of all with all, :func:`homeward.indexes.marks.compare`.
        strangers: their measured standard deviation where two devices meet, :func:`homeward.indexes.fingerprint.floor`.
        bodies: maker and serial number of the camera body that each picture names, None where it names none. Two bodies of
            one maker keep two groups apart for ever; the same body in two groups is offered to a person. A name can be
            forged, noise hardly.
    """
    named = list(bodies) or [None] * len(matrix)
    files, alone, apart = _without_copies(matrix, _apart(named), copies_from(strangers))
    size = len(files)
    state = Merging(alone, apart, strangers)
    for first, *others in nuclei(alone, apart, strangers):
        for other in others:
            state.join(first, other)
    merge(state, threshold(size))
    while _attach_singles(state):
        pass
    order = [at for at in range(size) if state.live[at]]
    whole = {at: sorted(state.members[at], key=lambda picture: files[picture]) for at in order}
    order.sort(key=lambda at: (-sum(len(files[picture]) for picture in whole[at]), files[whole[at][0]]))
    groups = tuple(_device(matrix, alone, [files[picture] for picture in whole[at]], whole[at], strangers) for at in order)
    return Devices(groups, tuple(_offers(state, order, groups, named)))


def pictures(matrix: NDArray[np.float32], strangers: float) -> tuple[list[list[int]], NDArray[np.float32]]:
    """Take copies of one picture together, as :func:`devices` does.

    Args:
        matrix: (n, n) correlations of all files with all.
        strangers: their standard deviation where two devices meet.

    Returns:
        The files of each of k pictures, ascending, and (k, k) float32 correlations of the pictures.
    """
    files, alone, _ = _without_copies(matrix, np.zeros(matrix.shape, bool), copies_from(strangers))
    return files, alone


def copies_from(strangers: float) -> float:
    """Correlation from which two files are copies of one picture."""
    return max(COPY, BEYOND * strangers)


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
    named = np.array([body is not None for body in bodies], bool)
    makers, serials = (np.unique([body[at] if body else "" for body in bodies], return_inverse=True)[1] for at in (0, 1))
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


def _without_copies(
    matrix: NDArray[np.float32], apart: NDArray[np.bool_], least: float
) -> tuple[list[list[int]], NDArray[np.float32], NDArray[np.bool_]]:
    """The files of each of k pictures, (k, k) correlations of pictures, each the sum of its copies, and which are apart."""
    state = Merging(matrix, apart, 1.0)
    merge(state, least)
    live = np.flatnonzero(state.live)
    sums = state.sums[np.ix_(live, live)]
    norms = np.sqrt(np.maximum(sums.diagonal(), 1e-30))
    alone = (sums / norms[:, None] / norms[None]).astype(np.float32)
    return [sorted(state.members[at]) for at in live], alone, state.apart[np.ix_(live, live)]


def _device(
    matrix: NDArray[np.float32], alone: NDArray[np.float32], files: list[list[int]], pictures: list[int], strangers: float
) -> Device:
    """The files of some pictures, each weighed by its picture against the others; copies of a single one by themselves."""
    members = [file for copies in files for file in copies]
    shown = [number for number, copies in enumerate(files) for _ in copies]
    if len(members) == 1:
        return Device((members[0],), (0.0,), (0,))
    compared, places = (alone, pictures) if len(files) > 1 else (matrix, members)
    said = strengths(compared, places, strangers)
    hopes = expected(compared, places, strangers) if len(places) > 2 else np.zeros(0)
    if len(files) > 1:
        said, hopes = said[shown], hopes[shown] if len(hopes) else hopes
    order = sorted(range(len(members)), key=lambda at: (-said[at], members[at]))
    weighed, hoped = (tuple(float(values[at]) for at in order if len(values)) for values in (said, hopes))
    return Device(tuple(members[at] for at in order), weighed, tuple(shown[at] for at in order), hoped)


def _offers(
    state: Merging, order: list[int], groups: Sequence[Device], named: Sequence[tuple[str, str] | None]
) -> Iterable[Offer]:
    stated = [{body for member in group.members if (body := named[member])} for group in groups]
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, bodies in enumerate(stated):
        for body in bodies:
            holders[body].append(place)
    for a, at in enumerate(order):
        row = state.row(at)[order]
        same = {b for body in stated[a] for b in holders[body] if b > a}
        near = {int(b) for b in np.flatnonzero(row >= OFFER) if b > a}
        for b in sorted(same | near):
            why = "the same serial number of the camera body" if b in same else "noise that agrees, too weakly to merge"
            yield Offer(a, b, float(row[b]), why)
