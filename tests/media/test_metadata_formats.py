"""What exiftool writes into every format is read back; what is broken is said, and nothing else is lost."""

from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from heic_files import heic
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from homeward.media import iptc, xmp
from homeward.media.metadata import Metadata, Stamp, read_metadata
from homeward.media.thumbnail import embedded_preview
from homeward.testing import scenes
from homeward.testing.encoding import encode
from homeward.testing.exif_blocks import HEADER, Field, Shot, directory, exif_block, long, short, text

PLAIN: dict[str, bytes] = {kind: encode(scenes.room(3, 96, 64), kind) for kind in ("jpeg", "png", "webp", "tiff", "avif")}  # type: ignore[arg-type]
PLAIN["heic"] = heic(scenes.room(3, 96, 64))
SHOT = Shot("Halden", "H2", datetime(2024, 5, 3, 9, 0, 1, tzinfo=UTC), "SN-7", 48.5, -3.25)
EXIF = [
    "-IFD0:Make=Müller", "-IFD0:Model=M 1", "-IFD0:Software=Editor 2", "-ExifIFD:SerialNumber=B-12", "-ExifIFD:LensMake=Glas",
    "-ExifIFD:LensModel=50 mm", "-ExifIFD:LensSerialNumber=L-9", "-ExifIFD:DateTimeOriginal=2019:03:02 10:11:12",
    "-ExifIFD:OffsetTimeOriginal=+02:00", "-ExifIFD:SubSecTimeOriginal=045", "-ExifIFD:CreateDate=2019:03:02 10:11:13",
    "-ExifIFD:OffsetTimeDigitized=-05:30", "-ExifIFD:SubSecTimeDigitized=6", "-IFD0:ModifyDate=2020:01:01 00:00:01",
    "-ExifIFD:OffsetTime=+00:00", "-ExifIFD:SubSecTime=70", "-IFD0:Orientation#=6", "-GPS:GPSLatitude=12.3456789",
    "-GPS:GPSLatitudeRef=S", "-GPS:GPSLongitude=98.7654321", "-GPS:GPSLongitudeRef=W", "-GPS:GPSAltitude=12.5",
    "-GPS:GPSAltitudeRef#=1", "-GPS:GPSDateStamp=2019:03:02", "-GPS:GPSTimeStamp=08:11:07.5", "-ExifIFD:UserComment=Größe 5",
    "-IFD0:XPComment=Straße",
]  # fmt: skip
XMP = [
    "-XMP-xmp:CreatorTool=Tool 9",
    "-XMP-xmpMM:DocumentID=doc:1",
    "-XMP-dc:Title=Ein Titel",
    "-XMP-dc:Subject=a",
    "-XMP-dc:Subject=b",
]
IIM = ["-IPTC:Headline=Überschrift", "-IPTC:City=Ort", "-IPTC:Keywords=eins", "-IPTC:Keywords=zwei"]


@pytest.fixture(scope="module")
def exiftool() -> str:
    found = shutil.which("exiftool")
    if found is None:
        if os.environ.get("HOMEWARD_REQUIRE_DATA") == "1":
            pytest.fail("exiftool is required here")
        pytest.skip("exiftool is not installed")
    return found


