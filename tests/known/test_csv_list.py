"""Lists as agencies, spreadsheets and checksum programs write them, and as nobody should."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.core import HomewardError
from homeward.known import CsvList, Entry, KnownListRefused
from homeward.known.records import PROBLEMS_LISTED, WIDTHS
from homeward.known.text import LONGEST_LINE

MD5 = "c7c55af83eaad2ff217d85cf3e314bd9"
SHA1 = "7eb53709a8bb858b3c585fb5cbe691486fcdacaf"
SHA256 = hashlib.sha256(b"a picture").hexdigest()
PDQ = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"


def read(body: bytes) -> tuple[list[Entry], CsvList]:
    source = CsvList(io.BytesIO(body))
    return list(source), source


def kinds(entries: list[Entry]) -> list[tuple[str, str]]:
    return [(entry.kind, entry.value.hex()) for entry in entries]


def test_a_full_table() -> None:
    text = (
        "MD5,SHA-1,sha256,PDQ,Quality,Category,Series name,Victim identified,Source\r\n"
        f'{MD5},{SHA1},{SHA256},{PDQ},88,"1, severe",Blue room,No,Unit 7\r\n'
    )
    entries, source = read(text.encode())
    assert kinds(entries) == [("md5", MD5), ("sha1", SHA1), ("sha256", SHA256), ("pdq", PDQ)]
    for entry in entries:
        assert (entry.line, entry.codes, entry.series, entry.victim_identified) == (2, "1, severe", "Blue room", False)
        assert entry.extra == {"Source": "Unit 7"}
        assert entry.quality == (88 if entry.kind == "pdq" else None)
    assert (source.entries, source.skipped, source.incomplete, source.problems) == (4, 0, 0, [])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_any_delimiter_line_end_and_encoding(delimiter: str, end: str, encoding: str) -> None:
    rows = [["series", "md5"], ["Nähzimmer – 第三", MD5], ["", "f" + MD5[1:]]]
    entries, source = read(end.join(delimiter.join(row) for row in rows).encode(encoding))
    assert [(entry.series, entry.value.hex()) for entry in entries] == [("Nähzimmer – 第三", MD5), ("", "f" + MD5[1:])]
    assert source.skipped == 0


def test_single_bytes_of_windows_1252_among_utf_8() -> None:
    entries, _ = read(b"md5,series\n" + MD5.encode() + b",K\xfcche " + "Küche".encode() + b"\n")
    assert entries[0].series == "Küche Küche"


def test_bare_hashes_are_told_apart_by_length() -> None:
    entries, _ = read(f"# a note\n\n{MD5.upper()}\n{SHA1}\n  {SHA256}  \n".encode())
    assert kinds(entries) == [("md5", MD5), ("sha1", SHA1), ("sha256", SHA256)]
    assert [entry.line for entry in entries] == [3, 4, 5]


def test_sixty_four_digits_are_a_pdq_only_where_a_column_says_so() -> None:
    assert kinds(read(PDQ.encode())[0]) == [("sha256", PDQ)]
    assert kinds(read(f"hash\n{PDQ}".encode())[0]) == [("sha256", PDQ)]
    assert kinds(read(f"pdq\n{PDQ}".encode())[0]) == [("pdq", PDQ)]
    assert kinds(read(f"type,hash\nPDQ,{PDQ}\nSHA-256,{SHA256}\nImage,{MD5}".encode())[0]) == [
        ("pdq", PDQ), ("sha256", SHA256), ("md5", MD5),
    ]  # fmt: skip


def test_the_frames_of_a_clip_as_vpdq_writes_them() -> None:
    entries, _ = read(f"0,100,{PDQ},0.000\n1,49,{PDQ},0.033\n2,nothing,{PDQ},0.067\n".encode())
    assert [(entry.kind, entry.quality) for entry in entries] == [("pdq", 100), ("pdq", 49), ("pdq", None)]
    assert entries[1].extra == {"column 1": "1", "column 4": "0.033"}
    assert kinds(read(f"0,100,{SHA256},a.jpg\n".encode())[0]) == [("sha256", SHA256)]
    assert kinds(read(f"path,pdq_hex\na.jpg,{PDQ}\n".encode())[0]) == [("pdq", PDQ)]


def test_the_output_of_checksum_programs() -> None:
    entries, _ = read(f"{MD5}  holiday/IMG 1.jpg\n{MD5[::-1]} *b.jpg\n".encode())
    assert kinds(entries) == [("md5", MD5), ("md5", MD5[::-1])]
    assert "holiday/IMG 1.jpg" in entries[0].extra["column 1"]


def test_lines_before_the_heading_are_skipped_and_counted() -> None:
    entries, source = read(f"Export of unit 7\nmd5;series\n{MD5};Attic\n".encode())
    assert (len(entries), entries[0].series, source.skipped) == (1, "Attic", 1)
    assert source.problems == ["line 1: it is neither a heading nor a hash"]


def test_a_bad_hash_costs_itself_and_a_row_without_any_is_skipped() -> None:
    rows = f"md5,sha1\n{MD5},nothex\nnothex,\n,\n{MD5[:-1]},{SHA1}\n{MD5}".encode()
    entries, source = read(rows)
    assert kinds(entries) == [("md5", MD5), ("sha1", SHA1), ("md5", MD5)]
    assert (source.entries, source.skipped, source.incomplete) == (3, 2, 2)
    assert source.problems == [
        "line 2: sha1 is not 40 hexadecimal digits",
        "line 3: md5 is not 32 hexadecimal digits",
        "line 4: it has no hash",
        "line 5: md5 is not 32 hexadecimal digits",
    ]
    assert entries[0].extra == {"sha1": "nothex"}


@pytest.mark.parametrize("kind", ["md5", "sha1", "sha256"])
def test_hashes_that_would_name_everything_are_left_out(kind: str) -> None:
    empty, zeros = hashlib.new(kind).hexdigest(), "0" * 2 * WIDTHS[kind]
    entries, source = read(f"{kind},pdq\n{empty},{PDQ}\n{zeros},{PDQ}\n".encode())
    assert [entry.kind for entry in entries] == ["pdq", "pdq"]
    assert "empty file" in source.problems[0]
    assert "filler" in source.problems[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [("True", True), ("yes", True), ("1", True), ("FALSE", False), ("n", False), ("", None), ("unknown", None)],
)
def test_victim_identified_has_three_answers(text: str, said: bool | None) -> None:
    entries, _ = read(f"md5,Victim Identified\n{MD5},{text}\n".encode())
    assert entries[0].victim_identified is said
    assert entries[0].extra == ({"Victim Identified": text} if text == "unknown" else {})


@pytest.mark.parametrize(("text", "said"), [("0", 0), ("100", 100), ("101", None), ("-1", None), ("high", None), ("²", None)])
def test_a_quality_is_a_number_up_to_a_hundred(text: str, said: int | None) -> None:
    entries, _ = read(f"pdq,quality\n{PDQ},{text}\n".encode())
    assert entries[0].quality == said
    assert entries[0].extra == ({} if said is not None else {"quality": text})


def test_columns_of_one_name_and_cells_without_a_name_are_kept() -> None:
    entries, _ = read(f"md5,note,note,\n{MD5},a,b,c,d\n".encode())
    assert entries[0].extra == {"note": "a", "note (2)": "b", "column 4": "c", "column 5": "d"}


def test_quoted_line_breaks_belong_to_the_cell() -> None:
    entries, source = read(f'series,md5\n"two\nlines, ""quoted""",{MD5}\nplain,{MD5[::-1]}\n'.encode())
    assert [(entry.series, entry.line) for entry in entries] == [('two\nlines, "quoted"', 2), ("plain", 4)]
    assert source.skipped == 0


