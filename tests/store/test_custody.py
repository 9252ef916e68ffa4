"""The ledger with its database: what is written, erased by law, and found when somebody changes rows behind its back."""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from subprocess import Popen
from typing import Any

import pytest
from django.db import connections

from homeward.store import Case, CaseDamaged, StoreError, exhibits
from homeward.store import custody as custody_module
from homeward.store.custody import ERASED
from homeward.store.ledger import Entry, decode, encode

CaseFactory = Callable[[], Case]
Elsewhere = Callable[[str], Popen[str]]
ACTOR = pwd.getpwuid(os.getuid()).pw_name


def faults(case: Case, *trusted: str) -> list[str]:
    return case.custody.check(trusted, lambda entry: ())[1]


def write(case: Case, count: int = 1, names: dict[str, str] | None = None) -> None:
    for number in range(count):
        with case.batch("decision", {"number": number}, names):
            pass


def entries(case: Case) -> list[Entry]:
    return [decode(body) for _, body in case.custody.entries()]


def run_sql(case: Case, sql: str, *values: Any) -> None:
    with connections[case.alias].cursor() as cursor:
        cursor.execute(sql, values)
        assert cursor.rowcount != 0


def test_a_new_case_is_vouched_for_from_its_first_entry(case: Case) -> None:
    assert [entry.act for entry in entries(case)] == ["case.init"]
    assert (case.folder / "ledger/checkpoint").read_text().split("\n")[1] == "1"
    assert faults(case) == []


def test_entries_say_who_did_what_in_order(case: Case) -> None:
    write(case, 3)
    written = entries(case)
    assert [entry.seq for entry in written] == [0, 1, 2, 3]
    assert {case.custody.names(entry.seq)["actor"] for entry in written} == {ACTOR}
    assert sorted(entry.time for entry in written) == [entry.time for entry in written]


def test_the_environment_does_not_say_who_acts(case: Case, monkeypatch: pytest.MonkeyPatch, case_factory: CaseFactory) -> None:
    monkeypatch.setenv("LOGNAME", "somebody.else")
    again = case_factory()
    write(again)
    assert again.custody.names(entries(again)[-1].seq)["actor"] == ACTOR


def test_closing_publishes_and_reopening_finds_nothing_wrong(case: Case, case_factory: CaseFactory) -> None:
    write(case, 5)
    case.close()
    again = case_factory()
    assert (again.folder / "ledger/checkpoint").read_text().split("\n")[1] == "6"
    assert faults(again, (again.folder / "ledger/checkpoints/000000000001").read_text()) == []


def test_what_is_rolled_back_or_skipped_leaves_no_entry(case: Case) -> None:
    with pytest.raises(RuntimeError), case.batch("decision"):
        raise RuntimeError
    with case.batch("decision") as batch:
        batch.skip = True
    write(case)
    assert [entry.act for entry in entries(case)] == ["case.init", "decision"]
    assert faults(case) == []


def test_a_clock_that_is_set_back_does_not_turn_the_log_back(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custody_module, "utc_now", lambda: datetime(2999, 1, 1, tzinfo=UTC))
    write(case)
    monkeypatch.setattr(custody_module, "utc_now", lambda: datetime(1999, 1, 1, tzinfo=UTC))
    write(case)
    case.custody.publish()
    write(case)
    assert faults(case) == []
    assert entries(case)[-1].time == "2999-01-01T00:00:00.000000Z"


def test_a_kill_between_commit_and_publication_loses_nothing(
    case: Case, elsewhere: Elsewhere, case_factory: CaseFactory
) -> None:
    code = "with case.batch('decision'):\n    pass\nos.kill(os.getpid(), signal.SIGKILL)\n"
    assert elsewhere(code).wait() == -9
    assert len(entries(case)) == 2
    assert faults(case) == []
    case.close()
    again = case_factory()
    assert (again.folder / "ledger/checkpoint").read_text().split("\n")[1] == "2"
    assert faults(again) == []


def test_processes_that_write_and_publish_at_once_make_one_log(case: Case, elsewhere: Elsewhere) -> None:
    code = "for n in range(12):\n    with case.batch('decision', {'n': n}):\n        pass\n    case.custody.publish()\n"
    workers = [elsewhere(code) for _ in range(3)]
    while any(worker.poll() is None for worker in workers):
        assert faults(case) == []
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    assert len(entries(case)) == 37
    assert faults(case) == []


def test_names_are_not_in_the_entry_and_can_be_read_until_they_are_erased(case: Case) -> None:
    write(case, names={"person": "Nobody Atall", "note": "a note"})
    body = dict(case.custody.entries())[1]
    assert b"Nobody" not in body
    assert case.custody.names(1) == {"person": "Nobody Atall", "note": "a note", "actor": ACTOR}
    case.custody.publish()
    case.custody.erase(1, "person", "order 12/26", "a test")
    assert case.custody.names(1) == {"person": ERASED, "note": "a note", "actor": ACTOR}
    assert dict(case.custody.entries())[1] == body
    assert faults(case) == []
    last = entries(case)[-1]
    assert (last.act, last.details) == (
        "erase",
        {"entries": [[1, 1]], "field": "person", "authority": "order 12/26", "reason": "a test"},
    )


