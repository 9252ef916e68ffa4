"""The workbench's own scripts and styles, under an address that changes with them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse

from homeward.review.door import ANYBODY, permits
from homeward.review.frames import files, root

TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


@permits(ANYBODY)
def static_file(request: Any, version: str, name: str) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """One of them."""
    if name not in files() or not root().endswith(version):
        raise Http404
    kind = TYPES[name.rpartition(".")[2]]
    return HttpResponse(
        files()[name],
        content_type=f"{kind}; charset=utf-8",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )
