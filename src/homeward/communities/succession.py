"""Which board follows a board that was taken down: the flow of its members to where they are new, beyond what all others do.

Overlap of members is the wrong question after a take-down: those who move are a minority and vanish in a bigger board,
while those who were members of both all along say nothing. What counts is G, the members of the closed board who are
*new* on another one afterwards, against E, how many would be if they moved as everyone else does. E is the greater of two
expectations: from the margins of all boards, and from the median closed board (members of closed boards scatter to hubs
more than others do, and scattering is no succession). G is compared with a negative binomial whose spread is measured on
the living boards; the best of each closed board is held to a false discovery rate.

The score G ln(G/E) - (G - E) is Poisson's log likelihood ratio (Dunning, Computational Linguistics 1993). Rate of false
discoveries: Benjamini and Hochberg, Journal of the Royal Statistical Society B 1995. The design, excess flow against
unaffected boards, follows Bradley, "On the resilience of the dark net market ecosystem to law enforcement intervention",
2019.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

from homeward.communities.records import Members

Label = Literal["continues", "absorbed", "split", "merged", "dispersed", "unknown"]
Matrix = Any  # scipy's sparse arrays come without types: (rows, columns) of numbers, in compressed rows
_ALPHA = 0.05  # declared successions that may be false
_LEAST_SHARE = 0.05  # of the moves; less is a trickle however certain it is
_LEAST_MOVES = 3
_SECOND = 0.25  # of the first successor's excess makes it a split
_OWN = 0.5  # of a board's members after the take-down: with fewer it is another board that took some in
_SHOWN = 0.2  # of the moves, beyond expectation, must have been noticed before "dispersed" is said
_ENOUGH_CLOSED = 5  # closed boards, for their median to mean something


class Successor(msgspec.Struct, frozen=True):
    """One board that took in members of a closed one."""

    board: int
    joined: int
    """Members of the closed board who are new here."""
    expected: float
    """As many would have been by what everyone else did."""
    score: float
    """Poisson log likelihood ratio (natural) of ``joined`` against ``expected``; 0 where it is no excess."""
    share: float
    """Of all moves of the closed board's members, beyond expectation; 0..1."""
    p: float
    """Chance of so many by what living boards show, corrected for the number of boards looked at."""
    size: int
    """Members seen here in the later period."""


class Succession(msgspec.Struct, frozen=True):
    """What became of a closed board. ``successors``: those beyond doubt by the stated rate, most excess first."""

    board: int
    label: Label
    members: int
    """Members seen before."""
    moves: int
    """Times that one of them is seen new on another board afterwards."""
    q: float
    """Rate of false discoveries at which the best candidate would just be declared."""
    successors: tuple[Successor, ...]
    candidates: tuple[Successor, ...]
    """The best by score, declared or not."""


class Period(NamedTuple):
    """Boards that were taken down at one time, ``closed`` (k,), and who was seen where before and after; each pair once."""

    before: Members
    after: Members
    closed: NDArray[np.int64]


def successions(before: Members, after: Members, closed: NDArray[np.int64], top: int = 5) -> list[Succession]:
    """:func:`over_periods` of boards that were taken down at one time."""
    return over_periods([Period(before, after, closed)], top)


def over_periods(periods: Sequence[Period], top: int = 5) -> list[Succession]:
    """Say for each closed board what follows it, in their order.

    Args:
        periods: of one or several times; members and boards have the same numbers in all of them.
        top: candidates that are named for each.

    Raises:
        ValueError: a number is negative or the arrays of a period differ in length.
    """
    looked = [one for period in periods for one in _looked(period)]
    rates = _rates(np.array([min((c.p for c in one.row), default=1.0) for one in looked]))
    chosen = [_declared(one.row) if q <= _ALPHA else () for one, q in zip(looked, rates, strict=True)]
    taken: dict[int, set[int]] = defaultdict(set)
    for one, successors in zip(looked, chosen, strict=True):
        for successor in successors:
            taken[successor.board].add(one.board)
    return [
        Succession(
            one.board,
            _label(successors, taken, one.members, one.excess.would_show(one.board, len(looked))),
            int(one.members[one.board]),
            int(one.excess.moves[one.board]),
            float(q),
            successors,
            tuple(sorted(one.row, key=lambda c: -c.score)[:top]),
        )
        for one, q, successors in zip(looked, rates, chosen, strict=True)
    ]


