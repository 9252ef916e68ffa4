"""Where and when pictures were taken, as they say themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from ninja import Router
from ninja.errors import HttpError

from homeward.flow.workbench import places
from homeward.flow.workbench.people import LOOK
from homeward.review.door import Needs

if TYPE_CHECKING:
    from homeward.review.map_file import MapFile

router = Router(tags=["map"])
_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{1,18})")


@router.get("/points", auth=Needs(LOOK), response=list[dict[str, Any]])
def points(request: Any) -> Any:
    """Points of the map: how many pictures were taken there, some of them, their series, and clues."""
    return places.points(request.bench.case)


@router.get("/times", auth=Needs(LOOK), response=list[dict[str, Any]])
def times(request: Any) -> Any:
    """Of every series the stretches of time from which it has pictures."""
    return places.times(request.bench.case)


@router.get("/countries", auth=Needs(LOOK), response=list[dict[str, Any]])
def countries(request: Any) -> Any:
    """Of every series of which that can be said, in which countries its pictures may have been made."""
    return places.countries(request.bench.case)


@router.get("/tiles", auth=Needs(LOOK))
def tiles(request: Any) -> HttpResponse:
    """A piece of the PMTiles file that ``homeward serve --map`` named, by ``Range``."""
    held: MapFile | None = request.bench.map
    if held is None:
        raise HttpError(404, "no map was given (homeward serve --map)")
    found = _RANGE.fullmatch(request.headers.get("Range", ""))
    first, last = (int(found[1]), int(found[2])) if found else (0, -1)
    body = held.piece(first, last) if first <= last and first < held.size else b""
    if not body:
        raise HttpError(416, f"a piece is asked for as bytes=FIRST-LAST, of {held.size}")
    told = f"bytes {first}-{first + len(body) - 1}/{held.size}"
    return HttpResponse(body, status=206, content_type="application/octet-stream", headers={"Content-Range": told})
