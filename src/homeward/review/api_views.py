"""Seeing clearly: by permission, recorded before anything is shown, and never for longer than somebody holds a key."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from ninja import Field, Router, Schema, Status

from homeward.flow.workbench.people import LOOK
from homeward.flow.workbench.viewing import Look
from homeward.review.door import Needs, asker

router = Router(tags=["views"])
Share = Annotated[int, Field(ge=0, le=1000)]


class LookAt(Schema):
    """A picture, how clearly, and why; of a region where, in per mille of the veil from its left and its top."""

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    time_ms: Annotated[int, Field(ge=-1, lt=1 << 31)] = -1
    step: Literal["drawing", "grey", "region", "full"]
    reason: Annotated[str, Field(max_length=200)]
    x: Share = 500
    y: Share = 500


@router.post("", auth=Needs(LOOK))
def begin(request: Any, look: LookAt) -> HttpResponse:
    """Plain pixels, row by row; ``Homeward-View`` names the look, ``Homeward-Size`` says width, height and bytes a pixel."""
    view, seen = request.bench.views.begin(asker(request), Look(**look.dict()))
    answer = HttpResponse(seen.pixels, content_type="application/octet-stream")
    answer.headers["Homeward-View"] = str(view)
    answer.headers["Homeward-Size"] = f"{seen.width} {seen.height} {seen.channels}"
    return answer


@router.delete("/{view}", auth=Needs(LOOK), response={204: None})
def end(request: Any, view: int) -> Status[None]:
    """Somebody has let go."""
    request.bench.views.end(asker(request), view, "let go")
    return Status(204, None)
