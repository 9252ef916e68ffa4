"""Which pictures are one series: groups are joined as long as what they say *on average* is strong enough.

Between two groups counts the mean of the likelihood ratios of all their pairs, where a pair without any evidence counts 0.
A mean of ratios can be believed however much the pairs depend on each other (Vovk and Wang, "E-values: calibration,
combination and applications", Annals of Statistics 2021), and one wrong link between two groups of ten is divided by a
hundred: a chain joins nothing unless its ends agree. Pairs that have the same neighbours come first, so that groups that
agree throughout stand before a bridge between them is judged (shared neighbours: Jarvis and Patrick, IEEE Trans. Computers
1973). No join puts together what is held apart. Choice of the two limits: ``docs/methods/series-grouping.md``.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from homeward.links.fuse import Fused

AUTOMATIC = 1.1
"""Mean log10 ratio from which two groups are joined by themselves."""
PROPOSAL = 0.0
"""log10 ratio of a single pair from which a person is asked."""
_FINE = 1 << 40
"""Ratios are added as whole numbers of this fraction: the order of adding plays no part."""


class Join(msgspec.Struct, frozen=True):
    """Two groups that may be one series."""

    a: int
    """Least unit of one group; so is ``b`` of the other, ``a`` < ``b``."""
    b: int
    log10_lr: float
    """Mean over all pairs."""
    pair: tuple[int, int]
    """The two units that say most."""
    why: str
    smaller: int
    """Units in the smaller of the two groups: a join of large groups is what a person should see first."""


class Grouping(msgspec.Struct, frozen=True):
    """Every unit in exactly one series, those of one included."""

    series: list[list[int]]
    """Sorted, in the order of their least unit."""
    joined: list[Join]
    """What was joined by itself, in order."""
    proposed: list[Join]
    """For a person, the strongest first."""


def group(
    units: Sequence[int],
    pairs: Iterable[Fused],
    together: Iterable[tuple[int, int]] = (),
    apart: Iterable[tuple[int, int]] = (),
    automatic: float = AUTOMATIC,
    proposal: float = PROPOSAL,
    crowds: Iterable[Sequence[int]] = (),
) -> Grouping:
    """Group units; the order in which anything is given plays no part.

    Args:
        units: distinct numbers.
        pairs: what pairs of them say; of a pair that is told twice the stronger counts, pairs of others are left out.
        together: pairs that a person holds together, whatever the evidence.
        apart: pairs that are never in one series; stronger than ``together``.
        automatic: log10 ratio from which groups are joined.
        proposal: log10 ratio from which the strongest pair of two groups proposes a join.
        crowds: units that one fact holds together, too many to be told pair by pair: ``pairs`` has only those of the first
            unit of each with the others.

    Raises:
        ValueError: ``proposal`` is above ``automatic``.
    """
    if proposal > automatic:
        raise ValueError("what is joined by itself must be stronger than what is proposed")
    state = _Groups(units, pairs, apart)
    state.weigh(proposal)
    stars = state.stars(crowds, automatic)
    for a, b in sorted({(min(pair), max(pair)) for pair in together}):
        if a in state.home and b in state.home:
            state.join(state.home[a], state.home[b])
    gathered = [join for star in stars for join in state.gather(star)]
    joined = [*gathered, *state.run(automatic)]
    series = sorted(sorted(members) for members in state.members.values())
    return Grouping(series, joined, state.proposed(proposal))


class _Ties:
    """What lies between two groups."""

    __slots__ = ("best", "order", "pair", "total", "why")

    def __init__(self, pair: Fused) -> None:
        self.order = self.total = round(_FINE * 10**pair.log10_lr)
        self.best, self.pair = pair.log10_lr, (pair.a, pair.b)
        self.why = next((cue.reason for cue in pair.parts if cue.log10_lr > 0), "")

    def add(self, other: _Ties) -> None:
        self.total += other.total
        self.order += other.order
        if (-other.best, other.pair) < (-self.best, self.pair):
            self.best, self.pair, self.why = other.best, other.pair, other.why


class _Groups:
    """Groups by their least unit."""

    def __init__(self, units: Sequence[int], pairs: Iterable[Fused], apart: Iterable[tuple[int, int]]) -> None:
        self.home = {unit: unit for unit in units}
        self.members: dict[int, list[int]] = {unit: [unit] for unit in units}
        self.ties: dict[int, dict[int, _Ties]] = {unit: {} for unit in units}
        self.apart: dict[int, set[int]] = {unit: set() for unit in units}
        for a, b in apart:
            if a in self.home and b in self.home:
                self.apart[a].add(b)
                self.apart[b].add(a)
        for pair in pairs:
            known = self.ties.get(pair.a, {}).get(pair.b)
            if pair.a in self.home and pair.b in self.home and pair.a != pair.b:
                tie = _Ties(pair)
                if known is None or (tie.best, tie.why) > (known.best, known.why):
                    self.ties[pair.a][pair.b] = self.ties[pair.b][pair.a] = tie

    def weigh(self, least: float) -> None:
        """Let pairs come the later the fewer neighbours they share: those that a tie of ``least`` or more holds."""
        near = {unit: {unit, *(other for other, tie in ties.items() if tie.best >= least)} for unit, ties in self.ties.items()}
        for a, ties in self.ties.items():
            for b, tie in ties.items():
                if a < b:
                    tie.order = tie.total * len(near[a] & near[b]) // len(near[a] | near[b])

    def join(self, a: int, b: int) -> int | None:
        """Join two groups; None where they are one or held apart."""
        a, b = min(a, b), max(a, b)
        if a == b or b in self.apart[a]:
            return None
        for unit in self.members[b]:
            self.home[unit] = a
        self.members[a] += self.members.pop(b)
        for other, tie in self.ties.pop(b).items():
            del self.ties[other][b]
            if other == a:
                continue
            mine = self.ties[a].get(other)
            if mine is None:
                self.ties[a][other] = self.ties[other][a] = tie
            else:
                mine.add(tie)
        for other in self.apart.pop(b):
            self.apart[other].discard(b)
            self.apart[other].add(a)
            self.apart[a].add(other)
        return a

    def stars(self, crowds: Iterable[Sequence[int]], automatic: float) -> list[list[Join]]:
        """For each crowd the joins of its first unit with those that it is strong enough with, the largest crowd first."""
        held = sorted((tuple(crowd) for crowd in crowds), key=lambda crowd: (-len(crowd), crowd))
        return [
            [
                Join(first, unit, tie.best, (min(first, unit), max(first, unit)), tie.why, 1)
                for unit in sorted(others)
                if (tie := self.ties.get(first, {}).get(unit)) is not None and tie.best >= automatic
            ]
            for first, *others in held
        ]

    def gather(self, star: Sequence[Join]) -> Iterator[Join]:
        """Put the units of a crowd that lie alone in the group that holds most of it, where that is mostly of the crowd.

        So a picture that is in two crowds by mistake does not make one of them.
        """
        crowd = sorted({unit for join in star for unit in (join.a, join.b)})
        held = Counter(self.home[unit] for unit in crowd)
        mostly = [name for name, count in held.items() if 2 * count >= len(self.members[name])]
        if not mostly:
            return
        home = min(mostly, key=lambda name: (-held[name], name))
        for join in star:
            for unit in (join.a, join.b):
                here, there = self.home[home], self.home[unit]
                if here != there and len(self.members[there]) == 1 and self.join(here, there) is not None:
                    a, b = sorted((here, there))
                    yield msgspec.structs.replace(join, a=a, b=b)

    def mean(self, a: int, b: int) -> float:
        """Log10 of the mean ratio between two groups that have ties."""
        return math.log10(self.ties[a][b].total / _FINE / (len(self.members[a]) * len(self.members[b])))

    def run(self, automatic: float) -> Iterator[Join]:
        """Join what is strong enough, pairs of shared neighbours first."""
        waiting = [entry for a in self.ties for b in self.ties[a] if a < b for entry in self._entry(a, b, automatic)]
        heapq.heapify(waiting)
        while waiting:
            _, a, b, sizes = heapq.heappop(waiting)
            if a not in self.members or b not in self.members or sizes != self._sizes(a, b):
                continue  # told of groups that have grown since
            tie, value = self.ties[a][b], self.mean(a, b)
            found = Join(a, b, value, tie.pair, tie.why, min(sizes))
            if self.join(a, b) is not None:
                yield found
                for other in self.ties[a]:
                    for entry in self._entry(a, other, automatic):
                        heapq.heappush(waiting, entry)

    def _entry(self, a: int, b: int, least: float) -> Iterator[tuple[float, int, int, tuple[int, int]]]:
        a, b = min(a, b), max(a, b)
        if self.mean(a, b) >= least and b not in self.apart[a]:
            sizes = self._sizes(a, b)
            yield -self.ties[a][b].order / (sizes[0] * sizes[1]), a, b, sizes

    def _sizes(self, a: int, b: int) -> tuple[int, int]:
        return len(self.members[a]), len(self.members[b])

    def proposed(self, least: float) -> list[Join]:
        """Groups whose strongest pair reaches ``least``."""
        found = [
            Join(a, b, self.mean(a, b), tie.pair, tie.why, min(self._sizes(a, b)))
            for a in self.ties
            for b, tie in self.ties[a].items()
            if a < b and b not in self.apart[a] and tie.best >= least
        ]
        return sorted(found, key=lambda join: (-join.log10_lr, join.a, join.b))
