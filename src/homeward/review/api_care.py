"""What came of the work, for the one who did it."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema

from homeward.flow.workbench.care import outcomes
from homeward.flow.workbench.people import LOOK
from homeward.review.door import Needs, asker

router = Router(tags=["care"])


class Outcome(Schema):
    """What became of a series on which the one who asks has worked."""

    series: str
    status: str
    when: str
    says: str


class Care(Schema):
    """Of the ``pictures`` of a case, what nobody had to see for it: ``copies`` of others, in stacks that are ``known``, and in
    stacks that were decided while nobody saw more of them than a veil or a drawing (``unseen``). And what came of it.
    """

    pictures: int
    copies: int
    known: int
    unseen: int
    outcomes: list[Outcome]


@router.get("", auth=Needs(LOOK), response=Care)
def care(request: Any) -> dict[str, Any]:
    """What nobody had to see, and what came of what one worked on. Nobody is told what another person looked at."""
    bench = request.bench
    return {**bench.shown.spared(), "outcomes": outcomes(bench.case, asker(request))}
