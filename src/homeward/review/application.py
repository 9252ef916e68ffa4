"""One case, answered over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from homeward.review.settings import WEB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from homeward.review.bench import Workbench

BENCH = "homeward.workbench"
"""Where a request finds what it is about."""


def application(bench: Workbench, mark: str = "") -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    """A WSGI application; several may run in one process, each with its own case.

    ``mark`` is added to the names of cookies, which browsers do not tell apart by port.
    """
    for name, value in WEB.items():
        setattr(settings, name, value + mark if name in {"SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME"} else value)
    handler = WSGIHandler()

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ[BENCH] = bench
        return handler(environ, start_response)

    return answer
