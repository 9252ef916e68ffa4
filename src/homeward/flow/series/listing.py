"""``homeward series``: the victim hypotheses of a case, listed and shown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from homeward.core import WrongUse
from homeward.core.components import components
from homeward.core.time import utc_now
from homeward.flow.clues import clue_ledger as clues
from homeward.flow.clues import sights, whereabouts
from homeward.flow.series import clocks, firsthand, fusing
from homeward.flow.series.deciding import find, proposal_id, says
from homeward.flow.series.settling import View
from homeward.flow.series.situations import situations
from homeward.links.fuse import Fused
from homeward.series.clues import OPEN, Clue
from homeward.series.events import AWAKE, DECISIONS, Event
from homeward.series.priority import Facts, reasons
from homeward.store import noise, posters, reads, traces
from homeward.store import series as store

if TYPE_CHECKING:
    from homeward.store import Case

PLACE = 1000
"""Thousandths of a log10 ratio from which two pictures are counted as one place."""
SHOWN = 3
"""Joins that a list tells of each series."""


class Picture:
    """Everything that the list of series needs, read once."""

    def __init__(self, case: Case) -> None:
        self.view = View(case)
        self.pictures: dict[str, list[int]] = defaultdict(list)
        for item, name in self.view.members.items():
            self.pictures[name].append(item)
        self.absorbed = self.view.history.absorbed(self.pictures)
        self.home = fusing.units(case)
        self.straight = store.straight(case)
        self.exhibits = store.exhibit_labels(case)
        self.today = store.newest_delivery(case) or utc_now()
        self.posted = {row.item: datetime.fromtimestamp(row.time, UTC) for row in posters.rows(case)}
        self.devices = {row.item: device for device, rows in noise.devices(case).items() for row in rows}
        held = clues.ledger(case)
        self.spans = clocks.spans(case, held.values())
        said = ((row.item, _taken(row.taken)) for row in traces.stated(case))
        self.taken = {item: self._nearest(item, taken) for item, taken in said if taken is not None}
        """By the clock of the camera, where it can be trusted."""
        self.open_clues = self._clues(held.values())
        told = {name: [(item, self.view.names[item]) for item in items] for name, items in self.pictures.items()}
        self.countries = whereabouts.likeliest(case, told, held.values(), self.spans)
        self.places = self._places(case)
        self.joins: dict[str, list[store.JoinRow]] = defaultdict(list)
        for join in store.joins(case):
            for name in {self.view.members.get(join.a, ""), self.view.members.get(join.b, "")} - {""}:
                self.joins[name].append(join)

    def _nearest(self, item: int, said: datetime) -> datetime:
        span = self.spans.get(item)
        return said if span is None else span.nearest(said)

    def _clues(self, held: Iterable[Clue]) -> dict[str, set[str]]:
        """Series -> open clues that are seen in it."""
        items = {sha256: item for item, sha256 in self.view.names.items()}
        found: dict[str, set[str]] = defaultdict(set)
        for clue in held:
            for sighting in clue.sightings if clue.status == OPEN else ():
                found[self.view.members.get(items.get(sighting.picture, 0), "")].add(clue.id)
        return found

    def _places(self, case: Case) -> dict[str, list[list[int]]]:
        """Series -> units of each place that is seen in several of its pictures, the most pictures first."""
        seen: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for row in traces.sights(case, sights.standing_keys(case)):
            name = self.view.members.get(row["a_id"])
            if name and name == self.view.members.get(row["b_id"]) and row["place_lr"] >= PLACE:
                seen[name].append((self.home[row["a_id"]], self.home[row["b_id"]]))
        return {name: sorted(components(pairs), key=lambda units: (-len(units), units)) for name, pairs in seen.items()}

    def status(self, name: str) -> str:
        """What people or lists say of it."""
        return self.view.status(name, self.absorbed[name])

    def field(self, name: str, field: str) -> str:
        """What people set last, or nothing."""
        event = self.view.history.said(self.absorbed[name], field)
        return event.value if event else ""

    def situations(self, name: str, pairs: Iterable[Fused]) -> dict[str, list[dict[str, Any]]]:
        """The situations of a series and what joins them, by pairs of which those of other series are left out."""
        units: dict[int, list[int]] = defaultdict(list)
        for item in self.pictures[name]:
            units[self.home[item]].append(item)
        return situations(pairs, units, self.taken, self.devices, self.view.names)

    def _times(self, items: Iterable[int]) -> Iterable[datetime]:
        """When each picture was taken, as its copies state; of those of which none does, when one was first seen posted."""
        taken: dict[int, datetime] = {}
        seen: dict[int, datetime] = {}
        for item in items:
            unit = self.home.get(item, item)
            if when := self.taken.get(item):
                taken[unit] = max(when, taken.get(unit, when))
            elif when := self.posted.get(item):
                seen[unit] = min(when, seen.get(unit, when))
        return (seen | taken).values()

    def facts(self, name: str) -> Facts:
        """What its priority rests on."""
        items = self.pictures[name]
        chance, country = self.countries.get(name, (0.0, ""))
        return Facts(
            status=self.status(name),
            straight=sum(item in self.straight for item in items),
            pictures=len(items),
            newest=max(self._times(items), default=None),
            today=self.today,
            open_clues=len(self.open_clues.get(name, ())),
            country=country,
            chance=chance,
            age_band=self.field(name, "age band"),
            exhibits=len(set().union(*(self.exhibits.get(item, set()) for item in items))),
        )


def listed(case: Case) -> list[dict[str, Any]]:
    """Every series, what comes first is worked on first; what is known or solved elsewhere comes last."""
    read = Picture(case)
    paths = reads.stacked_paths(case, read.view.members)
    return [_row(read, name, paths) for name in ordered(read)]


def ordered(read: Picture) -> list[str]:
    """Names of all series in the order of work."""

    def rank(name: str) -> tuple[bool, int, int, str]:
        points = sum(one.points for one in reasons(read.facts(name), read.view.history.weights()))
        return read.status(name) not in AWAKE, -points, -len(read.pictures[name]), name

    return sorted(read.pictures, key=rank)


def shown(case: Case, start: str) -> dict[str, Any]:
    """One series in full: its situations in time and what joins them, what is proposed, and all that was decided.

    Raises:
        WrongUse: no series, or several, have a name that begins with ``start``.
    """
    read = Picture(case)
    name = find(read.view, start)
    if name not in read.pictures:
        raise WrongUse(_ended(read, name))
    row = _row(read, name, reads.stacked_paths(case, read.pictures[name]))
    said = _concerning(read, name)
    speakers = store.speakers(case, {one.series for _, one in said})
    history = [
        {"event": key, "when": one.when, "agency": one.agency, "who": speakers.get(key, ""), "act": one.act, "why": one.why,
         "says": says(one), "taken_back": key in read.view.history.undone}
        for key, one in said
    ]  # fmt: skip
    return {
        **row,
        **read.situations(name, fusing.fused_pairs(case, read.pictures[name])),
        "held_by": [_join(join, read.view) for join in read.joins[name] if not join.proposed],
        "proposed": [_join(join, read.view) for join in read.joins[name] if join.proposed],
        "circulation": firsthand.circulation(case, read.pictures[name]),
        "history": history,
    }


def _concerning(read: Picture, name: str) -> list[tuple[str, Event]]:
    """What people said about a series, or decided about its pictures when they were in another one or in none."""
    pictures, history = {read.view.names[item] for item in read.pictures[name]}, read.view.history
    decided = {
        key
        for key, one in history.events
        if one.act in DECISIONS and not (pictures.isdisjoint(one.a) and pictures.isdisjoint(one.b))
    }
    return [
        (key, one)
        for key, one in history.events
        if (one.series in read.absorbed[name] or key in decided or one.undone in decided)
        and one.act not in {"formed", "changed", "seen"}
    ]


def proposals(case: Case) -> list[dict[str, Any]]:
    """Joins that a person is asked about, the strongest first."""
    return proposed(case, View(case))


def proposed(case: Case, view: View) -> list[dict[str, Any]]:
    """The same, by what was read of the case before."""
    return [_join(join, view) for join in store.joins(case) if join.proposed]


def _ended(read: Picture, name: str) -> str:
    now = [standing for standing, names in read.absorbed.items() if name in names]
    return f"the series {name} is part of {now[0]} now" if now else f"the series {name} holds no pictures any more"


def _row(read: Picture, name: str, paths: dict[int, list[str]]) -> dict[str, Any]:
    items, names = read.pictures[name], read.view.names
    facts = read.facts(name)
    told = reasons(facts, read.view.history.weights())
    times = sorted(read.taken[item] for item in items if item in read.taken)
    cameras = Counter(read.devices[item] for item in items if item in read.devices)
    strongest = [join for join in read.joins[name] if not join.proposed][:SHOWN]
    known = sorted(read.view.known.get(name, ()), key=lambda fact: (fact.list, fact.series, fact.item))
    return {
        "id": name,
        "status": facts.status,
        "priority": sum(one.points for one in told),
        "items": [{"sha256": names[item], "paths": paths.get(item, [])} for item in sorted(items, key=lambda i: names[i])],
        "pictures": len({read.home.get(item, item) for item in items}),
        "cameras": [{"id": names[device], "items": count} for device, count in cameras.most_common()],
        "places": [{"example": names[units[0]], "pictures": len(units)} for units in read.places.get(name, ())],
        "country": dict(zip(("probability", "name"), read.countries[name], strict=True)) if name in read.countries else None,
        "first_seen": times[0].isoformat() if times else None,
        "last_seen": times[-1].isoformat() if times else None,
        "seen_between": _between([read.spans[item] for item in items if item in read.spans]),
        "why": [f"{one.points}: {one.says}" for one in told],
        "joined_by": [join.why for join in strongest],
        "age_band": facts.age_band or None,
        "contact": read.field(name, "contact") or None,
        "notes": [one.value for one in read.view.history.notes(read.absorbed[name])],
        "exhibits": sorted(set().union(*(read.exhibits.get(item, set()) for item in items))),
        "open_clues": sorted(read.open_clues.get(name, ())),
        "known": _known(known),
        "proposed_joins": sum(join.proposed for join in read.joins[name]),
        "was": sorted(read.absorbed[name] - {name}),
    }


def _between(spans: Iterable[clocks.Span]) -> list[str | None]:
    """The earliest and the latest that pictures straight from a camera can be of; None where a clock leaves it open."""
    spans = list(spans)
    first, last = [span.earliest for span in spans], [span.latest for span in spans]
    return [_iso(min, first), _iso(max, last)]


def _iso(best: Callable[[list[datetime]], datetime], times: list[datetime | None]) -> str | None:
    known = [time for time in times if time is not None]
    return best(known).isoformat(timespec="seconds") if known and len(known) == len(times) else None


def _known(facts: Iterable[store.KnownFact]) -> list[dict[str, Any]]:
    told = {(fact.list, fact.series, fact.victim_identified) for fact in facts}
    ordered = sorted(told, key=lambda one: (one[0], one[1], str(one[2])))
    return [{"list": name, "series": series, "victim_identified": identified} for name, series, identified in ordered]


def _join(join: store.JoinRow, view: View) -> dict[str, Any]:
    return {
        "id": proposal_id(join, view),
        "a": view.names[join.a],
        "b": view.names[join.b],
        "series": view.members.get(join.a),
        "other": view.members.get(join.b),
        "log10_lr": join.log10_lr / 1000,
        "pair_log10_lr": join.pair_lr / 1000,
        "reason": join.why,
    }


def _taken(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
