"""A case in the shape of Project VIC and as an ICSE-style list, read back by others and by ourselves."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ijson
import jsonschema
import pytest
from exchange_case import make_case
from hypothesis import given
from hypothesis import strategies as st
from no_pictures import assert_no_picture

from homeward.core import WrongUse
from homeward.exchange.medium import Medium, Place
from homeward.exchange.vic_out import VERSIONS, Heading, vic_case
from homeward.flow.exchange.exporting import export_icse, export_vic
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.known import add_known_list, matches
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.known.vic_claims import case_claims
from homeward.store import Case, reads
from homeward.store.ledger.entries import decode

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "reference" / "vic-2.0.schema.json"
HEADING = Heading("{00000000-0000-4000-8000-000000000001}", "case", "Unit A", "0", 0)


@pytest.mark.parametrize("version", VERSIONS)
def test_everything_that_can_be_looked_at_is_told(case: Case, tmp_path: Path, version: str) -> None:
    assert export_vic(case, tmp_path / "out.json", version) == 3
    with (tmp_path / "out.json").open("rb") as file:
        records = {one["MD5"]: one for one in ijson.items(file, "value.item.Media.item")}
    held = [row for row in reads.occurrences(case) if row["item__mime"].startswith("image/")]
    assert set(records) == {row["item__md5"] for row in held}
    for row in held:
        record = records[row["item__md5"]]
        assert record["SHA1"] == row["item__sha1"]
        hashes = {one["HashName"]: one["HashValue"] for one in record["AlternativeHashes"]}
        assert hashes["SHA256"] == row["item__sha256"]
        assert re.fullmatch("[0-9a-f]{64}", hashes["PDQ"])
        name = row["path"].rpartition("/")[2].rpartition(" > ")[2]
        assert (name, "X 1") in {(place["FileName"], place["SourceID"]) for place in record["MediaFiles"]}
    assert sorted(len(one["MediaFiles"]) for one in records.values()) == [1, 1, 2]
    assert_no_picture((tmp_path / "out.json").read_bytes(), case)


def test_the_published_schema_holds(case: Case, tmp_path: Path) -> None:
    export_vic(case, tmp_path / "out.json", "2.0")
    told = json.loads((tmp_path / "out.json").read_text())
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(told, schema)
    told["value"][0]["Media"][0]["Miniature"] = "AAAA"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, schema)


def test_what_is_ours_stands_beside_it(case: Case, tmp_path: Path, seized: Path) -> None:
    export_vic(case, tmp_path / "out.json", "2.0")
    records = {one["MD5"]: one for one in json.loads((tmp_path / "out.json").read_text())["value"][0]["Media"]}
    record = records[hashlib.md5((seized / "0.jpg").read_bytes()).hexdigest()]
    told = {one["PropertyName"]: one["PropertyValue"] for one in record["MediaMetadata"]}
    assert told["Homeward.Known"] == "known; md5 at distance 0; 2; Harbour; victim not identified"
    assert record["Category"] is None
    assert {name for name in told if not name.startswith("Homeward.")} == set()


def test_it_comes_back_as_a_list(case: Case, tmp_path: Path, seized: Path) -> None:
    other = make_case(tmp_path / "other", seized, "Unit B")
    try:
        for version in VERSIONS:
            export_vic(case, tmp_path / "out.json", version)
            added = add_known_list(other, tmp_path / "out.json", "from A", Quiet())
            assert added.report.skipped == added.report.incomplete == 0
            assert added.report.hashes == {"md5": 3, "sha1": 3, "sha256": 3, "pdq": 3}
        process(other, "inline", 1, Quiet(), until="match")
        assert {found["sha256"] for found in matches(other)} == {
            row["item__sha256"] for row in reads.occurrences(case) if row["item__mime"].startswith("image/")
        }
    finally:
        other.close()


def test_claims_of_it_agree_with_what_is_measured(case: Case, tmp_path: Path, seized: Path) -> None:
    export_vic(case, tmp_path / "out.json", "2.0")
    Case.create(tmp_path / "other", "Unit B").close()
    with Case.open(tmp_path / "other") as other:
        ingest(other, [Delivery("X", seized, "W", "")], Quiet(), claims=tmp_path / "out.json")
        assert reads.findings(other) == []


def test_an_icse_list_comes_back(case: Case, tmp_path: Path) -> None:
    assert export_icse(case, tmp_path / "out.csv") == 3
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text()), delimiter=";"))
    held = {row["item__md5"]: row["item__sha1"] for row in reads.occurrences(case) if row["item__mime"].startswith("image/")}
    assert {row["MD5"]: row["SHA1"] for row in rows} == held
    assert sorted(row["Number of submissions"] for row in rows) == ["1", "1", "2"]
    Case.create(tmp_path / "other", "Unit B").close()
    with Case.open(tmp_path / "other") as other:
        added = add_known_list(other, tmp_path / "out.csv", "from A", Quiet())
        assert (added.report.format, added.report.hashes, added.report.skipped) == ("icse", {"md5": 3, "sha1": 3}, 0)
    assert_no_picture((tmp_path / "out.csv").read_bytes(), case)


def test_its_columns_are_those_of_the_sample(shared_data: Path) -> None:
    from homeward.exchange.icse_out import COLUMNS

    assert (shared_data / "vics" / "icse-columns.csv").read_text("utf-8-sig").splitlines()[0] == ";".join(COLUMNS)


def test_leaving_is_recorded_and_the_case_still_verifies(case: Case, tmp_path: Path) -> None:
    export_vic(case, tmp_path / "out.json", "2.0")
    last = decode(list(case.custody.entries())[-1][1])
    assert last.act == "export"
    assert last.details["format"] == "vics"
    assert last.details["sha256"] == hashlib.sha256((tmp_path / "out.json").read_bytes()).hexdigest()
    for target in (case.folder / "out.json", tmp_path):
        with pytest.raises(WrongUse):
            export_vic(case, target, "2.0")


texts = st.text(max_size=12)
_names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12) | st.just("odd\udcff")
places = st.builds(
    Place, texts, st.lists(_names, min_size=1, max_size=3).map(tuple), *[st.just("")] * 3, st.booleans(), st.booleans()
)
media = st.builds(
    Medium,
    st.integers(1, 2**31),
    st.just("ab12" * 16),
    st.just("cd34" * 10),
    st.integers(1, 2**64).map(lambda n: f"7{n:031x}"),
    st.integers(0, 2**40),
    texts,
    st.sampled_from(["still", "video"]),
    st.lists(places, max_size=3).map(tuple),
    exif=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
    series=texts,
    known=st.lists(texts, max_size=2).map(tuple),
)


@given(st.lists(media, max_size=4), st.sampled_from(VERSIONS))
def test_whatever_names_and_metadata_hold_it_is_read_back(written: list[Medium], version: str) -> None:
    data = b"".join(vic_case(HEADING, written, version))
    read = json.loads(data)["value"][0]["Media"]
    assert [(one["MD5"], one["MediaSize"]) for one in read] == [(one.md5, one.size) for one in written]
    assert [tuple((e["PropertyName"], e["PropertyValue"]) for e in one["Exifs"]) for one in read] == [m.exif for m in written]
    if written:
        claims = list(case_claims(io.BytesIO(data)))
        assert [dict(claim.hashes) for claim in claims] == [
            {"md5": one.md5, "sha1": one.sha1, "sha256": one.sha256} for one in written
        ]
        assert not [claim.reason for claim in claims if claim.reason]
    if version == "2.0":
        jsonschema.validate(json.loads(data), json.loads(SCHEMA.read_text()))


def test_memory_does_not_grow_with_the_case() -> None:
    def many(count: int) -> Iterator[Medium]:
        for number in range(1, count + 1):
            place = Place("X", (f"{number}.jpg",), "", "", "", deleted=False, embedded=False)
            yield Medium(number, "a" * 64, "b" * 40, f"{number:032x}", 1, "image/jpeg", "still", (place,))

    def peak(count: int) -> Any:
        tracemalloc.start()
        size = sum(map(len, vic_case(HEADING, many(count), "2.0")))
        told = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return told, size

    few, many_of_them = peak(10), peak(2000)
    assert many_of_them[1] > 100 * few[1]
    assert many_of_them[0] < few[0] + 100_000
