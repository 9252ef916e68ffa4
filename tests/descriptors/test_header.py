"""Header signatures: against what was put in, against exiftool and Pillow, on real devices, and on hostile bytes."""

from __future__ import annotations

import csv
import io
import json
import shutil
import struct
import subprocess
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from header_files import box, directory, jpeg, tiff
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from homeward.descriptors.header import read_clip_header, read_header, warm_up
from homeward.descriptors.header_boxes import MOST_BOXES
from homeward.descriptors.header_exif import note_identity
from homeward.descriptors.header_records import HeaderSignature
from homeward.descriptors.header_tables import scale_percent, scaled_standard

CAMERA = [(0x010F, 2, b"Homeward\0"), (0x0110, 2, b"Box 1\0"), (0x0131, 2, b"Ver.1.02\0")]
SHOT = [(0x9003, 2, b"2019:03:02 10:11:12\0"), (0xA431, 2, b"4711-0815\0"), (0xA435, 2, b"L-99\0")]


def clip(data: bytes) -> HeaderSignature:
    return read_clip_header(lambda position, count: data[position : position + count], len(data))


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_was_written_is_read(order: str) -> None:
    thumbnail = jpeg(size=(160, 120))
    said = read_header(jpeg(tiff(CAMERA, SHOT, order, thumbnail), quality=90))
    assert (said.format, said.make, said.model, said.software) == ("JPEG", "Homeward", "Box 1", "Ver.1.02")
    assert (said.body_serial, said.lens_serial, said.taken) == ("4711-0815", "L-99", True)
    assert said.counts == (4, 3, 2, 0)
    assert (said.scale, said.huffman, said.thumbnail[:8]) == ("annex K 90", "standard", "160x120 ")
    assert said.order[:2] == ("APP0 JFIF", "APP1 Exif")
    assert said.problem == ""


@pytest.mark.parametrize("quality", range(1, 101))
def test_every_quality_of_the_library_is_recognised(quality: int) -> None:
    said = read_header(jpeg(quality=quality))
    family, found = said.scale.rsplit(" ", 1)
    assert family == "annex K"
    assert scale_percent(int(found)) == scale_percent(quality)


def test_tables_of_ones_own_are_no_standard_tables() -> None:
    own = [[(7 * i) % 50 + 3 for i in range(64)], [(5 * i) % 60 + 9 for i in range(64)]]
    held = io.BytesIO()
    Image.new("RGB", (32, 32)).save(held, "JPEG", qtables=own)
    assert read_header(held.getvalue()).scale == ""
    assert scaled_standard([]) == ""


def test_huffman_codes_made_for_a_picture_are_told_from_the_standards() -> None:
    assert read_header(jpeg(optimize=True)).huffman == "optimised"
    assert read_header(jpeg()).huffman == "standard"


def test_keys_part_what_they_should() -> None:
    plain, better = read_header(jpeg(tiff(CAMERA, SHOT))), read_header(jpeg(tiff(CAMERA, SHOT), quality=95))
    stripped, later = read_header(jpeg()), read_header(jpeg(tiff(CAMERA, [(0x9003, 2, b"2020:01:01 00:00:00\0"), *SHOT[1:]])))
    assert plain.full == later.full == better.full != stripped.full
    assert plain.bare == stripped.bare != better.bare
    assert plain.writer == better.writer == stripped.writer


@given(st.permutations(CAMERA + SHOT))
@settings(max_examples=30)
def test_the_order_of_tags_is_part_of_the_signature(tags: list[tuple[int, int, bytes]]) -> None:
    ordered = read_header(jpeg(tiff(CAMERA + SHOT)))
    shuffled = read_header(jpeg(tiff(tags)))
    assert (ordered.full == shuffled.full) == (tags == CAMERA + SHOT)
    assert (ordered.make, ordered.bare) == (shuffled.make, shuffled.bare)


@pytest.mark.parametrize(
    ("start", "identity"),
    [
        (b"Nikon\0\x02\x10\0\0", "Nikon"),
        (b"Apple iOS\0", "Apple"),
        (b"\x1d\0\x01\0\x03\0\x35", "directory 0001:3"),
        (b"\0\x1d\0\x01\0\x03\0\x35", "directory 0001:3"),
        (b"\xff\xd8\xff\xe0\xff\xff", "ffd8ffe0ffff"),
        (b"", ""),
    ],
)
def test_a_maker_note_is_named_by_its_beginning(start: bytes, identity: str) -> None:
    assert note_identity(start) == identity