def test_a_quote_that_never_closes_costs_one_row() -> None:
    good = "".join(f"s{at},{at:032x}\n" for at in range(2, 200))
    entries, source = read(f'series,md5\n"open,{MD5}\n{good}'.encode())
    assert len(entries) == 198
    assert source.problems == ["line 2: its quotation marks do not match"]


def test_a_mark_inside_a_cell_is_no_quote() -> None:
    entries, source = read(f'md5,size\n{MD5},5" print\n{MD5[::-1]},x\n'.encode())
    assert [entry.extra["size"] for entry in entries] == ['5" print', "x"]
    assert source.skipped == 0


def test_endless_lines_and_nuls_cost_one_row() -> None:
    endless = b"x" * (3 * LONGEST_LINE)
    entries, source = read(b"\n".join([b"md5", endless, MD5.encode(), b"a\0b", MD5[::-1].encode()]))
    assert kinds(entries) == [("md5", MD5), ("md5", MD5[::-1])]
    assert source.skipped == 2
    assert "longer than" in source.problems[0]
    assert "NUL" in source.problems[1]


def test_all_problems_are_counted_and_the_first_are_told() -> None:
    _, source = read(b"md5\n" + b"nothex\n" * 500 + MD5.encode())
    assert source.skipped == 500
    assert len(source.problems) == PROBLEMS_LISTED


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"\n\n# only a note\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"md5,sha1\n", "no usable hash"),
        (b"md5\nnothex\n", "line 2: md5 is not 32"),
        (b'{"value": [{"MD5": "' + MD5.encode() + b'"}]}', "JSON"),
        (b"<hashes/>", "XML"),
        (b"PK\x03\x04" + bytes(40), "spreadsheet"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20, "no usable hash"),
    ],
)
def test_what_is_no_list_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(KnownListRefused, match=words):
        read(body)
    assert issubclass(KnownListRefused, HomewardError)


