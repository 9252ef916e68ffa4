"""Handing over what one has in hand."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Field, Router, Schema

from homeward.flow.workbench import handing, people
from homeward.flow.workbench.people import GRADE, ROLES
from homeward.review.door import Needs, asker

router = Router(tags=["work"])


class Hand(Schema):
    """To whom, and what they need to know."""

    to: Annotated[str, Field(max_length=1000)]
    note: Annotated[str, Field(max_length=2000)]


class Handed(Schema):
    """How many stacks."""

    stacks: int


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
