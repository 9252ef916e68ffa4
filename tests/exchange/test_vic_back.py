"""A file of Project VIC written back: nothing of it changes but what is ours, whatever it looks like."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from no_pictures import assert_no_picture

from homeward.core import WrongUse
from homeward.exchange.medium import Medium
from homeward.exchange.vic_back import Back, written_back
from homeward.exchange.vic_out import additions
from homeward.flow.exchange.writing_back import export_into
from homeward.known.records import KnownListRefused
from homeward.known.vic_spots import spots
from homeward.store import Case
from homeward.store.ledger.entries import decode

MD5S = [f"{n:032x}" for n in range(1, 4)]
MEDIA = {
    md5: Medium(1, f"{at:064x}", f"{at:040x}", md5, 1, "image/jpeg", "still", (), pdq="ab" * 32, quality=9, series=series)
    for at, (md5, series) in enumerate(zip(MD5S, ("5e" * 32, "", "odd ] } \" series"), strict=True))
}  # fmt: skip
OTHER = hashlib.sha1(b"other").hexdigest()
SAMPLES = (
    "vics20-case-us-bom",
    "vics20-case-uk-stringflags-crlf",
    "vics20-hashset-default",
    "vics13-case",
    "nist-caid-1.2-excerpt",
)


def back(data: bytes, media: dict[str, Medium] = MEDIA) -> tuple[bytes, Back]:
    done = Back()
    parts = written_back(
        lambda at, size: data[at : at + size],
        len(data),
        ([one] for one in spots(io.BytesIO(data))),
        lambda values: {value: media[value] for value in values if value in media},
        done,
    )
    return b"".join(parts), done


def kept(data: bytes, out: bytes) -> bool:
    """Whether every byte of it stands there in order; a null can become an array."""
    left = iter(out)
    return all(byte in left for byte in data.replace(b"null", b""))


@pytest.mark.data
@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_of_others_stays_as_it_is(shared_data: Path, name: str) -> None:
    data = (shared_data / "vics" / f"{name}.json").read_bytes()
    assert back(data, {})[0] == data
    mark = data[:3] if data.startswith(b"\xef\xbb\xbf") else b""
    for record in _records(data):
        md5, sha1 = str(record["MD5"]).lower(), str(record.get("SHA1", "0" * 40)).lower()
        others = {one["HashName"]: one["HashValue"].lower() for one in record.get("AlternativeHashes", [])}
        held = {
            md5: Medium(
                1, others.get("SHA256", "ab" * 32), sha1, md5, 1, "", "still", (), series="5e" * 32, series_status="located"
            )
        }
        out, done = back(data, held)
        assert out.startswith(mark)
        assert kept(data, out)
        told = [one for one, before in zip(_records(out), _records(data), strict=True) if one != before]
        assert done.added == len(told) > 0
        assert "SHA256" in {one["HashName"] for one in told[0]["AlternativeHashes"]}
        assert ("Homeward.Series" in str(told[0].get("MediaMetadata"))) is (b"odata.metadata" not in data)
        assert back(out, held)[0] == out


def _records(data: bytes) -> list[dict[str, Any]]:
    value = json.loads(data.decode("utf-8-sig"))["value"]
    return [record for one in value for record in one.get("Media", [])] if "Media" in value[0] else value


@pytest.mark.data
@pytest.mark.parametrize("name", ["bad-truncated", "bad-trailing-comma"])
def test_a_broken_file_is_refused(shared_data: Path, name: str) -> None:
    with pytest.raises(KnownListRefused):
        back((shared_data / "vics" / f"{name}.json").read_bytes())


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
elements = st.lists(st.fixed_dictionaries({"PropertyName": st.text(max_size=5), "PropertyValue": values}), max_size=3)
records = st.fixed_dictionaries(
    {"MD5": st.sampled_from([*MD5S, *map(str.upper, MD5S), "f" * 32])},
    optional={
        "MediaMetadata": elements | st.none() | values,
        "AlternativeHashes": st.lists(st.fixed_dictionaries({"HashName": st.text(max_size=4)}), max_size=2) | st.none(),
        "Unknown": values,
        "Media ]": values,
    },
)


@settings(max_examples=60, deadline=None)
@given(st.lists(records, max_size=5), st.randoms(use_true_random=False), st.booleans())
def test_whatever_it_looks_like_only_ours_is_new(media: list[dict[str, Any]], luck: random.Random, ascii_only: bool) -> None:
    # No record is taken for a case, or the list for one of cases.
    told = {"@odata.context": "2.0.xml/US/$metadata#Cases", "value": [{"CaseID": "x", "Media": media}], "Other": [1]}
    text = json.dumps(
        told,
        ensure_ascii=ascii_only,
        indent=luck.choice([None, 0, 1, "\t"]),
        separators=(luck.choice([",", ", ", " ,\r\n"]), luck.choice([":", " : "])),
    )
    data = text.encode("utf-8", "surrogatepass")
    assert back(data, {})[0] == data
    out, done = back(data)
    assert done.pictures == 0
    assert kept(data, out)
    assert back(out)[0] == out
    read = json.loads(out)
    expected = json.loads(data)
    for record in expected["value"][0]["Media"]:
        ours = additions(MEDIA[record["MD5"].lower()], "2.0") if record["MD5"].lower() in MEDIA else {}
        for name, told_here in ours.items():
            if told_here and isinstance(record.get(name), list | None):
                record[name] = [*(record.get(name) or []), *told_here]
    assert read == expected


def test_what_was_added_before_is_replaced_and_nothing_else() -> None:
    theirs, old = {"PropertyName": "Theirs"}, {"PropertyName": "Homeward.Series", "PropertyValue": "old"}
    new = additions(MEDIA[MD5S[0]], "2.0")["MediaMetadata"]
    for held in ([old], [old, old], [old, theirs], [theirs, old, old], [old, theirs, old, theirs, old], [theirs]):
        data = json.dumps({"value": [{"MD5": MD5S[0], "MediaMetadata": held}]}, indent=1).encode()
        found = json.loads(back(data)[0])["value"][0]["MediaMetadata"]
        assert found == [*(one for one in held if one is theirs), *new]


def test_a_record_whose_hashes_disagree_is_left_alone() -> None:
    data = json.dumps({"value": [{"MD5": MD5S[0], "SHA1": OTHER}, {"MD5": MD5S[0], "MD5 ": 1}]}).encode()
    out, done = back(data)
    assert (done.records, done.added) == (2, 1)
    assert json.loads(out)["value"][0] == {"MD5": MD5S[0], "SHA1": OTHER}
    twice = b'{"value":[{"MD5":"%b","MD5":"%b"}]}' % (MD5S[0].encode(), MD5S[1].encode())
    assert back(twice)[0] == twice


def test_pictures_that_came_with_it_do_not_leave() -> None:
    from homeward.testing import scenes
    from homeward.testing.encoding import encode

    for text in (
        base64.b64encode(encode(scenes.room(0))).decode(),
        "data:image/webp;base64,AAAA",
        base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(90)).decode(),
    ):
        record = {"MD5": "f" * 32, "Thumb": text, "Exifs": [{"PropertyValue": text}], "Comments": "/9j/ is no picture"}
        data = json.dumps({"value": [record, {**record, "MD5": MD5S[0]}]}).encode()
        out, done = back(data)
        assert done.pictures == 4
        assert text.encode() not in out
        first = json.loads(out)["value"][0]
        assert first == {**record, "Thumb": "", "Exifs": [{"PropertyValue": ""}]}


def test_a_case_is_written_back_into_its_file(case: Case, tmp_path: Path, seized: Path) -> None:
    media = [
        {"MD5": hashlib.md5((seized / name).read_bytes()).hexdigest().upper(), "Category": 2, "Their own": [1.50]}
        for name in ("0.jpg", "1.jpg", "notes.txt")
    ]
    whole = {"@odata.context": "DataModels/2.0.xml/UK/$metadata#Cases", "value": [{"CaseID": "1", "Media": media}]}
    (tmp_path / "theirs.json").write_text(json.dumps(whole, indent="\t").replace("1.5", "1.50e0"))
    done = export_into(case, tmp_path / "theirs.json", tmp_path / "out.json")
    assert (done.records, done.added, done.pictures) == (3, 2, 0)
    out = (tmp_path / "out.json").read_bytes()
    assert kept((tmp_path / "theirs.json").read_bytes(), out)
    assert out.count(b"1.50e0") == 3
    found = json.loads(out)["value"][0]["Media"]
    assert [one["PropertyName"] for one in found[0]["MediaMetadata"]][-1] == "Homeward.Known"
    assert [one["Category"] for one in found] == [2, 2, 2]
    *_, last = (decode(body) for _, body in case.custody.entries())
    assert last.details["into"] == hashlib.sha256((tmp_path / "theirs.json").read_bytes()).hexdigest()
    assert_no_picture(out, case)


def test_what_cannot_be_written_back_is_said(case: Case, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"value":[{"MD5":"')
    (tmp_path / "b.json").write_text('{"value":[]}', "utf-16")
    for name, why in (("a.json", "ends in the middle"), ("b.json", "UTF-8"), ("none.json", "no such file")):
        with pytest.raises(WrongUse, match=why):
            export_into(case, tmp_path / name, tmp_path / "out.json")
    with pytest.raises(WrongUse, match="the file itself"):
        export_into(case, tmp_path / "a.json", tmp_path / "a.json")
    assert {path.name for path in tmp_path.iterdir()} == {"a.json", "b.json"}
