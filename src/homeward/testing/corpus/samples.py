"""Healthy files of every format, from which the broken ones are made."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Iterator, Mapping

import msgspec

from homeward.testing.corpus.records import Kind
from homeward.testing.disk_images import DiskFile, fat_image
from homeward.testing.encoding import animate, encode, film
from homeward.testing.expert_witness import expert_witness
from homeward.testing.scenes import Pixels, room

WIDTH, HEIGHT = 160, 120


class Sample(msgspec.Struct, frozen=True):
    """A healthy file, and where its payload lies."""

    name: str
    extension: str
    data: bytes
    kind: Kind
    begin: int
    """First byte of the payload: pixels, frames, packed content."""
    end: int
    checked: bool = False
    """Whether the format carries a check sum over the payload, so that every change of it can be noticed."""
    needed: int = 0
    """Bytes without which something is lost; all of them unless told."""


def samples(seed: int) -> Iterator[Sample]:
    """One file of every format and flavour."""
    picture = room(seed, WIDTH, HEIGHT)
    yield from _stills(picture)
    frames = [room(seed + 1, WIDTH + 60, HEIGHT)[:, at : at + WIDTH] for at in range(0, 60, 2)]
    yield _all_of("gif-animated", "gif", animate(frames[::6]), "still")
    for name, fragmented in (("mp4", False), ("mp4-fragmented", True)):
        yield _all_of(name, "mp4", film(frames, fragmented=fragmented), "video")
    yield from _containers({f"picture-{at}.jpg": encode(room(seed + at, WIDTH, HEIGHT)) for at in range(3)})


def _stills(picture: Pixels) -> Iterator[Sample]:
    jpegs = {
        "jpeg": encode(picture),
        "jpeg-progressive": encode(picture, progressive=True),
        "jpeg-restart": encode(picture, restart_rows=1),
    }
    for name, data in jpegs.items():
        scan = data.index(b"\xff\xda")
        yield Sample(name, "jpg", data, "still", scan + 2 + int.from_bytes(data[scan + 2 : scan + 4], "big"), len(data) - 2)
    png = encode(picture, "png")
    yield Sample("png", "png", png, "still", png.index(b"IDAT") + 4, len(png) - 16, checked=True)
    yield _all_of("gif", "gif", encode(picture, "gif"), "still")
    yield _all_of("webp", "webp", encode(picture, "webp"), "still")
    yield _all_of("bmp", "bmp", encode(picture, "bmp"), "still")
    yield _all_of("tiff", "tif", encode(picture, "tiff"), "still")
    yield _all_of("avif", "avif", encode(picture, "avif"), "still")


def _containers(files: Mapping[str, bytes]) -> Iterator[Sample]:
    zipped = zip_of(files)
    yield Sample("zip", "zip", zipped, "container", 30 + len("picture-0.jpg"), zipped.index(b"PK\x01\x02"), checked=True)
    tarred = tar_of(files)
    ends = len(tarred.rstrip(b"\0"))
    yield Sample("tar", "tar", tarred, "container", 512, ends, needed=ends)
    packed = gzip.compress(tarred, mtime=0)
    yield Sample("tar-gz", "tar.gz", packed, "container", 10, len(packed) - 8, checked=True)
    packed = lzma.compress(tarred, preset=1)
    yield Sample("tar-xz", "tar.xz", packed, "container", 24, len(packed) - 60, checked=True)
    disk = fat_image([DiskFile(f"DCIM/{name}", data, deleted=name == "picture-2.jpg") for name, data in files.items()])
    yield Sample("fat", "img", disk, "container", 512, len(disk), needed=1)
    witness = expert_witness(disk)
    begin = witness.index(b"sectors\0") + 76
    end = witness.index(b"table\0")
    yield Sample("e01", "E01", witness, "container", begin, end, checked=True, needed=witness.index(b"table2\0"))


def _all_of(name: str, extension: str, data: bytes, kind: Kind) -> Sample:
    return Sample(name, extension, data, kind, min(64, len(data) // 2), len(data))


def zip_of(files: Mapping[str, bytes], *, packed: bool = True) -> bytes:
    """A zip of named contents with fixed times."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (2024, 3, 1, 12, 0, 0))
            info.compress_type = archive.compression
            archive.writestr(info, data)
    return out.getvalue()


def tar_of(files: Mapping[str, bytes]) -> bytes:
    """A pax tar of named contents with fixed times."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_709_294_400
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()
