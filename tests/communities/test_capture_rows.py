from __future__ import annotations

import csv
import io
import json
import os
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.communities.captured import Attachment, CaptureRefused, Identifier, Message, Summary, When
from homeward.communities.mapping import Mapping, read_mapping
from homeward.communities.rows import read_csv, read_json_lines
from homeward.communities.times import iso, offset_of, reading, rules_of, since_1970
from homeward.sandbox import ByteRange

FIRST = datetime(1700, 1, 1)  # noqa: DTZ001 - a wall clock
MAPPING = """
columns: {id: n, site: site, thread: t, handle: by.name, time: at, text: words, reply_to: re, to: to}
always: {board: general}
time: {form: iso, zone: "+02:00"}
attachments: {in: files, name: name, start: id, after: f, sha1: sha1, size: size, captured: have}
identifiers: {e-mail: by.mail}
"""


def source(content: bytes) -> ByteRange:
    fd = os.memfd_create("rows")
    os.write(fd, content)
    return ByteRange(fd, 0, len(content))


def rows(content: bytes, mapping: str = MAPPING, *, text: bool = True) -> tuple[list[Any], Summary]:
    summary = Summary()
    read = read_json_lines if content.startswith(b"{") else read_csv
    return list(read(source(content), read_mapping(mapping.encode()), summary, text=text)), summary


def test_every_field_of_a_row_is_taken() -> None:
    row = {
        "n": 7,
        "site": "s",
        "t": "t1",
        "by": {"name": "håndle", "mail": "A@b.example"},
        "at": "2020-02-29T23:30:00.25",
        "words": "what a \0 lamp",
        "re": "6",
        "to": ["x", "y"],
        "files": [
            {"name": "a.jpg", "id": "fABC0", "sha1": "A" * 40, "size": 12, "have": "yes"},
            {"name": "b.jpg", "have": None},
        ],
    }
    found, summary = rows(json.dumps(row).encode())
    at = int(datetime(2020, 2, 29, 21, 30, tzinfo=UTC).timestamp()) * 10**9 + 250_000_000
    assert found == [
        Message(
            id="7",
            site="s",
            handle="håndle",
            time=When(at),
            board="general",
            thread="t1",
            reply_to="6",
            to=("x", "y"),
            length=13,
            text="what a \N{REPLACEMENT CHARACTER} lamp",
            attachments=(
                Attachment(name="a.jpg", start="abc0", sha1="a" * 40, size=12),
                Attachment(name="b.jpg", captured=False),
            ),
        ),
        Identifier("s", "håndle", "e-mail", "A@b.example"),
    ]
    assert (summary.skipped, summary.format) == (0, "jsonl")


def test_text_stays_away_unless_it_is_permitted_and_its_length_is_told() -> None:
    found, _ = rows(b'{"n": 1, "site": "s", "by": {"name": "h"}, "words": "four"}', text=False)
    assert (found[0].text, found[0].length) == ("", 4)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"n": 1, "site": "s"}', "it has no handle"),
        ('{"n": [1], "site": "s", "by": {"name": "h"}}', "its id is no text"),
        ('{"n": 1, "site": "s", "by": {"name": "h"}, "at": "31.12.2020"}', "its time is not as the mapping says"),
        ('{"n": 1, "site": "s", "by": {"name": "h"}, "words": {}}', "its text is none"),
        ('{"n": 1, "site"', "it ends in the middle"),
        ('{"n": 1, "site":}', "it is no JSON"),
        ("[1]", "it is no JSON object"),
        ("[" * 100_000, "it is no JSON object"),
    ],
)
def test_a_bad_row_is_skipped_with_its_reason_which_quotes_nothing(line: str, reason: str) -> None:
    good = '{"n": 1, "site": "s", "by": {"name": "h"}}'
    found, summary = rows(f"{good}\n{line}\n\n{good}\n".encode())
    assert [one.id for one in found] == ["1", "1"]
    assert (summary.skipped, summary.problems) == (1, [f"line 2: {reason}"])


