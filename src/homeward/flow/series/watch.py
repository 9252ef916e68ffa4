"""``homeward watch``: every unsolved series is a standing question; what new evidence answered, and nobody has seen yet."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from homeward.core import WrongUse
from homeward.core.errors import said
from homeward.flow.series.deciding import find, standing
from homeward.flow.series.listing import Picture
from homeward.flow.series.settling import View, decide
from homeward.series.events import AWAKE, Event, History
from homeward.series.leads import leads
from homeward.series.priority import reasons
from homeward.store import series as store

if TYPE_CHECKING:
    from homeward.store import Case


def notices(case: Case, *, solved: bool = False) -> list[dict[str, Any]]:
    """One notice for each series of which something is new, what comes first is worked on first.

    Args:
        case: the case.
        solved: also other news of series whose victim is identified, safeguarded or known elsewhere.
    """
    read = Picture(case)
    unseen = read.view.history.notices()
    people = _people(case, read.view.history)
    found = []
    for name, names in read.absorbed.items():
        events = sorted((pair for one in names for pair in unseen.get(one, ())), key=lambda pair: (pair[1].when, pair[0]))
        if events and (solved or read.status(name) in AWAKE or any(_concerns_all(one) for _, one in events)):
            found.append(_notice(read, name, events, people))
    return sorted(found, key=lambda one: (-one["priority"], one["series"]))


def seen(case: Case, start: str, who: str) -> str:
    """Record that a person has seen what is new about a series; its name.

    ``start`` begins the name of the series, or is the name of a notice: then what came after it stays new.

    Raises:
        WrongUse: there is no such series or notice, or nothing is new about it.
    """

    def making(view: View) -> list[Event]:
        unseen = view.history.notices()
        notice = _named(unseen, start)
        name = notice[1].series if notice else find(view, start)
        names = view.history.absorbed(view.members.values()).get(standing(view, name), {name})
        last = notice or max((pair for one in names for pair in unseen.get(one, ())), key=_at, default=None)
        if last is None:
            raise WrongUse(f"nothing is new about the series {name}")
        passed = {one: [pair for pair in unseen.get(one, ()) if _at(pair) <= _at(last)] for one in sorted(names)}
        return [view.event("seen", series=one, undone=news[-1][0]) for one, news in passed.items() if news]

    return decide(case, said(who, "who says so"), making)[0].series


def concerned(case: Case, start: str) -> str:
    """The series as it stands that :func:`seen` would be about.

    Raises:
        WrongUse: there is no such series or notice.
    """
    view = View(case)
    notice = _named(view.history.notices(), start)
    return standing(view, notice[1].series if notice else find(view, start))


def _named(unseen: dict[str, list[tuple[str, Event]]], name: str) -> tuple[str, Event] | None:
    return next((pair for news in unseen.values() for pair in news if pair[0] == name.lower()), None)


def _concerns_all(one: Event) -> bool:
    """Whether it is told of solved series too: an outcome, what lists say, and a series taken in that may have been awake."""
    return one.act == "task" or bool(one.others) or any(change.kind in {"known", "withdrawn"} for change in one.told)


def _at(pair: tuple[str, Event]) -> tuple[str, str]:
    return pair[1].when, pair[0]


def _people(case: Case, history: History) -> dict[str, set[str]]:
    """Series -> who said something about it, or follows a lead on it."""
    said_by = store.speakers(case, {event.series for _, event in history.events})
    found: dict[str, set[str]] = defaultdict(set)
    for name, event in history.events:
        found[event.series].add(said_by.get(name, ""))
    for lead in leads(history, store.owners(case)):
        found[lead.series].add(lead.owner)
    return found


def _notice(read: Picture, name: str, events: list[tuple[str, Event]], people: dict[str, set[str]]) -> dict[str, Any]:
    facts = read.facts(name)
    told = [(one.when, change) for _, one in events for change in one.told]
    changes = [
        {"when": when, "kind": change.kind, "what": change.what,
         "log10_lr": None if change.lr is None else change.lr / 1000, "pair": list(change.pair) if change.pair else None}
        for when, change in told
    ] + [
        {"when": one.when, "kind": "outcome", "what": f"lead {one.lead[:12]}: {one.value}. {one.why}", "log10_lr": None,
         "pair": None}
        for _, one in events
        if one.act == "task"
    ]  # fmt: skip
    known = {person for one in read.absorbed[name] for person in people.get(one, ())}
    return {
        "id": events[-1][0],
        "series": name,
        "status": facts.status,
        "priority": sum(one.points for one in reasons(facts, read.view.history.weights())),
        "since": events[0][1].when,
        "strength": max((change["log10_lr"] for change in changes if change["log10_lr"] is not None), default=None),
        "changes": changes,
        "concerns": sorted(known - {""}),
    }
