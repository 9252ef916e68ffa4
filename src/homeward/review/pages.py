"""The pages: each is a frame with one script, which asks the endpoints for everything that it shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse

from homeward.flow.workbench.people import AUDIT, DECIDE, FOLLOW, LOOK, PEOPLE, ROLES
from homeward.flow.workbench.tokens import SCOPES
from homeward.review.door import ANYBODY, SIGNED_IN, permits
from homeward.review.frames import frame


@permits(ANYBODY)
def login(request: Any) -> HttpResponse:
    """Name and password."""
    return frame(request, "login")


@permits(ANYBODY)
def enter(request: Any) -> HttpResponse:
    """Where a one-time link leads: its word stands behind the #, which no server and no log ever sees."""
    return frame(request, "enter")


@permits(ANYBODY)
def missing(request: Any, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Where an address leads nowhere."""
    return frame(request, "missing", status=404)


@permits(SIGNED_IN)
def home(request: Any) -> HttpResponse:
    """The page on which a person begins: what there is to do, or, for who sees no pictures, who may come in."""
    person = request.person
    return HttpResponseRedirect("/" if person.may(LOOK) else "/people" if person.may(PEOPLE) else "/me")


@permits(LOOK)
def queues(request: Any) -> HttpResponse:
    """What there is to do."""
    return frame(request, "queues")


@permits(LOOK)
def grid(request: Any) -> HttpResponse:
    """The grid of veils, of a queue or of what a question found."""
    return frame(request, "grid", finding=request.path == "/find")


@permits(LOOK)
def series(request: Any, name: str) -> HttpResponse:
    """One series."""
    return frame(request, "series", name=name)


@permits(LOOK)
def proposals(request: Any) -> HttpResponse:
    """Joins that people are asked about."""
    return frame(request, "proposals")


@permits(LOOK)
def picture(request: Any, name: str) -> HttpResponse:
    """One picture as its veil, on which boxes can be drawn."""
    return frame(request, "picture", name=name)


@permits(LOOK)
def clues(request: Any) -> HttpResponse:
    """What may lead somewhere."""
    return frame(request, "clues")


@permits(LOOK)
def clue(request: Any, name: str) -> HttpResponse:
    """One clue."""
    return frame(request, "clue", name=name)


@permits(FOLLOW)
def communities(request: Any) -> HttpResponse:
    """Boards, the life of one, and what follows one that was taken down."""
    return frame(request, "communities")


@permits(FOLLOW)
def personas(request: Any) -> HttpResponse:
    """Handles that may be one person, with all that speaks for and against it."""
    return frame(request, "personas")


@permits(FOLLOW)
def appearances(request: Any) -> HttpResponse:
    """Over which boards series went."""
    return frame(request, "appearances")


@permits(FOLLOW)
def reports(request: Any) -> HttpResponse:
    """Reports of platforms, in the order in which they are to be read."""
    return frame(request, "reports")


@permits(AUDIT)
def oversight(request: Any) -> HttpResponse:
    """Figures about hypotheses and rulings; nobody is named in them."""
    return frame(request, "oversight")


@permits(LOOK)
def world(request: Any) -> HttpResponse:
    """Where and when pictures were taken."""
    return frame(request, "map", tiles=request.bench.map is not None)


@permits(AUDIT)
def ledger(request: Any) -> HttpResponse:
    """Everything that was done."""
    return frame(request, "ledger")


@permits(LOOK)
def care(request: Any) -> HttpResponse:
    """What nobody had to see, and what came of the work."""
    return frame(request, "care")


@permits(PEOPLE)
def people(request: Any) -> HttpResponse:
    """Who may come in."""
    return frame(request, "people", roles=list(ROLES))


@permits(SIGNED_IN)
def me(request: Any) -> HttpResponse:
    """One's own password and codes."""
    return frame(request, "me", scopes=[one for one in SCOPES if request.person.may(one)])


@permits(DECIDE)
def releases(request: Any) -> HttpResponse:
    """What leaves by two people."""
    return frame(request, "releases")


@permits(SIGNED_IN)
def openapi(request: Any) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """What the endpoints take and give, as OpenAPI."""
    from homeward.review.api import api

    schema = api.get_openapi_schema()
    schema["components"]["securitySchemes"]["token"] = {"type": "http", "scheme": "bearer"}
    for operation in (one for path in schema["paths"].values() for one in path.values()):
        operation.setdefault("security", []).append({"token": []})
    return JsonResponse(schema)
