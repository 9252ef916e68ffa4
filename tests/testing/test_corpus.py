"""The corpus itself: enough of it, the same for a seed, and its expectations true by other people's strict readers."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections import Counter
from pathlib import Path

import av
import pytest
import simplejpeg
from PIL import Image, UnidentifiedImageError

from homeward.testing.corpus import HostileFile, hostile_files, plant
from homeward.testing.corpus.bombs import packed_zeros, zeros_crc

LARGEST = 60 << 20
PIXELS = 1_000_000


@pytest.fixture(scope="module")
def corpus() -> list[HostileFile]:
    return list(hostile_files(0))


def selected(corpus: list[HostileFile], expect: str, kind: str, extension: str = "") -> list[HostileFile]:
    found = [file for file in corpus if file.expect == expect and file.kind == kind and file.name.endswith(extension)]
    assert found
    return found


def test_there_are_many_of_every_sort(corpus) -> None:
    assert len(corpus) >= 220
    counts = Counter((file.kind, file.expect) for file in corpus)
    assert min(counts[("still", expect)] for expect in ("fine", "damaged", "failed", "any")) >= 20
    assert counts[("container", "damaged")] >= 30
    assert counts[("video", "any")] >= 30


def test_names_are_unique_file_names(corpus) -> None:
    names = [file.name for file in corpus]
    assert len(set(names)) == len(names)
    assert not [name for name in names if "/" in name or "\0" in name or name in {"", ".", ".."}]


def test_it_stays_small(corpus) -> None:
    assert sum(len(file.data) for file in corpus) <= LARGEST


def test_a_seed_gives_the_same_files(corpus) -> None:
    def digest(files) -> list[tuple[str, str]]:
        return [(file.name, hashlib.sha256(file.data).hexdigest()) for file in files]

    again = digest(hostile_files(0))
    assert again == digest(corpus)
    other = digest(hostile_files(1))
    assert [name for name, _ in other] == [name for name, _ in again]
    assert sum(a != b for a, b in zip(again, other, strict=True)) > len(again) // 2


def test_every_file_can_be_written(corpus, tmp_path: Path) -> None:
    planted = plant(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {file.name for file in corpus}
    assert [(one.path.read_bytes(), one.expect, one.kind) for one in planted] == [(f.data, f.expect, f.kind) for f in corpus]


def unpacked_pixels(png: bytes) -> int:
    """Bytes in the rows of a PNG: Pillow takes too few of them for black without a word."""
    at, packed = 8, b""
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        packed += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + length
    return len(zlib.decompressobj().decompress(packed, PIXELS))


def strictly_loaded(data: bytes) -> Image.Image:
    """Every frame decoded with no patience for damage.

    Raises:
        Exception: whatever the decoder raises.
    """
    image = Image.open(io.BytesIO(data))
    for frame in range(getattr(image, "n_frames", 1)):
        image.seek(frame)
        image.load()
    if image.format == "JPEG":
        simplejpeg.decode_jpeg(data, strict=True)
    if image.format == "PNG":
        Image.open(io.BytesIO(data)).verify()
        if (image.mode, image.info.get("interlace")) == ("RGB", None) and unpacked_pixels(data) < image.height * (
            1 + 3 * image.width
        ):
            raise ValueError("not enough image data")
    return image


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", PIXELS)


@pytest.mark.usefixtures("strict")
def test_fine_stills_load(corpus) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for file in selected(corpus, "fine", "still"):
            try:
                assert strictly_loaded(file.data).size == (160, 120)
            except Exception as error:
                pytest.fail(f"{file.name}: {error!r}")


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("expect", ["damaged", "failed"])
def test_broken_stills_do_not_load(corpus, expect: str) -> None:
    accepted = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        for file in selected(corpus, expect, "still"):
            try:
                strictly_loaded(file.data)
            except (
                OSError,
                ValueError,
                SyntaxError,
                EOFError,
                struct.error,
                zlib.error,
                UnidentifiedImageError,
                Image.DecompressionBombError,
                Image.DecompressionBombWarning,
            ):
                continue
            accepted.append(file.name)
    assert accepted == []


def unzipped(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            archive.read(info)


def untarred(data: bytes) -> None:
    if len(data) % 512:
        raise ValueError("no whole number of blocks")  # tarfile takes half a header for the end
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for info in archive:
            if info.isfile():
                archive.extractfile(info).read()


@pytest.mark.parametrize(
    ("extension", "reader"),
    [(".zip", unzipped), (".tar", untarred), (".gz", gzip.decompress), (".xz", lzma.decompress)],
)
def test_damaged_archives_are_refused(corpus, extension: str, reader) -> None:
    accepted = []
    for file in selected(corpus, "damaged", "container", extension):
        try:
            reader(file.data)
        except (
            OSError,
            EOFError,
            ValueError,
            RuntimeError,
            NotImplementedError,
            zipfile.BadZipFile,
            tarfile.TarError,
            zlib.error,
            lzma.LZMAError,
            struct.error,
        ):
            continue
        accepted.append(file.name)
    assert accepted == []


@pytest.mark.parametrize(
    ("extension", "reader"),
    [(".zip", unzipped), (".tar", untarred), (".gz", gzip.decompress), (".xz", lzma.decompress)],
)
def test_fine_archives_unpack(corpus, extension: str, reader) -> None:
    for file in selected(corpus, "fine", "container", extension):
        reader(file.data)


def test_fine_clips_decode(corpus) -> None:
    for file in selected(corpus, "fine", "video"):
        with av.open(io.BytesIO(file.data)) as container:
            assert sum(1 for _ in container.decode(video=0)) == 30


@pytest.mark.parametrize("count", [0, 1, 1 << 20, (1 << 20) + 7, 5 << 20])
def test_packed_zeros_unpack(count: int) -> None:
    assert zlib.decompress(packed_zeros(count)) == bytes(count)
    assert zlib.decompress(packed_zeros(count, bits=-15), -15) == bytes(count)
    assert zeros_crc(count) == zlib.crc32(bytes(count))


def test_bombs_unfold_into_what_they_say(corpus) -> None:
    data = {file.name: file.data for file in corpus if file.name.startswith("bomb-")}
    for name, opener in (("bomb-1gib.gz", gzip.open), ("bomb-many-members.gz", gzip.open), ("bomb-many-streams.xz", lzma.open)):
        with opener(io.BytesIO(data[name])) as stream:
            assert stream.read(64 << 20) == bytes(64 << 20)
        assert len(data[name]) < 2 << 20
    assert struct.unpack("<I", data["bomb-1gib.gz"][-4:]) == (1 << 30,)
    with zipfile.ZipFile(io.BytesIO(data["bomb-overlapping.zip"])) as archive:
        assert sum(info.file_size for info in archive.infolist()) == 2_000 * (32 << 20)
    header = data["bomb-30000-rgb.png"][16:24]
    assert struct.unpack(">II", header) == (30_000, 30_000)
