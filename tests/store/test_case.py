"""A case exists whole or not at all, and opening one that is broken says so in one sentence."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections

from homeward.core import WrongUse
from homeward.store import Case, CaseExists, CaseNotFound, DatabaseUnreachable, StoreError
from homeward.store.database import postgresql as settings_for


def test_what_a_new_case_holds(case: Case) -> None:
    assert case.info.agency == "Unit 7"
    assert case.info.origin.startswith("homeward.case/")
    names = {path.name for path in case.folder.iterdir()}
    assert {"blobs", "segments", "ledger", "keys", "case.json"} <= names
    assert not [path for path in case.folder.parent.iterdir() if path.name.startswith(".case.new")]
    for path in (case.folder, case.folder / "keys", case.folder / "ledger"):
        assert path.stat().st_mode & 0o077 == 0


def test_a_case_opens_again_with_what_was_written(case: Case, case_factory: Callable[[], Case]) -> None:
    origin = case.info.origin
    case.close()
    assert case_factory().info.origin == origin


def test_two_open_cases_do_not_mix(case: Case, tmp_path: Path) -> None:
    with Case.create(tmp_path / "other", "Unit 8") as other:
        assert (case.info.agency, other.info.agency) == ("Unit 7", "Unit 8")
        assert case.info.origin != other.info.origin


@pytest.mark.parametrize("agency", ["", "  \n"])
def test_a_case_needs_an_agency(tmp_path: Path, agency: str) -> None:
    with pytest.raises(WrongUse, match="name of the agency"):
        Case.create(tmp_path / "case", agency)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/file").write_text("kept")
    (tmp_path / "plain").write_text("kept")
    for name in ("folder", "plain"):
        with pytest.raises(CaseExists, match="already exists"):
            Case.create(tmp_path / name, "Unit 7")
    assert (tmp_path / "folder/file").read_text() == (tmp_path / "plain").read_text() == "kept"


def test_an_empty_folder_becomes_a_case(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    with Case.create(tmp_path / "case", "Unit 7") as case:
        assert case.info.agency == "Unit 7"


@pytest.mark.parametrize("fails_at", ["rename", "ledger"])
def test_a_case_that_could_not_be_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: str) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError("no space left on device")

    from homeward.store.ledger import log

    monkeypatch.setattr(*((Path, "rename") if fails_at == "rename" else (log, "write_whole")), refuse)
    with pytest.raises(OSError, match="no space"):
        Case.create(tmp_path / "case", "Unit 7")
    assert list(tmp_path.iterdir()) == []


def test_a_case_of_a_team_that_could_not_be_made_leaves_its_database_free(
    postgresql: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql()

    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", refuse)
        with pytest.raises(OSError, match="no space"):
            Case.create(tmp_path / "case", "Unit 7", url)
    assert list(tmp_path.iterdir()) == []
    with Case.create(tmp_path / "case", "Unit 8", url) as case:
        assert case.info.agency == "Unit 8"
    with pytest.raises(CaseExists):
        Case.create(tmp_path / "other", "Unit 9", url)
    with Case.open(tmp_path / "case") as case:
        assert case.info.agency == "Unit 8"


@pytest.mark.parametrize("mark", [None, "", "[]", "{}", '{"homeward": "x", "database": "sqlite"}', "\xff"])
def test_a_folder_that_is_no_case_is_said(tmp_path: Path, mark: str | None) -> None:
    if mark is not None:
        (tmp_path / "case.json").write_bytes(mark.encode("latin-1"))
    with pytest.raises(CaseNotFound, match="case"):
        Case.open(tmp_path)


def test_a_case_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Case.create(tmp_path / "case", "Unit 7").close()
    mark = json.loads((tmp_path / "case/case.json").read_text())
    (tmp_path / "case/case.json").write_text(json.dumps({**mark, "homeward": 99}))
    with pytest.raises(CaseNotFound, match="newer Homeward"):
        Case.open(tmp_path / "case")


def test_tables_of_a_newer_version_are_left_alone(case: Case, case_factory: Callable[[], Case]) -> None:
    with connections[case.alias].cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('homeward', '9999_future', '2026-01-01')")
    with pytest.raises(StoreError, match="written by a newer Homeward"):
        case_factory()


def test_a_database_that_is_no_database_is_said(tmp_path: Path) -> None:
    Case.create(tmp_path / "case", "Unit 7").close()
    (tmp_path / "case/case.db").write_bytes(os.urandom(8192))
    with pytest.raises(StoreError):
        Case.open(tmp_path / "case")


def test_one_database_holds_one_case(postgresql: Callable[[], str], tmp_path: Path) -> None:
    url = postgresql()
    Case.create(tmp_path / "one", "Unit 7", url).close()
    with pytest.raises(CaseExists, match="already holds a case"):
        Case.create(tmp_path / "two", "Unit 8", url)
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_a_team_database_that_does_not_answer_is_said(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable, match="does not answer"):
        Case.create(tmp_path / "case", "Unit 7", f"postgresql://nobody@/none?host={tmp_path}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["mysql://host/name", "postgresql://host", "name", "postgresql://"])
def test_a_broken_address_is_wrong_use(tmp_path: Path, url: str) -> None:
    with pytest.raises(WrongUse, match="postgresql://user@host:port/name"):
        Case.create(tmp_path / "case", "Unit 7", url)
    assert list(tmp_path.iterdir()) == []


def test_an_address_is_read_with_its_escapes() -> None:
    read = settings_for("postgresql://a%40b:p%2Fw@db.example:5433/case%201?host=%2Frun%2Fpg")
    assert (read["USER"], read["PASSWORD"], read["HOST"], read["PORT"], read["NAME"]) == (
        "a@b", "p/w", "/run/pg", "5433", "case 1",
    )  # fmt: skip
