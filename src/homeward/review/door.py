"""Everybody passes here: who asks, whether they may, and what every answer must say."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from ninja.errors import HttpError
from ninja.security import APIKeyCookie

from homeward.review.application import BENCH
from homeward.review.frames import frame
from homeward.review.settings import SESSION_COOKIE

if TYPE_CHECKING:
    from homeward.flow.workbench.people import Person

ANYBODY, SIGNED_IN, THEMSELVES = "anybody", "signed in", "themselves"
"""Stand where a permission stands, for what needs none of its own; the last is for no program."""
BEARER = "Bearer "
STATIC, API, OPENAPI = "/static/", "/api/", "/openapi.json"
POLICY = "; ".join(
    ["default-src 'none'", *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect", "font")),
     "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"]
)  # fmt: skip
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), clipboard-read=()",
}
Answer = Callable[[HttpRequest], HttpResponse]


def asker(request: Any) -> Person:
    """Who asks, behind an endpoint that needs somebody."""
    person: Person | None = request.person
    assert person is not None, "the door lets nobody else through"
    return person


def permits(permission: str) -> Callable[[Any], Any]:
    """A page for those who have ``permission``, :data:`SIGNED_IN` or :data:`ANYBODY`; a page without this is nobody's."""

    def mark(view: Any) -> Any:
        view.permission = permission
        return view

    return mark


class Needs(APIKeyCookie):
    """The same for an endpoint; Django's check against requests that other sites make comes first."""

    param_name = SESSION_COOKIE

    def __init__(self, permission: str, *, themselves: bool = False) -> None:
        super().__init__(csrf=True)
        self.permission = permission
        self.themselves = themselves or permission == THEMSELVES

    def _get_key(self, request: Any) -> str | None:
        """No other site can make a browser send a token: its check is for sessions."""
        return None if request.by_token else super()._get_key(request)

    def authenticate(self, request: Any, key: str | None) -> Any:  # noqa: ARG002 - ninja's signature
        """The person, if they may."""
        if self.permission == ANYBODY:
            return True
        if request.person is None:
            return None
        if request.by_token and self.themselves:
            raise HttpError(403, "not permitted to a program: come in yourself")
        if not _may(request.person, self.permission):
            raise HttpError(403, f"not permitted: it needs {self.permission!r}")
        return request.person


class Nobody(APIKeyCookie):
    """What an endpoint gets that says nothing."""

    param_name = SESSION_COOKIE

    def authenticate(self, request: Any, key: str | None) -> Any:  # noqa: ARG002 - ninja's signature
        """No."""
        raise HttpError(403, "nobody is permitted this")


class Headers:
    """What every answer says, refusals and failures too."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, with them."""
        response = self._answer(request)
        for name, value in HEADERS.items():
            response.headers[name] = value
        if not request.path.startswith(STATIC) or response.status_code != 200:
            response.headers["Cache-Control"] = "no-store"
        return response


class Door:
    """Says who asks, and refuses pages to those who may not see them."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: Any) -> HttpResponse:
        """Note who asks."""
        request.bench = request.META[BENCH]
        said = request.headers.get("Authorization", "")
        request.by_token = said.startswith(BEARER) and request.path.startswith((API, OPENAPI))
        if request.by_token:
            request.person = request.bench.by_token(said[len(BEARER) :])
        else:
            request.person = None if request.path.startswith(STATIC) else request.bench.person(request.session)
        return self._answer(request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:  # noqa: ARG002
        """Go on (None), send to the login page, or refuse."""
        if "ninja" in request.resolver_match.app_names:  # each endpoint has its own guard
            return None
        permission = getattr(view, "permission", "")
        if permission == ANYBODY:
            return None
        if request.person is None:
            return HttpResponseRedirect("/login?" + urlencode({"next": request.get_full_path()}))
        if not _may(request.person, permission):
            return frame(request, "refused", status=403, permission=permission or "nobody")
        return None


def _may(person: Person, permission: str) -> bool:
    return permission in {SIGNED_IN, THEMSELVES} or person.may(permission)
