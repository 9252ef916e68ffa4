"""Handles that may be one person: hypotheses that hold together in every pair, not only along a chain."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

import msgspec
import numpy as np

from homeward.communities.blocking import Pairs
from homeward.communities.channels import Comparer
from homeward.communities.linking import Calibrated, Link, fused
from homeward.communities.records import Handle

ALARM = 8
"""Handles in one persona beyond which a person should doubt it."""


class Ruling(NamedTuple):
    """What people decided on two handles; it outweighs every number."""

    a: Handle
    b: Handle
    same: bool


class Persona(msgspec.Struct, frozen=True):
    """A hypothesis. ``weakest``: the least natural log likelihood ratio of any two of its handles."""

    handles: tuple[Handle, ...]
    weakest: float
    large: bool
    """More handles than one person is likely to keep."""


def personas(
    comparer: Comparer,
    links: Iterable[Link],
    rulings: Iterable[Ruling] = (),
    *,
    least: float = 0.9,
    calibrated: Calibrated | None = None,
) -> list[Persona]:
    """Join handles from the most probable link down.

    Two groups are joined only if no pair across them speaks against it (natural log likelihood ratio at least 0) and nobody
    ruled against any of them. The result does not depend on the order of ``links``.

    Args:
        comparer: of the pool of these handles.
        links: hypotheses for pairs, as ``linking.links`` gives them.
        rulings: decisions of people: joined first, kept apart always.
        least: probability from which a link may join.
        calibrated: another calibration than the shipped one.
    """
    ruled = {frozenset((r.a, r.b)): r.same for r in rulings}
    told = list(links)
    weighed = _Weighed(comparer, told, calibrated)
    strong = sorted((k for k in told if k.probability >= least), key=lambda k: (-k.probability, -k.log_lr, k.a, k.b))
    groups = {handle: {handle} for pair in (*ruled, *(frozenset((k.a, k.b)) for k in strong)) for handle in pair}
    joins = [tuple(sorted(pair)) for pair, same in sorted(ruled.items(), key=lambda r: sorted(r[0])) if same]
    for a, b in (*joins, *((link.a, link.b) for link in strong)):
        one, two = groups[a], groups[b]
        if one is not two and _agree(weighed, one, two, ruled):
            one |= two
            groups.update(dict.fromkeys(two, one))
    whole = {id(group): group for group in groups.values() if len(group) > 1}
    found = [tuple(sorted(group)) for group in whole.values()]
    return [_persona(weighed, handles) for handles in sorted(found)]


class _Weighed:
    """Natural log likelihood ratios of any two handles: as their link tells it, else by what they have in common."""

    def __init__(self, comparer: Comparer, links: Iterable[Link], calibrated: Calibrated | None) -> None:
        self.comparer, self.calibrated = comparer, calibrated
        self.row = {handle: index for index, handle in enumerate(comparer.pool.handles)}
        self.told = {frozenset((link.a, link.b)): link.log_lr for link in links}

    def weakest(self, pairs: Iterable[tuple[Handle, Handle]]) -> float:
        found, rest = [], []
        for pair in pairs:
            if (known := self.told.get(frozenset(pair))) is None:
                rest.append([self.row[handle] for handle in pair])
            else:
                found.append(known)
        if rest:
            a, b = np.array(rest, np.int64).T
            found.append(float(fused(self.comparer, Pairs(a, b), self.calibrated).log_lr.min()))
        return min(found, default=0.0)


def _agree(weighed: _Weighed, one: set[Handle], two: set[Handle], ruled: dict[frozenset[Handle], bool]) -> bool:
    said = [ruled.get(frozenset((a, b))) for a in one for b in two]
    if False in said:
        return False
    return weighed.weakest((a, b) for a in one for b in two if frozenset((a, b)) not in ruled) >= 0


def _persona(weighed: _Weighed, handles: tuple[Handle, ...]) -> Persona:
    return Persona(handles, weighed.weakest(combinations(handles, 2)), len(handles) > ALARM)
