"""Stacks after a delivery, at the cost of what it changes; the same as if all pictures had been stacked at once.

The rule of :mod:`homeward.links.stacks` has one answer: a picture founds a stack if and only if no better founder is within 31
bits. So it is enough to decide again about the new pictures and about those that they reach: a founder that a new and better
founder is near to, and the members near a founder that is one no longer, as long as no other better founder holds them.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.pdq import HASH_BYTES, RADIUS
from homeward.indexes import HammingIndex, hamming_index
from homeward.links.stacks import founders_of

Ids = NDArray[np.int64]


class Standing(Protocol):
    """Pictures of quality 50 or more as they are stacked, by id."""

    @property
    def founders(self) -> HammingIndex:
        """Pictures that found a stack, those that lie alone included."""

    @property
    def members(self) -> HammingIndex:
        """All others."""

    def codes(self, ids: Ids) -> NDArray[np.uint8]:
        """(k, 32) codes of held pictures."""

    def placed(self, ids: Ids) -> tuple[Ids, Ids]:
        """Exemplar and distance of members."""

    def ranks(self, ids: list[int]) -> list[Any]:
        """What pictures, held and new, are sorted by from the best to the least; never equal."""


class Moves(msgspec.Struct, frozen=True, eq=False):
    """What a delivery changes: pictures that found a stack now, and members that are new or lie elsewhere now."""

    founded: Ids
    joined: Ids
    exemplar: Ids
    """(k,) of ``joined``."""
    distance: Ids
    """(k,) bits from it."""
    demoted: Ids
    """Those of ``joined`` that founded a stack before."""
    promoted: Ids
    """Those of ``founded`` that were members before."""


class _Near(msgspec.Struct, frozen=True, eq=False):
    """Pairs within the radius: a picture, a founder, their distance; (k,) each."""

    one: Ids
    founder: Ids
    distance: Ids

    def only(self, chosen: NDArray[np.bool_]) -> _Near:
        return _Near(self.one[chosen], self.founder[chosen], self.distance[chosen])


def restack(ids: Ids, codes: NDArray[np.uint8], standing: Standing) -> Moves:
    """Put new pictures on the stacks that there are.

    Args:
        ids: (n,) of the new pictures, none of which is held.
        codes: (n, 32) uint8 PDQ hashes, all of quality 50 or more.
        standing: the stacks that there are.
    """
    work = _Work(standing)
    work.reopen(ids, codes)
    while True:
        founders = work.decided()
        reached = work.reached(founders)
        if not len(reached):
            return work.moves(founders, ids)
        work.reopen(reached, standing.codes(reached))


class _Work:
    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._open = _Table()
        """Pictures about which it is decided again."""
        self._asked = _Table()
        """Pictures whose old founders are known, see ``_near``."""
        self._near = _none()
        self._fallen = _none()
        """Members (``one``) near a founder that was one no longer at some time."""
        self._fallen_asked: Ids = np.empty(0, np.int64)
        self._ranks: dict[int, Any] = {}

    def reopen(self, ids: Ids, codes: NDArray[np.uint8]) -> None:
        """Decide about these, too."""
        self._open.add(ids, codes)
        self._ask(ids, codes)

    def decided(self) -> Ids:
        """Which of the open pictures found a stack, all others being as they were."""
        near = self._near.only(np.isin(self._near.one, self._open.ids) & ~np.isin(self._near.founder, self._open.ids))
        held = near.one[self._better(near.founder, near.one)]
        free = self._open.ids[~np.isin(self._open.ids, held)]
        free = free[np.argsort(self._places(free))]
        return free[founders_of(self._open.codes_of(free))]

    def reached(self, founders: Ids) -> Ids:
        """Pictures that are not open and may change because of ``founders``."""
        gained, lost = self._changed(founders)
        near = self._near.only(np.isin(self._near.one, gained) & ~np.isin(self._near.founder, self._open.ids))
        shut_out = near.founder[self._better(near.one, near.founder)]
        self._ask_members(lost)
        left = self._left(lost)
        known = ~np.isin(left, self._asked.ids)
        if known.any():
            self._ask(left[known], self._standing.codes(left[known]))
        held = self._held_by(left, founders, gained).one
        return np.union1d(shut_out, left[~np.isin(left, held)])

    def moves(self, founders: Ids, new: Ids) -> Moves:
        """What is different now that ``founders`` are those of the open pictures."""
        gained, lost = self._changed(founders)
        left = self._left(lost)
        left = left[np.isin(self._standing.placed(left)[0], lost)] if len(left) else left
        anew = np.union1d(left, np.setdiff1d(self._open.ids, founders))
        pairs = [self._held_by(anew, founders, gained)]
        gained_codes = self._open.codes_of(gained)
        found = self._standing.members.within(gained_codes, RADIUS)
        drawn = _Near(found.id, gained[found.query], found.distance.astype(np.int64))
        drawn = drawn.only(~np.isin(drawn.one, self._open.ids) & ~np.isin(drawn.one, anew))
        drawn = drawn.only(self._better(drawn.founder, drawn.one))
        elsewhere = np.unique(drawn.one)
        exemplars, distances = self._standing.placed(elsewhere)
        now = _Near(elsewhere, exemplars, distances)
        best = self._nearest(_joined([*pairs, drawn, now]))
        stay = np.isin(best.one, elsewhere) & ~np.isin(best.founder, gained)
        best = best.only(~stay)
        demoted = np.intersect1d(best.one, lost)
        return Moves(gained, best.one, best.founder, best.distance, demoted, np.setdiff1d(gained, new))

    def _changed(self, founders: Ids) -> tuple[Ids, Ids]:
        """Open pictures that found a stack and did not, and that did and do not."""
        old = np.unique(self._open.ids[self._was_founder(self._open.ids)])
        return np.setdiff1d(founders, old), np.setdiff1d(old, founders)

    def _was_founder(self, ids: Ids) -> NDArray[np.bool_]:
        return np.isin(ids, self._near.founder[self._near.one == self._near.founder])

    def _left(self, lost: Ids) -> Ids:
        """Members, not open, near one of ``lost`` that is better than they are."""
        fallen = self._fallen.only(np.isin(self._fallen.founder, lost) & ~np.isin(self._fallen.one, self._open.ids))
        return np.unique(fallen.one[self._better(fallen.founder, fallen.one)])

    def _held_by(self, ids: Ids, founders: Ids, gained: Ids) -> _Near:
        """Pairs of one of ``ids`` and a better founder as it is decided now."""
        old = self._near.only(np.isin(self._near.one, ids))
        old = old.only(~np.isin(old.founder, self._open.ids) | np.isin(old.founder, founders))
        found = hamming_index(gained, self._open.codes_of(gained)).within(self._asked.codes_of(ids), RADIUS)
        near = _joined([old, _Near(ids[found.query], found.id, found.distance.astype(np.int64))])
        return near.only(self._better(near.founder, near.one))

    def _nearest(self, near: _Near) -> _Near:
        """Of each picture the nearest founder, of two as near the better one."""
        order = np.lexsort((self._places(near.founder), near.distance, near.one))
        _, first = np.unique(near.one[order], return_index=True)
        return near.only(order[first])  # type: ignore[arg-type]

    def _ask(self, ids: Ids, codes: NDArray[np.uint8]) -> None:
        fresh = ~np.isin(ids, self._asked.ids)
        ids, codes = ids[fresh], codes[fresh]
        self._asked.add(ids, codes)
        found = self._standing.founders.within(codes, RADIUS)
        self._near = _joined([self._near, _Near(ids[found.query], found.id, found.distance.astype(np.int64))])

    def _ask_members(self, lost: Ids) -> None:
        fresh = np.setdiff1d(lost, self._fallen_asked)
        self._fallen_asked = np.union1d(self._fallen_asked, fresh)
        found = self._standing.members.within(self._open.codes_of(fresh), RADIUS)
        self._fallen = _joined([self._fallen, _Near(found.id, fresh[found.query], found.distance.astype(np.int64))])

    def _better(self, one: Ids, other: Ids) -> NDArray[np.bool_]:
        places = self._places(np.concatenate([one, other]))
        return np.asarray(places[: len(one)] < places[len(one) :])

    def _places(self, ids: Ids) -> Ids:
        """(n,) the smaller the better."""
        some, back = np.unique(ids, return_inverse=True)
        known = [one for one in some.tolist() if one not in self._ranks]
        self._ranks |= zip(known, self._standing.ranks(known), strict=True)
        order = sorted(range(len(some)), key=lambda at: self._ranks[int(some[at])])
        places = np.empty(len(some), np.int64)
        places[order] = np.arange(len(some))
        return np.asarray(places[back])


class _Table:
    """Codes by id, in ascending order of id."""

    def __init__(self) -> None:
        self.ids: Ids = np.empty(0, np.int64)
        self._codes = np.empty((0, HASH_BYTES), np.uint8)

    def add(self, ids: Ids, codes: NDArray[np.uint8]) -> None:
        order = np.argsort(np.concatenate([self.ids, ids]), kind="stable")
        self.ids = np.concatenate([self.ids, ids])[order]
        self._codes = np.concatenate([self._codes, codes])[order]

    def codes_of(self, ids: Ids) -> NDArray[np.uint8]:
        return np.ascontiguousarray(self._codes[np.searchsorted(self.ids, ids)])


def _none() -> _Near:
    return _Near(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64))


def _joined(some: list[_Near]) -> _Near:
    return _Near(*(np.concatenate([getattr(one, name) for one in some]) for name in _Near.__struct_fields__))
