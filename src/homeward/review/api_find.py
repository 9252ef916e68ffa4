"""Finding: where else something is, pictures that are handed over to ask with, and questions that people keep."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Field, Query, Router, Schema

from homeward.core.errors import said
from homeward.flow.workbench import clues_shown, finding
from homeward.flow.workbench.people import LOOK
from homeward.review.api_clues import Place
from homeward.review.door import Needs, asker
from homeward.store import searches
from homeward.store.finding import lists

router = Router(tags=["find"])


class Question(Place):
    """Where else the place is, or the thing."""

    by: Literal["place", "object"] = "object"


class Handed(Schema):
    """The word that stands for a picture in a question."""

    asked: str


class Kept(Schema):
    """A question under a name of your own, as it stands in the address; empty: it is kept no more."""

    name: Annotated[str, Field(max_length=100)]
    query: Annotated[str, Field(max_length=finding.LONGEST)]


class Choices(Schema):
    """What a question can name: known lists; and the questions that you keep."""

    lists: list[str]
    kept: list[Kept]


@router.post("/elsewhere", auth=Needs(LOOK), response=list[dict[str, Any]])
def elsewhere(request: Any, asked: Question) -> Any:
    """Where else in the case the place or thing in a box is seen, best first, by stored features."""
    return clues_shown.elsewhere(request.bench.case, asked.place, asked.by)


@router.post("/pictures", auth=Needs(LOOK), response=Handed)
def hand_over(request: Any, by: Annotated[str, Query(max_length=10)]) -> Handed:
    """Hand over the bytes of a picture: measured behind the lock, compared by copy, place, object, camera or text, not kept."""
    return Handed(asked=request.bench.handed.ask(request.body, by))


@router.get("/choices", auth=Needs(LOOK), response=Choices)
def choices(request: Any) -> Any:
    """What can be chosen."""
    case = request.bench.case
    kept = searches.kept(case, asker(request).key)
    return {"lists": lists(case), "kept": [{"name": name, "query": query} for name, query in kept.items()]}


@router.post("/kept", auth=Needs(LOOK), response=Choices)
def keep(request: Any, kept: Kept) -> Any:
    """Keep a question, or let one go."""
    finding.question(kept.query)
    person = asker(request)
    searches.keep(request.bench.case, (person.key, person.name), said(kept.name, "the name"), kept.query)
    return choices(request)
