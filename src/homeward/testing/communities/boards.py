"""Networks of boards before and after a take-down, with hubs that attract everybody and boards that only scatter."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeward.communities.records import Members

Ids = NDArray[np.int64]


class BoardRanges(NamedTuple):
    """Ranges from which a world draws its own values, each as (low, high)."""

    multi: tuple[float, float]
    """Share of members who are on several boards."""
    to_hubs: tuple[float, float]
    """Share of second memberships, and of scattered members, that go to a hub."""
    churn: tuple[float, float]
    """Share of members who join one more board for no reason."""
    coverage: tuple[float, float]
    """Share of memberships that the capture of a board holds."""
    scatter: tuple[float, float]
    """Share of a closed board's members who go anywhere."""


TUNE = BoardRanges((0.35, 0.5), (0.4, 0.6), (0.08, 0.12), (0.62, 0.8), (0.2, 0.3))
REPORT = BoardRanges((0.55, 0.65), (0.65, 0.8), (0.04, 0.07), (0.4, 0.6), (0.1, 0.18))


class BoardWorld(NamedTuple):
    """Two periods and the truth. ``successor`` (k,) is the board that follows each of ``closed``, -1 where none does."""

    before: Members
    after: Members
    closed: Ids
    successor: Ids


def board_world(
    seed: int,
    ranges: BoardRanges = REPORT,
    *,
    members: int = 30_000,
    boards: int = 300,
    closures: int = 40,
    migrating: float = 0.2,
    relinked: float = 0.0,
) -> BoardWorld:
    """Make a world.

    Half of the ``closures`` have a successor (a big board, a small one, a new one, in turns); the others only scatter, with
    as many who move. Half of those who move change their handle; of these ``relinked`` are recognised, one in ten wrongly.

    Args:
        seed: decides everything.
        ranges: from which the world's own values are drawn.
        members: persons before the take-down.
        boards: boards before it; five of them are hubs.
        closures: boards that are taken down.
        migrating: share of a closed board's members who go to its successor.
        relinked: share of renamed members who are recognised again.
    """
    random = np.random.default_rng(seed)
    drawn = {name: random.uniform(*bounds) for name, bounds in ranges._asdict().items()}
    weights = random.lognormal(0, 1.2, boards)
    weights[:5] = weights.sum() * 0.02
    weights /= weights.sum()
    pairs = _homes(random, members, weights, drawn["multi"], drawn["to_hubs"])
    closed = _closed(random, pairs, boards, closures)
    successor = _successors(random, weights, closed, boards)
    stayed = _stay(random, pairs, closed, drawn["churn"], lambda n: _anywhere(random, n, weights, drawn["to_hubs"]))
    movers, joined = _Movers(random, weights, members), [stayed]
    for board, heir in zip(closed, successor, strict=True):
        leaving = pairs[pairs[:, 1] == board, 0]
        moves = movers.send(leaving, int(heir), migrating, drawn["scatter"], drawn["to_hubs"])
        joined.append(movers.rename(moves[~np.isin(moves[:, 1], closed)], relinked))
    after = np.unique(np.concatenate(joined), axis=0)
    total = boards + closures
    share = random.uniform(*ranges.coverage, (2, total))
    return BoardWorld(
        _captured(random, pairs, share[0]), _captured(random, after, share[1]), closed.astype(np.int64), successor
    )


def _homes(random: np.random.Generator, members: int, weights: NDArray[np.float64], multi: float, hubs: float) -> Ids:
    people = np.arange(members)
    home = np.column_stack([people, random.choice(len(weights), members, p=weights)])
    more = np.repeat(people[random.random(members) < multi], 2)
    also = np.column_stack([more, _anywhere(random, len(more), weights, hubs)])
    return np.unique(np.concatenate([home, also]), axis=0)


def _anywhere(random: np.random.Generator, count: int, weights: NDArray[np.float64], hubs: float) -> Ids:
    """Boards for ``count`` members: a hub, or any by its size."""
    boards = random.choice(len(weights), count, p=weights)
    to_hub = random.random(count) < hubs
    boards[to_hub] = random.integers(0, 5, int(to_hub.sum()))
    return boards.astype(np.int64)


def _closed(random: np.random.Generator, pairs: Ids, boards: int, closures: int) -> Ids:
    """Boards that are neither hubs nor too small to ask about."""
    sizes = np.bincount(pairs[:, 1], minlength=boards)
    able = np.flatnonzero((sizes >= 40) & (np.arange(boards) >= 5))
    return np.asarray(random.choice(able, min(closures, len(able) // 2), replace=False), np.int64)


def _successors(random: np.random.Generator, weights: NDArray[np.float64], closed: Ids, boards: int) -> Ids:
    """A big board, a small one or a new one in turns for the first half; none for the others."""
    living = np.setdiff1d(np.arange(5, boards), closed)
    by_size = living[np.argsort(-weights[living])]
    big, small = by_size[: len(by_size) // 4], by_size[len(by_size) // 2 :]
    heirs = np.full(len(closed), -1, np.int64)
    for index in range(len(closed) // 2):
        kind = index % 3
        heirs[index] = boards + index if kind == 2 else random.choice(small if kind else big)
    return heirs


def _stay(random: np.random.Generator, pairs: Ids, closed: Ids, churn: float, anywhere: Callable[[int], Ids]) -> Ids:
    """Who is still where, and who joined one more board for no reason."""
    alive = pairs[~np.isin(pairs[:, 1], closed)]
    alive = alive[random.random(len(alive)) < 0.9]
    joiners = np.flatnonzero(random.random(int(pairs[:, 0].max()) + 1) < churn)
    joined = np.column_stack([joiners, anywhere(len(joiners))])
    return np.concatenate([alive, joined[~np.isin(joined[:, 1], closed)]])


class _Movers:
    """Sends the members of closed boards on their way, under the name that they are then known by."""

    def __init__(self, random: np.random.Generator, weights: NDArray[np.float64], fresh: int) -> None:
        self.random = random
        self.weights = weights
        self.fresh = fresh

    def send(self, leaving: Ids, heir: int, migrating: float, scatter: float, hubs: float) -> Ids:
        """(n, 2) member and board of those who move at all."""
        fate = self.random.random(len(leaving))
        moving = fate < migrating + scatter
        to = _anywhere(self.random, int(moving.sum()), self.weights, hubs)
        if heir >= 0:
            to[fate[moving] < migrating] = heir
        return np.column_stack([leaving[moving], to])

    def rename(self, moves: Ids, relinked: float) -> Ids:
        """Half take a new name; of those ``relinked`` are recognised, one in ten as somebody else."""
        names = moves[:, 0].copy()
        changed = np.flatnonzero(self.random.random(len(names)) < 0.5)
        known = self.random.random(len(changed)) < relinked
        lost, seen = changed[~known], changed[known]
        wrong = seen[self.random.random(len(seen)) < 0.1]
        names[lost] = self.fresh + np.arange(len(lost))
        names[wrong] = self.random.integers(0, self.fresh, len(wrong))
        self.fresh += len(lost)
        return np.column_stack([names, moves[:, 1]])


def _captured(random: np.random.Generator, pairs: Ids, share: NDArray[np.float64]) -> Members:
    seen = pairs[random.random(len(pairs)) < share[pairs[:, 1]]]
    return Members(seen[:, 0].astype(np.int64), seen[:, 1].astype(np.int64))
