"""One Django connection a case: SQLite inside the folder, or a PostgreSQL that a team shares."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.utils import DatabaseError, OperationalError, ProgrammingError

from homeward.core import WrongUse
from homeward.store.errors import CaseOutdated, DatabaseUnreachable, StoreError

if TYPE_CHECKING:
    from pathlib import Path

_COMMON: dict[str, Any] = {
    "ATOMIC_REQUESTS": False,
    "AUTOCOMMIT": True,
    "CONN_MAX_AGE": 0,
    "CONN_HEALTH_CHECKS": False,
    "TIME_ZONE": None,
    "USER": "",
    "PASSWORD": "",
    "HOST": "",
    "PORT": "",
    "OPTIONS": {},
    "TEST": {"CHARSET": None, "COLLATION": None, "MIGRATE": True, "MIRROR": None, "NAME": None},
}
# FULL, not NORMAL: the ledger's files must never be ahead of the rows that they vouch for, even after a power cut.
_SQLITE = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32000; PRAGMA temp_store=MEMORY"
_SQLITE_READING = "PRAGMA query_only=ON; PRAGMA cache_size=-32000; PRAGMA temp_store=MEMORY"
NEWEST_MIGRATION = "0025_sights_of_clips"


def sqlite(path: Path) -> dict[str, Any]:
    """Settings for the embedded database at ``path``; writers queue for up to two minutes."""
    options = {"transaction_mode": "IMMEDIATE", "timeout": 120, "init_command": _SQLITE}
    return {**_COMMON, "ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": options}


def sqlite_reading(address: str) -> dict[str, Any]:
    """Settings for an embedded database that must not be written, at a SQLite URI."""
    options = {"timeout": 120, "init_command": _SQLITE_READING}
    return {**_COMMON, "ENGINE": "django.db.backends.sqlite3", "NAME": address, "OPTIONS": options}


def postgresql(url: str, *, read_only: bool = False) -> dict[str, Any]:
    """Settings for ``postgresql://user@host:port/name``; a password belongs in ``PGPASSWORD`` or a pgpass file.

    Raises:
        WrongUse: another scheme, or no database name.
    """
    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    if parts.scheme not in {"postgresql", "postgres"} or not name:
        raise WrongUse(f"a team database is given as postgresql://user@host:port/name, not {url!r}")
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        **_COMMON,
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(name),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or os.environ.get("PGPASSWORD", "")),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "OPTIONS": {"options": "-c default_transaction_read_only=on"} if read_only else {},
    }


def connect(alias: str, connection: dict[str, Any], *, read_only: bool = False) -> None:
    """Make ``alias`` usable and bring its tables up to date.

    Raises:
        CaseOutdated: the tables are of an older version, and cannot be changed because the case is ``read_only``.
        DatabaseUnreachable: no answer, or the driver is missing.
        StoreError: the tables were made by a newer version.
    """
    connections.databases[alias] = connection
    try:
        if not _up_to_date(alias):
            if read_only:
                raise CaseOutdated("this case was written by an older Homeward: open it once where it can be written")
            from django.core.management import call_command

            call_command("migrate", database=alias, verbosity=0, interactive=False)
    except (OperationalError, ImproperlyConfigured) as error:
        raise DatabaseUnreachable(f"the case's database does not answer: {error}") from error
    except DatabaseError as error:
        raise DatabaseUnreachable(f"the case's database cannot be used: {error}") from error


def remove_tables(alias: str) -> None:
    """Undo everything that :func:`connect` made in an empty database."""
    from django.core.management import call_command

    call_command("migrate", "homeward", "zero", database=alias, verbosity=0, interactive=False)


def settled(alias: str, *tables: str) -> bool:
    """Bring what was deleted of ``tables`` to an end, outside of any transaction; False where a reader holds it up.

    It would live on in the write-ahead log, which goes when nobody has the case open, or as dead tuples.
    """
    with connections[alias].cursor() as cursor:
        if is_sqlite(alias):
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return not cursor.fetchone()[0]
        cursor.execute(f"VACUUM {', '.join(tables)}")
    return True


def disconnect(alias: str) -> None:
    """Close and forget the connection."""
    connections[alias].close()
    del connections[alias]
    del connections.databases[alias]


def configure() -> None:
    """Set Django up once a process; a host application that has settings of its own is left to do so itself."""
    if not settings.configured:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "homeward.store.settings")
        apps.populate(settings.INSTALLED_APPS)  # what django.setup() does, less URLs and logging: a third of a start


def is_sqlite(alias: str) -> bool:
    """Whether this case's database is the embedded one."""
    return connections[alias].vendor == "sqlite"


def _up_to_date(alias: str) -> bool:
    """Whether the newest migration has run: one query instead of Django's whole migration graph at every start."""
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT name FROM django_migrations WHERE app = 'homeward' ORDER BY id DESC LIMIT 1")
            row = cursor.fetchone()
    except OperationalError as error:
        if "no such table" in str(error):
            return False
        raise
    except ProgrammingError:  # PostgreSQL names a missing table so
        return False
    if row and row[0] > NEWEST_MIGRATION:
        raise StoreError(f"this case was written by a newer Homeward (its tables are at {row[0]})")
    return bool(row and row[0] == NEWEST_MIGRATION)
