"""The pages' words in other languages: catalogues of gettext, ``django`` for templates and ``scripts`` for scripts."""

from __future__ import annotations

import gettext
from functools import cache
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse

from homeward.review.door import ANYBODY, permits

SCRIPTS = "scripts"


@permits(ANYBODY)
def words(request: Any, language: str) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """What scripts look up: English to the language."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    return JsonResponse(_catalogue(str(settings.LOCALE_PATHS[0]), language))


@cache
def _catalogue(folder: str, language: str) -> dict[str, str]:
    held = gettext.translation(SCRIPTS, folder, [language], fallback=True)
    told: dict[Any, str] = getattr(held, "_catalog", {})
    return {english: said for english, said in told.items() if isinstance(english, str) and english and said}
