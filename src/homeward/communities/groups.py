"""Groups of members by who answers whom, for what no board tells: circles within a board, across boards, in private messages.

One detection of communities is one of many that fit about as well (Good, de Montjoye and Clauset, Physical Review E 2010), and
its resolution is a choice. So several are made, coarse and fine, and members stay together only along contacts whose two ends
all of them put into one group; the components of those contacts are the groups (after Tandon et al., "Fast consensus
clustering in complex networks", Physical Review E 2019; with two of three, chains of contacts ran boards together).
Detection: Leiden (Traag, Waltman and van Eck, Scientific Reports 2019) by NetworKit, in one thread and from fixed seeds.

What became of a group is asked as it is of boards (:mod:`.succession`), once groups of two periods have common numbers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import networkit
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from homeward.communities.records import Members

RESOLUTIONS = (0.05, 0.1, 0.2)
"""Of modularity, one detection each, coarse to fine; times the square root of the members who have contacts (at most
:data:`_MOST_SCALE`), as larger networks have more groups and not only larger ones."""
_MOST_SCALE = 200.0  # that of 40,000 members: worlds of 30,000 and of 300,000 were tuned with about what it gives
LEAST = 5
"""Members below which no group is told."""
_SAME = 0.5  # of a group's members who are seen again must stay together for it to be the same group
Ids = NDArray[np.int32]
Matrix = Any  # scipy's sparse arrays come without types


class Contacts(NamedTuple):
    """Who had to do with whom in one period: ``one`` and ``other`` (m,) int32 number members; each pair stands once."""

    one: Ids
    other: Ids


class Groups(NamedTuple):
    """``group`` (members,) int32: number of each member's group, -1 for none.

    ``stability`` (groups,) float64: the share of contacts of a group's members that stay within it, 0..1.
    """

    group: Ids
    stability: NDArray[np.float64]


def detected(contacts: Contacts, members: int, resolutions: tuple[float, ...] = RESOLUTIONS) -> Groups:
    """Find the groups of one period.

    Args:
        contacts: who had to do with whom.
        members: numbers of members lie below it.
        resolutions: one detection is made with each.
    """
    if not len(contacts.one):
        return Groups(np.full(members, -1, np.int32), np.zeros(0))
    kept = _together(contacts, members, resolutions)
    ends = (contacts.one[kept], contacts.other[kept])
    graph = sparse.coo_array((np.ones(len(ends[0]), bool), ends), shape=(members, members))
    _, label = sparse.csgraph.connected_components(graph, directed=False)
    sizes = np.bincount(label)
    number = np.where(sizes >= LEAST, np.cumsum(sizes >= LEAST) - 1, -1).astype(np.int32)
    group, count = number[label], int(number.max()) + 1
    both = np.concatenate([group[contacts.one], group[contacts.other]])
    inside = np.tile(group[contacts.one] == group[contacts.other], 2)
    held = np.bincount(both[inside & (both >= 0)], minlength=count) / np.bincount(both[both >= 0], minlength=count)
    return Groups(group, held)


def _together(contacts: Contacts, members: int, resolutions: tuple[float, ...]) -> NDArray[np.bool_]:
    """(m,) whether every detection put both ends of a contact into one group."""
    networkit.setNumberOfThreads(1)  # with more, the same graph is not always divided alike
    ends = (contacts.one.astype(np.uint64), contacts.other.astype(np.uint64))
    graph = networkit.GraphFromCoo(ends, n=members, weighted=False, directed=False)
    found = np.ones(len(contacts.one), np.bool_)
    scale = min(float(np.sqrt(np.count_nonzero(np.bincount(np.concatenate(contacts))))), _MOST_SCALE)
    for seed, resolution in enumerate(resolutions, 1):
        networkit.setSeed(seed, False)
        leiden = networkit.community.ParallelLeiden(graph, iterations=1, randomize=True, gamma=resolution * scale)
        part = np.array(leiden.run().getPartition().getVector(), np.int32)
        found &= part[contacts.one] == part[contacts.other]
    return found


def periods(contacts: Contacts, before: Groups, after: Groups, closed: NDArray[np.int64]) -> tuple[Members, Members]:
    """Groups of two periods with common numbers, as :func:`.succession.successions` takes them.

    A later group is an earlier one where each is the other's largest neighbour and holds at least half of those who are seen
    again; an earlier one that is ``closed`` is never continued by that: it is asked about. Who had to do with people of a later
    group already before (``contacts`` of that period), beside their own, counts as one of it before too: who loses one of two
    circles has joined nobody.
    """
    count = len(before.stability)
    number = _common(before, after, closed)
    later = np.where(after.group >= 0, number[after.group], -1) if len(number) else np.full(len(after.group), -1)
    known = (later[contacts.one] >= 0) & (later[contacts.one] == later[contacts.other])
    known &= before.group[contacts.one] != before.group[contacts.other]
    both = np.concatenate([contacts.one[known], contacts.other[known]]).astype(np.int64)
    own, new = _members(before.group, np.arange(count)), _members(after.group, number)
    return Members(np.concatenate([own.member, both]), np.concatenate([own.board, later[both]])), new


def _common(before: Groups, after: Groups, closed: NDArray[np.int64]) -> NDArray[np.int64]:
    """(later groups,): the number of the earlier group that each is, or a new one."""
    count, later = len(before.stability), len(after.stability)
    both = (before.group >= 0) & (after.group >= 0)
    pairs = (before.group[both], after.group[both])
    shared: Matrix = sparse.coo_array((np.ones(int(both.sum()), np.int32), pairs), shape=(count, later)).tocsr()
    shared.sum_duplicates()
    number = count + np.arange(later, dtype=np.int64)
    if shared.nnz:
        best_later, best_earlier = (np.asarray(shared.argmax(axis=axis)).ravel() for axis in (1, 0))
        again = np.asarray(shared.sum(axis=1)).ravel()
        living = np.setdiff1d(np.flatnonzero(again), closed)
        mutual = living[best_earlier[best_later[living]] == living]
        held = np.asarray(shared[mutual, best_later[mutual]]).ravel()
        same = mutual[held >= _SAME * again[mutual]]
        number[best_later[same]] = same
    return number


def _members(group: Ids, number: NDArray[np.int64]) -> Members:
    member = np.flatnonzero(group >= 0)
    return Members(member, number[group[member]].astype(np.int64))
