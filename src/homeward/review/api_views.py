"""Seeing clearly, and hearing: by permission, recorded before anything is shown, never for longer than somebody holds a key."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from ninja import Field, Router, Schema, Status

from homeward.flow.units import FRAMES_AT_ONCE
from homeward.flow.workbench.people import LOOK, SOUND
from homeward.flow.workbench.viewing import Look
from homeward.review.door import Needs, asker

router = Router(tags=["views"])
Share = Annotated[int, Field(ge=0, le=1000)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Reason = Annotated[str, Field(max_length=200)]
Moment = Annotated[int, Field(ge=-1, lt=1 << 31)]


class LookAt(Schema):
    """A picture, how clearly, and why; of a region where, in per mille of the veil from its left and its top; of a clip how
    many frames.
    """

    sha256: Sha256
    time_ms: Moment = -1
    step: Literal["drawing", "grey", "region", "full"]
    reason: Reason
    x: Share = 500
    y: Share = 500
    frames: Annotated[int, Field(ge=1, le=FRAMES_AT_ONCE)] = 1


class ListenTo(Schema):
    """A clip, from which millisecond until which, and why."""

    sha256: Sha256
    time_ms: Annotated[int, Field(ge=0, lt=1 << 31)]
    until_ms: Annotated[int, Field(ge=0, lt=1 << 31)]
    reason: Reason


@router.post("", auth=Needs(LOOK))
def begin(request: Any, look: LookAt) -> HttpResponse:
    """Plain pixels, row by row; ``Homeward-View`` names the look, ``Homeward-Size`` says width, height and bytes a pixel. Of a
    clip frame after frame: ``Homeward-Times`` says from which milliseconds on each is shown, ``Homeward-Next`` when the one
    after them (-1: there is none).
    """
    view, seen = request.bench.views.begin(asker(request), Look(**look.dict()))
    answer = HttpResponse(seen.pixels, content_type="application/octet-stream")
    answer.headers["Homeward-View"] = str(view)
    answer.headers["Homeward-Size"] = f"{seen.width} {seen.height} {seen.channels}"
    answer.headers["Homeward-Times"] = " ".join(map(str, seen.times))
    answer.headers["Homeward-Next"] = str(seen.next_ms)
    return answer


@router.post("/sound", auth=Needs(SOUND))
def listen(request: Any, asked: ListenTo) -> HttpResponse:
    """Plain samples: 16 bits, little-endian, one channel, turned down where they are loud; ``Homeward-View`` names the look,
    ``Homeward-Rate`` says how many are a second. No picture is shown meanwhile.
    """
    view, heard = request.bench.views.listen(asker(request), Look(step=SOUND, **asked.dict()))
    answer = HttpResponse(heard.samples, content_type="application/octet-stream")
    answer.headers["Homeward-View"] = str(view)
    answer.headers["Homeward-Rate"] = str(heard.rate)
    return answer


@router.delete("/{view}", auth=Needs(LOOK), response={204: None})
def end(request: Any, view: int) -> Status[None]:
    """Somebody has let go."""
    request.bench.views.end(asker(request), view, "let go")
    return Status(204, None)