def test_what_was_erased_or_never_there_cannot_be_erased(case: Case) -> None:
    write(case, names={"person": "Nobody Atall"})
    case.custody.erase(1, "person", "order 12/26", "a test")
    for seq, field in ((1, "person"), (1, "note"), (0, "person"), (99, "person")):
        with pytest.raises(StoreError, match="that could be erased"):
            case.custody.erase(seq, field, "order 12/26", "a test")
    assert len(entries(case)) == 3
    with pytest.raises(StoreError, match="no ledger entry 99"):
        case.custody.names(99)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_erased_name_is_in_no_file_of_the_case(case: Case) -> None:
    write(case, names={"person": "Nobody Atall of Nowhere"})
    write(case, 50, names={"person": "Somebody Else"})

    def holds(text: bytes) -> bool:
        return any(text in path.read_bytes() for path in case.folder.rglob("*") if path.is_file())

    assert holds(b"Nobody Atall of Nowhere")
    case.custody.erase(1, "person", "order 12/26", "a test")
    assert not holds(b"Nobody Atall of Nowhere")
    assert holds(b"Somebody Else")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_bytes_of_an_erased_name_that_a_reader_holds_are_told_of(case: Case) -> None:
    write(case, names={"person": "Nobody Atall of Nowhere"})
    run_sql(case, "PRAGMA busy_timeout=0")
    reader = sqlite3.connect(case.folder / "case.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM sqlite_master").fetchall()
    with pytest.raises(StoreError, match="somebody reads the case"):
        case.custody.erase(1, "person", "order 12/26", "a test")
    reader.close()
    assert case.custody.names(1)["person"] == ERASED


def test_who_acted_can_be_erased_from_every_entry_at_once(case: Case) -> None:
    write(case, 3)
    case.custody._actor = "somebody.else"
    write(case)
    assert not any(ACTOR.encode() in body or b"somebody.else" in body for _, body in case.custody.entries())
    assert case.custody.erase_everywhere(ACTOR, "order 12/26", "a test") == {"actor": 4}
    assert [case.custody.names(seq)["actor"] for seq in range(5)] == [*[ERASED] * 4, "somebody.else"]
    assert entries(case)[-1].details["entries"] == [[0, 3]]
    assert faults(case) == []
    assert case.custody.erase_everywhere(ACTOR, "order 12/26", "a test") == {}


def test_a_name_in_several_fields_goes_from_all_or_from_none(case: Case) -> None:
    folder = case.folder / "seized"
    folder.mkdir()
    exhibits.register(case, "X", str(folder), "W", str(folder))
    before = entries(case)
    with pytest.raises(StoreError, match="move it and ingest it again first"):
        case.custody.erase_everywhere(str(folder), "order 12/26", "a test")
    assert entries(case) == before
    assert case.custody.names(before[-1].seq)["acquirer"] == str(folder)
    assert faults(case) == []


def test_an_erasure_of_an_older_ledger_is_understood(case: Case) -> None:
    write(case, names={"person": "Nobody Atall"})
    with case.batch("erase", {"entry": 1, "field": "person", "authority": "order 12/26", "reason": "a test"}):
        run_sql(case, "DELETE FROM homeward_ledgeropening WHERE seq = 1 AND field = 'person'")
    assert faults(case) == []


@pytest.mark.parametrize("entries", [[[0, 10**15]], [[-5, 1]], [["a", 1]], "x", [[1]]])
def test_an_erasure_that_makes_no_sense_explains_nothing_it_should_not(case: Case, entries: Any) -> None:
    write(case, names={"person": "Nobody Atall"})
    with case.batch("erase", {"entries": entries, "field": "note", "reason": "order 12/26"}):
        pass
    run_sql(case, "DELETE FROM homeward_ledgeropening WHERE seq = 1 AND field = 'person'")
    assert any("the person behind ledger entry 1 is gone" in fault for fault in faults(case))