def _nikon(serial: bytes) -> bytes:
    inner = b"II*\0" + struct.pack("<I", 8) + directory([(0x0001, 7, b"0210"), (0x001D, 2, serial)], 8, "<")
    return b"Nikon\0\x02\x10\0\0" + inner


NOTES = {
    "NIKON CORPORATION": _nikon(b"2004711\0"),
    "FUJIFILM": b"FUJIFILM\x0c\0\0\0" + directory([(0x0000, 7, b"0130"), (0x0010, 2, b"FPX 12345678\0")], 12, "<"),
}


@pytest.mark.parametrize("make", NOTES)
def test_serial_numbers_in_maker_notes_agree_with_exiftool(make: str, tmp_path: Path) -> None:
    data = jpeg(tiff([(0x010F, 2, make.encode() + b"\0"), (0x0110, 2, b"X\0")], [(0x927C, 7, NOTES[make])]))
    said = read_header(data).body_serial
    assert said in {"2004711", "FPX 12345678"}
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    path = tmp_path / "picture.jpg"
    path.write_bytes(data)
    told = subprocess.run(
        ["exiftool", "-json", "-SerialNumber", "-InternalSerialNumber", path], capture_output=True, check=True
    )
    assert said in {str(value) for value in json.loads(told.stdout)[0].values()}


def test_canons_serial_number_is_a_number() -> None:
    at = 8 + 2 + 36 + 4 + len("Canon\0") + 2 + 12 + 4
    note = directory([(0x0001, 3, bytes(2)), (0x000C, 4, struct.pack("<I", 1234567))], at, "<")
    said = read_header(jpeg(tiff([(0x010F, 2, b"Canon\0"), (0x0110, 2, b"X\0\0\0")], [(0x927C, 7, note)])))
    assert (said.maker_note, said.body_serial) == ("directory 0001:3", "1234567")


def _handler(kind: bytes, name: bytes) -> bytes:
    return box(b"hdlr", bytes(8), kind, bytes(12), name + b"\0")


def _clip(too: bytes = b"Lavf60.3.100", brand: bytes = b"isom") -> bytes:
    clock = box(b"mvhd", bytes(4), struct.pack(">IIII", 5, 5, 600, 6000), bytes(80))
    track = box(b"trak", box(b"mdia", _handler(b"vide", b"VideoHandler")))
    tool = box(b"\xa9too", box(b"data", struct.pack(">II", 1, 0), too))
    told = box(b"udta", box(b"meta", bytes(4), _handler(b"mdir", b""), box(b"ilst", tool)))
    return box(b"ftyp", brand, bytes(4), brand) + box(b"moov", clock, track, told) + box(b"mdat", bytes(50))


def test_a_clip_says_its_boxes_brands_handlers_and_encoder() -> None:
    said = clip(_clip())
    assert said.format == "MP4"
    assert "moov/trak/mdia/hdlr" in said.order
    assert "ftyp isom isom mvhd 600" in said.frame
    assert set(said.texts) == {"handler: VideoHandler", "encoder: Lavf60.3.100"}
    assert said.taken
    assert clip(_clip(brand=b"qt  ")).format == "MOV"
    assert clip(_clip()).writer != clip(_clip(b"HandBrake 1.6")).writer


def test_quicktimes_keys_name_the_device() -> None:
    names = (b"com.apple.quicktime.make", b"com.apple.quicktime.model")
    keys = box(b"keys", bytes(4), struct.pack(">I", 2), *(struct.pack(">I4s", 8 + len(name), b"mdta") + name for name in names))
    values = [
        box(struct.pack(">I", place + 1), box(b"data", bytes(8), value)) for place, value in enumerate((b"Homeward", b"Box 1"))
    ]
    data = box(b"ftyp", b"qt  ", bytes(4)) + box(b"moov", box(b"meta", _handler(b"mdta", b""), keys, box(b"ilst", *values)))
    assert (clip(data).make, clip(data).model) == ("Homeward", "Box 1")


def test_png_and_webp_have_signatures_of_the_same_shape() -> None:
    picture = Image.linear_gradient("L").convert("RGB")
    for form, first in (("PNG", "IHDR"), ("WEBP", "VP8X")):
        held = io.BytesIO()
        picture.save(held, form, exif=b"Exif\0\0" + tiff(CAMERA, SHOT))
        said = read_header(held.getvalue())
        assert (said.format.upper(), said.order[0], said.make, said.body_serial) == (form, first, "Homeward", "4711-0815")
        assert said.problem == ""


