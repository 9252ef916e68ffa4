"""Clues: what stands in pictures and may lead somewhere, seen, asked about and decided on by people."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Field, Router, Schema

from homeward.flow.clues import clue_ledger as clues
from homeward.flow.workbench import clues_shown, handing
from homeward.flow.workbench.handing import CLUE
from homeward.flow.workbench.people import DECIDE, LOOK
from homeward.review.door import Needs, asker

router = Router(tags=["clues"])
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Line = Annotated[str, Field(max_length=2000)]
Edge = Annotated[float, Field(ge=-100, le=100)]
VeilBox = tuple[Edge, Edge, Edge, Edge]


class Place(Schema):
    """A picture, a moment of it or -1, and a box on its veil (left, top, width and height of 24 x 18), or none."""

    picture: Sha256
    time_ms: Annotated[int, Field(ge=-1, lt=1 << 31)] = -1
    veil_box: VeilBox | None = None

    @property
    def place(self) -> clues_shown.Place:
        """The same for the library."""
        return clues_shown.Place(self.picture, self.time_ms, self.veil_box)


class Drawn(Place):
    """A clue that is seen there; a region has no value of its own."""

    kind: Literal["text", "code", "coordinate", "serial", "region", "attribute"]
    value: Line = ""
    why: Line = ""


class Too(Place):
    """One more place where it is seen."""

    why: Line = ""


class Told(Schema):
    """What is said about a clue: its status, who works on it (empty: nobody), or a note; each with a reason."""

    field: Literal["status", "owner", "note"]
    value: Annotated[str, Field(max_length=200)] = ""
    why: Line = ""


class Why(Schema):
    """The reason."""

    why: Line


class Now(Schema):
    """The clue, and what it is now."""

    clue: str
    status: str


@router.get("", auth=Needs(LOOK), response=list[dict[str, Any]])
def listed(request: Any) -> Any:
    """As ``homeward clues CASE --json``, each sighting with where its box lies on the veil."""
    return clues_shown.listed(request.bench.case)


@router.get("/{name}", auth=Needs(LOOK), response=dict[str, Any])
def shown(request: Any, name: str) -> Any:
    """As ``homeward clues CASE show CLUE --json``, each place with where its box lies on the veil."""
    return clues_shown.shown(request.bench.case, name)


@router.post("", auth=Needs(DECIDE), response=Now)
def draw(request: Any, drawn: Drawn) -> Any:
    """Record a clue that you see; the same again is the same clue, with its whole history."""
    case, who = request.bench.case, asker(request).name
    return _now(clues_shown.draw(case, drawn.kind, drawn.value, drawn.place, who, drawn.why))


@router.post("/{name}/sightings", auth=Needs(DECIDE), response=Now)
def draw_too(request: Any, name: str, too: Too) -> Any:
    """Record that you see it in one more picture."""
    case, person = request.bench.case, asker(request)
    handing.check(case, person, CLUE, [name])
    return _now(clues_shown.draw_too(case, name, too.place, person.name, too.why))


@router.post("/{name}/told", auth=Needs(DECIDE), response=Now)
def tell(request: Any, name: str, told: Told) -> Any:
    """Set its status, say who works on it, or leave a note."""
    case, person = request.bench.case, asker(request)
    handing.check(case, person, CLUE, [name])
    more = {} if told.field == "note" else {told.field: told.value}
    return _now(clues.tell(case, clues.find_clue(case, name), told.field, person.name, told.why, **more))


@router.post("/{name}/events/{event}/undo", auth=Needs(DECIDE), response=Now)
def undo(request: Any, name: str, event: str, said: Why) -> Any:
    """Take back what was said about it."""
    case = request.bench.case
    return _now(clues.tell(case, clues.find_clue(case, name), "undo", asker(request).name, said.why, undone=event))


def _now(clue: Any) -> dict[str, str]:
    return {"clue": clue.id, "status": clue.status}
