"""What one has in hand: taking it, letting go of it, handing it over."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Field, Router, Schema, Status

from homeward.flow.workbench import handing, people
from homeward.flow.workbench.people import GRADE, LOOK, ROLES
from homeward.review.door import Needs, asker
from homeward.store import leases

router = Router(tags=["work"])


Name = Annotated[str, Field(pattern="^[0-9a-f]{1,64}$")]


class Work(Schema):
    """Pieces of work of one kind, by their full names."""

    kind: Literal["proposal", "series", "clue"]
    names: Annotated[list[Name], Field(max_length=10_000)]


class Reached(Work):
    """The same, and how many of them are taken."""

    most: Annotated[int, Field(ge=1, le=100)] = 1


class InHand(Schema):
    """Which of them are in hand, and which somebody else has, and who."""

    mine: list[str]
    others: dict[str, str]


class Hand(Schema):
    """To whom, and what they need to know."""

    to: Annotated[str, Field(max_length=1000)]
    note: Annotated[str, Field(max_length=2000)]


class Handed(Schema):
    """How many stacks."""

    stacks: int


@router.post("/take", auth=Needs(LOOK), response=InHand)
def take(request: Any, work: Reached) -> InHand:
    """Take the first ``most`` that nobody else has in hand, for half an hour from the last time; who may not decide takes
    nothing, and is told who does.
    """
    case = request.bench.case
    taken = handing.take(case, asker(request), work.kind, work.names, work.most)
    names = {row["key"]: str(row["name"]) for row in people.listed(case)} if taken.others else {}
    return InHand(mine=taken.mine, others={one: names.get(key, "") for one, key in taken.others.items()})


@router.post("/leave", auth=Needs(LOOK), response={204: None})
def leave(request: Any, work: Work) -> Status[None]:
    """Let go of them."""
    leases.release(request.bench.case, asker(request).key, work.kind, work.names)
    return Status(204, None)


@router.get("/colleagues", auth=Needs(GRADE), response=list[str])
def colleagues(request: Any) -> list[str]:
    """Who else gives categories."""
    key = asker(request).key
    rows = people.listed(request.bench.case)
    return [str(one["name"]) for one in rows if not one["locked"] and GRADE in ROLES[str(one["role"])] and one["key"] != key]


@router.post("/hand-over", auth=Needs(GRADE), response=Handed)
def hand_over(request: Any, said: Hand) -> Handed:
    """Hand what one has in hand and has not decided to somebody else."""
    person = asker(request)
    stacks = request.bench.shown.in_hand(person)
    return Handed(stacks=handing.hand_over(request.bench.case, person, said.to, stacks, said.note))
