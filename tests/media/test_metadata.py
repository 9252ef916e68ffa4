"""Metadata against exiftool on every shared picture, and against hostile blocks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.media import xmp
from homeward.media.metadata import MOST_TAGS, Metadata, read_metadata, warm_up
from homeward.media.words import LONGEST
from homeward.testing import scenes
from homeward.testing.encoding import encode
from homeward.testing.exif_blocks import Shot

SETS = ("world/files", "world-tune/files", "places/img", "cameras", "pdq/pdq")


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warm_up()


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif"])
def test_every_format_says_the_same(kind: Any) -> None:
    taken = datetime(2023, 4, 5, 6, 7, 8, 90_000, tzinfo=timezone(timedelta(hours=-3)))
    shot = Shot("Halden", "H2", taken, "SN-1", -48.5, -123.25)
    found = read_metadata(encode(scenes.room(1, 160, 120), kind, shot=shot))
    assert (found.make, found.model, found.body_serial) == ("Halden", "H2", "SN-1")
    assert found.taken is not None
    assert (found.taken.text, found.taken.offset) == ("2023:04:05 06:07:08", "-03:00")
    assert found.place is not None
    assert (found.place.latitude, found.place.longitude) == pytest.approx((-48.5, -123.25), abs=1e-6)
    assert found.problems == ()


def _exiftool(folders: list[Path]) -> list[dict[str, Any]]:
    if shutil.which("exiftool") is None:
        if os.environ.get("HOMEWARD_REQUIRE_DATA") == "1":
            pytest.fail("exiftool is required here")
        pytest.skip("exiftool is not installed")
    done = subprocess.run(["exiftool", "-j", "-G", "-n", "-r", "-fast2", *folders], capture_output=True, text=True, check=False)
    return list(json.loads(done.stdout))


def _ours(found: Metadata) -> dict[str, Any]:
    taken = found.taken
    return {
        "EXIF:Make": found.make,
        "EXIF:Model": found.model,
        "EXIF:Software": found.software,
        "EXIF:SerialNumber": found.body_serial,
        "EXIF:LensModel": found.lens_model,
        "EXIF:LensSerialNumber": found.lens_serial,
        "EXIF:DateTimeOriginal": taken.text if taken else "",
        "EXIF:OffsetTimeOriginal": taken.offset if taken else "",
        "EXIF:SubSecTimeOriginal": taken.subsec if taken else "",
        "EXIF:CreateDate": found.digitised.text if found.digitised else "",
        "EXIF:ModifyDate": found.changed.text if found.changed else "",
        "EXIF:Orientation": found.orientation,
        "Composite:GPSLatitude": round(found.place.latitude, 6) if found.place else None,
        "Composite:GPSLongitude": round(found.place.longitude, 6) if found.place else None,
    }


def _theirs(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _ours(Metadata()):
        value = row.get(name)
        if name.startswith("Composite"):
            found[name] = None if value is None else round(value, 6)
        elif name == "EXIF:Orientation":
            found[name] = value if value in range(1, 9) else 1
        else:
            found[name] = "" if value is None else str(value).strip()
    return found


@pytest.mark.data
@pytest.mark.slow
def test_exiftool_agrees_on_every_shared_picture(shared_data: Path) -> None:
    rows = _exiftool([shared_data / name for name in SETS])
    compared = 0
    for row in rows:
        path = Path(row["SourceFile"])
        if path.suffix.lower() not in {".jpg", ".jpeg", ".png", ".webp"}:
            continue
        found = read_metadata(path.read_bytes())
        assert _ours(found) == _theirs(row), path.name
        assert found.problems == (), path.name
        compared += 1
    assert compared > 2000


@given(st.binary(max_size=400))
def test_no_block_of_bytes_makes_it_fail(block: bytes) -> None:
    body = b"Exif\0\0" + block
    data = b"\xff\xd8\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body
    picture = encode(scenes.room(2, 64, 48))
    assert isinstance(read_metadata(data + picture[2:]), Metadata)


@given(st.data())
def test_no_flipped_byte_in_an_exif_block_makes_it_fail(data: st.DataObject) -> None:
    picture = bytearray(encode(scenes.room(2, 64, 48), shot=Shot("M", "N", datetime(2024, 1, 1, tzinfo=UTC), "S", 1.0, 2.0)))
    for _ in range(data.draw(st.integers(1, 6))):
        picture[data.draw(st.integers(4, 600))] = data.draw(st.integers(0, 255))
    found = read_metadata(bytes(picture))
    assert len(found.tags) <= MOST_TAGS
    assert all(len(value) <= LONGEST and value.isprintable() for value in found.tags.values())


def test_xmp_with_entities_is_left_unread() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    with pytest.raises(ValueError, match="entities"):
        xmp.read(bomb)
    with pytest.raises(ValueError, match="larger"):
        xmp.read(b" " * (xmp.LARGEST + 1))
    with pytest.raises(ValueError, match="no valid XML"):
        xmp.read(b"<x><y></x>")


def test_xmp_basics_are_read() -> None:
    packet = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"
     xmlns:dc="http://purl.org/dc/elements/1.1/" xmp:CreatorTool="Editor 1" aux:SerialNumber="77">
    <dc:subject><rdf:Bag><rdf:li>one</rdf:li><rdf:li>two</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"""
    assert xmp.read(packet) == {"CreatorTool": "Editor 1", "SerialNumber": "77", "subject": "one, two"}