@pytest.mark.parametrize("name", ["a\udcffb", "a\0b", "", "\u2028", "x" * 10_000])
def test_any_name_can_be_held(case: Case, name: str) -> None:
    write(case, names={"file": name})
    assert "file" in case.custody.names(1)
    assert faults(case) == []


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("DELETE FROM homeward_ledgeropening WHERE seq = 2", "the person behind ledger entry 2 is gone, and no entry says"),
        ("UPDATE homeward_ledgeropening SET value = 'X' WHERE seq = 2", "the person behind ledger entry 2 was changed"),
        (
            "UPDATE homeward_ledgeropening SET field = 'note' WHERE seq = 2 AND field = 'person'",
            "the note behind ledger entry 2 was changed",
        ),
        (
            "UPDATE homeward_ledgeropening SET seq = 1 WHERE seq = 2 AND field = 'person'",
            "the person behind ledger entry 1 was changed",
        ),
        ("UPDATE homeward_ledgerhead SET size = 9", "says that it holds 9 entries, and it ends after 4"),
        ("UPDATE homeward_ledgerhead SET size = 3", "1 entries lie outside"),
        ("DELETE FROM homeward_ledgerhead", "4 entries lie outside"),
        ("DELETE FROM homeward_ledgerentry WHERE seq = 2", "ledger entry 2 is missing"),
        ("DELETE FROM homeward_ledgerentry WHERE seq = 3", "only 3 are left: entries were removed"),
        ("UPDATE homeward_ledgerentry SET seq = 8 WHERE seq = 3", "only 3 are left: entries were removed"),
        ("UPDATE homeward_ledgerentry SET seq = -1 WHERE seq = 3", "1 entries lie outside"),
    ],
)
def test_rows_changed_behind_its_back_are_named(case: Case, sql: str, fault: str) -> None:
    write(case)
    write(case, names={"person": "Nobody Atall"})
    write(case)
    case.custody.publish()
    assert faults(case) == []
    run_sql(case, sql)
    assert any(fault in found for found in faults(case)), faults(case)


def test_a_changed_entry_is_named(case: Case) -> None:
    write(case, 3)
    case.custody.publish()
    real = entries(case)[2]
    forged = encode(Entry(2, real.time, "somebody", "decision", {"number": 7}, real.commitments))
    run_sql(case, "UPDATE homeward_ledgerentry SET body = %s WHERE seq = 2", forged)
    assert faults(case) == ["ledger entry 2 is not the one that was published"]


def test_a_planted_entry_is_named_even_before_it_is_published(case: Case) -> None:
    write(case, 2)
    planted = encode(Entry(3, "2020-01-01T00:00:00.000000Z", "somebody", "decision", {}, {}))
    run_sql(case, "INSERT INTO homeward_ledgerentry (seq, body) VALUES (3, %s)", planted)
    assert faults(case) == ["1 entries lie outside of what the ledger says that it holds"]
    run_sql(case, "UPDATE homeward_ledgerhead SET size = 4")
    (found,) = faults(case)
    assert found.startswith("ledger entry 3 is back-dated: it says 2020-01-01")


def test_an_erased_name_that_comes_back_is_named(case: Case) -> None:
    write(case, names={"person": "Nobody Atall"})
    run_sql(case, "CREATE TABLE kept AS SELECT seq, field, salt, value FROM homeward_ledgeropening")
    case.custody.erase(1, "person", "order 12/26", "a test")
    columns = "seq, field, salt, value"
    run_sql(case, f"INSERT INTO homeward_ledgeropening ({columns}) SELECT {columns} FROM kept WHERE field = 'person'")
    assert faults(case) == ["the person behind ledger entry 1 was erased and is there again"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("value", ["'text'", "7", "1e300", "zeroblob(100)", "CAST(x'ff00ff' AS TEXT)"])
@pytest.mark.parametrize("column", ["homeward_ledgerentry.body", "homeward_ledgeropening.salt", "homeward_ledgeropening.value"])
def test_a_column_of_another_type_is_a_fault_and_no_crash(case: Case, column: str, value: str) -> None:
    write(case, names={"person": "Nobody Atall"})
    case.custody.publish()
    table, name = column.split(".")
    run_sql(case, f"UPDATE {table} SET {name} = {value} WHERE seq = 1")
    assert any("entry 1" in fault or "cannot be read" in fault for fault in faults(case))


def test_nothing_is_built_on_a_hole(case: Case) -> None:
    write(case, 2)
    run_sql(case, "DELETE FROM homeward_ledgerentry WHERE seq = 2")
    with pytest.raises(CaseDamaged, match="ledger entry 2 is gone or was changed"):
        write(case)
    run_sql(case, "DELETE FROM homeward_ledgerhead")
    with pytest.raises(CaseDamaged, match="no longer says how many"):
        write(case)


def test_files_that_were_taken_away_are_not_silently_made_anew(case: Case) -> None:
    write(case, 2)
    case.custody.publish()
    shutil.rmtree(case.folder / "ledger")
    with pytest.raises(CaseDamaged, match="the ledger's folder cannot be used"):
        case.custody.publish()
    (case.folder / "ledger").mkdir()
    with pytest.raises(CaseDamaged, match="must come back from a copy"):
        case.custody.publish()
    assert faults(case) == ["the latest checkpoint is missing: nothing signed vouches for any entry"]


def test_what_look_finds_is_passed_on(case: Case) -> None:
    write(case, 2)
    count, found = case.custody.check((), lambda entry: [f"seen {entry.seq}"])
    assert (count, found) == (3, ["seen 0", "seen 1", "seen 2"])
