"""How probable it is that two handles are one person, where most handles have no counterpart and every candidate has rivals.

Of the handles of two sites each has one counterpart at most: who is whose is a matching, and each pair takes part in it with
its likelihood ratio times what a pair is worth before anything is compared. In what share of matchings a pair is, is found by
belief propagation (monomers and dimers; Bayati, Gamarnik, Katz, Nair and Tetali 2007): a rival whom somebody else claims counts
for less. The share of handles with a counterpart is found in the same rounds from the ratios alone (expectation and
maximisation), for each pair of sites, drawn to that of all sites where few handles tell.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Ids = NDArray[np.int64]
_ROUNDS = 300
_STILL = 1e-6  # by which nothing changes any more


class Presumed(NamedTuple):
    """What is presumed of the share of handles with a counterpart before the ratios tell (``bench/calibrate_open_set.py``)."""

    usual: float = 0.1
    """Where no handles tell."""
    few: float = 10.0
    """Handles that weigh as much as what is drawn to: all sites for a pair of sites, the usual for all sites."""
    borrowed: float = 0.2
    """The most that other sites make of two sites whose own handles tell nothing."""
    floor: float = 0.01
    """The least that an estimate can be."""
    ceiling: float = 0.5
    """The most: that a handle has a counterpart is never presumed to be more likely than not."""


PRESUMED = Presumed()


class OpenSet(NamedTuple):
    """(n,) each, for n pairs.

    Attributes:
        probability: that the two are one person; those of all candidates of one handle on one site add up to less than one.
        share: of the handles compared on the smaller of the two sites, those with a counterpart on the other.
        rivals: candidates of the handle that has more of them on the other's site, the other itself among them.
    """

    probability: Values
    share: Values
    rivals: Ids


class _Side(NamedTuple):
    """Which handle of one side each pair has, as a number of its own for each other site."""

    row: Ids
    sizes: Ids
    site: Ids
    """Pair of sites of each number."""


def open_set(a: Ids, b: Ids, site: Ids, log_lr: Values, share: float | None = None, presumed: Presumed = PRESUMED) -> OpenSet:
    """Weigh pairs of handles of different sites against their rivals.

    Ratios are calibrated on pairs that share something, so what is worth a pair is shared among these alone.

    Args:
        a: (n,) rows of handles, each pair once.
        b: (n,) rows of the handles of other sites.
        site: (handles,) number of each handle's site.
        log_lr: (n,) natural log likelihood ratios.
        share: of the handles of the smaller of two sites, those with a counterpart on the other; estimated unless told.
        presumed: bounds and beginnings of the estimate.
    """
    if not len(a):
        return OpenSet(np.empty(0), np.empty(0), np.empty(0, np.int64))
    sites = int(site.max()) + 1
    low, high = np.minimum(site[a], site[b]), np.maximum(site[a], site[b])
    _, group = np.unique(low * sites + high, return_inverse=True)
    forward = site[a] < site[b]
    sides = tuple(_side(np.where(chosen, a, b), group) for chosen in (forward, ~forward))
    told = [np.bincount(side.site) for side in sides]
    shares = np.full(len(told[0]), presumed.usual if share is None else share)
    ratio = np.exp(log_lr) / np.sqrt(sides[0].sizes[sides[0].row] * sides[1].sizes[sides[1].row])
    back, probability = np.ones(len(a)), np.zeros(len(a))
    for _ in range(_ROUNDS):
        odds = ratio * _worth(shares, told)[group]
        there, one = _round(sides[0], odds * back)
        back, two = _round(sides[1], odds * there)
        before, probability = probability, np.minimum(one, two)
        last = shares
        if share is None:
            shares = _shares(np.bincount(group, weights=probability).astype(np.float64), np.minimum(*told), presumed)
        if np.abs(probability - before).max() < _STILL and np.abs(shares - last).max() < _STILL:
            break
    rivals = np.maximum(*(side.sizes[side.row] for side in sides))
    return OpenSet(probability, shares[group], rivals)


def _side(one: Ids, group: Ids) -> _Side:
    keys, row, sizes = np.unique(one * (int(group.max()) + 1) + group, return_inverse=True, return_counts=True)
    return _Side(row, sizes, keys % (int(group.max()) + 1))


def _worth(shares: Values, told: list[Ids]) -> Values:
    """Of each pair of sites: what a handle's candidates together are worth, in odds against both having no counterpart.

    The geometric mean of the two sides, so that neither comes first.
    """
    found = shares * np.minimum(*told)
    one, two = found / told[0], found / told[1]
    return np.sqrt(one * two) / ((1 - one) * (1 - two))


def _round(side: _Side, asked: Values) -> tuple[Values, Values]:
    """How free each handle is of all but one, (n,), and how probable each is of all and none, (n,), when so much is asked."""
    every = np.bincount(side.row, weights=asked)[side.row]
    return 1 / (1 + np.maximum(every - asked, 0)), asked / (1 + every)


def _shares(expected: Values, handles: Ids, presumed: Presumed) -> Values:
    """Expected counterparts over handles of the smaller site, drawn to that of all pairs of sites, within bounds."""
    few = presumed.few
    whole = min((expected.sum() + few * presumed.usual) / (handles.sum() + few), presumed.borrowed)
    return np.asarray(np.clip((expected + few * whole) / (handles + few), presumed.floor, presumed.ceiling), np.float64)