def test_what_is_no_picture_has_no_signature() -> None:
    for data in (b"", b"\xff", b"hello, world", bytes(100)):
        said = read_header(data)
        assert said == HeaderSignature()
        assert (said.full, said.bare, said.writer) == ("", "", "")
        assert clip(data) == HeaderSignature()


@cache
def _samples() -> tuple[bytes, ...]:
    held = io.BytesIO()
    Image.new("RGB", (9, 9)).save(held, "PNG", exif=b"Exif\0\0" + tiff(CAMERA, SHOT))
    full = jpeg(tiff([*CAMERA, (0x010F, 2, b"NIKON\0")], [*SHOT, (0x927C, 7, NOTES["NIKON CORPORATION"])], "<", jpeg()))
    return full, held.getvalue(), tiff(CAMERA, SHOT), _clip(), _clip(brand=b"heic")


@given(st.data())
@settings(max_examples=600)
def test_damage_is_said_and_never_raises(data: st.DataObject) -> None:
    sample = bytearray(data.draw(st.sampled_from(_samples())))
    for _ in range(data.draw(st.integers(1, 6))):
        sample[data.draw(st.integers(0, min(len(sample), 900) - 1))] = data.draw(
            st.sampled_from((0, 1, 2, 0x7F, 0xFF, 0x80, 8))
        )
    cut = bytes(sample[: data.draw(st.integers(1, len(sample)))])
    for said in (read_header(cut), clip(cut)):
        assert len(said.order) <= MOST_BOXES
        assert all(len(text) <= 250 for text in (said.make, said.model, said.software, said.body_serial, *said.texts))
        assert len(said.full) in {0, 12}


@given(st.binary(max_size=600))
@settings(max_examples=300)
def test_any_bytes_behind_a_signature_are_borne(tail: bytes) -> None:
    for head in (
        b"\xff\xd8",
        b"\xff\xd8\xff\xe1\x01\x00Exif\0\0II*\0",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF0000WEBP",
        b"II*\0",
        b"\0\0\0\x10ftyp",
    ):
        read_header(head + tail)
        clip(head + tail)


def test_bombs_cost_little() -> None:
    empty = struct.pack(">I4s", 8, b"free") + struct.pack(">I4s", 8, b"skip")
    said = clip(box(b"ftyp", b"isom", bytes(4)) + empty * 20_000)
    assert len(said.order) <= MOST_BOXES
    assert said.problem
    nested = b""
    for _ in range(200):
        nested = box(b"moov", nested)
    assert len(clip(nested).order) < 20
    loop = tiff([(0x8769, 4, struct.pack("<I", 8)), *CAMERA])
    assert read_header(jpeg(loop)).counts[:2] == (4, 4)


def test_damage_to_the_end_of_a_real_header(shared_data: Path) -> None:
    with (shared_data / "world" / "truth" / "files.csv").open() as table:
        path = next(row["path"] for row in csv.DictReader(table) if row["exif"] == "full")
    data = (shared_data / "world" / path).read_bytes()
    end = data.index(b"\xff\xda")
    for at in range(0, end, 7):
        read_header(data[:at])
        flipped = bytearray(data[: end + 64])
        flipped[at] ^= 0xFF
        read_header(bytes(flipped))


def test_keys_part_the_worlds_models_and_find_its_serial_numbers(shared_data: Path) -> None:
    warm_up()
    truth = shared_data / "world" / "truth"
    rows = {
        name: list(csv.DictReader((truth / f"{name}.csv").read_text(encoding="utf-8").splitlines()))
        for name in ("files", "originals", "devices")
    }
    devices = {row["device"]: row for row in rows["devices"]}
    device = {row["file_id"]: row["device"] for row in rows["originals"]}
    full, bare, serials = defaultdict(set), defaultdict(set), defaultdict(set)
    for row in rows["files"]:
        if row["kind"] == "original":
            said = read_header((shared_data / "world" / row["path"]).read_bytes())
            made_by = devices[device[row["file_id"]]]
            full[said.full].add(made_by["model"])
            bare[said.bare].add(made_by["model"])
            serials[made_by["device"]].add(said.body_serial)
    assert all(len(models) == 1 for models in (*full.values(), *bare.values()))
    assert len(bare) == 5
    written = {name for name, row in devices.items() if row["writes_serial"] == "1" and row["serial"]}
    assert {name for name, said in serials.items() if said != {""}} == written & serials.keys()
    assert all(serials[name] == {devices[name]["serial"]} for name in written & serials.keys())
