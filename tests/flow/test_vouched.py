"""No column of any table can be changed without ``verify`` saying so, but for those that are named here with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, models
from worked_case import add_more, changed, work

from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case

FREE = {
    ("homeward_source", "stamp"): "says only whether a source is read again; verify --full reads all of them",
    ("homeward_job", "attempts"): "work in hand",
    ("homeward_job", "owner"): "work in hand",
    ("homeward_job", "expires"): "work in hand",
    ("homeward_lease", "kind"): "work in hand",
    ("homeward_lease", "name"): "work in hand",
    ("homeward_lease", "person"): "work in hand",
    ("homeward_lease", "until"): "work in hand",
    ("homeward_lease", "handed"): "work in hand",
    ("homeward_person", "second_used"): "says only which one-time code counts no more",
}
WHERE = {"homeward_job": "WHERE state = 'done'"}
"""Rows that are chosen from, where not from all."""
FIELDS = [
    (model._meta.db_table, field)
    for model in apps.get_app_config("homeward").get_models()
    for field in model._meta.concrete_fields
    if not isinstance(field, models.AutoField)
]


@pytest.fixture(scope="module")
def case(made_material: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    home = tmp_path_factory.mktemp("vouched")
    with Case.create(home / "case", "Test Unit") as made:
        work(made, made_material, home)
        add_more(made, made_material, home)
        assert verify(made, Quiet(), full=True).faults == []
        yield made
        assert verify(made, Quiet(), full=True).faults == []


def others(field: Any) -> list[str]:
    """SQL for values that are not what stands there; the first that the table allows is taken."""
    name = f'"{field.column}"'
    if field.is_relation:
        table, column = field.related_model._meta.db_table, field.related_model._meta.pk.column
        rows = f"SELECT {column} FROM {table} WHERE {column} IS NOT {name} ORDER BY {column}"
        return [*(f"({rows} LIMIT 1 OFFSET {at})" for at in range(6)), "1000000"]
    if isinstance(field, models.BooleanField):
        return [f"1 - COALESCE({name}, 0)"]
    if isinstance(field, models.JSONField):
        return ["""'{"changed": 1}'"""]
    if isinstance(field, models.DateTimeField):
        return ["'2001-02-03 04:05:06'"]
    if isinstance(field, models.IntegerField):
        return [f"COALESCE({name}, 0) + 1", f"{name} + 1000000"]
    return [f"{name} || 'x'", "X'00'"]


@pytest.mark.parametrize(("table", "field"), FIELDS, ids=[f"{table}.{field.column}" for table, field in FIELDS])
def test_a_changed_column_is_noticed(case: Case, table: str, field: Any) -> None:
    where = f"WHERE rowid = (SELECT min(rowid) FROM {table} {WHERE.get(table, '')})"
    for value in others(field):
        with suppress(IntegrityError), changed(case, f'UPDATE {table} SET "{field.column}" = {value} {where}'):
            assert bool(verify(case, Quiet()).faults) != ((table, field.column) in FREE)
            return
    pytest.fail("the table allows no other value")


def test_what_is_said_to_be_free_is_a_column() -> None:
    assert FREE.keys() <= {(table, field.column) for table, field in FIELDS}
