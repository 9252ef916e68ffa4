"""What there is to do."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Query, Router, Schema

from homeward.flow.workbench.people import LOOK
from homeward.flow.workbench.queues import queues
from homeward.review.door import Needs, asker

router = Router(tags=["queues"])


class Row(Schema):
    """One thing to do; ``to`` names what it is about, ``number`` what it is sorted by."""

    title: str
    detail: str
    to: str
    number: float | None


class Queue(Schema):
    """Things of one kind, how many, how many more are others' work now, and the first of them."""

    name: str
    count: int
    elsewhere: int
    rows: list[Row]


class Work(Schema):
    """All queues, and how far the pictures are."""

    queues: list[Queue]
    stacks: int
    known: int
    decided: int
    known_or_decided: int
    unknown: int
    opinions: int
    disputed: int
    yours: int
    """Of those that the one who asks has in hand and has not decided."""


@router.get("", auth=Needs(LOOK), response=Work)
def work(request: Any, full: Annotated[str, Query(max_length=20)] = "") -> dict[str, Any]:
    """What there is to do, most urgent first; of the queue ``full`` up to a thousand rows."""
    person = asker(request)
    left = request.bench.shown.left(person)
    return {"queues": queues(request.bench.case, person, left, full), **left}
