"""What Django needs to know to answer requests, beside what the store has told it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LOCALE = HERE / "locale"
SESSION_COOKIE = "homeward_session"
IN = 24 << 20
"""Bytes of a request, which wait in memory and in no file; more is refused. The largest is a picture that is asked with."""


def languages(folder: Path) -> list[tuple[str, str]]:
    """English, and those of which there is a catalogue in ``folder``."""
    found = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    return [("en", "en"), *((name, name) for name in found)]


WEB: dict[str, Any] = {
    "SECRET_KEY": secrets.token_urlsafe(48),
    "ROOT_URLCONF": "homeward.review.urls",
    "ALLOWED_HOSTS": ["127.0.0.1", "localhost"],  # a page elsewhere whose name is made to point here is not answered
    "MIDDLEWARE": [
        "homeward.review.door.Headers",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "homeward.review.door.Door",
    ],
    "APPEND_SLASH": False,
    "USE_I18N": True,
    "LANGUAGE_CODE": "en",
    "LOCALE_PATHS": [LOCALE],
    "LANGUAGES": languages(LOCALE),
    "TEMPLATES": [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [HERE / "templates"]}],
    # Sessions live in the memory of the server: a copy of the case folder lets nobody in.
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}},
    "SESSION_ENGINE": "django.contrib.sessions.backends.cache",
    "SESSION_COOKIE_NAME": SESSION_COOKIE,
    "SESSION_COOKIE_SAMESITE": "Strict",
    "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
    "CSRF_COOKIE_SAMESITE": "Strict",
    "CSRF_COOKIE_HTTPONLY": True,
    "CSRF_COOKIE_NAME": "homeward_csrf",
    "CSRF_COOKIE_AGE": None,
    "DATA_UPLOAD_MAX_MEMORY_SIZE": IN,
    "FILE_UPLOAD_HANDLERS": ["django.core.files.uploadhandler.MemoryFileUploadHandler"],  # none writes a file
    "FILE_UPLOAD_MAX_MEMORY_SIZE": IN,
}