@settings(max_examples=300)
@given(st.binary(max_size=600), st.booleans())
def test_no_bytes_raise_anything_else(noise: bytes, behind_a_list: bool) -> None:
    body = b"md5;series\n" + MD5.encode() + b";x\n" + noise if behind_a_list else noise
    try:
        entries, source = read(body)
    except KnownListRefused:
        assert not behind_a_list
        return
    assert source.entries == len(entries) > 0
    assert all(len(entry.value) == WIDTHS[entry.kind] for entry in entries)


cells = (
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
    .map(str.strip)
    .filter(lambda cell: cell.lower() != "null")
)
hashes = st.binary(min_size=16, max_size=16).filter(lambda value: len(set(value)) > 1).map(bytes.hex)


@given(
    st.lists(st.tuples(hashes, cells, st.sampled_from(["", "yes", "no"])), min_size=1, max_size=20), st.sampled_from(",;\t|")
)
def test_what_a_csv_writer_wrote_comes_back(rows: list[tuple[str, str, str]], delimiter: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["md5", "series", "victim identified"])
    writer.writerows(rows)
    entries, source = read(text.getvalue().encode())
    said = {"": None, "yes": True, "no": False}
    assert [(e.value.hex(), e.series, e.victim_identified) for e in entries] == [(h, s, said[v]) for h, s, v in rows]
    assert source.skipped == 0


def test_a_long_list_is_read_in_small_memory() -> None:
    class Endless(io.RawIOBase):
        """A list of a hundred megabytes that nobody holds."""

        left = 1600

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1, /) -> bytes:
            self.left -= 1
            return b"".join(b"%032x\n" % (1 + self.left * 2000 + at) for at in range(2000)) if self.left >= 0 else b""

    import tracemalloc

    source = CsvList(Endless())  # type: ignore[arg-type]
    tracemalloc.start()
    try:
        count = sum(1 for _ in zip(source, range(50_000), strict=False))
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    assert count == 50_000


@pytest.mark.data
def test_the_icse_columns(shared_data: Path) -> None:
    with (shared_data / "vics" / "icse-columns.csv").open("rb") as stream:
        entries = list(CsvList(stream))
    assert kinds(entries) == [("md5", MD5), ("sha1", SHA1)]
    assert entries[0].series == "Example series"
    assert entries[0].victim_identified is False
    assert (entries[0].submissions, entries[0].key, entries[0].codes) == (2, "1", "baseline")
    others = ["Is distributed", "Offender identified", "File Available", "Media Type", "Baseline"]
    assert entries[0].extra == dict(zip(others, ["True", "False", "True", "Image", "True"], strict=True))


@pytest.mark.data
def test_the_worlds_list(shared_data: Path) -> None:
    with (shared_data / "world" / "evidence" / "known_hashes.txt").open("rb") as stream:
        entries = list(CsvList(stream))
    assert len(entries) == 71
    assert {entry.kind for entry in entries} == {"sha256"}
