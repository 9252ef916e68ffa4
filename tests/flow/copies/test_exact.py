"""Exact hashes on demand, behind the lock, beside the reference program."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pdqhash
import pytest
from PIL import Image

from homeward.core import WrongUse
from homeward.flow.copies.exact import exact_hashes, exact_hashes_of_files
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.progress import Quiet
from homeward.store import Case
from homeward.testing import scenes

PICTURE = Image.fromarray(scenes.room(5, 400, 300))
SIXTEEN = Image.fromarray(np.asarray(PICTURE.convert("L")).astype(np.uint16) * 257)


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    "plain.jpg": lambda: _saved(PICTURE, "JPEG", quality=90),
    "progressive.jpg": lambda: _saved(PICTURE, "JPEG", progressive=True),
    "inks.jpg": lambda: _saved(PICTURE.convert("CMYK"), "JPEG"),
    "turned.jpg": lambda: _saved(PICTURE, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"),
    "plain.png": lambda: _saved(PICTURE, "PNG"),
    "palette.gif": lambda: _saved(PICTURE.convert("P"), "GIF"),
    "plain.webp": lambda: _saved(PICTURE, "WEBP"),
    "plain.tif": lambda: _saved(PICTURE, "TIFF"),
}


def reference(data: bytes) -> tuple[str, int]:
    bits, quality = pdqhash.compute(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
    return np.packbits(bits).tobytes().hex(), quality


def test_loose_files_of_every_format_hash_as_the_reference(tmp_path: Path) -> None:
    for name, made in FILES.items():
        (tmp_path / name).write_bytes(made())
    rows = {Path(row["paths"][0]).name: row for row in exact_hashes_of_files(sorted(tmp_path.iterdir()))}
    assert {name: (row["pdq"], row["quality"]) for name, row in rows.items()} == {n: reference(f()) for n, f in FILES.items()}
    assert rows["turned.jpg"]["decoder"] == "jpeg rgb 1/1"


def test_sixteen_bits_count_by_their_high_byte(tmp_path: Path) -> None:
    (tmp_path / "deep.png").write_bytes(_saved(SIXTEEN, "PNG"))
    (row,) = exact_hashes_of_files([tmp_path / "deep.png"])
    assert (row["pdq"], row["quality"]) == reference(_saved(PICTURE.convert("L"), "PNG"))


def test_what_cannot_be_decoded_whole_has_a_reason_and_no_hash(tmp_path: Path) -> None:
    (tmp_path / "cut.jpg").write_bytes(FILES["plain.jpg"]()[:9000])
    (tmp_path / "none.txt").write_text("no picture")
    rows = list(exact_hashes_of_files([tmp_path / "cut.jpg", tmp_path / "none.txt"]))
    assert len(rows) == 2
    for row in rows:
        assert row["pdq"] is None
        assert row["reason"]


def test_stills_of_a_case_are_read_from_their_exhibit(case: Case, material: Path) -> None:
    ingest(case, [Delivery("X1", material, "W 1", "")], Quiet())
    rows = {row["paths"][0]: row for row in exact_hashes(case)}
    assert len(rows) == 8
    assert rows["X1 > room3.jpg"]["pdq"] == reference((material / "room3.jpg").read_bytes())[0]
    assert rows["X1 > room0.jpg"]["paths"] == ["X1 > room0.jpg", "X1 > sub/same.jpg"]
    assert rows["X1 > broken.jpg"]["pdq"] is None
    (one,) = exact_hashes(case, [rows["X1 > room2.jpg"]["sha256"]])
    assert one == rows["X1 > room2.jpg"]
    with pytest.raises(WrongUse, match="no still picture"):
        list(exact_hashes(case, ["0" * 64]))


def test_a_file_that_was_replaced_is_not_hashed(case: Case, material: Path) -> None:
    ingest(case, [Delivery("X1", material, "W 1", "")], Quiet())
    (material / "room3.jpg").write_bytes(FILES["plain.jpg"]())
    rows = {row["paths"][0]: row for row in exact_hashes(case)}
    assert rows["X1 > room3.jpg"]["pdq"] is None
    assert "no longer" in rows["X1 > room3.jpg"]["reason"]
