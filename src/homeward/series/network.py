"""Offsets of several clocks bounded together: hard differences between them, and stretches in which an offset cannot lie.

A simple temporal network (Dechter, Meiri and Pearl, "Temporal constraint networks", Artificial Intelligence 49, 1991): a node a
clock and one for UTC, every fact the most by which one offset exceeds another. The least and the most of a clock are shortest
paths; a cycle below zero is a contradiction. Stretches that are forbidden to one clock each keep this tractable (Kumar, "On the
tractability of restricted disjunctive temporal problems", ICAPS 2005): with two solutions their lesser and their greater values
are solutions too, so each end moves alone to the next value that is allowed until nothing moves, and the ends are exact. All in
whole seconds, so that sums are exact and everything comes to rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from homeward.core.components import components

UTC = ""
"""The node whose offset is 0."""
MOVES = 20_000
"""Moves over forbidden stretches in one network after which ends stay where they are: true, but not the narrowest."""


class Fact(msgspec.Struct, frozen=True, order=True):
    """The offset of ``clock`` is at most that of ``other`` and ``seconds``."""

    clock: str
    other: str
    seconds: int
    picture: str
    reason: str


class Step(msgspec.Struct, frozen=True):
    """The next allowed offset, None where there is none, and which picture forbids those before it."""

    offset: int | None
    picture: str = ""
    reason: str = ""


Allowed = Callable[[int, bool], Step]
"""The next allowed offset from one on, downwards where told; the same one where it is allowed."""


class End(msgspec.Struct, frozen=True):
    """An end of the interval of one clock, and the facts that set it: from that clock back to UTC."""

    offset: int
    chain: tuple[Fact, ...]


class Ends(msgspec.Struct, frozen=True):
    """What is known of one clock; without ends where a fact about it is part of ``clash``, which cannot all be true."""

    least: End | None = None
    most: End | None = None
    clash: tuple[Fact, ...] = ()


class _Clash(Exception):
    def __init__(self, chain: Sequence[Fact]) -> None:
        self.chain = tuple(chain)


_Link = tuple[Fact, "_Link | None"]
_Reached = dict[str, tuple[int, "_Link | None"]]


def ends(facts: Iterable[Fact], allowed: Mapping[str, Allowed], moments: Collection[str] = ()) -> dict[str, Ends]:
    """Ends of every clock that a fact names, whatever the order of ``facts``.

    Facts that contradict each other leave all clocks that they name without ends, those of one clock before those that join
    several, and what remains is told without them: no other clock is bounded by what may be wrong.

    ``moments`` are nodes that are no clocks and that no two facts alone contradict: they go on to join other clocks.
    """
    about: dict[str, list[Fact]] = defaultdict(list)
    for fact in _tightest(facts):
        for name in {fact.clock, fact.other} - {UTC}:
            about[name].append(fact)
    found: dict[str, Ends] = {}
    for clock in about:
        try:
            _solve(_among(about, [clock]), allowed)
        except _Clash as clash:
            found[clock] = Ends(clash=clash.chain)
    waiting = _groups(about, [clock for clock in about if clock not in found])
    while waiting:
        group = waiting.pop()
        try:
            found |= _solve(_among(about, group), allowed)
        except _Clash as clash:
            wrong = {name for fact in clash.chain for name in (fact.clock, fact.other)}.difference(moments, {UTC})
            found |= dict.fromkeys(wrong, Ends(clash=clash.chain))
            waiting += _groups(about, [clock for clock in group if clock not in wrong])
    return found


def _tightest(facts: Iterable[Fact]) -> list[Fact]:
    """The fact that says most about each two clocks, in a fixed order; of one clock alone only what contradicts itself."""
    best: dict[tuple[str, str], Fact] = {}
    for fact in sorted(facts):
        if fact.clock != fact.other or fact.seconds < 0:
            best.setdefault((fact.clock, fact.other), fact)
    return [best[ends] for ends in sorted(best)]


def _among(about: Mapping[str, Iterable[Fact]], clocks: Iterable[str]) -> list[Fact]:
    """Facts that join only these clocks and UTC, in a fixed order."""
    held = {*clocks, UTC}
    those = {fact for clock in clocks for fact in about[clock] if fact.clock in held and fact.other in held}
    return sorted(those, key=lambda fact: (fact.clock, fact.other))


def _groups(about: Mapping[str, Iterable[Fact]], clocks: Sequence[str]) -> list[list[str]]:
    """Clocks that facts join without the help of UTC."""
    wanted = set(clocks)
    among = (fact for clock in clocks for fact in about[clock])
    joined = [(fact.clock, fact.other) for fact in among if fact.clock in wanted and fact.other in wanted]
    return components([*((clock, clock) for clock in clocks), *joined])


def _solve(facts: Sequence[Fact], allowed: Mapping[str, Allowed]) -> dict[str, Ends]:
    """Ends of the clocks that ``facts`` name.

    Raises:
        _Clash: facts that cannot all be true.
    """
    if cycle := _cycle(facts):
        raise _Clash(cycle)
    clocks = {name for fact in facts for name in (fact.clock, fact.other)} - {UTC}
    most, least = (_spread(facts, {}, down=down, limits={}) for down in (True, False))
    lit = {clock: allowed[clock] for clock in sorted(clocks) if clock in allowed}
    if lit:
        most = _spread(facts, lit, down=True, limits=least)
        least = _spread(facts, lit, down=False, limits=most)
    return {clock: Ends(_end(least.get(clock)), _end(most.get(clock))) for clock in clocks}


def _end(reached: tuple[int, _Link | None] | None) -> End | None:
    return None if reached is None else End(reached[0], tuple(dict.fromkeys(_chain(reached[1]))))


def _chain(link: _Link | None) -> list[Fact]:
    found = []
    while link is not None:
        fact, link = link
        found.append(fact)
    return found


def _cycle(facts: Sequence[Fact]) -> list[Fact]:
    """Facts around a cycle below zero (Bellman and Ford), from UTC on where it leads over it; none where there is none."""
    names = {name for fact in facts for name in (fact.clock, fact.other)}
    value = dict.fromkeys(names, 0)
    by: dict[str, Fact] = {}
    last = ""
    for turn in range(len(names) + 1):
        moved = [fact for fact in facts[:: _way(turn)] if _relaxed(fact, value, by)]
        if not moved:
            return []
        last = moved[-1].clock
    for _ in names:  # back until surely on the cycle
        last = by[last].other
    found, at = [by[last]], by[last].other
    while at != last:
        found.append(by[at])
        at = by[at].other
    first = min(range(len(found)), key=lambda place: (found[place].clock != UTC, found[place]))
    return found[first:] + found[:first]


def _way(turn: int) -> int:
    """To and fro, so that a chain of clocks in the order of their names takes two turns, not one a clock (Yen 1970)."""
    return 1 if turn % 2 else -1


def _relaxed(fact: Fact, value: dict[str, int], by: dict[str, Fact]) -> bool:
    new = value[fact.other] + fact.seconds
    if new >= value[fact.clock]:
        return False
    value[fact.clock], by[fact.clock] = new, fact
    return True


def _spread(facts: Sequence[Fact], allowed: Mapping[str, Allowed], *, down: bool, limits: _Reached) -> _Reached:
    """The most of each clock where ``down``, otherwise the least: how far facts carry from UTC, until nothing moves.

    Raises:
        _Clash: an end passes that of ``limits``, or finds nothing allowed.
    """
    sign = 1 if down else -1
    found: _Reached = {UTC: (0, None)}
    resting: dict[str, int] = {}  # which are known to be allowed where they are
    moves, turn, moving = 0, 0, True
    while moving:
        moving, turn = False, turn + 1
        for fact in facts[:: _way(turn)]:
            source, target = (fact.other, fact.clock) if down else (fact.clock, fact.other)
            if source in found and target != UTC:
                new = found[source][0] + sign * fact.seconds
                if target not in found or sign * new < sign * found[target][0]:
                    found[target] = new, (fact, found[source][1])
                    moving = True
        for clock, step in allowed.items():
            if clock in found and moves < MOVES and resting.get(clock) != found[clock][0]:
                moved = _moved(clock, found[clock], step, down=down)
                if moved is not found[clock]:
                    found[clock], moving, moves = moved, True, moves + 1
                resting[clock] = moved[0]
        _compared(found, limits, sign)
    return found


def _moved(clock: str, reached: tuple[int, _Link | None], step: Allowed, *, down: bool) -> tuple[int, _Link | None]:
    told = step(reached[0], down)
    if told.offset == reached[0]:
        return reached
    link = (Fact(clock, clock, 0, told.picture, told.reason), reached[1])
    if told.offset is None:
        raise _Clash(list(dict.fromkeys(_chain(link))))
    return told.offset, link


def _compared(found: _Reached, limits: _Reached, sign: int) -> None:
    for clock in sorted(found.keys() & limits.keys()):
        (here, link), (there, other) = found[clock], limits[clock]
        if sign * here < sign * there:
            below, above = (link, other) if sign < 0 else (other, link)
            raise _Clash(list(dict.fromkeys([*reversed(_chain(below)), *_chain(above)])))
