"""Pictures of one device, found without the device: fingerprints are merged as long as they agree.

Bloy, "Blind camera fingerprinting and image clustering", IEEE TPAMI 2008, showed that merging *fingerprints* reaches farther
than linking pictures: the noise of n pictures averaged is root n times clearer. Because a fingerprint is a sum of residuals,
all that is needed of the pictures is the matrix of their correlations; no residual is touched again when one joins.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

MERGE = 4.75
"""Standard deviations of strangers from which two fingerprints are merged by themselves, in a small set."""
MARGIN = 0.5
"""By how much a merge must exceed the greatest agreement that chance is expected to give in a large set."""
ATTACH = 4.5
"""From which a single picture joins the fingerprint that it fits best, once fingerprints stand."""
OFFER = 4.0
"""From which a person is asked."""


class Device(msgspec.Struct, frozen=True):
    """Pictures that support one device, the strongest first."""

    members: tuple[int, ...]
    strengths: tuple[float, ...]
    """For each member, its agreement with the fingerprint of the others, in standard deviations of strangers."""


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


class _Merging:
    """Sums of correlations between groups, and for each group the one that agrees best."""

    def __init__(self, matrix: NDArray[np.float32], apart: NDArray[np.bool_], strangers: float) -> None:
        self.sums = matrix.astype(np.float64)
        np.fill_diagonal(self.sums, 1.0)
        self.apart = apart.copy()
        self.strangers = strangers
        self.members = [[at] for at in range(len(matrix))]
        self.live = np.ones(len(matrix), bool)

    def row(self, at: int) -> NDArray[np.float64]:
        """Agreement of group ``at`` with each other one; -inf where it is gone, itself, or known to be another device."""
        own = np.sqrt(np.maximum(self.sums.diagonal() * self.sums[at, at], 1e-30))
        agreement: NDArray[np.float64] = self.sums[at] / (own * self.strangers)
        agreement[~self.live | self.apart[at]] = -np.inf
        agreement[at] = -np.inf
        return agreement

    def join(self, a: int, b: int) -> None:
        """Put group ``b`` into group ``a``."""
        self.members[a] += self.members[b]
        self.members[b] = []
        self.sums[a] += self.sums[b]
        self.sums[:, a] = self.sums[a]
        self.sums[a, a] += self.sums[b, a]
        self.apart[a] |= self.apart[b]
        self.apart[:, a] |= self.apart[:, b]
        self.live[b] = False


def devices(
    matrix: NDArray[np.float32],
    strangers: float,
    serials: Sequence[str] = (),
    merge: float | None = None,
    attach: float = ATTACH,
    offer: float = OFFER,
) -> Devices:
    """Group pictures of one native size by device.

    Args:
        matrix: (n, n) correlations of all with all, :func:`homeward.indexes.fingerprint.gram`.
        strangers: their measured standard deviation where two devices meet, :func:`homeward.indexes.fingerprint.floor`.
        serials: serial number of the camera body that each picture states, empty where it states none. Two serials keep two
            groups apart for ever; the same serial on two groups is offered to a person. A name can be forged, noise hardly.
        merge: agreement from which groups are merged; :func:`threshold` of the number of pictures unless told.
        attach: agreement from which a single picture joins a group.
        offer: agreement from which two groups are offered to a person.
    """
    size = len(matrix)
    named = np.array(list(serials) or [""] * size, dtype=object)
    apart = (named[:, None] != named[None]) & (named != "")[:, None] & (named != "")[None]
    state = _Merging(matrix, apart, strangers)
    _merge_all(state, threshold(size) if merge is None else merge)
    _attach_singles(state, attach)
    order = [at for at in range(size) if state.live[at]]
    order.sort(key=lambda at: (-len(state.members[at]), min(state.members[at])))
    groups = tuple(_device(matrix, sorted(state.members[at]), strangers) for at in order)
    return Devices(groups, tuple(_offers(state, order, groups, named, offer)))


def threshold(pictures: int) -> float:
    """Agreement from which groups of so many pictures are merged: among n pairs chance alone reaches sqrt(2 ln n)."""
    pairs = max(1, pictures * (pictures - 1) // 2)
    return max(MERGE, MARGIN + math.sqrt(2 * math.log(pairs)))


def _merge_all(state: _Merging, least: float) -> None:
    """Always the two groups that agree best, until none agree enough. Ties go to the first: the result has no luck in it."""
    size = len(state.members)
    if size < 2:
        return
    best = np.array([int(np.argmax(state.row(at))) for at in range(size)])
    value = np.array([state.row(at)[best[at]] for at in range(size)])
    while True:
        a = int(np.argmax(value))
        if value[a] < least:
            return
        a, b = sorted((a, int(best[a])))
        state.join(a, b)
        value[b] = -np.inf
        stale = np.flatnonzero(state.live & ((best == a) | (best == b)))
        fresh = state.row(a)
        for at in {int(other) for other in stale} | {a}:
            row = state.row(at)
            best[at], value[at] = int(np.argmax(row)), row.max()
        better = state.live & (fresh > value)
        best[better], value[better] = a, fresh[better]


def _attach_singles(state: _Merging, least: float) -> None:
    """Single pictures join the group of several that they fit best; each is judged before any of them has joined."""
    several = np.array([len(members) > 1 for members in state.members], bool)
    wanted = []
    for at in np.flatnonzero(state.live & ~several):
        row = np.where(several, state.row(int(at)), -np.inf)
        if row.size and row.max() >= least:
            wanted.append((int(np.argmax(row)), int(at)))
    for group, single in wanted:
        if not state.apart[group, single]:
            state.join(group, single)


def _device(matrix: NDArray[np.float32], members: list[int], strangers: float) -> Device:
    if len(members) == 1:
        return Device((members[0],), (0.0,))
    block = matrix[np.ix_(members, members)].astype(np.float64)
    np.fill_diagonal(block, 1.0)
    total = block.sum()
    with_rest = block.sum(1) - 1
    rest = np.sqrt(np.maximum(total - 2 * block.sum(1) + 1, 1e-30))
    strengths = with_rest / (rest * strangers)
    order = sorted(range(len(members)), key=lambda at: (-strengths[at], members[at]))
    return Device(tuple(members[at] for at in order), tuple(float(strengths[at]) for at in order))


def _offers(
    state: _Merging, order: list[int], groups: Sequence[Device], named: NDArray[np.object_], least: float
) -> Iterable[Offer]:
    places = {at: place for place, at in enumerate(order)}
    stated = [{str(named[member]) for member in group.members} - {""} for group in groups]
    for at in order:
        row = state.row(at)
        for other in order:
            a, b = places[at], places[other]
            if a >= b:
                continue
            same = stated[a] & stated[b]
            if same:
                yield Offer(a, b, float(row[other]), "the same serial number of the camera body")
            elif row[other] >= least:
                yield Offer(a, b, float(row[other]), "noise that agrees, too weakly to merge")
