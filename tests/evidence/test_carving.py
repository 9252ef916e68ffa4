"""Pictures inside blobs and documents, found by signature, cut out to the last byte."""

from __future__ import annotations

import struct
import tempfile
import zlib
from pathlib import Path

import evidence_makers as make
import pytest
from evidence_reading import contents, read_bytes
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.evidence.streams import CHUNK

PICTURES = {
    "baseline": make.picture(1),
    "progressive": make.picture(2, progressive=True),
    "restart markers": make.picture(3, side=96, restart_marker_blocks=1),
    "preview inside": make.picture_with_preview(4),
    "grey levels packed tight": make.picture(5, quality=100, subsampling=0),
    "png": make.picture(6, "PNG"),
    "interlaced text png": make.picture(7, "PNG", side=40, compress_level=0),
}
FILLER = bytes(range(1, 90)) * 40  # no signature, no text, no known type


def extension(data: bytes) -> str:
    return "png" if data.startswith(b"\x89PNG") else "jpg"


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_in_a_blob_is_an_occurrence_of_its_own(kind: str, tmp_path: Path) -> None:
    picture = PICTURES[kind]
    blob = FILLER + picture + FILLER
    found = read_bytes(tmp_path, "a.bin", blob)
    path = f"a.bin > @{len(FILLER)}.{extension(picture)}"
    assert set(found) == {"a.bin", path}
    row = found[path]
    assert (row.size, row.digests, row.embedded) == (len(picture), make.digests(picture), True)
    assert row.address == f"offset {len(FILLER)}"
    assert row.mime == ("image/png" if extension(picture) == "png" else "image/jpeg")
    assert found["a.bin"].digests == make.digests(blob)
    assert not found["a.bin"].embedded
    (fetched,) = contents(tmp_path / "a.bin", [row.path]).values()
    assert fetched == picture


