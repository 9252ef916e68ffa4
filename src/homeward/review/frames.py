"""What every page has around it, and where the scripts and styles lie that it asks for."""

from __future__ import annotations

import hashlib
import re
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
    shown = {
        "static": root(),
        "modules": modules(page),
        "language": get_language() or "en",
        "person": request.person,
        "may": may,
        **context,
    }
    return render(request, f"{page}.html", shown, status=status)


@cache
def modules(page: str) -> list[str]:
    """Every script that a page needs, those that its scripts import too: a browser told of them in the page asks for all of
    them at once, and not for each when the one before it has come.
    """
    text = "".join((HERE / "templates" / f"{name}.html").read_text(encoding="utf-8") for name in ("base", page))
    wanted, found = re.findall(r"static \}\}/([\w.]+\.js)", text), set[str]()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted += re.findall(r'from "\./([\w.]+)"', files()[name].decode())
    return sorted(found)


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
