"""What a delivered case says of its files, against what was measured; and that all of it is read behind the lock."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from listed import md5, sha1

from homeward.core import WrongUse
from homeward.flow.claims import read_stated
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.known import add_known_list
from homeward.flow.progress import Quiet
from homeward.store import Case, reads
from homeward.store.intake import compare_claims, compare_contents


def vic_case(*media: dict[str, Any]) -> str:
    return json.dumps({"value": [{"CaseID": "c", "Media": list(media)}]})


def claimed(case: Case, seized: Path, text: str, name: str = "case.json") -> list[tuple[str, str, str]]:
    file = seized.parent / name
    file.write_text(text)
    stated, exhibit = read_stated(file, seized), reads.exhibits(case)[0]
    notes = compare_claims(case, exhibit, stated.by_path) + compare_contents(case, exhibit, stated.contents) + stated.notes
    return [(note.kind, str(note.path), note.text) for note in notes]


def test_a_case_delivered_with_its_media_is_compared(case: Case, seized: Path) -> None:
    notes = claimed(
        case,
        seized,
        vic_case(
            {"MD5": md5("a").upper(), "SHA1": sha1("a"), "RelativeFilePath": "seized\\a.txt"},
            {"MD5": md5("x"), "RelativeFilePath": "seized\\b.txt"},
            {"MD5": md5("c"), "RelativeFilePath": "seized/gone.txt"},
            {"MD5": md5("d"), "MediaFiles": [{"FileName": "IMG.JPG"}]},
            {"MD5": md5("y"), "MediaFiles": [{"FileName": "IMG2.JPG"}]},
        ),
    )
    assert [(kind, path) for kind, path, _ in notes] == [
        ("claim differs", "b.txt"),
        ("claim differs", "gone.txt"),
        ("claim differs", "IMG2.JPG"),
    ]
    assert md5("b") in notes[0][2]


@pytest.mark.parametrize("path", ["..\\..\\etc\\passwd", "/etc/passwd", "\\\\server\\x", "C:\\x.jpg", "a/../../b"])
def test_no_path_outside_is_followed(case: Case, seized: Path, path: str) -> None:
    notes = claimed(case, seized, vic_case({"MD5": md5("a"), "RelativeFilePath": path}))
    assert [kind for kind, _, _ in notes] == ["claim refused"]
    assert "outside its folder" in notes[0][2]


def test_a_hash_set_is_no_case(case: Case, seized: Path) -> None:
    with pytest.raises(WrongUse, match="hash set"):
        claimed(case, seized, json.dumps({"value": [{"MD5": md5("a")}]}))
    with pytest.raises(WrongUse, match="states no hash"):
        claimed(case, seized, vic_case({"MD5": "nothex"}))


@pytest.mark.data
@pytest.mark.parametrize("name", ["vics13-case", "vics20-case-us-bom", "vics20-case-uk-stringflags-crlf", "bad-path-escape"])
def test_the_sample_cases_as_claims(case: Case, seized: Path, shared_data: Path, name: str) -> None:
    text = (shared_data / "vics" / f"{name}.json").read_bytes().decode("utf-8")
    if name == "bad-path-escape":
        with pytest.raises(WrongUse, match="states no hash"):
            claimed(case, seized, text)
    else:
        notes = claimed(case, seized, text)
        assert {kind for kind, _, _ in notes} == {"claim differs"}


@pytest.mark.usefixtures("locked")
def test_lists_and_claims_are_read_behind_the_lock(tmp_path: Path, seized: Path, case: Case, add: Any) -> None:
    assert add(json.dumps({"value": [{"MD5": md5("a")}]}), "vic").report.hashes == {"md5": 1}
    database = tmp_path / "rds.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE FILE (md5 TEXT)")
        connection.execute("INSERT INTO FILE VALUES (?)", (md5("b"),))
    connection.close()
    added = add_known_list(case, database, "rds", Quiet())
    assert (added.report.format, added.report.hashes) == ("nsrl", {"md5": 1})
    file = tmp_path / "case.json"
    file.write_text(
        vic_case({"MD5": md5("x"), "RelativeFilePath": "seized\\b.txt"}, {"MD5": md5("x"), "RelativeFilePath": ".."})
    )
    report = ingest(case, [Delivery("A", seized, "W", "")], Quiet(), jobs=1, claims=file)
    assert [note.kind for note in report.notes] == ["claim differs", "claim differs", "claim refused"]
    assert len(reads.findings(case)) == 3