@pytest.mark.parametrize("at", [CHUNK - 7, CHUNK - 3, CHUNK - 2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 500])
@pytest.mark.parametrize("kind", ["baseline", "png"])
def test_the_edges_of_reading_hide_nothing(at: int, kind: str, tmp_path: Path) -> None:
    picture = PICTURES[kind]
    blob = (FILLER * (at // len(FILLER) + 1))[:at] + picture + FILLER
    found = read_bytes(tmp_path, "a.bin", blob)
    assert found[f"a.bin > @{at}.{extension(picture)}"].digests == make.digests(picture)
    assert len(found) == 2


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_every_planted_picture_is_found_whatever_lies_around_it(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 6))
    blob, planted = bytearray(FILLER[:64]), {}
    for _ in range(count):
        blob += make.noise(data.draw(st.integers(0, 2**20)), data.draw(st.integers(0, 5000)))
        blob += data.draw(st.sampled_from([b"", b"\xff", b"\xff\xd8", b"\x89PNG", b"\xff\xd8\xff\xe0\x00", b"\xff\xd9"]))
        blob += FILLER[: data.draw(st.integers(8, 64))]
        picture = data.draw(st.sampled_from(list(PICTURES.values())))
        planted[len(blob)] = picture
        blob += picture
    blob += make.noise(9, 100)
    with tempfile.TemporaryDirectory() as folder:
        found = read_bytes(Path(folder), "a.bin", bytes(blob))
    for at, picture in planted.items():
        row = found.get(f"a.bin > @{at}.{extension(picture)}")
        assert row is not None, f"picture at {at} of {sorted(planted)} is missing"
        assert row.digests == make.digests(picture)


@given(st.binary(max_size=3000), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_chance_signatures_never_crash_and_never_reach_beyond_the_blob(tail: bytes, seed: int) -> None:
    blob = FILLER + b"\xff\xd8\xff" + tail + b"\x89PNG\r\n\x1a\n" + make.noise(seed, 500)
    with tempfile.TemporaryDirectory() as folder:
        found = read_bytes(Path(folder), "a.bin", blob)
    for row in found.values():
        if row.embedded:
            start = int(row.path.layers[-1][1:].partition(".")[0])
            assert start + row.size <= len(blob)
            assert row.digests == make.digests(blob[start : start + row.size])


@pytest.mark.parametrize("kind", ["baseline", "png"])
def test_a_picture_cut_by_the_end_of_the_blob_is_not_made_up(kind: str, tmp_path: Path) -> None:
    picture = PICTURES[kind]
    for keep in (10, len(picture) // 2, len(picture) - 1):
        found = read_bytes(tmp_path, "a.bin", FILLER + picture[:keep])
        for row in found.values():
            assert row.size <= len(FILLER) + keep
            assert row.readable


def test_two_pictures_edge_to_edge_are_two(tmp_path: Path) -> None:
    first, second = PICTURES["baseline"], PICTURES["png"]
    found = read_bytes(tmp_path, "a.bin", FILLER + first + second)
    assert found[f"a.bin > @{len(FILLER)}.jpg"].digests == make.digests(first)
    assert found[f"a.bin > @{len(FILLER) + len(first)}.png"].digests == make.digests(second)


def test_the_preview_inside_a_picture_is_no_occurrence(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(PICTURES["preview inside"])
    assert set(read_bytes(tmp_path, "a.jpg", PICTURES["preview inside"])) == {"a.jpg"}


def test_pictures_in_a_document_are_found(tmp_path: Path) -> None:
    """A PDF with one DCT stream, one old Word-like compound file."""
    picture = PICTURES["baseline"]
    head = b"%%PDF-1.4\n1 0 obj\n<</Type/XObject/Subtype/Image/Filter/DCTDecode/Length %d>>\nstream\n" % len(picture)
    pdf = head + picture + b"\nendstream\nendobj\ntrailer\n<<>>\n%%EOF\n"
    found = read_bytes(tmp_path, "a.pdf", pdf)
    assert found["a.pdf"].mime == "application/pdf"
    assert found[f"a.pdf > @{len(head)}.jpg"].digests == make.digests(picture)
    compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + FILLER[:1536] + picture + bytes(512)
    found = read_bytes(tmp_path, "a.doc", compound)
    assert found["a.doc > @2048.jpg"].digests == make.digests(picture)


def test_pictures_in_a_database_inside_an_archive_are_found_and_fetched(tmp_path: Path) -> None:
    """The usual place of thumbnails: a blob in an app's folder in a phone's archive."""
    picture, other = PICTURES["baseline"], PICTURES["progressive"]
    blob = b"SQLite format 3\x00" + bytes(4080) + picture + bytes(4096) + other + bytes(100)
    data = make.zipped({"app/thumbs.db": blob, "app/a.txt": b"text"})
    found = read_bytes(tmp_path, "a.zip", data)
    row = found["a.zip > app/thumbs.db > @4096.jpg"]
    assert row.digests == make.digests(picture)
    second = found[f"a.zip > app/thumbs.db > @{4096 + len(picture) + 4096}.jpg"]
    fetched = contents(tmp_path / "a.zip", [second.path, row.path])
    assert fetched == {str(row.path): picture, str(second.path): other}


def test_a_blob_full_of_chance_signatures_says_that_it_was_not_searched_to_its_end(tmp_path: Path) -> None:
    noise = b"\xff\xd8\xff\x00" * 20_000
    picture = PICTURES["baseline"]
    found = read_bytes(tmp_path, "a.bin", FILLER + noise + FILLER + picture)
    place = len(FILLER) * 2 + len(noise)
    row = found.get(f"a.bin > @{place}.jpg")
    assert (row is not None and row.digests == make.digests(picture)) or found["a.bin"].reason


def test_a_png_with_foreign_chunks_ends_at_its_end_chunk(tmp_path: Path) -> None:
    picture = PICTURES["png"]
    extra = b"zzZz" + make.noise(1, 3000)
    chunk = struct.pack(">I", 3000) + extra + struct.pack(">I", zlib.crc32(extra))
    longer = picture[:33] + chunk + picture[33:]
    found = read_bytes(tmp_path, "a.bin", FILLER + longer + FILLER)
    assert found[f"a.bin > @{len(FILLER)}.png"].digests == make.digests(longer)


def test_pictures_and_clips_are_not_searched(tmp_path: Path) -> None:
    inside = PICTURES["baseline"]
    for name, data in (("a.jpg", inside + FILLER + inside), ("a.png", PICTURES["png"] + inside)):
        assert set(read_bytes(tmp_path, name, data)) == {name}
