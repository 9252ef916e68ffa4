"""Clearing house XML, databases of known software, and which reader a file gets."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from shelf_makers import shelve

from homeward.known.records import ALERT, KNOWN

SPACE = "https://hashsharing.ncmec.org/hashsharing/v2"
MD5, SHA1 = "c7c55af83eaad2ff217d85cf3e314bd9", "7eb53709a8bb858b3c585fb5cbe691486fcdacaf"
PDQ = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
ENTRY = f"""<image><member id="42">Unit &amp; co</member><timestamp>2026-01-01T00:00:00Z</timestamp><id>image1</id>
<classification>A1</classification><fingerprints><md5>{MD5.upper()}</md5><sha1>{SHA1}</sha1><pdna>AAAA</pdna><pdq>{PDQ}</pdq>
</fingerprints><feedback><x y="1">z</x></feedback></image>"""


def page(*entries: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<queryResult xmlns="{SPACE}"><images maxTimestamp="2026">\n'
        f"{''.join(entries)}</images><paging><next>/v2/entries?x=1</next></paging></queryResult>"
    ).encode()


def test_an_entry_keeps_everything() -> None:
    read = shelve(page(ENTRY))
    assert (read.report.format, read.report.purpose, read.report.scheme) == ("ncmec", ALERT, "ncmec-industry")
    assert read.report.hashes == {"md5": 1, "sha1": 1, "pdq": 1}
    assert read.report.unmatched == {"photodna": 1}
    rows = read.rows()
    assert set(rows) == {("md5", MD5), ("sha1", SHA1), ("pdq", PDQ)}
    (told,) = rows["md5", MD5]
    assert (told.line, told.codes, told.key) == (3, "A1", "42/image1")
    assert told.extra["member"] == "Unit & co"
    assert told.extra["feedback/x@y"] == "1"
    assert told.extra["feedback/x"] == "z"
    assert told.extra["fingerprints/pdna"] == "AAAA"


def test_deleted_entries_are_withdrawn_unless_they_come_again() -> None:
    gone = '<deletedImage><member id="42"/><id>image1</id></deletedImage>'
    other = '<deletedVideo><member id="7"/><id>v</id></deletedVideo>'
    assert shelve(page(ENTRY, gone, other)).report.withdrawn == ["42/image1", "7/v"]
    assert shelve(page(gone, ENTRY)).report.withdrawn == []
    only = shelve(page(gone)).report
    assert (only.refused, only.hashes, only.withdrawn) == ("", {}, ["42/image1"])


def test_a_bad_fingerprint_costs_itself() -> None:
    read = shelve(page("<image><id>1</id><fingerprints><md5>x</md5></fingerprints></image>\n", ENTRY.replace(SHA1, "y")))
    assert (read.report.skipped, read.report.incomplete) == (1, 1)
    assert read.report.problems == ["line 3: md5 is not 32 hexadecimal digits", "line 4: sha1 is not 40 hexadecimal digits"]


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (BOMB, "document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
        (page(ENTRY)[:-30], "broken at line"),
        (page(ENTRY).replace(b"</image>", b"</video>"), "broken at line 5"),
        (page("<image>" + "<a>" * 1_000), "nested too deeply"),
        (b"<html/>", "no usable hash"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "broken at line 1"),
        (b'<?xml version="1.0" encoding="gbk"?><a/>', "broken at line 1"),
        (b'<?xml version="1.0" encoding="undefined"?><a/>', "broken at line 1"),
    ],
)
def test_hostile_xml_is_refused(body: bytes, words: str) -> None:
    assert words in shelve(body).report.refused


def test_long_texts_and_many_values_are_cut() -> None:
    many = "".join(f"<v{at}>x</v{at}>" for at in range(3_000))
    entry = f"<image><id>1</id><fingerprints><md5>{MD5}</md5></fingerprints>{many}<long>{'y' * 200_000}</long></image>"
    (told,) = shelve(page(entry)).rows()["md5", MD5]
    assert len(told.extra) <= 1_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_xml_says_its_own_encoding(encoding: str) -> None:
    body = page(ENTRY.replace("Unit", "Küche")).decode().replace("UTF-8", encoding.upper())
    (told,) = shelve(body.encode(encoding)).rows()["md5", MD5]
    assert told.extra["member"] == "Küche & co"


COLUMNS = "sha256 VARCHAR, sha1 VARCHAR, md5 VARCHAR, file_name VARCHAR, file_size INTEGER, package_id INTEGER"


def hashes(number: int) -> tuple[str, str, str]:
    body = str(number).encode()
    sha256, sha1, md5 = (hashlib.new(name, body).hexdigest().upper() for name in ("sha256", "sha1", "md5"))
    return sha256, sha1, md5


@pytest.fixture
def database(tmp_path: Path) -> Callable[..., Path]:
    def make(*statements: str, rows: int = 0, columns: str = COLUMNS) -> Path:
        path = tmp_path / "rds ?#%.db"
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as connection:
            if columns:
                connection.execute(f"CREATE TABLE FILE ({columns})")
            for at in range(rows):
                connection.execute("INSERT INTO FILE VALUES (?, ?, ?, ?, ?, ?)", (*hashes(at // 2), f"n{at}", at, 1))
            for statement in statements:
                connection.execute(statement)
        connection.close()
        return path

    return make


def test_a_database_of_known_software(database: Callable[..., Path]) -> None:
    read = shelve(b"", database=database(rows=20_000))
    assert (read.report.format, read.report.purpose) == ("nsrl", KNOWN)
    assert read.report.hashes == {"md5": 10_000, "sha1": 10_000, "sha256": 10_000}
    rows = read.rows()
    for number in (0, 1, 4_999, 9_999):
        sha256, sha1, md5 = (text.lower() for text in hashes(number))
        for key in (("sha256", sha256[:48]), ("sha1", sha1), ("md5", md5)):
            assert [told.line for told in rows[key]] == [2 * number + 1]


def test_other_columns_other_orders_and_bad_rows(database: Callable[..., Path]) -> None:
    good = hashes(3)
    path = database(
        f"INSERT INTO FILE VALUES ('{good[2]}', 'x', NULL)",
        f"INSERT INTO FILE VALUES ('short', '{good[0]}', 1)",
        "INSERT INTO FILE VALUES (NULL, NULL, 5)",
        columns="md5 TEXT, sha256 TEXT, crc32 TEXT",
    )
    report = shelve(b"", database=path).report
    assert report.hashes == {"md5": 1, "sha256": 1}
    assert (report.skipped, report.incomplete) == (1, 2)
    assert report.problems[2] == "line 3: it has no hash"


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE other (a)"],
        ["CREATE VIEW FILE AS SELECT 'x' AS md5"],
        ["CREATE VIRTUAL TABLE FILE USING fts5(md5)"],
        ["CREATE TABLE FILE (name TEXT)"],
    ],
)
def test_other_databases_are_refused(database: Callable[..., Path], statements: list[str]) -> None:
    assert "no table FILE with hashes" in shelve(b"", database=database(*statements, columns="")).report.refused


def test_expressions_of_a_database_are_not_run(database: Callable[..., Path]) -> None:
    made = "CREATE TABLE FILE (a TEXT, md5 TEXT GENERATED ALWAYS AS (upper(hex(zeroblob(100000000)))) VIRTUAL)"
    report = shelve(b"", database=database(made, "INSERT INTO FILE (a) VALUES ('x')", columns="")).report
    assert "cannot be read" in report.refused or "no table FILE" in report.refused


@pytest.mark.parametrize("at", [18, 100, 4096, 5000, 9000])
def test_a_damaged_database_is_refused_or_read_in_part(database: Callable[..., Path], at: int) -> None:
    path = database(rows=2_000)
    body = bytearray(path.read_bytes())
    body[at : at + 64] = b"\xff" * 64
    path.write_bytes(bytes(body[: len(body) // 2]) if at == 9000 else bytes(body))
    report = shelve(b"", database=path).report
    assert report.refused or sum(report.hashes.values()) <= 3_000


RDS2 = '"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"'
ICSE = (
    "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;Series name;Number of submissions;"
    "File Available;Media Type;Baseline"
)


@pytest.mark.parametrize(
    ("body", "kind", "purpose", "hashes"),
    [
        (f"{PDQ},88\n{PDQ[::-1]},12\n", "csv", ALERT, {"pdq": 2}),
        (f"hash,quality\n{PDQ},88\n", "csv", ALERT, {"pdq": 1}),
        (f"{PDQ}\n", "csv", ALERT, {"sha256": 1}),
        (f"{PDQ},1048576\n", "csv", ALERT, {"sha256": 1}),
        (
            f'{RDS2}\n"{SHA1}","{MD5}","0","a","1","2","3",""\n',
            "nsrl-text",
            KNOWN,
            {"md5": 1, "sha1": 1},
        ),
        (
            f"{ICSE}\n{MD5};NULL;NULL;7;True;NULL;False;NULL;3;True;x;True\n",
            "icse",
            ALERT,
            {"md5": 1},
        ),
    ],
)
def test_tables_are_told_apart_by_their_columns(body: str, kind: str, purpose: str, hashes: dict[str, int]) -> None:
    read = shelve(body.encode())
    assert (read.report.format, read.report.purpose, read.report.hashes) == (kind, purpose, hashes)
    if kind == "icse":
        (told,) = read.rows()["md5", MD5]
        assert (told.key, told.series, told.victim_identified, told.submissions, told.codes) == ("7", "", None, 3, "baseline")
        assert read.report.unmatched == {}


def test_plain_hashes_of_64_digits_are_pdq_where_that_is_said() -> None:
    assert shelve(f"{PDQ}\n".encode(), pdq=True).report.hashes == {"pdq": 1}


def test_the_quality_of_a_pdq_list_is_kept() -> None:
    assert shelve(f"{PDQ},88\n".encode()).shelf.near()["quality"].tolist() == [88]