def _written(exiftool: str, folder: Path, kind: str, *settings: str) -> Metadata:
    path = folder / f"one.{kind}"
    path.write_bytes(PLAIN[kind])
    done = subprocess.run([exiftool, "-q", "-overwrite_original", *settings, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return read_metadata(path.read_bytes())


@pytest.mark.parametrize("kind", PLAIN)
def test_exif_of_every_format(exiftool: str, tmp_path: Path, kind: str) -> None:
    found = _written(exiftool, tmp_path, kind, *EXIF)
    assert (found.make, found.model, found.software) == ("Müller", "M 1", "Editor 2")
    assert (found.body_serial, found.lens_make, found.lens_model, found.lens_serial) == ("B-12", "Glas", "50 mm", "L-9")
    assert found.taken == Stamp("2019:03:02 10:11:12", "+02:00", "045")
    assert found.digitised == Stamp("2019:03:02 10:11:13", "-05:30", "6")
    assert found.changed == Stamp("2020:01:01 00:00:01", "+00:00", "70")
    assert found.orientation == 6
    assert found.place is not None
    assert (found.place.latitude, found.place.longitude) == pytest.approx((-12.3456789, -98.7654321), abs=1e-7)
    assert (found.place.altitude, found.place.time) == (-12.5, "2019:03:02 08:11:07.5")
    assert (found.tags["UserComment"], found.tags["XPComment"]) == ("Größe 5", "Straße")
    assert found.problems == ()


@pytest.mark.parametrize("kind", PLAIN)
def test_xmp_of_every_format(exiftool: str, tmp_path: Path, kind: str) -> None:
    found = _written(exiftool, tmp_path, kind, *XMP, "-XMP-aux:SerialNumber=X-3", "-XMP-aux:LensSerialNumber=X-4")
    expected = {"CreatorTool": "Tool 9", "DocumentID": "doc:1", "title": "Ein Titel", "subject": "a, b"}
    assert {name: found.xmp[name] for name in expected} == expected
    assert (found.body_serial, found.lens_serial) == ("X-3", "X-4")
    assert found.problems == ()


@pytest.mark.parametrize("kind", ["jpeg", "tiff", "png"])
@pytest.mark.parametrize("coding", ["UTF8", "Latin"])
def test_iptc_in_both_codings(exiftool: str, tmp_path: Path, kind: str, coding: str) -> None:
    settings = ["-IPTC:CodedCharacterSet=UTF8"] if coding == "UTF8" else ["-charset", "iptc=Latin"]
    found = _written(exiftool, tmp_path, kind, *settings, *IIM)
    assert found.iptc == {"headline": "Überschrift", "city": "Ort", "keywords": "eins, zwei"}
    assert found.problems == ()


def test_a_64_bit_tiff(tmp_path: Path) -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Halden"
    Image.fromarray(scenes.room(1, 64, 48)).save(out, "TIFF", big_tiff=True, exif=exif)
    assert read_metadata(out.getvalue()).make == "Halden"


def _jpeg(block: bytes) -> bytes:
    body = b"Exif\0\0" + block
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(body) + 2) + body + PLAIN["jpeg"][2:]


BROKEN = {
    "no header": b"no header at all",
    "cut in a directory": HEADER + directory([text(0x10F, "Halden"), text(0x110, "H2")], 8)[:20],
    "details beyond the end": HEADER + directory([text(0x10F, "Halden"), long(0x8769, 9999)], 8),
    "a value beyond the end": HEADER + directory([text(0x10F, "Halden"), Field(0x110, 2, 0x7FFFFFFF, b"12345678")], 8),
    "a pointer that is no number": HEADER + directory([text(0x10F, "Halden"), text(0x8769, "no pointer")], 8),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_block_is_said_and_what_is_whole_is_kept(name: str) -> None:
    found = read_metadata(_jpeg(BROKEN[name]))
    assert found.problems == ("its EXIF block is broken",)
    assert found.make == ("Halden" if "beyond" in name or "pointer" in name else "")


def test_one_broken_directory_does_not_cost_the_other() -> None:
    place = [
        text(1, "N"),
        Field(2, 5, 3, struct.pack("<6I", 10, 1, 30, 1, 0, 1)),
        text(3, "E"),
        Field(4, 5, 3, struct.pack("<6I", 20, 1, 0, 1, 0, 1)),
    ]
    main = [text(0x8769, "no pointer"), long(0x8825, 200)]
    block = (HEADER + directory(main, 8)).ljust(200, b"\0") + directory(place, 200)
    found = read_metadata(_jpeg(block))
    assert found.place is not None
    assert (found.place.latitude, found.place.longitude) == (10.5, 20.0)
    assert found.problems == ("its EXIF block is broken",)


@pytest.mark.parametrize("reference", [b"X\0\0\0", b"\0\0\0\0", b"NN\0\0"[2:] + b"NN"])
def test_a_position_without_a_valid_reference_is_none(reference: bytes) -> None:
    place = [
        Field(1, 2, 2, reference),
        Field(2, 5, 3, struct.pack("<6I", 10, 1, 30, 1, 0, 1)),
        text(3, "E"),
        Field(4, 5, 3, bytes(24)),
    ]
    main = HEADER + directory([long(0x8825, 26)], 8)
    found = read_metadata(_jpeg(main.ljust(26, b"\0") + directory(place, 26)))
    assert found.place is None
    assert found.problems[-1:] == ("its GPS position is broken",)


@pytest.mark.parametrize(
    "field", [long(700, 0x7FFFFFFF), Field(700, 11, 1, b"\0\0\xc0?"), Field(700, 3, 2, b"\xe8\3\xd0\7"), text(700, "<x/>")]
)
def test_an_xmp_tag_of_another_type_is_no_packet(field: Field) -> None:
    base = [short(256, 8), short(257, 8), short(258, 8), short(259, 1), short(262, 1), long(273, 500), long(279, 64)]
    found = read_metadata(HEADER + directory([*base, text(0x10F, "Halden"), field], 8).ljust(600, b"\0"))
    assert (found.make, found.xmp, found.problems) == ("Halden", {}, ())


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be"])
def test_declarations_are_refused_in_every_encoding(codec: str) -> None:
    inside = '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description title="{}"/></r:RDF>'
    declared = '\ufeff<!DOCTYPE x [<!ENTITY a "much">]>' + inside.format("&a;")
    with pytest.raises(ValueError, match="declares entities"):
        xmp.read(declared.encode(codec))
    assert xmp.read(("\ufeff" + inside.format("Ä")).encode(codec)) == {"title": "Ä"}


def test_text_in_a_data_section_is_text() -> None:
    inside = b"<r:Description><title><![CDATA[A & B]]></title></r:Description>"
    packet = b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' + inside + b"</r:RDF>"
    assert xmp.read(packet) == {"title": "A & B"}


def test_a_picture_too_large_to_decode_still_tells_its_maker() -> None:
    data = bytearray(encode(scenes.room(1, 64, 48), shot=SHOT))
    start = data.index(b"\xff\xc0")
    data[start + 5 : start + 9] = struct.pack(">HH", 60_000, 60_000)
    assert read_metadata(bytes(data)).make == "Halden"


def test_a_preview_that_claims_gigabytes_is_left_alone() -> None:
    coded = bytearray(encode(scenes.room(2, 160, 120)))
    start = coded.index(b"\xff\xc0")
    coded[start + 5 : start + 9] = struct.pack(">HH", 65_000, 65_000)
    block = exif_block(SHOT, bytes(coded))
    assert embedded_preview(_jpeg(block[6:])) is None


@given(st.data())
def test_no_flipped_byte_in_any_format_makes_it_fail(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["jpeg", "png", "webp", "tiff", "avif", "heic"]))
    broken = bytearray(_WITH_EXIF[kind])
    for _ in range(data.draw(st.integers(1, 8))):
        broken[data.draw(st.integers(0, min(len(broken), 1500) - 1))] = data.draw(st.integers(0, 255))
    found = read_metadata(bytes(broken[: data.draw(st.integers(0, len(broken)))]))
    assert isinstance(found, Metadata)
    assert all(problem.startswith("its ") for problem in found.problems)
    embedded_preview(bytes(broken))


_WITH_EXIF: dict[str, bytes] = PLAIN | {
    kind: encode(scenes.room(3, 96, 64), kind, shot=SHOT)
    for kind in ("jpeg", "png", "webp", "avif")  # type: ignore[arg-type]
}


@given(st.binary(max_size=200))
def test_iptc_of_random_bytes_is_read_or_refused(block: bytes) -> None:
    try:
        found = iptc.read(b"\x1c\x02\x69\0\x01A" + block)
    except ValueError:
        return
    assert found["headline"].startswith("A")


def test_reading_decodes_no_pixels() -> None:
    """A PNG whose pixel data is broken has its metadata all the same, and is not waited for."""
    data = encode(scenes.room(3, 96, 64), "png", shot=SHOT)
    start = data.index(b"IDAT") + 4
    broken = data[:start] + bytes(np.zeros(40, np.uint8)) + data[start + 40 :]
    assert read_metadata(broken).make == "Halden"
    assert read_metadata(broken).problems == ()