class _Looked(NamedTuple):
    """A closed board with all candidates, the members of every board before, and the flows of its period."""

    board: int
    row: list[Successor]
    members: NDArray[np.int64]
    excess: _Excess


def _looked(period: Period) -> Iterator[_Looked]:
    old, new = _matrices(*period)
    shut = np.zeros(old.shape[1], bool)
    shut[period.closed] = True
    members, sizes = (np.asarray(matrix.sum(axis=0)).ravel() for matrix in (old, new))
    joins = new - new.multiply(old)
    joins.eliminate_zeros()
    flow: Matrix = sparse.csr_array(old.T @ _without(joins, shut))
    excess = _Excess(flow, shut)
    for board in map(int, period.closed):
        yield _Looked(board, excess.candidates(board, sizes), members, excess)


def _matrices(before: Members, after: Members, closed: NDArray[np.int64]) -> tuple[Matrix, Matrix]:
    """Both periods as (members, boards) matrices of zeros and ones; closed boards that nobody was seen on have a column too."""
    both = (*before, *after, closed)
    if any(len(part) and part.min() < 0 for part in both):
        raise ValueError("numbers of members and boards start at zero")
    shape = (_beyond(before.member, after.member), _beyond(before.board, after.board, closed))
    return _matrix(before, shape), _matrix(after, shape)


def _beyond(*parts: NDArray[np.int64]) -> int:
    return 1 + max((int(part.max()) for part in parts if len(part)), default=-1)


def _matrix(members: Members, shape: tuple[int, int]) -> Matrix:
    if len(members.member) != len(members.board):
        raise ValueError("a period needs one board for each member's entry")
    ones = np.ones(len(members.member), np.int32)
    matrix = sparse.csr_array((ones, (members.member, members.board)), shape=shape)
    matrix.data[:] = 1  # a pair that stands twice is one membership
    return matrix


def _without(joins: Matrix, shut: NDArray[np.bool_]) -> Matrix:
    """Nobody succeeds by joining a board that is shut."""
    entries = joins.tocoo()
    kept = ~shut[entries.col]
    places = (entries.row[kept], entries.col[kept])
    return sparse.csr_array((entries.data[kept], places), shape=joins.shape)


