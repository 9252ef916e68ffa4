"""A case as CASE JSON-LD: what the standard's own validator says of a sample, and what every shard has to be."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from case_utils.case_validate import main as case_validate
from hypothesis import given, settings
from hypothesis import strategies as st
from no_pictures import assert_no_picture

from homeward.core import WrongUse
from homeward.exchange.case_out import LARGEST_SHARD, Graph
from homeward.exchange.case_records import Act, Connection, Delivery, Heading, Unread
from homeward.exchange.medium import Medium, Place
from homeward.exchange.target import MANIFEST
from homeward.flow.exchange.exporting import export_case
from homeward.store import Case, reads
from homeward.store.ledger.entries import decode

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs" / "reference" / "case-1.5.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
HEADING = Heading(
    "unit-a.example/1",
    "case",
    "Unit A",
    "0.1.0",
    (("X 1", "Warrant 7"),),
    (
        Act("exhibit.add", "an exhibit was registered", "", "", "2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:01.5Z", 1),
        Act("match", "Matching", "5", "ab12", "2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:01.5Z", 3),
    ),
    (Delivery("Harbour", "ab" * 32, "csv"),),
)


def there(name: str) -> Place:
    return Place("X 1", (name,), "", "", "", deleted=False, embedded=False)


PLACES = (
    Place("X 1", ("disk.E01", "p1", "/a.zip", "DCIM/b.jpg"), "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.5", "", True, False),
    Place("X 1", ('odd\udcff \\ "name".JPG',), "", "1969-01-01T00:00:00Z", "", False, True, "2020-01-01T00:00:00Z"),
)
SAMPLE = (
    Medium(
        1, "ab" * 32, "cd" * 20, "ef" * 16, 9, "image/jpeg", "still", PLACES, 640, 480, (("Make", "A"), ("Model", "")),
        "12" * 32, 90, "5e" * 32, "unidentified", "ab" * 32, "cd" * 32, ("Harbour; md5 at distance 0; 2",),
    ),
    Medium(2, "ac" * 32, "cd" * 20, "ee" * 16, 0, "image/png", "still", (there("b.png"),), stack="ab" * 32),
    Medium(3, "ad" * 32, "cd" * 20, "ed" * 16, 2**40, "video/mp4", "video", (there("c.mp4"),), 64, 48, series="5e" * 32),
    Medium(4, "ae" * 32, "cd" * 20, "ec" * 16, 1, "", "", (there("notes.txt"),)),
)  # fmt: skip
FAILED = (Unread(there("locked.zip"), "it is encrypted"),)
LINKS = (
    Connection(
        "camera", "ab" * 32, "ac" * 32, "sensor noise", 2.5, "support for the same device", ("uniqueness not established",)
    ),
    Connection("copy", "ab" * 32, "ad" * 32, "clips", None, "seen in the clip", where="1.5"),
)


def shards(media: Iterable[Medium], unread: Iterable[Unread] = (), links: Iterable[Connection] = ()) -> list[Any]:
    return [json.loads(text) for _, text in Graph(HEADING).shards(media, unread, links)]


def assert_sound(shard: Any) -> None:
    """As our own schema says, and whole."""
    VALIDATOR.validate(shard)
    assert_refers_to_itself(shard)


def assert_refers_to_itself(shard: Any) -> None:
    here = {node["@id"] for node in shard["@graph"]}
    assert len(here) == len(shard["@graph"])
    assert {one for node in shard["@graph"] for one in _referred(node)} <= here


def _referred(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.keys() == {"@id"}:
            yield value["@id"]
        for one in value.values():
            yield from _referred(one)
    elif isinstance(value, list):
        for one in value:
            yield from _referred(one)


def of_kind(shard: Any, kind: str) -> list[Any]:
    return [node for node in shard["@graph"] if kind in node["@type"]]


def test_the_standards_own_validator_takes_a_sample_of_every_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ((_, text),) = Graph(msgspec.structs.replace(HEADING, cac=True)).shards(SAMPLE, FAILED, LINKS)
    for name in ("CACInvestigation", "DatabaseMatchAction", "PerceptualHash"):
        assert text.count(name.encode()) == 1
    assert_sound(json.loads(text))
    (tmp_path / "good.jsonld").write_bytes(text)
    assert _validated(tmp_path / "good.jsonld", monkeypatch, capsys) == (0, True)
    wrong = text.replace(b"uco-observable:fileName", b"uco-observable:fileNme", 1)
    (tmp_path / "wrong.jsonld").write_bytes(wrong)
    with pytest.raises(jsonschema.ValidationError):
        assert_sound(json.loads(wrong))


def _validated(file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, bool]:
    monkeypatch.setattr(sys, "argv", ["case_validate", "--allow-info", "--built-version", "case-1.5.0", str(file)])
    with pytest.raises(SystemExit) as ended:
        case_validate()
    told = capsys.readouterr()
    print(told.out[-3000:], told.err[-3000:])
    return ended.value.code, "Conforms: True" in told.out and "NonExistentCDOConcept" not in told.out + told.err  # type: ignore[return-value]


def test_everything_of_a_case_is_in_it(case: Case, tmp_path: Path) -> None:
    assert export_case(case, tmp_path / "out") == 1
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {MANIFEST, "000000.jsonld"}
    checked = subprocess.run(["sha256sum", "--check", "--quiet", MANIFEST], cwd=tmp_path / "out", check=False)
    assert checked.returncode == 0
    *_, last = (decode(body) for _, body in case.custody.entries())
    assert (last.details["format"], last.details["files"]) == ("case", 1)
    assert last.details["sha256"] == hashlib.sha256((tmp_path / "out" / MANIFEST).read_bytes()).hexdigest()
    data = (tmp_path / "out" / "000000.jsonld").read_bytes()
    assert_no_picture(data, case)
    shard = json.loads(data)
    assert_sound(shard)
    held = list(reads.occurrences(case))
    told = {
        facet["uco-observable:filePath"]
        for node in shard["@graph"]
        for facet in node.get("uco-core:hasFacet", [])
        if facet["@type"] == "uco-observable:FileFacet"
    }
    assert told == {row["path"] for row in held}
    hashes = {
        one["uco-types:hashValue"]["@value"]
        for node in of_kind(shard, "uco-observable:ContentData")
        for one in node["uco-core:hasFacet"][0]["uco-observable:hash"]
        if one["uco-types:hashMethod"] == "SHA256"
    }
    assert hashes == {row["item__sha256"] for row in held}
    (found,) = of_kind(shard, "homeward:KnownMatch")
    assert found["uco-core:statement"].startswith("known; md5 at distance 0; 2; Harbour")
    done = {node["uco-core:name"] for node in of_kind(shard, "uco-analysis:Analysis")}
    assert {"describe", "match", "copies", "sights"} <= done
    assert [one["case-investigation:exhibitNumber"] for one in of_kind(shard, "case-investigation:ProvenanceRecord")] == ["X 1"]


def test_a_link_stands_between_its_items_wherever_these_are() -> None:
    for found in (shards(SAMPLE, (), LINKS)[-1], shards((), (), LINKS)[-1]):
        assert_sound(found)
        items = {node["@id"] for node in of_kind(found, "uco-observable:ContentData")}
        links = of_kind(found, "homeward:Link")
        assert [one["uco-core:kindOfRelationship"] for one in links] == ["same camera", "same copy"]
        assert {one[end]["@id"] for one in links for end in ("uco-core:source", "uco-core:target")} <= items
        assert links[0]["uco-core:description"] == ["support for the same device", "uniqueness not established"]
        assert [one.get("homeward:log10LR", {}).get("@value") for one in links] == ["2.500", None]
    (both,) = shards((), (), [LINKS[1], msgspec.structs.replace(LINKS[1], where="2.5")])
    assert len(of_kind(both, "homeward:Link")) == 2


def test_nothing_that_stands_there_is_written_over(case: Case, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    for target in (tmp_path / "mine", tmp_path / "mine" / "notes.txt", case.folder / "out"):
        with pytest.raises(WrongUse):
            export_case(case, target)
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "notes.txt"]
    (tmp_path / "empty").mkdir()
    assert export_case(case, tmp_path / "empty") == 1


def test_shards_are_small_and_one_graph() -> None:
    places = tuple(there(f"{n}.jpg") for n in range(150))
    many = [*SAMPLE, Medium(5, "af" * 32, "cd" * 20, "eb" * 16, 1, "image/jpeg", "still", places, series="5e" * 32)]
    found = shards(many, FAILED)
    assert len(found) == 2
    for shard in found:
        assert_sound(shard)
        assert len(of_kind(shard, "uco-observable:File")) + len(of_kind(shard, "uco-observable:RasterPicture")) <= LARGEST_SHARD
    names = {node["@id"] for shard in found for node in of_kind(shard, "case-investigation:Investigation")}
    assert len(names) == 1
    assert shards(many, FAILED) == found
    assert len({node["@id"] for shard in found for node in of_kind(shard, "uco-observable:RasterPicture")}) == 153


texts = st.text(max_size=12)
_names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12) | st.just("odd\udcff")


@settings(max_examples=20, deadline=None)
@given(st.lists(_names, min_size=1, max_size=3), st.lists(st.tuples(texts, texts), max_size=3), texts, texts)
def test_whatever_names_hold_it_is_read_back(layers: list[str], exif: list[tuple[str, str]], known: str, reason: str) -> None:
    place = Place("X 1", tuple(layers), "", "", "", False, False)
    medium = Medium(1, "a" * 64, "b" * 40, "c" * 32, 1, "image/x", "still", (place,), exif=tuple(exif), known=(known,))
    (shard,) = shards([medium], [Unread(place, reason)])
    assert_refers_to_itself(shard)
    entries = [
        (one["uco-types:key"], one["uco-types:value"])
        for node in of_kind(shard, "uco-observable:ContentData")
        for facet in node["uco-core:hasFacet"]
        for one in facet.get("uco-observable:exifData", {}).get("uco-types:entry", [])
    ]
    assert entries == exif


def test_memory_does_not_grow_with_the_case() -> None:
    def many(count: int) -> Iterator[Medium]:
        for number in range(count):
            place = there(f"{number}.jpg")
            yield Medium(number, f"{number:064x}", "b" * 40, f"{number:032x}", 1, "image/jpeg", "still", (place,))

    def peak(count: int) -> Any:
        tracemalloc.start()
        size = sum(len(text) for _, text in Graph(HEADING).shards(many(count), ()))
        told = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return told, size

    peak(60)
    few, many_of_them = peak(60), peak(1200)
    assert many_of_them[1] > 15 * few[1]
    assert many_of_them[0] < few[0] + 200_000
