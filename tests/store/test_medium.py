"""A case that can only be read keeps its word on each database, and is read as it stands."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from homeward.store import Case, StoreError, database
from homeward.store.medium import DATABASE, Medium

READ = """
import pathlib, sys
from django.db import connections
from homeward.store import Case, CaseReadOnly
from homeward.store.models import CaseInfo
with Case.open(pathlib.Path(sys.argv[1])) as case:
    print(case.read_only, case.info.agency, case.custody.check([], lambda entry: [])[1])
    for write in (lambda: case.batch("x"), CaseInfo.objects.using(case.alias).delete):
        try:
            write()
            print("written")
        except Exception as error:
            print(isinstance(error, CaseReadOnly), error)
"""
Reader = Callable[[Path, str, str], str]


def test_nothing_can_be_written(case: Case, on_read_only_medium: Reader) -> None:
    case.close()
    opened, batch, row = on_read_only_medium(case.folder, READ, str(case.folder)).splitlines()
    assert opened == "True Unit 7 []"
    assert batch == f"True {case.folder} can only be read: copy it to where you may write, and use the copy"
    assert row.startswith("False ")


def test_an_older_case_is_read_from_a_copy(tmp_path: Path, on_read_only_medium: Reader) -> None:
    from django.core.management import call_command

    with Case.create(tmp_path / "case", "Unit 7") as case:
        call_command("migrate", "homeward", "0007", database=case.alias, verbosity=0, interactive=False)
        database.connections[case.alias].close()
    before = (tmp_path / "case" / DATABASE).read_bytes()
    assert on_read_only_medium(tmp_path / "case", READ, str(tmp_path / "case")).startswith("True Unit 7 []")
    assert (tmp_path / "case" / DATABASE).read_bytes() == before


def test_what_changed_while_it_was_read_is_no_answer(tmp_path: Path) -> None:
    Case.create(tmp_path / "case", "Unit 7").close()
    medium = Medium(tmp_path / "case")
    medium.connect("reading", "sqlite")
    database.disconnect("reading")
    with sqlite3.connect(tmp_path / "case" / DATABASE) as other:
        other.execute("UPDATE homeward_caseinfo SET agency = 'Another'")
    other.close()
    with pytest.raises(StoreError, match="was written to while it was read"):
        medium.close()


def test_its_private_folder_is_gone_afterwards(tmp_path: Path) -> None:
    Case.create(tmp_path / "case", "Unit 7").close()
    medium = Medium(tmp_path / "case")
    (medium.scratch / "x").touch()
    scratch = medium.scratch
    medium.close()
    assert not scratch.exists()