@given(
    st.lists(
        st.tuples(*[st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)] * 3), max_size=8
    )
)
def test_csv_gives_back_what_was_written(table: list[tuple[str, str, str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows([("n", "site", "by"), *table])
    found, summary = rows(out.getvalue().encode(), "columns: {id: n, site: site, handle: by}\ndelimiter: ';'")
    assert [(one.id, one.site, one.handle) for one in found] == table
    assert summary.skipped == 0


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig"])
def test_tables_as_spreadsheets_write_them(encoding: str) -> None:
    table = ("\ufeff" if encoding == "utf-16-be" else "") + 'n\tsite\tby\r\n7\tß\t"hånna\tö"\r\n'
    found, summary = rows(table.encode(encoding), "columns: {id: n, site: site, handle: by}")
    assert ([(one.id, one.site, one.handle) for one in found], summary.skipped) == ([("7", "ß", "hånna\tö")], 0)


def test_a_table_that_lacks_a_column_or_never_closes_a_cell_is_refused() -> None:
    with pytest.raises(CaptureRefused, match="no column 'by'"):
        rows(b"n,site\n1,s\n", "columns: {id: n, site: site, handle: by}")
    with pytest.raises(CaptureRefused, match="broken at line"):
        rows(b'n,site,by\n1,s,"h\n' + b"x" * 3_000_000, "columns: {id: n, site: site, handle: by}")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("columns: {id: a, site: b}", "what the handle of a message is"),
        ("columns: {id: a, site: b, handle: c, age: d}", "no field is called 'age'"),
        ("columns: {id: a, site: b, handle: c}\ntime: {form: sometime}", "no form of time"),
        ("columns: {id: a, site: b, handle: c}\ntime: {zone: Mars}", "is no zone"),
        ("columns: {id: a, site: b, handle: c}\nwhat: 1", "no mapping"),
        ("a: &a [x, x]\nb: [*a, *a]", "alias"),
        ("columns: {id: a, site: b, handle: c}\ndelimiter: ab", "one character"),
        ("{", "no YAML"),
        ("!!python/object/apply:os.system [ls]", "no YAML"),
        ("[" * 2_000, "no YAML"),
        ("columns: !!timestamp soon", "no YAML"),
        ("columns: !!bool maybe", "no YAML"),
        ('columns: !!int ""', "no YAML"),
    ],
)
def test_a_wrong_mapping_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(CaptureRefused, match=sentence):
        read_mapping(text.encode())


def test_a_mapping_survives_the_wire() -> None:
    import msgspec

    mapping = read_mapping(MAPPING.encode())
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(mapping), type=Mapping) == mapping


@given(st.datetimes(FIRST, FIRST.replace(year=2200)), st.integers(-14 * 60, 14 * 60))
def test_iso_times_agree_with_the_standard_library(moment: datetime, minutes: int) -> None:
    zoned = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    microseconds = (zoned - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert iso(zoned.isoformat()) == When(microseconds * 1000, True, minutes)
    assert iso(moment.isoformat(), minutes) == When(microseconds * 1000, True, None)
    wall = iso(moment.isoformat())
    assert (wall.zoned, wall.ns) == (False, (moment - FIRST.replace(year=1970)) // timedelta(microseconds=1) * 1000)


@given(st.integers(0, 2**62))
def test_counted_times_are_exact(ns: int) -> None:
    assert since_1970(ns, "nanoseconds") == When(ns)
    assert since_1970(f"{ns // 10**9}.{ns % 10**9:09d}") == When(ns)


@pytest.mark.parametrize("value", [True, "now", "1e5", "--1", "1.x", [], 2**70, "١"])
def test_what_is_no_time_is_none(value: object) -> None:
    with pytest.raises(ValueError, match=r"number|1677"):
        since_1970(value)


@given(st.datetimes(FIRST.replace(year=1990), FIRST.replace(year=2037)))
def test_times_of_a_named_zone_agree_with_the_standard_library(moment: datetime) -> None:
    lisbon = ZoneInfo("Europe/Lisbon")
    microseconds = (moment.replace(tzinfo=lisbon) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    read = reading("iso", "Europe/Lisbon", rules_of("Europe/Lisbon"))
    twice = moment.replace(tzinfo=lisbon).utcoffset() != moment.replace(tzinfo=lisbon, fold=1).utcoffset()
    assert read(moment.isoformat()) == When(microseconds * 1000, True, None, twice)
    assert [read(f"2020-{at}:30:00").unsure for at in ("10-25T01", "10-25T02", "03-29T01", "03-29T02")] == [1, 0, 1, 0]  # type: ignore[union-attr]
    assert read("2020-01-01T00:00:00+05:00") == iso("2020-01-01T00:00:00+05:00")
    assert rules_of("UTC") == rules_of("none") == b""
    for wrong in ("Europe/Atlantis", "../../etc/passwd", "/etc/passwd", ""):
        with pytest.raises(ValueError, match="no zone"):
            rules_of(wrong)


def test_own_directives_and_zones() -> None:
    assert reading("%d.%m.%Y %H:%M", "-03:30")("01.02.2020 10:00") == iso("2020-02-01T13:30:00", 0)
    assert [offset_of(zone) for zone in ("UTC", "none", "+0530", "-03:30")] == [0, None, 330, -210]


def test_a_column_that_is_written_wrong_is_told_of() -> None:
    mapping = (
        "columns: {id: n, site: s, handle: h, time: tiem, text: w}\ntime: {zone: UTC}\n"
        "attachments: {in: f, name: x, sha256: hash}\nidentifiers: {e-mail: m.mail}"
    )
    told = [{"n": 1, "s": "a", "h": "b", "w": "", "f": [{"x": "1", "sha": "0" * 64}]}, {"n": 2, "s": "a", "h": "b", "w": "c"}]
    for body, lost in (
        ("".join(json.dumps(row) + "\n" for row in told), ["tiem", "m.mail", "hash"]),
        ("n,s,h,w,f\n1,a,b,c,d\n", ["tiem", "m.mail"]),
    ):
        _, summary = rows(body.encode(), mapping)
        assert [note.split("'")[1] for note in summary.notes] == lost
