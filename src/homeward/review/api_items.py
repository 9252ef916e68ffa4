"""What is known of one item."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema

from homeward.core import WrongUse
from homeward.flow.workbench.on_veils import lies
from homeward.flow.workbench.people import LOOK
from homeward.media.veil import HEIGHT, WIDTH
from homeward.review.door import Needs, asker
from homeward.store.facts import facts, shapes
from homeward.store.tiles import number

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
    """An item; ``width`` and ``height`` in pixels as stored; ``on_veil``: left, top, width and height of where it lies on its
    veil of 24 x 18, which is upright.
    """

    sha256: str
    mime: str
    format: str
    size: int
    width: int
    height: int
    duration_ms: int | None
    damage: str
    on_veil: tuple[float, float, float, float]
    series: str
    paths: list[str]
    matches: list[MatchOut]
    grades: list[GradeOut]


@router.get("/{sha256}", auth=Needs(LOOK), response=ItemOut)
def item(request: Any, sha256: str) -> dict[str, Any]:
    """One item: where it was found, what lists say of it, and what people said, unless the one who asks is still to say their
    own opinion.
    """
    case = request.bench.case
    item = number(case, sha256)
    found = facts(case, sha256) if item else None
    if item is None or found is None:
        raise WrongUse("no picture of this case has this SHA-256")
    shape = shapes(case, [item]).get(item)
    person = asker(request)
    if not request.bench.shown.may_know(item, person):
        found["grades"] = [one for one in found["grades"] if one["person"] == person.key]
    return {**found, "on_veil": lies(shape) if shape else (0, 0, WIDTH, HEIGHT)}
