"""Who may come in, for those who let people in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Field, Router, Schema, Status

from homeward.core import WrongUse
from homeward.flow.workbench import people
from homeward.flow.workbench.people import PEOPLE
from homeward.review.door import Needs, asker

router = Router(tags=["people"])
_Typed = Annotated[str, Field(max_length=1000)]
Role = Literal["viewer", "analyst", "lead", "auditor", "administrator"]


class Somebody(Schema):
    """A person: ``password`` and ``second`` say whether they have one, and whether they type one-time codes."""

    key: str
    name: str
    role: str
    locked: bool
    password: bool
    second: bool
    may: list[str]


class Newcomer(Schema):
    """Somebody who is let in."""

    name: _Typed
    role: Role
    password: Annotated[str, Field(min_length=1, max_length=1000)]


class Change(Schema):
    """What is to be different; what is not told stays. ``second`` may only be taken away."""

    role: Role | None = None
    locked: bool | None = None
    password: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    second: Literal[False] | None = None


@router.get("", auth=Needs(PEOPLE, themselves=True), response=list[Somebody])
def listed(request: Any) -> Any:
    """Everybody."""
    return people.listed(request.bench.case)


@router.post("", auth=Needs(PEOPLE, themselves=True), response={204: None})
def add(request: Any, said: Newcomer) -> Status[None]:
    """Let somebody in."""
    people.add(request.bench.case, said.name, said.role, said.password, asker(request).name)
    return Status(204, None)


@router.patch("/{key}", auth=Needs(PEOPLE, themselves=True), response={204: None})
def change(request: Any, key: str, said: Change) -> Status[None]:
    """Give somebody else another role or password, lock them out or let them in again, or take their codes away."""
    case, who = request.bench.case, asker(request)
    person = people.by_key(case, key)
    if person is None:
        raise WrongUse("there is nobody of this key")
    if person.key == who.key:
        raise WrongUse("nobody changes what they may do themselves: somebody else has to")
    if said.password is not None:
        people.set_password(case, person, said.password, who.name)
    if said.role is not None:
        people.set_role(case, person, said.role, who.name)
    if said.locked is not None:
        people.set_locked(case, person, said.locked, who.name)
    if said.second is not None:
        people.set_second(case, person, "", who.name)
    return Status(204, None)
