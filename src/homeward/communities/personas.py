"""Handles that may be one person: hypotheses that hold together in every pair, not only along a chain."""

from __future__ import annotations

from collections.abc import Iterable
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
    row = {handle: index for index, handle in enumerate(comparer.pool.handles)}
    ruled = {frozenset((r.a, r.b)): r.same for r in rulings}
    strong = sorted((k for k in links if k.probability >= least), key=lambda k: (-k.probability, -k.log_lr, k.a, k.b))
    groups = {handle: {handle} for pair in (*ruled, *(frozenset((k.a, k.b)) for k in strong)) for handle in pair}
    joins = [tuple(sorted(pair)) for pair, same in sorted(ruled.items(), key=lambda r: sorted(r[0])) if same]
    for a, b in (*joins, *((link.a, link.b) for link in strong)):
        one, two = groups[a], groups[b]
        if one is not two and _agree(comparer, row, one, two, ruled, calibrated):
            one |= two
            groups.update(dict.fromkeys(two, one))
    whole = {id(group): group for group in groups.values() if len(group) > 1}
    found = [tuple(sorted(group)) for group in whole.values()]
    return [_persona(comparer, row, handles, calibrated) for handles in sorted(found)]


def _agree(
    comparer: Comparer,
    row: dict[Handle, int],
    one: set[Handle],
    two: set[Handle],
    ruled: dict[frozenset[Handle], bool],
    calibrated: Calibrated | None,
) -> bool:
    said = [ruled.get(frozenset((a, b))) for a in one for b in two]
    if False in said:
        return False
    open_pairs = [(a, b) for a in one for b in two if frozenset((a, b)) not in ruled]
    return not open_pairs or _weakest(comparer, row, open_pairs, calibrated) >= 0


def _weakest(
    comparer: Comparer, row: dict[Handle, int], pairs: list[tuple[Handle, Handle]], calibrated: Calibrated | None
) -> float:
    a, b = (np.array([row[pair[side]] for pair in pairs], np.int64) for side in (0, 1))
    return float(fused(comparer, Pairs(a, b), calibrated).log_lr.min())


def _persona(comparer: Comparer, row: dict[Handle, int], handles: tuple[Handle, ...], calibrated: Calibrated | None) -> Persona:
    pairs = [(a, b) for index, a in enumerate(handles) for b in handles[index + 1 :]]
    return Persona(handles, _weakest(comparer, row, pairs, calibrated), len(handles) > ALARM)
