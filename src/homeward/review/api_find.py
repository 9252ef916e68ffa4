"""Finding: where else something is."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Router

from homeward.flow.workbench import clues_shown
from homeward.flow.workbench.people import LOOK
from homeward.review.api_clues import Place
from homeward.review.door import Needs

router = Router(tags=["find"])


class Question(Place):
    """Where else the place is, or the thing."""

    by: Literal["place", "object"] = "object"


@router.post("/elsewhere", auth=Needs(LOOK), response=list[dict[str, Any]])
def elsewhere(request: Any, asked: Question) -> Any:
    """Where else in the case the place or thing in a box is seen, best first, by stored features."""
    return clues_shown.elsewhere(request.bench.case, asked.picture, asked.veil_box, asked.by)
