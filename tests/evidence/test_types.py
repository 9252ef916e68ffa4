"""Type by content: what a file is, not what it is called."""

from __future__ import annotations

import gzip
import io
import struct
import subprocess
import sys
from pathlib import Path

import evidence_makers as make
import pytest
from PIL import Image, features

from homeward.evidence.types import extension_mismatch, kind_of, mime_of


def still(kind: str) -> bytes:
    return make.picture(1, kind)


def heif(brand: bytes, *compatible: bytes) -> bytes:
    body = brand + bytes(4) + b"".join(compatible)
    return struct.pack(">I", 8 + len(body)) + b"ftyp" + body + bytes(64)


SAMPLES: dict[str, tuple[str, bytes, str]] = {
    "jpeg": ("image/jpeg", still("JPEG"), "still"),
    "cut jpeg": ("image/jpeg", still("JPEG")[:200], "still"),
    "png": ("image/png", still("PNG"), "still"),
    "gif": ("image/gif", still("GIF"), "still"),
    "bmp": ("image/bmp", still("BMP"), "still"),
    "tiff": ("image/tiff", still("TIFF"), "still"),
    "webp": ("image/webp", still("WEBP"), "still"),
    "heic": ("image/heic", heif(b"heic", b"mif1", b"heic"), "still"),
    "heic by Apple": ("image/heic", heif(b"mif1", b"mif1", b"heic"), "still"),
    "avif": ("image/avif", heif(b"avif", b"mif1", b"miaf"), "still"),
    "avif by mif1": ("image/avif", heif(b"mif1", b"avif", b"miaf"), "still"),
    "mp4": ("video/mp4", heif(b"isom", b"iso2", b"avc1"), "video"),
    "mp4 of dash": ("video/mp4", heif(b"dash", b"iso6"), "video"),
    "quicktime": ("video/quicktime", heif(b"qt  "), "video"),
    "3gp": ("video/3gpp", heif(b"3gp5", b"isom"), "video"),
    "matroska": (
        "video/x-matroska",
        bytes.fromhex("1a45dfa3a34286810142f7810142f2810442f381084282886d6174726f736b614287810442858102") + bytes(64),
        "video",
    ),
    "webm": (
        "video/webm",
        bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d4287810442858102") + bytes(64),
        "video",
    ),
    "avi": ("video/x-msvideo", b"RIFF\x00\x10\x00\x00AVI LIST" + bytes(200), "video"),
    "photoshop": (
        "image/vnd.adobe.photoshop",
        b"8BPS\0\1" + bytes(6) + b"\0\3\0\0\0\x10\0\0\0\x10\0\x08\0\3" + bytes(64),
        "still",
    ),
    "jpeg 2000": (
        "image/jp2",
        bytes.fromhex("0000000c6a5020200d0a870a00000014667479706a703220000000006a703220") + bytes(64),
        "still",
    ),
    "zip": ("application/zip", make.zipped({"a": b"x"}), ""),
    "tar": ("application/x-tar", make.tarred({"a": b"x"}), ""),
    "gzip": ("application/gzip", gzip.compress(b"x"), ""),
    "pdf": ("application/pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", ""),
    "sqlite": (
        "application/vnd.sqlite3",
        b"SQLite format 3\x00" + struct.pack(">HBBBBBB", 4096, 1, 1, 0, 64, 32, 32) + bytes(4000),
        "",
    ),
    "text": ("text/plain", b"a few plain words\n", ""),
    "nothing": ("inode/x-empty", b"", ""),
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_type_comes_from_content(kind: str) -> None:
    mime, head, seen_as = SAMPLES[kind]
    assert mime_of(head) in {mime, mime.replace("vnd.sqlite3", "x-sqlite3")}
    assert kind_of(mime_of(head)) == seen_as


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow writes no AVIF")
def test_a_real_avif_is_one() -> None:
    out = io.BytesIO()
    Image.new("RGB", (16, 16)).save(out, "AVIF")
    assert mime_of(out.getvalue()) == "image/avif"


@pytest.mark.parametrize(
    ("name", "kind", "wrong"),
    [
        ("a.jpg", "jpeg", False),
        ("A.JPEG", "jpeg", False),
        ("notes.dll", "jpeg", True),
        ("a.txt", "jpeg", True),
        ("noextension", "jpeg", True),
        ("a.png", "jpeg", True),
        ("a.heic", "heic", False),
        ("a.mov", "mp4", True),
        ("a.mp4", "mp4", False),
        ("a.docx", "zip", False),
        ("a.jpg", "zip", True),
        ("a.jpg", "text", True),
        ("a.jpg", "sqlite", True),
        ("a.txt", "text", False),
        ("a.jpg", "nothing", False),
        ("thumbs.db", "sqlite", False),
        (".jpg", "jpeg", False),
    ],
)
def test_a_name_that_hides_what_the_file_is(name: str, kind: str, wrong: bool) -> None:
    mime, head, _ = SAMPLES[kind]
    assert extension_mismatch(name, mime_of(head) or mime) == wrong


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7, 8, 11, 12, 15, 16, 100, 513])
def test_any_first_bytes_have_some_type(count: int) -> None:
    for seed in range(20):
        assert "/" in mime_of(make.noise(seed, count))
    for _, head, _ in SAMPLES.values():
        assert "/" in mime_of(head[:count])


def test_loading_leaves_the_environment_as_it_was() -> None:
    code = (
        "import os; before = dict(os.environ)\n"
        "from homeward.evidence import types; types.warm_up()\n"
        "assert dict(os.environ) == before, set(os.environ.items()) ^ set(before.items())"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.data
def test_every_photograph_of_the_shared_data_is_a_still_under_its_own_name(shared_data: Path) -> None:
    files = sorted((shared_data / "cameras").rglob("*.[jJ][pP]*[gG]"))[:200]
    assert files
    for file in files:
        with file.open("rb") as opened:
            mime = mime_of(opened.read(1 << 16))
        assert mime == "image/jpeg", file.name
        assert not extension_mismatch(file.name, mime)
