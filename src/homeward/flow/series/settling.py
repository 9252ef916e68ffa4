"""From all evidence and everything that people decided to the series that stand: one way for the step and for each decision."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from homeward.core.canonical import Plain, canonical_json
from homeward.core.time import utc_now
from homeward.flow.clues import clue_ledger as clues
from homeward.flow.features.scene import SURE
from homeward.flow.progress import Quiet
from homeward.flow.series import fusing
from homeward.flow.steps import SERIES, Step
from homeward.links.fuse import Fused
from homeward.series.clues import OPEN
from homeward.series.events import ELSEWHERE, NO_MORE, UNIDENTIFIED, Event, History, SeriesRefused, Told
from homeward.series.grouping import Grouping, Join, group
from homeward.series.naming import carried, named
from homeward.store import clues as clue_store
from homeward.store import reads, results, texts
from homeward.store import series as store
from homeward.store.kept import Overtaken
from homeward.store.ledger.entries import timestamp
from homeward.store.series import JoinRow, SaidRow, Standing

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case

_body = msgspec.json.Decoder(Event).decode
TRIES = 5
"""Times that a decision is made anew because others decided meanwhile."""


class View:
    """What a case holds about series at one moment."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._info = case.info
        self.seen = store.count(case)
        self.history = History(map(_body, store.bodies(case)))
        self.members = store.members(case)
        self._last = self.history.events[-1][1].when if self.history.events else ""
        self.known: dict[str, set[store.KnownFact]] = defaultdict(set)
        for fact in store.known_facts(case):
            if fact.item in self.members:
                self.known[self.members[fact.item]].add(fact)

    @cached_property
    def names(self) -> dict[int, str]:
        """SHA-256 of every item that can be looked at, read when it is first asked for: names never change."""
        return reads.item_names(self._case)

    @cached_property
    def _home(self) -> dict[int, int]:
        return fusing.units(self._case)

    def event(self, act: str, **told: object) -> Event:
        """An event of this case: now, and after all that was said before, also where the clock was set back."""
        when = timestamp(utc_now())
        if when <= self._last:
            when = timestamp(datetime.fromisoformat(self._last) + timedelta(microseconds=1))
        self._last = when
        return Event(act, self._info.agency, self._info.origin, when, **told)  # type: ignore[arg-type]

    def status(self, name: str, names: Iterable[str]) -> str:
        """What people said of it, or else what lists say. One that a list calls not identified stays awake, whatever others
        say, and so does one of which a single picture is on a list, and that only nearly: a picture that lies in it by
        mistake, or is like another, must hide nobody.
        """
        said = self.history.said(names, "status")
        if said is not None:
            return said.value
        known = self.known.get(name, set())
        if any(fact.victim_identified is False for fact in known):
            return UNIDENTIFIED
        told = [fact for fact in known if fact.victim_identified]
        sure = any(fact.distance <= SURE for fact in told) or len({self._home.get(fact.item) for fact in told}) > 1
        return ELSEWHERE if sure else UNIDENTIFIED


def settle(case: Case, step: Step, progress: Progress) -> None:
    """The step: group all pictures by all evidence, and say what is new about every series that stood."""
    _settled(case, step, progress)


def _settled(case: Case, step: Step, progress: Progress) -> bool:
    """The same; whether there was anything to do."""
    clues_now: list[Plain] = [clue_store.measured(case), len(clue_store.event_names(case))]
    inputs: list[Plain] = [store.inputs(case, step.name), texts.measured(case), clues_now]
    key = hashlib.sha256(canonical_json([step.version, step.params_digest, inputs])).hexdigest()
    if results.step_key(case, step.name) == key:
        return False
    progress.begin(step.caption, 1)
    view = View(case)
    plan = _Plan(case, view, [])
    details: dict[str, Plain] = {"step": step.name, "version": step.version, "params": step.params_digest}
    if not store.write(case, _rows(plan.told()), plan.standing, details, {}, seen=view.seen, step=(step.name, key)):
        raise Overtaken("somebody has decided on a series meanwhile")
    progress.advance()
    return True


def decide(case: Case, who: str, making: Callable[[View], list[Event]], names: dict[str, str] | None = None) -> list[Event]:
    """Record what a person decides, and what stands after it, in one transaction.

    ``making`` is given what the case holds and makes the events; it is asked again where others decided meanwhile, and where
    evidence came that no run has grouped yet: what that changes is told before the decision hides it. ``names`` are of persons:
    they stand in no event.

    Raises:
        SeriesRefused: others decide all the time.
    """
    for _ in range(TRIES):
        view = View(case)
        made = making(view)
        moves = any(event.act in {"merge", "split", "reject", "undo"} for event in made)
        try:
            if moves and _settled(case, SERIES, Quiet()):
                continue
        except Overtaken:
            continue
        details: dict[str, Plain] = {"acts": [event.act for event in made], "series": sorted({event.series for event in made})}
        plan = _Plan(case, view, made) if moves else None
        events = [*made, *(plan.told() if plan else ())]
        standing = plan.standing if plan else None
        if store.write(case, _rows(events), standing, details, {"who": who, **(names or {})}, seen=view.seen):
            return made
    raise SeriesRefused("others are deciding on series at the same time: try again")


