"""Everything that the pages read and do, as endpoints; an endpoint that names no permission is nobody's."""

from __future__ import annotations

import importlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from homeward.core import HomewardError, WrongUse
from homeward.flow.workbench.people import NotAllowed
from homeward.review.bench import TryLater
from homeward.review.door import Nobody
from homeward.review.shown import ListGone

ROUTERS = {
    "/session": "homeward.review.api_session",
    "/grids": "homeward.review.api_grids",
    "/items": "homeward.review.api_items",
    "/views": "homeward.review.api_views",
    "/queues": "homeward.review.api_queues",
    "": "homeward.review.api_series",
    "/leads": "homeward.review.api_leads",
    "/clues": "homeward.review.api_clues",
    "/find": "homeward.review.api_find",
    "/map": "homeward.review.api_map",
    "/communities": "homeward.review.api_communities",
    "/captures": "homeward.review.api_captures",
    "/ledger": "homeward.review.api_ledger",
    "/care": "homeward.review.api_care",
    "/work": "homeward.review.api_work",
    "/me": "homeward.review.api_me",
    "/people": "homeward.review.api_people",
    "/releases": "homeward.review.api_releases",
}
"""One file a group of endpoints."""


def _made() -> NinjaAPI:
    made = NinjaAPI(
        title="Homeward", version="1", description="The workbench of one case.", docs_url=None, openapi_url=None, auth=Nobody()
    )
    for prefix, module in ROUTERS.items():
        made.add_router(prefix, importlib.import_module(module).router)
    for kind, status in ((HomewardError, 409), (WrongUse, 400), (NotAllowed, 403), (ListGone, 410), (TryLater, 429)):
        made.exception_handler(kind)(_sentence(made, status))
    return made


def _sentence(made: NinjaAPI, status: int) -> Any:
    def say(request: HttpRequest, error: Exception) -> HttpResponse:
        return made.create_response(request, {"detail": str(error)}, status=status)

    return say


api = _made()
