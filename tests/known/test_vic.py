"""Project VIC files: every sample field by field, however they arrive, and everything that is wrong with some."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shelf_makers import Read, shelve

from homeward.known import json_text, vic
from homeward.known.json_text import MOST, WINDOW
from homeward.known.records import ALERT, KNOWN, KnownListRefused

CONTEXT = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media"
MD5 = "c7c55af83eaad2ff217d85cf3e314bd9"
SHA1 = "7eb53709a8bb858b3c585fb5cbe691486fcdacaf"


def hash_set(records: list[Any], **more: Any) -> bytes:
    return json.dumps({"@odata.context": CONTEXT, "value": records, **more}).encode()


def md5(number: int) -> str:
    return f"{number + (1 << 120):032x}"


def refusal(body: bytes) -> str:
    return shelve(body).report.refused


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "hashes", "unmatched", "scheme", "version", "purpose", "notes"),
    [
        ("vics20-hashset-default", {"md5": 6, "sha1": 6}, {"photodna": 1}, "project-vic", "2.0/Default", ALERT, []),
        ("vics12-known-good-nist-shape", {"md5": 3, "sha1": 3}, {}, "nsrl-caid", "1.2", KNOWN, []),
        ("nist-caid-1.2-excerpt", {"md5": 1, "sha1": 1}, {}, "nsrl-caid", "1.2", KNOWN, []),
        ("vics13-case", {"md5": 1, "sha1": 1}, {"photodna": 1}, "project-vic", "1.3", ALERT, ["case (HW-1)"]),
        ("vics20-case-us-bom", {"md5": 5, "sha1": 5, "sha256": 5}, {}, "project-vic", "2.0/US", ALERT, ["case (HW-1)"]),
        (
            "vics20-case-uk-stringflags-crlf",
            {"md5": 5, "sha1": 5, "sha256": 5},
            {},
            "project-vic",
            "2.0/UK",
            ALERT,
            ["case (HW-1)"],
        ),
    ],
)
def test_the_samples(
    shared_data: Path,
    name: str,
    hashes: dict[str, int],
    unmatched: dict[str, int],
    scheme: str,
    version: str,
    purpose: str,
    notes: list[str],
) -> None:
    report = shelve((shared_data / "vics" / f"{name}.json").read_bytes()).report
    assert (report.hashes, report.unmatched, report.refused) == (hashes, unmatched, "")
    assert (report.scheme, report.scheme_version, report.purpose) == (scheme, version, purpose)
    assert [note in told for note, told in zip(notes, report.notes, strict=True)] == [True] * len(notes)
    assert (report.skipped, report.incomplete, report.problems, report.in_place) == (0, 0, [], True)


@pytest.mark.data
def test_every_field_of_the_hash_set(shared_data: Path) -> None:
    file = shared_data / "vics" / "vics20-hashset-default.json"
    written = json.loads(file.read_text(encoding="utf-8"))["value"]
    lines = [at for at, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if line == "  {"]
    rows = shelve(file.read_bytes()).rows()
    for line, record in zip(lines, written, strict=True):
        (told,) = rows["md5", record["MD5"].lower()]
        assert [told] == rows["sha1", record["SHA1"].lower()]
        assert (told.line, told.codes, told.key) == (line, str(record["Category"]), str(record["MediaID"]))
        assert told.series == record.get("Series", "")
        assert told.victim_identified is ({"true": True, "false": False}.get(record.get("VictimIdentified")))
        meant = {"MD5", "SHA1", "Category", "MediaID", "Series", "VictimIdentified"}
        assert told.extra == {key: value for key, value in record.items() if key not in meant}


@pytest.mark.data
def test_string_flags_of_the_uk_case_are_read_as_what_they_say(shared_data: Path) -> None:
    body = (shared_data / "vics" / "vics20-case-uk-stringflags-crlf.json").read_bytes()
    told = [one for row in shelve(body).rows().values() for one in row]
    assert {one.victim_identified for one in told} == {False}
    assert {one.codes for one in told} == {"", "0", "1", "2", "5"}
    assert told[0].extra["MediaFiles"][0]["FilePath"] == "/DCIM/100/"


@pytest.mark.data
def test_two_media_of_one_file_keep_both_gradings(shared_data: Path) -> None:
    rows = shelve((shared_data / "vics" / "vics20-case-us-bom.json").read_bytes()).rows()
    twice = [told for told in rows.values() if len(told) == 2]
    assert [[one.codes for one in told] for told in twice] == [["1", "2"]] * 2
    assert twice[0][0].extra["MediaFiles"][0]["FileName"] != twice[0][1].extra["MediaFiles"][0]["FileName"]


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bad-truncated", "line 49 (byte 1,440): the file ends in the middle"),
        ("bad-trailing-comma", "line 1 (byte 75): there is a comma with nothing behind it"),
        ("bad-duplicate-key", "the key 'MD5' stands twice"),
        ("bad-path-escape", "no usable hash"),
    ],
)
def test_bad_samples_are_refused_with_the_place(shared_data: Path, name: str, words: str) -> None:
    assert words in refusal((shared_data / "vics" / f"{name}.json").read_bytes())


def _record(number: int) -> dict[str, Any]:
    return {
        "MediaID": number,
        "MD5": md5(number).upper() if number % 2 else md5(number),
        "Category": [0, "1", None][number % 3],
        "Series": "Séries ] } \" , {\"MediaID\" \\ 日本" if number % 5 == 0 else "",
        "Exifs": [{"MD5": md5(number), "PropertyName": "Make", "PropertyValue": "x"}] * (number % 3),
        "Unknown key": {"deep": [number, [None, True, 1.5]]},
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("layout", [{"indent": 1}, {"indent": None}, {"separators": (",", ":")}])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_many_records_in_any_layout(encoding: str, layout: dict[str, Any], ends: str) -> None:
    records = [_record(number) for number in range(3_000)]
    text = json.dumps({"@odata.context": CONTEXT, "value": records}, ensure_ascii=False, **layout).replace("\n", ends)
    read = shelve(text.encode(encoding))
    assert read.report.hashes == {"md5": 3_000}
    assert read.report.in_place is encoding.startswith("utf-8")
    rows = read.rows()
    for record in records:
        (told,) = rows["md5", record["MD5"].lower()]
        assert (told.key, told.series) == (str(record["MediaID"]), record["Series"])
        assert told.extra["Unknown key"] == record["Unknown key"] | {"deep": [record["MediaID"], [None, True, "1.5"]]}


class Dribble(io.RawIOBase):
    """A stream that hands out bytes in pieces of given sizes, over and over."""

    def __init__(self, body: bytes, sizes: list[int]) -> None:
        self._body, self._sizes, self._at, self._turn = body, sizes, 0, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        count = self._sizes[self._turn % len(self._sizes)]
        self._turn += 1
        self._at += count
        return self._body[self._at - count : self._at]


def _pieces(stream: Any) -> list[str]:
    about: dict[str, Any] = {}
    return [
        json.dumps(record)
        for window, _ in vic.walk_vic(stream, about)
        for _, _, record in vic.records(window)
    ] + [json.dumps(about)]  # fmt: skip


simple = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: (
    st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)), max_leaves=6)  # fmt: skip
media = st.dictionaries(st.sampled_from(["MD5", "SHA1", "Series", "Exifs", "x", "é", ""]), simple, max_size=5)


@settings(max_examples=200)
@given(
    st.lists(media, min_size=1, max_size=12),
    st.lists(st.integers(1, 40), min_size=1, max_size=5),
    st.sampled_from([None, 0, 3]),
    st.integers(40, 200),
    st.booleans(),
)
def test_chunks_and_windows_of_any_size_give_the_same_records(
    records: list[dict[str, Any]], sizes: list[int], indent: int | None, window: int, in_case: bool
) -> None:
    value = [{"CaseID": "c", "Media": records, "More": 1}] if in_case else records
    body = json.dumps({"a": "b", "value": value, "z": [1]}, indent=indent, ensure_ascii=False).encode("utf-8", "replace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "WINDOW", window)
        found = _pieces(Dribble(body, sizes))
    about = {"a": "b", **({"CaseID": "c", "More": 1} if in_case else {}), "z": [1]}
    wanted = json.loads(body)["value"]
    wanted = wanted[0]["Media"] if in_case else wanted
    assert [json.loads(text) for text in found] == [*wanted, about]


@settings(max_examples=200)
@given(st.data())
def test_cut_or_changed_anywhere_it_is_refused_or_read_and_nothing_else(data: st.DataObject) -> None:
    body = hash_set([_record(number) for number in range(4)])
    if data.draw(st.booleans()):
        changed = body[: data.draw(st.integers(0, len(body) - 1))]
        assert refusal(changed) != ""
    else:
        at = data.draw(st.integers(0, len(body) - 1))
        changed = body[:at] + data.draw(st.binary(max_size=3)) + body[at + 1 :]
        report = shelve(changed).report
        assert report.refused or 1 <= report.hashes["md5"] <= 4


def test_the_order_of_records_plays_no_part() -> None:
    records = [_record(number) for number in range(200)]

    def told(read: Read) -> dict[Any, list[str]]:
        return {key: [one.key for one in row] for key, row in read.rows().items()}

    assert told(shelve(hash_set(records))) == told(shelve(hash_set(records[::-1])))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"MD5": "nothex"}, "md5 is not 32"),
        ({"MD5": md5(1)[:-1]}, "md5 is not 32"),
        ({"MD5": 12}, "md5 is not 32"),
        ({"MD5": None}, "it has no hash"),
        ({}, "it has no hash"),
        ({"MD5": "d41d8cd98f00b204e9800998ecf8427e"}, "empty file"),
        ({"Media": [], "MD5": md5(1)}, "a case among media"),
        ("text", "it is no object"),
        (None, "it is no object"),
    ],
)
def test_a_bad_record_costs_itself(bad: Any, words: str) -> None:
    records = [{"MD5": md5(5)}, bad, {"MD5": md5(6)}]
    read = shelve(json.dumps({"value": records}, indent=0).encode())
    assert set(read.rows()) == {("md5", md5(5)), ("md5", md5(6))}
    assert read.report.skipped == 1
    assert len(read.report.problems) == 1
    assert words in read.report.problems[0]
    assert read.report.problems[0].startswith("line 6: " if bad is not None and not isinstance(bad, str) else "line ")


def test_a_bad_hash_beside_a_good_one_is_counted_apart() -> None:
    report = shelve(hash_set([{"MD5": md5(1), "SHA1": "x"}])).report
    assert (report.hashes, report.skipped, report.incomplete) == ({"md5": 1}, 0, 1)


@pytest.mark.parametrize("key", ["MD5", "SHA1", "Category"])
def test_a_key_that_stands_twice_is_never_silently_read(key: str) -> None:
    other = {"MD5": md5(2), "SHA1": SHA1[::-1], "Category": "7"}[key]
    twice = f'{{"MD5":"{MD5}","SHA1":"{SHA1}","Category":1,"{key}":"{other}"}}'
    read = shelve(f'{{"value":[{twice},{{"MD5":"{md5(9)}"}}]}}'.encode())
    if key == "Category":  # no hash is in doubt: the row is taken, and says when it matches what is wrong with it
        (told,) = read.rows()["md5", MD5]
        assert "stands twice" in told.extra["not read"]
    else:
        assert set(read.rows()) == {("md5", md5(9))}
        assert read.report.problems == [f"line 1: the key '{key}' stands twice in it"]


def test_an_escaped_key_is_the_same_key() -> None:
    read = shelve(f'{{"value":[{{"\\u004dD5":"{MD5}"}}]}}'.encode())
    assert set(read.rows()) == {("md5", MD5)}


def test_other_hashes_are_found_by_name() -> None:
    pdq, sha256 = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22", md5(3) * 2
    others = [("SHA-256", sha256), ("pdq", pdq), ("PhotoDNA", "x"), ("EDK", "y"), ("MD5", MD5)]
    record = {"MD5": MD5, "AlternativeHashes": [{"MD5": MD5, "HashName": n, "HashValue": v} for n, v in others]}
    read = shelve(hash_set([record]))
    assert read.report.hashes == {"md5": 1, "sha256": 1, "pdq": 1}
    assert read.report.unmatched == {"photodna": 1}
    assert ("pdq", pdq) in read.rows()


def test_a_record_may_have_very_many_hashes() -> None:
    count = 150_000  # minutes, where each is compared with all before it
    others = [{"HashName": "SHA-1", "HashValue": f"{number + (1 << 130):040x}"} for number in (*range(count), *range(9))]
    found, faults = vic.hashes_of({"MD5": MD5, "AlternativeHashes": others})
    assert (len(found), found[0][0], faults) == (1 + count, "md5", [])


def test_bytes_of_another_encoding_cost_nothing() -> None:
    body = hash_set([{"MD5": MD5, "Series": "K?che"}]).replace(b"?", b"\xfc")
    assert shelve(body).rows()["md5", MD5][0].series == "Küche"


def test_nothing_that_a_database_cannot_keep_comes_out() -> None:
    body = b'{"value":[{"MD5":"%s","Series":"a\\u0000b\\ud800c","x":["\\u0000"],"y":"%s"}]}' % (MD5.encode(), b"z" * 9_000)
    (told,) = shelve(body).rows()["md5", MD5]
    assert told.series == "a\ufffdb\ufffdc"
    assert told.extra["x"] == ["\ufffd"]
    assert told.extra["y"].endswith("(9,000 characters)")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "ends in the middle"),
        (b"[]", "no usable hash"),
        (b"{}", "not Project VIC"),
        (b'{"value":{}}', "not Project VIC"),
        (b'{"value":[]}', "no usable hash"),
        (b'{"value":[{"Media":[]}]}', "no usable hash"),
        (b'{"value":[],"value":[]}', "stands twice"),
        (b'{"value":[]} x', "behind its end"),
        (b'{"value":[{"MD5":"%s"} {"MD5":"%s"}]}' % (MD5.encode(), MD5.encode()), "a comma is missing"),
        (b'{"value":[{"MD5":"%s"}' % MD5.encode(), "ends in the middle"),
        (b'{"value":[' + b"[" * 1_000_000, "nested too deeply"),
        (b'{"value":' + b'{"a":' * 1_000_000, "nested too deeply"),
        (b'{"a":' + b"9" * 100_000 + b"}", ""),
        (b'{"value":[{"MD5":"%s","x":"' % MD5.encode() + b"y" * (MOST + 10), "larger than 16 MiB"),
    ],
)
def test_what_is_broken_or_hostile_is_refused(body: bytes, words: str) -> None:
    assert words in refusal(body)
    assert refusal(body) != ""


def test_padding_behind_the_end_is_nothing() -> None:
    assert refusal(hash_set([{"MD5": MD5}]) + b"\n\0\0\0") == ""


def test_a_label_that_lies_is_said_and_not_believed() -> None:
    records = [{"CaseID": "x", "Media": [{"MD5": MD5}]}]
    report = shelve(hash_set(records)).report
    assert report.hashes == {"md5": 1}
    assert "the structure was believed" in report.notes[1]


def test_several_cases_in_one_file() -> None:
    cases = [{"CaseID": str(at), "Media": [{"MD5": md5(at * 10 + n)} for n in range(3)], "More": {}} for at in range(4)]
    assert shelve(hash_set(cases)).report.hashes == {"md5": 12}


def test_windows_stay_small_whatever_the_list() -> None:
    body = hash_set([_record(number) for number in range(20_000)])
    cursor_windows = [window for window, _ in vic.walk_vic(io.BytesIO(body), {})]
    assert len(cursor_windows) > 5
    assert max(len(window.body) for window in cursor_windows) <= WINDOW + 4096


def test_a_refusal_is_the_rooms_own() -> None:
    with pytest.raises(KnownListRefused):
        list(vic.walk_vic(io.BytesIO(b"{"), {}))
