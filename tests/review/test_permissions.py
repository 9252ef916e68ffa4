"""Every page and endpoint against every role: what is not permitted in this table is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bench_people import ROLES, somebody

from homeward.review.bench import Workbench

ANYBODY, SIGNED_IN = "anybody", "signed in"
MAY = {
    "viewer": {"look", "drawing"},
    "analyst": {"look", "grade", "decide", "follow", "drawing", "grey", "region", "full", "sound"},
    "lead": {"look", "grade", "decide", "follow", "drawing", "grey", "region", "full", "sound", "people"},
    "auditor": {"look", "audit"},
    "administrator": {"people"},
}
PAGES = {
    "": "look",
    "home": SIGNED_IN,
    "grid": "look",
    "find": "look",
    "ledger": "audit",
    "series/<slug:name>": "look",
    "pictures/<slug:name>": "look",
    "clues": "look",
    "clues/<slug:name>": "look",
    "map": "look",
    "proposals": "look",
    "care": "look",
    "people": "people",
    "me": SIGNED_IN,
    "releases": "decide",
    "communities": "follow",
    "personas": "follow",
    "appearances": "follow",
    "reports": "follow",
    "oversight": "audit",
    "words/<slug:language>.json": ANYBODY,
    "login": ANYBODY,
    "enter": ANYBODY,
    "openapi.json": SIGNED_IN,
    "static/<slug:version>/<path:name>": ANYBODY,
}
ENDPOINTS = {
    "GET /session": SIGNED_IN,
    "POST /session/link": ANYBODY,
    "POST /session": ANYBODY,
    "DELETE /session": SIGNED_IN,
    "POST /grids": "look",
    "GET /grids/{name}/tiles": "look",
    "POST /grids/{name}/grades": "grade",
    "POST /grids/{name}/undo": "grade",
    "GET /items/{sha256}": "look",
    "GET /ledger": "audit",
    "GET /queues": "look",
    "GET /care": "look",
    "POST /work/take": "look",
    "POST /work/leave": "look",
    "GET /work/colleagues": "grade",
    "POST /work/hand-over": "grade",
    "POST /me/password": SIGNED_IN,
    "POST /me/second": SIGNED_IN,
    "PUT /me/second": SIGNED_IN,
    "GET /me/tokens": SIGNED_IN,
    "POST /me/tokens": SIGNED_IN,
    "DELETE /me/tokens/{key}": SIGNED_IN,
    "GET /people": "people",
    "POST /people": "people",
    "PATCH /people/{key}": "people",
    "GET /releases": "decide",
    "POST /releases": "decide",
    "POST /releases/{number}/agree": "decide",
    "POST /releases/{number}/file": "decide",
    "GET /series": "look",
    "GET /series/{name}": "look",
    "GET /proposals": "look",
    "GET /evidence/{a}/{b}": "look",
    "POST /veils": "look",
    "GET /leads": "look",
    "POST /leads": "decide",
    "POST /leads/{name}/told": "decide",
    "GET /clues": "look",
    "GET /clues/{name}": "look",
    "POST /clues": "decide",
    "POST /clues/{name}/sightings": "decide",
    "POST /clues/{name}/told": "decide",
    "POST /clues/{name}/events/{event}/undo": "decide",
    "POST /find/elsewhere": "look",
    "GET /map/points": "look",
    "GET /map/times": "look",
    "GET /map/countries": "look",
    "GET /map/tiles": "look",
    "POST /find/pictures": "look",
    "GET /find/choices": "look",
    "POST /find/kept": "look",
    "GET /grids/{name}/words/{at}": "look",
    "POST /proposals/{name}": "decide",
    "POST /series/{name}/merge": "decide",
    "POST /series/{name}/split": "decide",
    "POST /series/{name}/facts": "decide",
    "POST /series/{name}/seen": "decide",
    "POST /decisions/{event}/undo": "decide",
    "POST /communities/boards": "follow",
    "POST /communities/members": "follow",
    "POST /communities/contacts": "follow",
    "POST /communities/life": "follow",
    "POST /communities/succession": "follow",
    "POST /communities/personas": "follow",
    "POST /communities/personas/{name}": "decide",
    "POST /communities/oversight": "audit",
    "POST /communities/appearances": "follow",
    "POST /communities/reports": "follow",
    "POST /communities/reports/{name}": "decide",
    "GET /captures": "decide",
    "POST /captures": "decide",
    "POST /views": "look",
    "POST /views/sound": "sound",
    "DELETE /views/{view}": "look",
}
"""Written by hand, so that what is added or changed has to be said here too."""


def endpoints() -> Iterator[tuple[str, str]]:
    """Method and path of every endpoint."""
    from homeward.review.api import ROUTERS, api

    for prefix, router in api._routers:
        assert not prefix or prefix in ROUTERS
        for path, view in router.path_operations.items():
            for operation in view.operations:
                yield from ((method, f"{prefix}{path}") for method in operation.methods)


def test_every_page_and_endpoint_is_in_the_table(bench: object) -> None:
    from homeward.review.urls import urlpatterns

    assert {str(one.pattern) for one in urlpatterns} - {"api/"} == set(PAGES)
    assert {f"{method} {path}" for method, path in endpoints()} == set(ENDPOINTS)


def permitted(role: str, permission: str) -> bool:
    return permission in {ANYBODY, SIGNED_IN} or permission in MAY[role]


def filled(path: str) -> str:
    """A path with something in every place that wants it."""
    import re

    return re.sub(r"[<{][^>}]*[>}]", "1", path)


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_may_do(client: Callable[..., Any], role: str) -> None:
    for path, permission in PAGES.items():
        status = client(role).get("/" + filled(path)).status_code
        assert (status == 403) != permitted(role, permission), (path, status)
    for name, permission in ENDPOINTS.items():
        method, path = name.split()
        answer = client(role).generic(method, "/api" + filled(path), "{}", "application/json")
        refused = answer.status_code == 403 and b"not permitted" in answer.content
        assert refused != permitted(role, permission), (name, answer.status_code, answer.content)
        assert answer.status_code != 401


@pytest.mark.parametrize("role", [*ROLES, ""])
def test_an_address_that_leads_nowhere_says_so_and_leads_back(client: Callable[..., Any], role: str) -> None:
    answer = client(role).get("/nowhere")
    assert (answer.status_code, b'href="/home"' in answer.content) == (404, True)
    assert b"no page of this name" in answer.content


def test_who_has_not_come_in_gets_nothing(client: Callable[..., Any]) -> None:
    for path, permission in PAGES.items():
        answer = client().get("/" + filled(path))
        assert (answer.status_code == 302) == (permission != ANYBODY), path
    for name, permission in ENDPOINTS.items():
        method, path = name.split()
        answer = client().generic(method, "/api" + filled(path), "{}", "application/json")
        assert (answer.status_code == 401) == (permission != ANYBODY), name


def test_everybody_begins_on_a_page_of_their_own(client: Callable[..., Any]) -> None:
    begins = {role: client(role).get("/home").headers["location"] for role in ROLES}
    assert begins == {**dict.fromkeys(ROLES, "/"), "administrator": "/people"}
    for role, path in begins.items():
        assert client(role).get(path).status_code == 200, role


def test_what_says_nothing_is_nobodys(client: Callable[..., Any]) -> None:
    from homeward.review import pages
    from homeward.review.api import api
    from homeward.review.door import Nobody

    assert [type(guard) for guard in api.auth] == [Nobody]
    lead = client("lead")
    permission = pages.queues.permission  # type: ignore[attr-defined]
    del pages.queues.permission  # type: ignore[attr-defined]
    try:
        assert lead.get("/").status_code == 403
    finally:
        pages.queues.permission = permission  # type: ignore[attr-defined]


def test_every_answer_says_what_a_browser_may_do(client: Callable[..., Any]) -> None:
    lead = client("lead")
    for path in ("/", "/nowhere", "/login", "/api/session", "/openapi.json"):
        headers = lead.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_elsewhere_can_do_nothing(client: Callable[..., Any]) -> None:
    strict = client(strict=True)
    assert strict.post("/api/session", {"name": "x", "password": "y"}, "application/json").status_code == 403
    assert strict.get("/login", headers={"host": "homeward.example"}).status_code == 400


@pytest.mark.parametrize(
    ("origin", "status"), [("http://127.0.0.1:8471", 204), ("https://homeward.example", 403), ("null", 403)]
)
def test_a_proxy_asks_in_the_name_of_the_workbench(
    bench: Workbench, client: Callable[..., Any], origin: str, status: int
) -> None:
    """As the guide says of teams: what the proxy leaves as it came is refused, token or not."""
    strict = client(strict=True)
    token = strict.get("/login").content.decode().partition('name="csrf" content="')[2].partition('"')[0]
    headers = {"host": "127.0.0.1:8471", "origin": origin, "x-csrftoken": token}
    body = {"word": bench.link(somebody(bench, "analyst"))}
    assert strict.post("/api/session/link", body, "application/json", headers=headers).status_code == status
