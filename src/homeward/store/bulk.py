"""The one way many rows are written: ``executemany`` on SQLite, ``COPY`` on PostgreSQL.

About four times (SQLite) and ten times (PostgreSQL) faster than the ORM's ``bulk_create`` for the same rows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models import JSONField

from homeward.store.database import is_sqlite

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import Model


def insert(
    alias: str, model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], *, ignore: bool = False
) -> int:
    """Insert ``rows`` (values in the order of ``columns``, which are field names) and return how many were new.

    With ``ignore`` a row that breaks a uniqueness rule is left out silently; otherwise it raises
    ``django.db.IntegrityError`` and the surrounding transaction must be rolled back.
    """
    fields = [model._meta.get_field(name) for name in columns]
    json_at = [at for at, field in enumerate(fields) if isinstance(field, JSONField)]
    prepared = [_with_json(row, json_at) if json_at else tuple(row) for row in rows]
    if not prepared:
        return 0
    names = [f'"{field.column}"' for field in fields]  # type: ignore[union-attr]
    table = f'"{model._meta.db_table}"'
    if is_sqlite(alias):
        return _executemany(alias, table, names, prepared, ignore)
    return _copy(alias, table, names, prepared, ignore)


def update(alias: str, model: type[Model], column: str, keys: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Set ``column`` in the rows that ``keys`` name (field names); each of ``rows`` is the value and then its keys."""
    table = model._meta.db_table
    name, *where = (model._meta.get_field(one).column for one in (column, *keys))  # type: ignore[union-attr]
    conditions = " AND ".join(f'"{one}" = %s' for one in where)
    with connections[alias].cursor() as cursor:
        cursor.executemany(f'UPDATE "{table}" SET "{name}" = %s WHERE {conditions}', rows)


def _with_json(row: Sequence[Any], json_at: list[int]) -> tuple[Any, ...]:
    values = list(row)
    for at in json_at:
        values[at] = json.dumps(values[at], ensure_ascii=False, separators=(",", ":"))
    return tuple(values)


def _executemany(alias: str, table: str, names: list[str], rows: list[tuple[Any, ...]], ignore: bool) -> int:
    verb = "INSERT OR IGNORE" if ignore else "INSERT"
    marks = ", ".join(["%s"] * len(names))
    with connections[alias].cursor() as cursor:
        cursor.executemany(f"{verb} INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)
        return int(cursor.rowcount)


def _copy(alias: str, table: str, names: list[str], rows: list[tuple[Any, ...]], ignore: bool) -> int:
    columns = ", ".join(names)
    with connections[alias].cursor() as cursor:
        target = table
        if ignore:
            target = '"incoming"'
            cursor.execute(f"CREATE TEMP TABLE {target} ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA")
        # COPY goes past Django: its errors are turned into Django's here.
        with (
            connections[alias].wrap_database_errors,
            cursor.copy(f"COPY {target} ({columns}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
        if not ignore:
            return len(rows)
        cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {target} ON CONFLICT DO NOTHING")
        written = int(cursor.rowcount)
        cursor.execute(f"DROP TABLE {target}")
        return written
