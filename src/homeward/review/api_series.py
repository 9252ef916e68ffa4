"""Series, what is proposed, and what people decide about them, by the same functions as the command line."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from ninja import Field, Router, Schema

from homeward.core import WrongUse
from homeward.flow.series import deciding, watch
from homeward.flow.series import listing as series
from homeward.flow.workbench import handing
from homeward.flow.workbench.evidence_shown import evidence
from homeward.flow.workbench.handing import PROPOSAL, SERIES
from homeward.flow.workbench.people import DECIDE, LOOK
from homeward.review.door import Needs, asker

router = Router(tags=["series"])
MOST = 256
"""Veils of one answer."""
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Line = Annotated[str, Field(max_length=2000)]


class Why(Schema):
    """The reason of a decision."""

    why: Line


class Answer(Why):
    """Yes or no to a proposal."""

    accept: bool


class Merge(Why):
    """The series that belongs to this one."""

    other: Line


class Split(Why):
    """Pictures that do not belong to it."""

    pictures: Annotated[list[Sha256], Field(min_length=1, max_length=10_000)]


class Fact(Schema):
    """What is recorded about a series."""

    field: Literal["status", "age band", "contact", "note"]
    value: Line
    why: Line = ""


class Now(Schema):
    """The series that stands after it; empty for none."""

    series: str


class Chosen(Schema):
    """Some pictures; of a clip, with ``times``, the frame nearest to so many milliseconds (-1: the one in the middle)."""

    items: Annotated[list[Sha256], Field(max_length=MOST)]
    times: Annotated[list[Annotated[int, Field(ge=-1, lt=1 << 31)]], Field(max_length=MOST)] = []


@router.get("/series", auth=Needs(LOOK), response=list[dict[str, Any]])
def listed(request: Any) -> Any:
    """As ``homeward series CASE --json``."""
    return series.listed(request.bench.case)


@router.get("/series/{name}", auth=Needs(LOOK), response=dict[str, Any])
def shown(request: Any, name: str) -> Any:
    """As ``homeward series CASE show SERIES --json``."""
    return series.shown(request.bench.case, name)


@router.get("/proposals", auth=Needs(LOOK), response=list[dict[str, Any]])
def proposals(request: Any) -> Any:
    """As ``homeward series CASE proposals --json``."""
    return series.proposals(request.bench.case)


@router.get("/evidence/{a}/{b}", auth=Needs(LOOK), response=dict[str, Any])
def between(request: Any, a: str, b: str) -> Any:
    """What all evidence says about two pictures, part by part, and where features agree, as boxes on their veils."""
    return evidence(request.bench.case, a, b)


@router.post("/veils", auth=Needs(LOOK))
def veils(request: Any, chosen: Chosen) -> HttpResponse:
    """432 grey bytes for each of some pictures."""
    body = request.bench.shown.veils(chosen.items, chosen.times)
    return HttpResponse(body, content_type="application/octet-stream")


@router.post("/proposals/{name}", auth=Needs(DECIDE), response=Now)
def answer(request: Any, name: str, said: Answer) -> dict[str, str]:
    """Accept or reject a proposal."""
    case, person = request.bench.case, asker(request)
    handing.check(case, person, PROPOSAL, [name])
    if said.accept:
        about = [one for one in series.proposals(case) if one["id"].startswith(name.strip().lower())]
        handing.check(case, person, SERIES, [one[end] for one in about for end in ("series", "other") if one[end]])
    return {"series": deciding.answer(case, name, said.accept, person.name, said.why)}


@router.post("/series/{name}/merge", auth=Needs(DECIDE), response=Now)
def merge(request: Any, name: str, said: Merge) -> dict[str, str]:
    """Hold two series together."""
    case, person = request.bench.case, asker(request)
    handing.check(case, person, SERIES, [name, said.other])
    return {"series": deciding.merge(case, name, said.other, person.name, said.why)}


@router.post("/series/{name}/split", auth=Needs(DECIDE), response=Now)
def split(request: Any, name: str, said: Split) -> dict[str, str]:
    """Take pictures, with their copies, out of a series."""
    case, person = request.bench.case, asker(request)
    handing.check(case, person, SERIES, [name])
    return {"series": deciding.split(case, name, said.pictures, person.name, said.why)}


@router.post("/series/{name}/facts", auth=Needs(DECIDE), response=Now)
def tell(request: Any, name: str, said: Fact) -> dict[str, str]:
    """Record a status, an age band, a contact or a note."""
    case, person = request.bench.case, asker(request)
    handing.check(case, person, SERIES, [name])
    return {"series": deciding.tell(case, name, said.field, said.value, person.name, said.why)}


@router.post("/series/{name}/seen", auth=Needs(DECIDE), response=Now)
def seen(request: Any, name: str) -> dict[str, str]:
    """Record that what is new about a series was seen."""
    case, person = request.bench.case, asker(request)
    handing.check(case, person, SERIES, [watch.concerned(case, name)])
    return {"series": watch.seen(case, name, person.name)}


@router.post("/decisions/{event}/undo", auth=Needs(DECIDE), response=Now)
def undo(request: Any, event: str, said: Why) -> dict[str, str]:
    """Take a decision back, as if it had never been made; whoever has the series in hand."""
    if len(event) < 12:
        raise WrongUse("a decision is named by at least 12 characters")
    return {"series": deciding.undo(request.bench.case, event, asker(request).name, said.why).series}
