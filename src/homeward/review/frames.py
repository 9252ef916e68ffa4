"""What every page has around it, and where the scripts and styles lie that it asks for."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from homeward.flow.workbench.people import ROLES
from homeward.review.settings import HERE


def frame(request: Any, page: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """A page; its script asks the endpoints for what it shows."""
    may = ROLES.get(request.person.role, frozenset()) if request.person else frozenset()
    shown = {"static": root(), "language": get_language() or "en", "person": request.person, "may": may, **context}
    return render(request, f"{page}.html", shown, status=status)


@cache
def files() -> dict[str, bytes]:
    """Content by name."""
    folder = HERE / "static"
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@cache
def root() -> str:
    """Where they lie: with other content somewhere else, so that a browser may keep them."""
    content = hashlib.sha256()
    for name, body in files().items():
        content.update(f"{name}\0{len(body)}\0".encode() + body)
    return f"/static/{content.hexdigest()[:12]}"
