"""What is known of one item."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema

from homeward.core import WrongUse
from homeward.flow.workbench.people import LOOK
from homeward.review.door import Needs
from homeward.store.facts import facts

router = Router(tags=["items"])


class MatchOut(Schema):
    """What a known list says of it."""

    list: str
    kind: str
    codes: str
    series: str


class GradeOut(Schema):
    """What somebody said of it."""

    who: str
    code: str
    taken_back: bool


class ItemOut(Schema):
    """An item; ``width`` and ``height`` in pixels as stored."""

    sha256: str
    mime: str
    format: str
    size: int
    width: int
    height: int
    duration_ms: int | None
    damage: str
    series: str
    paths: list[str]
    matches: list[MatchOut]
    grades: list[GradeOut]


@router.get("/{sha256}", auth=Needs(LOOK), response=ItemOut)
def item(request: Any, sha256: str) -> dict[str, Any]:
    """One item: where it was found, what lists say of it, and what people said."""
    found = facts(request.bench.case, sha256)
    if found is None:
        raise WrongUse("no picture of this case has this SHA-256")
    return found
