"""Django's settings: one application, no web parts; each opened case adds its own database connection."""

from __future__ import annotations

INSTALLED_APPS = ["homeward.store.apps.StoreConfig"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING_CONFIG = None
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
