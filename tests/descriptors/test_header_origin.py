"""Straight from a camera, or through which program."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from header_files import jpeg, tiff
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from homeward.descriptors.header import read_header
from homeward.descriptors.header_origin import judge, names_a_program, traces
from homeward.descriptors.header_records import HeaderSignature, Origin

CAMERA = [(0x010F, 2, b"Homeward\0"), (0x0110, 2, b"Box 1\0")]
TAKEN = [(0x9003, 2, b"2019:03:02 10:11:12\0")]
OWN = [[(7 * i) % 40 + 3 for i in range(64)], [(5 * i) % 50 + 9 for i in range(64)]]


def _shot(software: bytes = b"Ver.1.02\0", **options: object) -> bytes:
    return jpeg(tiff([*CAMERA, (0x0131, 2, software)], TAKEN, "<", jpeg(size=(160, 120))), qtables=OWN, **options)


def test_a_file_as_a_camera_writes_it() -> None:
    said = judge(read_header(_shot()))
    assert said.origin == Origin.CAMERA
    assert said.reasons


@pytest.mark.parametrize(
    ("data", "app", "kind"),
    [
        (_shot(b"Adobe Photoshop 21.0 (Windows)\0"), "Adobe Photoshop", "editor"),
        (_shot(b"GIMP 2.10.30\0"), "GIMP", "editor"),
        (_shot(b"PhotoTrim 3.1\0"), "PhotoTrim 3.1", ""),
        (_shot(comment=b"CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90"), "GD library", "library"),
        (jpeg(comment=b"LEAD Technologies Inc. V1.01"), "LEADTOOLS", "library"),
    ],
)
def test_a_program_that_left_a_mark_is_named(data: bytes, app: str, kind: str) -> None:
    said = judge(read_header(data))
    assert (said.origin, said.app, said.kind) == (Origin.APP, app, kind)


def test_facebooks_instructions_are_a_mark() -> None:
    data = jpeg()
    instructions = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x10\x1c\x02\x28\0\x0bFBMD0123456"
    marked = data[:2] + b"\xff\xed" + (len(instructions) + 2).to_bytes(2, "big") + instructions + data[2:]
    assert judge(read_header(marked)).kind == "site"


def test_what_names_no_camera_was_stripped() -> None:
    assert judge(read_header(jpeg())).origin == Origin.STRIPPED
    held = io.BytesIO()
    Image.new("RGB", (9, 9)).save(held, "PNG", exif=b"Exif\0\0" + tiff(CAMERA, TAKEN))
    assert judge(read_header(held.getvalue())).origin == Origin.STRIPPED


def test_too_little_is_no_answer() -> None:
    assert judge(read_header(jpeg(tiff(CAMERA, TAKEN)))).origin == Origin.UNKNOWN
    assert judge(read_header(jpeg(tiff(CAMERA), qtables=OWN))).origin == Origin.UNKNOWN
    assert judge(HeaderSignature()).origin == Origin.UNKNOWN


@pytest.mark.parametrize(
    ("software", "make", "model", "program"),
    [
        ("Ver.1.00", "NIKON CORPORATION", "NIKON D40", False),
        ("v01.23.4920", "DJI", "FC300S", False),
        ("10.3.2", "Apple", "iPhone 7", False),
        ("Digital Camera FinePix S5500 Ver1.00", "FUJIFILM", "FinePix S5500", False),
        ("Optio A40 Ver 1.00", "PENTAX Corporation", "PENTAX Optio A40", False),
        ("BlackBerry 10.1.0.4633", "BlackBerry", "BlackBerry Z10", False),
        ("fw 05.15 prm 07.53", "SAMSUNG", "GT-I9000", False),
        ("G935LKLU1APL1", "samsung", "SM-G935L", False),
        ("", "X", "Y", False),
        ("Photo Mechanic 6.0", "Canon", "Canon EOS 5D", True),
        ("darktable 4.2", "Canon", "Canon EOS 5D", True),
    ],
)
def test_a_software_tag_names_a_program_or_a_version(software: str, make: str, model: str, program: bool) -> None:
    assert names_a_program(software, make, model) is program


def test_every_mark_has_a_source_and_is_found() -> None:
    for trace in traces():
        assert trace.source
        held = {"software": "", "texts": (), "order": ()} | {
            "software": {"software": trace.begins}, "text": {"texts": (trace.begins,)}, "order": {"order": (trace.begins,)},
        }[trace.field]  # fmt: skip
        said = judge(HeaderSignature(format="JPEG", make="A", model="B", **held))
        assert (said.origin == Origin.APP) == (trace.kind != "camera")


@settings(max_examples=40)
@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_any_texts_have_a_verdict(software: str, make: str, text: str) -> None:
    said = judge(HeaderSignature(format="JPEG", software=software, make=make, model=make, texts=(text,), taken=True))
    assert said.origin in Origin
    assert said.reasons


def test_the_worlds_files(shared_data: Path) -> None:
    """Every original is straight from a camera and nothing else is, on the set on which nothing was chosen."""
    with (shared_data / "world" / "truth" / "files.csv").open() as table:
        for row in list(csv.DictReader(table))[::3]:
            if row["path"].endswith((".jpg", ".webp")):
                said = judge(read_header((shared_data / "world" / row["path"]).read_bytes()))
                assert (said.origin == Origin.CAMERA) == (row["kind"] == "original"), row["path"]
                assert row["exif"] != "part" or said.app.startswith("PhotoTrim")
