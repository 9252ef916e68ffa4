"""``homeward leads``: what is to be done about series, by whom, and what came of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core import WrongUse
from homeward.core.errors import said
from homeward.flow.clues import clue_ledger as clues
from homeward.flow.series.deciding import find, standing, status_reason
from homeward.flow.series.settling import View, decide
from homeward.series.events import Event
from homeward.series.leads import DONE, FIELDS, OUTCOMES, SOLVING, STATES, Lead, leads
from homeward.store import series as store

if TYPE_CHECKING:
    from homeward.store import Case


def listed(case: Case) -> list[dict[str, Any]]:
    """Every lead: what is not done first, by deadline."""
    return told(case, View(case))


def told(case: Case, view: View) -> list[dict[str, Any]]:
    """The same, by what was read of the case before."""
    absorbed = view.history.absorbed(view.members.values())
    rows = [_row(lead, absorbed) for lead in leads(view.history, store.owners(case))]
    return sorted(rows, key=lambda row: (row["state"] == DONE, row["due"] or "9", row["id"]))


def shown(case: Case, start: str) -> dict[str, Any]:
    """One lead and everything that was said about it.

    Raises:
        WrongUse: none, or several, have a name that begins with ``start``.
    """
    view = View(case)
    lead = _found(case, view, start)
    owners = store.owners(case)
    speakers = store.speakers(case, {lead.series})
    events = [(name, one) for name, one in view.history.events if name in lead.events]
    history = [
        {"event": name, "when": one.when, "agency": one.agency, "who": speakers.get(name, ""), "field": one.field or "task",
         "value": owners.get(name, one.value), "why": one.why}
        for name, one in events
    ]  # fmt: skip
    return {**_row(lead, view.history.absorbed(view.members.values())), "history": history}


def concerned(case: Case, series: str) -> str:
    """The series as it stands that :func:`add` would be about.

    Raises:
        WrongUse: no series, or several, have a name that begins so.
    """
    view = View(case)
    return standing(view, find(view, series))


def add(
    case: Case, series: str, task: str, hypothesis: str, who: str, *, clue: str = "", owner: str = "", due: str = ""
) -> str:
    """Record that something is to be done; the name of the lead.

    Raises:
        WrongUse: no such series or clue, or a deadline that is no day.
    """
    task = said(task, "what is to be done")
    hypothesis = said(hypothesis, "what it may lead to (--why)")
    about = clues.find_clue(case, clue) if clue else None
    if about is not None and about.stopped:
        raise WrongUse(f"the clue {about.id[:12]} is {about.status}: reopen it first")
    owner = said(owner, "the owner") if owner else ""
    _check("due", due)

    def making(view: View) -> list[Event]:
        name = find(view, series)
        opened = view.event("lead", series=name, clue=about.id if about else "", value=task, why=hypothesis)
        given = [("owner", owner), ("due", due)]
        return [opened, *(_task(view, opened.id, name, field, value) for field, value in given if value)]

    return decide(case, said(who, "who says so"), making, {"owner": owner} if owner else None)[0].id


def tell(case: Case, start: str, field: str, value: str, who: str, why: str) -> Lead:
    """Record an owner, a deadline, a state, an outcome or a note; an outcome that solves it is the status of its series too.

    Raises:
        WrongUse: no such lead, field or value.
    """
    value = said(value, f"the {field}")
    _check(field, value)
    if why or field == "outcome":
        why = said(why, "how that is known (--why)")

    def making(view: View) -> list[Event]:
        lead = _found(case, view, start)
        events = [_task(view, lead.id, lead.series, field, value, why)]
        if field == "outcome" and value in SOLVING:
            because = status_reason(lead.id, why)
            events.append(view.event("set", series=lead.series, field="status", value=value, why=because))
        return events

    lead = decide(case, said(who, "who says so"), making, {"owner": value} if field == "owner" else None)[0].lead
    return _found(case, View(case), lead)


def _task(view: View, lead: str, series: str, field: str, value: str, why: str = "") -> Event:
    value = "" if field == "owner" else value  # the name of a person stands in the ledger as a commitment
    return view.event("task", series=series, lead=lead, field=field, value=value, why=why)


def _check(field: str, value: str) -> None:
    if field not in FIELDS:
        raise WrongUse(f"a lead has no {field}; it has {', '.join(FIELDS)}")
    if field == "due" and value:
        try:
            day = date.fromisoformat(value).isoformat()
        except ValueError:
            day = ""
        if day != value:  # other ways of writing days do not sort
            raise WrongUse(f"{value!r} is no day: write it as 2026-03-01")
    choices = {"state": STATES, "outcome": OUTCOMES}.get(field)
    if choices and value not in choices:
        raise WrongUse(f"{field} is one of {', '.join(choices)}")


def _found(case: Case, view: View, start: str) -> Lead:
    found = [lead for lead in leads(view.history, store.owners(case)) if start and lead.id.startswith(start.lower())]
    if len(found) != 1:
        raise WrongUse(f"{len(found) or 'no'} leads have a name that begins with {start!r}")
    return found[0]


def _row(lead: Lead, absorbed: dict[str, set[str]]) -> dict[str, Any]:
    now = next((name for name, names in absorbed.items() if lead.series in names), lead.series)
    return {**msgspec.structs.asdict(lead), "series": now, "notes": list(lead.notes), "events": list(lead.events)}
