"""Coming in and going out."""

from __future__ import annotations

from typing import Annotated, Any

from django.middleware.csrf import rotate_token
from ninja import Field, Router, Schema, Status
from ninja.errors import HttpError

from homeward.flow.workbench.people import ROLES, Person
from homeward.review.door import ANYBODY, SIGNED_IN, Needs, asker

router = Router(tags=["session"])


class Link(Schema):
    """The word of a one-time link."""

    word: Annotated[str, Field(max_length=100)]


class Entrance(Schema):
    """A name and a password, and a one-time code where one is wanted."""

    name: Annotated[str, Field(max_length=1000)]
    password: Annotated[str, Field(max_length=1000)]
    code: Annotated[str, Field(max_length=20)] = ""


class Me(Schema):
    """Who has come in."""

    name: str
    role: str
    may: list[str]
    agency: str
    idle_seconds: int
    second: bool
    """Whether they also type a one-time code."""


@router.get("", auth=Needs(SIGNED_IN), response=Me)
def who(request: Any) -> Me:
    """Who has come in, and what they may do."""
    person = asker(request)
    return Me(
        name=person.name,
        role=person.role,
        may=sorted(ROLES[person.role]),
        agency=request.bench.case.info.agency,
        idle_seconds=request.bench.idle,
        second=person.second,
    )


@router.post("/link", auth=Needs(ANYBODY), response={204: None})
def enter_by_link(request: Any, link: Link) -> Status[None]:
    """Come in by the link that ``homeward serve`` printed; it works once."""
    return _enter(request, request.bench.by_link(link.word), "link", "this link was used or has expired: ask for another one")


@router.post("", auth=Needs(ANYBODY), response={204: None})
def enter_by_password(request: Any, entrance: Entrance) -> Status[None]:
    """Come in by name and password."""
    found = request.bench.by_password(entrance.name, entrance.password, entrance.code)
    return _enter(request, found, "password", "the name or the password is wrong")


@router.delete("", auth=Needs(SIGNED_IN), response={204: None})
def leave(request: Any) -> Status[None]:
    """Go out."""
    request.bench.end(request.session, "left")
    return Status(204, None)


def _enter(request: Any, person: Person | None, by: str, refusal: str) -> Status[None]:
    if person is None:
        raise HttpError(403, refusal)
    request.bench.begin(request.session, person, by)
    rotate_token(request)
    return Status(204, None)
