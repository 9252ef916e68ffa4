"""A million members who answer each other: what it costs to find their groups in two periods, and to follow some.

A part of ``communities.py``; in a process of its own, so that the peak of memory is its own.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from homeward.communities.groups import Contacts, Groups, detected, periods
from homeward.communities.records import Members
from homeward.communities.succession import successions
from homeward.testing.communities.boards import REPORT, board_world

MEMBERS = 1_000_000
_ANSWERS = 3.6  # of a membership, on average


def measured(members: int = MEMBERS) -> dict[str, float]:
    """Seconds of processor time and peak GiB, with what had to be held before; contacts and groups."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        return alone.submit(_measured, members).result()


def _measured(members: int) -> dict[str, float]:
    world = board_world(1, REPORT, members=members, boards=members // 500, closures=members // 12_500)
    count = int(max(world.before.member.max(), world.after.member.max())) + 1
    random = np.random.default_rng(1)
    before, after = answered(random, world.before), answered(random, world.after)
    began = time.process_time()
    first, then = detected(before, count), detected(after, count)
    own = {_own(world.before, first, int(board)) for board in world.closed} - {-1}
    closed = np.array(sorted(own), np.int64)
    found = successions(*periods(before, first, then, closed), closed)
    return {
        "seconds": time.process_time() - began,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "contacts": len(before.one) + len(after.one),
        "groups": len(first.stability) + len(then.stability),
        "closed": len(world.closed),
        "followed": len(found),
    }


def answered(random: np.random.Generator, seen: Members) -> Contacts:
    """Members of a board answer others of it, a few of them most."""
    order = np.argsort(seen.board, kind="stable")
    member, board = seen.member[order].astype(np.int32), seen.board[order]
    starts, ends = np.searchsorted(board, board, "left"), np.searchsorted(board, board, "right")
    by = np.repeat(np.arange(len(member)), random.poisson(_ANSWERS, len(member)))
    to = starts[by] + (random.random(len(by)) ** 2 * (ends[by] - starts[by])).astype(np.int64)
    one, other = np.minimum(member[by], member[to]), np.maximum(member[by], member[to])
    pairs = np.unique(one[one != other].astype(np.int64) << 32 | other[one != other])
    return Contacts((pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(np.int32))


def _own(seen: Members, groups: Groups, board: int) -> int:
    """The group that holds most of a board's members, if it is mostly theirs; else -1."""
    on = seen.member[seen.board == board]
    inside = groups.group[on][groups.group[on] >= 0]
    if not len(inside):
        return -1
    found = int(np.bincount(inside).argmax())
    return found if np.isin(np.flatnonzero(groups.group == found), on).mean() >= 0.5 else -1