class _Excess:
    """Flows between all boards with what is expected of each."""

    def __init__(self, flow: Matrix, shut: NDArray[np.bool_]) -> None:
        self.flow = flow
        self.moves = np.asarray(flow.sum(axis=1)).ravel().astype(np.int64)
        arrivals = np.asarray(flow.sum(axis=0)).ravel()
        self.total = max(int(arrivals.sum()), 1)
        self.arrivals = arrivals
        self.usual = self._of_closed(np.flatnonzero(shut))
        self.spread = self._spread(~shut)
        self.targets = max(int(np.count_nonzero(arrivals)), 1)

    def _of_closed(self, closed: NDArray[np.int64]) -> NDArray[np.float64]:
        """Share of its moves that the median closed board sends to each board; (boards,)."""
        moving = closed[self.moves[closed] >= _LEAST_MOVES]
        if len(moving) < _ENOUGH_CLOSED:
            return np.zeros(self.flow.shape[1])
        shares = self.flow[moving].toarray() / self.moves[moving][:, None]
        return np.asarray(np.median(shares, axis=0), np.float64)

    def _spread(self, living: NDArray[np.bool_]) -> float:
        """By how much flows of living boards vary beyond Poisson: variance E + spread E^2, by moments.

        Measured where a flow exists or would be expected (E of one or more); cut at the 99th percentile, as a few living
        boards may have a successor of their own.
        """
        pairs = self.flow.tocoo()
        kept = living[pairs.row]
        seen = pairs.data[kept].astype(np.float64)
        expected = self.moves[pairs.row[kept]] * (self.arrivals[pairs.col[kept]] / self.total)
        usual = expected >= 1.0
        if np.count_nonzero(usual) < 100:
            return 0.0
        excess = ((seen[usual] - expected[usual]) ** 2 - expected[usual]) / expected[usual] ** 2
        return float(max(np.minimum(excess, np.quantile(excess, 0.99)).mean(), 0.0))

    def _expected(self, board: int, targets: NDArray[np.int64], joined: NDArray[np.float64]) -> NDArray[np.float64]:
        by_all = self.moves[board] * np.maximum(self.arrivals[targets] - joined, 0.5) / self.total
        return np.asarray(np.maximum(by_all, self.moves[board] * self.usual[targets]), np.float64)

    def _chance(self, joined: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
        """Chance of so many or more on any one of all boards; (n,)."""
        if self.spread > 0:
            size = 1 / self.spread
            tail = stats.nbinom.sf(joined - 1, size, size / (size + expected))
        else:
            tail = stats.poisson.sf(joined - 1, expected)
        return np.asarray(-np.expm1(self.targets * np.log1p(-np.minimum(tail, 1 - 1e-12))), np.float64)

    def candidates(self, board: int, sizes: NDArray[np.int64]) -> list[Successor]:
        """Every board that took in somebody."""
        start, end = self.flow.indptr[board], self.flow.indptr[board + 1]
        targets = self.flow.indices[start:end].astype(np.int64)
        joined = self.flow.data[start:end].astype(np.float64)
        expected = self._expected(board, targets, joined)
        beyond = joined > expected
        score = np.where(beyond, joined * np.log(joined / expected) - (joined - expected), 0.0)
        chance = self._chance(joined, expected)
        share = np.maximum(joined - expected, 0) / max(self.moves[board], 1)
        rows = zip(targets, joined, expected, score, share, chance, sizes[targets], strict=True)
        return [Successor(int(t), int(g), float(e), float(s), float(h), float(p), int(n)) for t, g, e, s, h, p, n in rows]

    def would_show(self, board: int, closed: int) -> bool:
        """Whether a successor with a fair share of the moves would have been declared, were it the only one of ``closed``."""
        moves = float(self.moves[board])
        if moves * _SHOWN < _LEAST_MOVES:
            return False
        usual = moves * float(np.quantile(self.arrivals[self.arrivals > 0], 0.9)) / self.total
        return bool(self._chance(np.array([usual + moves * _SHOWN]), np.array([usual]))[0] <= _ALPHA / closed)


def _rates(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Benjamini and Hochberg's adjusted values, in the order given; (k,)."""
    return np.asarray(stats.false_discovery_control(p), np.float64) if len(p) else p


def _declared(row: list[Successor]) -> tuple[Successor, ...]:
    kept = [c for c in row if c.p <= _ALPHA and c.share >= _LEAST_SHARE and c.joined >= _LEAST_MOVES]
    return tuple(sorted(kept, key=lambda c: (c.expected - c.joined, c.board)))


def _label(chosen: tuple[Successor, ...], taken: dict[int, set[int]], members: NDArray[np.int64], would_show: bool) -> Label:
    if not chosen:
        return "dispersed" if would_show else "unknown"
    first = chosen[0]
    if len(chosen) > 1 and chosen[1].joined - chosen[1].expected >= _SECOND * (first.joined - first.expected):
        return "split"
    if members[first.board] and first.joined < _OWN * first.size:
        return "absorbed"
    return "merged" if len(taken[first.board]) > 1 else "continues"
