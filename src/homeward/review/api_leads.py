"""Leads: what is to be done about series, by whom, and what came of it, by the same functions as the command line."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Field, Query, Router, Schema

from homeward.flow.series import leads
from homeward.flow.workbench import handing
from homeward.flow.workbench.handing import SERIES
from homeward.flow.workbench.people import DECIDE, LOOK
from homeward.review.door import Needs, asker

router = Router(tags=["leads"])
Line = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(max_length=200)]


class Opened(Schema):
    """What is to be done about a series, and what it may lead to; with the clue that it follows from, who does it and until
    when (a day, as ``2026-03-01``), where that is known.
    """

    series: Name
    task: Line
    why: Line
    clue: Name = ""
    owner: Name = ""
    due: Annotated[str, Field(max_length=10)] = ""


class Told(Schema):
    """What is said about a lead, and how that is known."""

    field: Literal["owner", "due", "state", "outcome", "note"]
    value: Line
    why: Line = ""


class Now(Schema):
    """The lead."""

    lead: str


@router.get("", auth=Needs(LOOK), response=list[dict[str, Any]])
def listed(request: Any, series: Annotated[str, Query(max_length=64)] = "") -> Any:
    """As ``homeward leads CASE --json``; of one ``series``, by its full name, or of all."""
    return [one for one in leads.listed(request.bench.case) if series in {"", one["series"]}]


@router.post("", auth=Needs(DECIDE), response=Now)
def add(request: Any, said: Opened) -> dict[str, str]:
    """Record that something is to be done."""
    case, person = request.bench.case, asker(request)
    handing.check(case, person, SERIES, [leads.concerned(case, said.series)])
    more = {"clue": said.clue, "owner": said.owner, "due": said.due}
    return {"lead": leads.add(case, said.series, said.task, said.why, person.name, **more)}


@router.post("/{name}/told", auth=Needs(DECIDE), response=Now)
def tell(request: Any, name: str, told: Told) -> dict[str, str]:
    """Record an owner, a deadline, a state, an outcome or a note; an outcome that solves it is the status of its series too."""
    case, person = request.bench.case, asker(request)
    handing.check(case, person, SERIES, [leads.shown(case, name)["series"]])
    return {"lead": leads.tell(case, name, told.field, told.value, person.name, told.why).id}