def _undone(history: History, made: Sequence[Event]) -> list[Event]:
    """What decisions take back."""
    undone = {one.undone for one in made if one.act == "undo"}
    return [one for name, one in history.events if name in undone]


def _rows(events: Iterable[Event]) -> list[SaidRow]:
    return [SaidRow(one.id, one.series, one.body.decode()) for one in events]


class _Plan:
    """What is to stand, and what is new about it."""

    def __init__(self, case: Case, view: View, made: Sequence[Event]) -> None:
        self._case, self._view = case, view
        self._history = History([*(one for _, one in view.history.events), *made])
        self._made, self._undone = made, _undone(view.history, made)
        self._home = fusing.units(case)
        self._pairs = {(pair.a, pair.b): pair for pair in fusing.fused_pairs(case)}
        self._met: dict[int, list[Fused]] = defaultdict(list)
        for pair in self._pairs.values():
            self._met[pair.a].append(pair)
            self._met[pair.b].append(pair)
        together, apart = self._constraints()
        units = sorted(set(self._home.values()))
        self._grouping = group(units, self._pairs.values(), together, apart, crowds=fusing.crowds(case))
        self._now = self._named({unit for pair in together for unit in pair})
        self._pictures: dict[str, set[int]] = defaultdict(set)
        for item, name in self._now.items():
            self._pictures[name].add(item)
        self.standing = Standing(self._now, _joins(self._grouping, self._pairs))
        self._absorbed = self._history.absorbed({*self._pictures, *view.members.values()})
        self._lost = self._given_up()
        self._said: set[str] = set()  # by lists, of whichever picture
        self._extra = self._found()

    def _constraints(self) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
        items = {sha256: item for item, sha256 in self._view.names.items()}

        def units(pairs: Iterable[tuple[str, str]]) -> set[tuple[int, int]]:
            found = {(self._home.get(items.get(a, 0), 0), self._home.get(items.get(b, 0), 0)) for a, b in pairs}
            return {(a, b) for a, b in found if a and b and a != b}

        together, apart = self._history.constraints()
        return units(together), units(apart)

    def _named(self, pinned: set[int]) -> dict[int, str]:
        """Item -> series. A series needs two items, but one that was a series once stays one."""
        of_unit: dict[int, list[int]] = defaultdict(list)
        for item, unit in self._home.items():
            of_unit[unit].append(item)
        groups = [[item for unit in units for item in of_unit[unit]] for units in self._grouping.series]
        kept = [
            some
            for some, units in zip(groups, self._grouping.series, strict=True)
            if len(some) > 1 or some[0] in self._view.members or units[0] in pinned
        ]
        names = self._view.names
        stood = {names[item]: name for item, name in self._view.members.items() if item in self._home}
        before, formerly = carried(stood, self._made, self._undone)
        retired = self._history.retired(before.values())
        called = named([[names[item] for item in some] for some in kept], before, retired, formerly)
        return {item: name for name, some in zip(called, kept, strict=True) for item in some}

    def told(self) -> list[Event]:
        """What is new; who decides on a series is not told of it what follows from that, but of others that it takes in."""
        about = {name for one in (*self._made, *self._undone) for name in (one.series, *one.others)}
        return [*self._formed(), *self._changed(about)]

    def _formed(self) -> list[Event]:
        """One event for each series that there was not; what is known from its start is no news later."""
        new = sorted(self._pictures.keys() - set(self._view.members.values()))
        return [
            self._view.event("formed", series=name, others=tuple(self._lost[name]), told=tuple(self._extra[name]))
            for name in new
        ]

    def _changed(self, about: Collection[str]) -> list[Event]:
        """One event for each series that stood before and of which something is new, or that takes in others that a decision
        ``about`` it does not name.
        """
        before: dict[str, set[int]] = defaultdict(set)
        for item, name in self._view.members.items():
            before[name].add(item)
        found = []
        for name in sorted(self._pictures.keys() & before.keys()):
            names = self._absorbed.get(name, {name})
            ended = sorted({self._view.members[item] for item in self._pictures[name] if item in self._view.members}
                           - self._pictures.keys())  # fmt: skip
            if name in about:
                ended = [other for other in ended if other not in about]
                told = self._merged(name, before, ended)
            else:
                told = [*self._moves(name, before, ended), *self._news(name, {*names, *ended})]
            given_up = [other for other in self._lost[name] if other not in ended]
            ended += given_up
            told += self._merged(name, before, given_up)
            if told:
                found.append(self._view.event("changed", series=name, others=tuple(ended), told=tuple(told)))
        return found

    def _given_up(self) -> dict[str, list[str]]:
        """Series -> names of two that were merged, which is taken back now, that nothing bears again: most of what bore them is
        there.
        """
        held = set().union(*self._history.absorbed(self._pictures).values())
        now = {self._view.names[item]: name for item, name in self._now.items()}
        found: dict[str, list[str]] = defaultdict(list)
        for one in self._undone:
            sides = [(one.series, one.a), *((other, one.b) for other in one.others)] if one.act == "merge" else []
            for name, side in sides:
                where = Counter(now[picture] for picture in side if picture in now)
                if name not in held and where:
                    found[min(where, key=lambda series: (-where[series], series))].append(name)
        return found

    def _moves(self, name: str, before: dict[str, set[int]], ended: list[str]) -> list[Told]:
        """Pictures that came and went."""
        now, old = self._pictures[name], before[name]
        told = self._merged(name, before, ended)
        came = now - old - {item for other in ended for item in before[other]}
        if came and old & now:
            many = "a new picture belongs" if len(came) == 1 else f"{len(came)} new pictures belong"
            told.append(self._strongest("joined", f"{many} to it", old & now, came))
        if gone := old - now:
            where = sorted({self._now[item] for item in gone if item in self._now})
            told.append(Told("left", f"{len(gone)} pictures no longer belong to it; now in {', '.join(where) or 'no series'}"))
        return told

    def _merged(self, name: str, before: dict[str, set[int]], ended: Iterable[str]) -> list[Told]:
        now, old = self._pictures[name], before[name]
        return [self._strongest("merged", f"the series {other} belongs to it", old, before[other] & now) for other in ended]

    def _strongest(self, kind: str, what: str, old: set[int], new: set[int]) -> Told:
        """Told with the pair that says most, and why."""
        here, there = ({self._home[item] for item in some if item in self._home} for some in (old, new))
        # From the side of what is new: the other one is the whole series.
        between = [pair for unit in there for pair in self._met[unit] if pair.a in here or pair.b in here]
        if not between:
            return Told(kind, what)  # type: ignore[arg-type]
        best = max(between, key=lambda pair: (pair.log10_lr, -pair.a, -pair.b))
        why = next((cue.reason for cue in best.parts if cue.log10_lr > 0), "")
        names = self._view.names
        return Told(kind, f"{what}: {why}"[:2000], round(1000 * best.log10_lr), (names[best.a], names[best.b]))  # type: ignore[arg-type]

    def _news(self, name: str, names: Iterable[str]) -> list[Told]:
        told = self._history.told(names)
        gone = {what for kind, what in told if kind == "known"} - self._said
        return [
            *(one for one in self._extra[name] if one.key not in told),
            *(Told("withdrawn", f"{NO_MORE}{what}") for what in sorted(gone)),
        ]

    def _found(self) -> dict[str, list[Told]]:
        """What lists, clues and proposals say of every series now."""
        found: dict[str, list[Told]] = defaultdict(list)
        for fact in store.known_facts(self._case):
            one = Told("known", _known(fact))
            self._said.add(one.what)
            tells = fact.item in self._now and (fact.series or fact.victim_identified is not None)
            if tells and one not in found[self._now[fact.item]]:
                found[self._now[fact.item]].append(one)
        for join in self._grouping.proposed:
            for here, there in (join.pair, join.pair[::-1]):
                name, at = self._now.get(here), self._now.get(there)
                if name is not None:
                    found[name].append(self._proposal(join, f"the series {at}" if at else "a picture that lies alone"))
        for name, clue in self._clues():
            found[name].append(clue)
        return found

    def _proposal(self, join: Join, what: str) -> Told:
        names = self._view.names
        best = self._pairs[join.pair]
        text = f"it may be one with {what}: {join.why}"[:2000]
        return Told("proposed", text, round(1000 * best.log10_lr), (names[join.pair[0]], names[join.pair[1]]))

    def _clues(self) -> Iterable[tuple[str, Told]]:
        """What partners decided on clues that are seen in a series."""
        items = {sha256: item for item, sha256 in self._view.names.items()}
        for clue in clues.ledger(self._case).values():
            elsewhere = [one for one in clue.decided if one.origin != self._case.info.origin and one.status != OPEN]
            where = {self._now.get(items.get(one.picture, 0), "") for one in clue.sightings} - {""}
            for name in sorted(where) if elsewhere else ():
                said = elsewhere[-1]
                yield (
                    name,
                    Told("clue", f"{said.agency} calls the {clue.kind} {clue.value[:200]} {said.status}: {said.why}"[:2000]),
                )


def _known(fact: store.KnownFact) -> str:
    known = {True: ", victim identified", False: ", victim not identified", None: ""}[fact.victim_identified]
    series = f"the series {fact.series}" if fact.series else "a known file"
    return f"{fact.list} names {series}{known}"[:2000]


def _joins(grouping: Grouping, pairs: Mapping[tuple[int, int], Fused]) -> list[JoinRow]:
    """What was joined and what is proposed, the strongest first, as it is stored."""
    rows = {
        # Of a crowd one pair may say why each of its two pictures was put in; what a person is asked goes before.
        join.pair: JoinRow(
            *join.pair, proposed, round(1000 * join.log10_lr), round(1000 * pairs[join.pair].log10_lr), join.why[:2000]
        )
        for proposed, some in ((False, grouping.joined), (True, grouping.proposed))
        for join in some
    }
    return sorted(rows.values(), key=lambda row: (-row.log10_lr, row.a, row.b))
