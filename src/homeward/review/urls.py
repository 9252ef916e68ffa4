"""Where everything is."""

from __future__ import annotations

from django.urls import path

from homeward.review import pages
from homeward.review.api import api
from homeward.review.static_files import static_file
from homeward.review.words import words

handler404 = pages.missing
urlpatterns = [
    path("", pages.queues),
    path("home", pages.home),
    path("grid", pages.grid),
    path("find", pages.grid),
    path("series/<slug:name>", pages.series),
    path("pictures/<slug:name>", pages.picture),
    path("clues", pages.clues),
    path("clues/<slug:name>", pages.clue),
    path("map", pages.world),
    path("proposals", pages.proposals),
    path("communities", pages.communities),
    path("personas", pages.personas),
    path("appearances", pages.appearances),
    path("reports", pages.reports),
    path("oversight", pages.oversight),
    path("ledger", pages.ledger),
    path("care", pages.care),
    path("people", pages.people),
    path("me", pages.me),
    path("releases", pages.releases),
    path("login", pages.login),
    path("enter", pages.enter),
    path("words/<slug:language>.json", words),
    path("openapi.json", pages.openapi),
    path("static/<slug:version>/<path:name>", static_file),
    path("api/", api.urls),
]
