"""Benign material made at test time: gradient pictures, archives in every state of health."""

from __future__ import annotations

import hashlib
import io
import random
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from typing import Any, cast

from PIL import Image

from homeward.core import Digests

LOCAL, DIRECTORY, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


def digests(data: bytes) -> Digests:
    """The three digests by the standard library, in three passes."""
    return Digests(hashlib.md5(data).hexdigest(), hashlib.sha1(data).hexdigest(), hashlib.sha256(data).hexdigest())


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def noise(seed: int, count: int) -> bytes:
    return random.Random(seed).randbytes(count)


def picture(seed: int, kind: str = "JPEG", side: int = 48, **options: Any) -> bytes:
    """A still of coloured noise, so that every part of its file matters."""
    image = Image.frombytes("RGB", (side, side), noise(seed, side * side * 3))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def picture_with_preview(seed: int) -> bytes:
    """A JPEG that carries a whole smaller JPEG, end marker included, in its EXIF segment."""
    inner = picture(seed + 1, side=16)
    tiff = b"II*\x00" + struct.pack("<I", 8) + struct.pack("<H", 0) + struct.pack("<I", 0) + inner
    return picture(seed, exif=b"Exif\x00\x00" + tiff)


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def zipped_to_a_pipe(members: Mapping[str, bytes]) -> bytes:
    """A zip written without seeking: sizes follow the content (data descriptors)."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            super().__init__()
            self.taken = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: Any, /) -> int:
            self.taken += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(cast("Any", pipe), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return bytes(pipe.taken)


def zip64(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(data)
    return out.getvalue()


def with_member_field(archive: bytes, name: str, local_at: int, directory_at: int, value: int) -> bytes:
    """Overwrite one 16-bit field of ``name`` in both of its headers (flags: 6 and 8, method: 8 and 10)."""
    data = bytearray(archive)
    encoded = name.encode()
    for signature, header, at in ((LOCAL, 30, local_at), (DIRECTORY, 46, directory_at)):
        place = data.find(signature)
        while place >= 0 and data[place + header : place + header + len(encoded)] != encoded:
            place = data.find(signature, place + 1)
        assert place >= 0, f"{name} has no such header"
        struct.pack_into("<H", data, place + at, value)
    return bytes(data)


def encrypted(archive: bytes, name: str) -> bytes:
    return with_member_field(archive, name, 6, 8, 1)


def with_method(archive: bytes, name: str, method: int) -> bytes:
    return with_member_field(archive, name, 8, 10, method)


def tarred(members: Mapping[str, bytes], packing: str = "", form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=cast("Any", f"w:{packing}"), format=form) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_600_000_000
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()
