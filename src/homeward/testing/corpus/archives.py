"""Archives that lie, escape, loop and name things strangely."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import tarfile
import zlib
from collections.abc import Iterator

from homeward.testing.corpus.patching import over, put
from homeward.testing.corpus.records import Expect, HostileFile
from homeward.testing.corpus.samples import HEIGHT, WIDTH, tar_of, zip_of
from homeward.testing.encoding import encode
from homeward.testing.scenes import room

NAMES = (
    "../../../escape.jpg", "/absolute.jpg", "C:\\drive.jpg", "..\\..\\back.jpg", "new\nline.jpg", "\u263a-smile.jpg",
    "right-\u202egpj.exe", " > .jpg", "a > b.jpg", "back\\slash.jpg", "n" * 5_000 + ".jpg", "deep/" * 500 + "x.jpg", ".", "..",
    "./twice.jpg", "twice.jpg", "CON", "semi;colon.jpg", "=formula.jpg", "tab\there.jpg", "bell\x07.jpg", "\ufeffmark.jpg",
)  # fmt: skip


def lying_archives(seed: int) -> Iterator[HostileFile]:
    """Hostile zip, tar, gzip and xz files."""
    picture = encode(room(seed, WIDTH, HEIGHT))
    for family, extension, lies in (("zip", "zip", _zips), ("tar", "tar", _tars), ("packed", "gz", _packed)):
        for name, (data, expect) in lies(picture).items():
            yield HostileFile(f"{family}-{name}.{extension}", data, expect, "container")


def _zips(picture: bytes) -> dict[str, tuple[bytes, Expect]]:
    data = zip_of({"a.jpg": picture, "b.jpg": picture[::-1]})
    directory, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    encrypted = put(put(data, 6, "<H", 1), directory + 8, "<H", 1)
    raw = zip_of({"XXXX.jpg": picture}).replace(b"XXXX", b"\xff\xfe\x80\0")
    return {
        "names": (zip_of(dict.fromkeys(NAMES, picture[:2000])), "any"),
        "name-not-utf8": (raw, "any"),
        "name-empty": (zip_of({"": picture}), "any"),
        "encrypted": (encrypted, "damaged"),
        "method-99": (put(put(data, 8, "<H", 99), directory + 10, "<H", 99), "damaged"),
        "crc": (put(put(data, 14, "<I", 7), directory + 16, "<I", 7), "damaged"),
        "packed-size-4294967294": (put(data, directory + 20, "<I", 2**32 - 2), "any"),
        "size-4294967294": (put(data, directory + 24, "<I", 2**32 - 2), "any"),
        "size-1": (put(data, directory + 24, "<I", 1), "damaged"),
        "local-beyond": (put(data, directory + 42, "<I", 2**32 - 2), "damaged"),
        "local-on-directory": (put(data, directory + 42, "<I", directory), "damaged"),
        "entries-65534": (put(data, end + 8, "<HH", 65534, 65534), "any"),
        "entries-0": (put(data, end + 8, "<HH", 0, 0), "any"),
        "directory-beyond": (put(data, end + 16, "<I", 2**32 - 2), "damaged"),
        "directory-size": (put(data, end + 12, "<I", 2**32 - 2), "damaged"),
        "comment-65535": (put(data, end + 20, "<H", 65535), "any"),
        "end-missing": (data[:end], "damaged"),
        "end-only": (data[end:], "any"),
        "prefix-1-mib": (b"x" * (1 << 20) + data, "any"),
        "local-and-directory-differ": (data[:30] + b"z.exe" + data[35:], "any"),
        "same-name-300": (_repeated(300), "any"),
    }


def _repeated(count: int) -> bytes:
    import warnings
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for at in range(count):
            archive.writestr(zipfile.ZipInfo("same.txt"), f"content {at}")
    return out.getvalue()


def _member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0, data: bytes = b"") -> bytes:
    """One member in GNU format; ``size`` is what the header says, ``data`` what follows."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, target, size or len(data)
    return info.tobuf(tarfile.GNU_FORMAT, errors="surrogateescape") + data.ljust(-(-len(data) // 512) * 512, b"\0")


def _tars(picture: bytes) -> dict[str, tuple[bytes, Expect]]:
    data, end = tar_of({"a.jpg": picture}), bytes(1024)
    good = _member("good.jpg", data=picture)
    minus = over(_member("minus.jpg"), 124, b"\xff" * 10 + b"\xfe\x00")
    sparse = _member("sparse.bin", tarfile.GNUTYPE_SPARSE, data=b"s" * 512)
    sparse = _signed(over(sparse, 386, b"00000000000\x0000000001000\x00" + bytes(73) + b"77777777777\x00"))
    level = tar_of({"end.txt": b"the bottom"})
    for _ in range(40):
        level = tar_of({"next.tar": level})
    return {
        "names": (tar_of(dict.fromkeys(NAMES, picture[:2000])), "any"),
        "name-not-utf8": (_member("raw-\udcff\udcfe.jpg", data=picture) + end, "any"),
        "check-sum": (over(data, 148, b"0000000\0"), "damaged"),
        "size-8-gib": (good + _member("large.bin", size=8**11 - 1, data=b"x" * 512) + end, "damaged"),
        "size-2-to-the-60": (good + _member("large.bin", size=2**60, data=b"x" * 512) + end, "damaged"),
        "size-negative": (good + _signed(minus) + good + end, "any"),
        "links-to-self": (_member("me", tarfile.SYMTYPE, "me") + _member("also", tarfile.LNKTYPE, "also") + good + end, "any"),
        "links-in-a-ring": (_member("x", tarfile.LNKTYPE, "y") + _member("y", tarfile.LNKTYPE, "x") + good + end, "any"),
        "links-outside": (_member("out", tarfile.SYMTYPE, "/etc") + _member("out/x.jpg", data=picture) + end, "any"),
        "devices": (
            _member("zero", tarfile.CHRTYPE) + _member("disk", tarfile.BLKTYPE) + _member("fifo", tarfile.FIFOTYPE) + end,
            "any",
        ),
        "long-name-1-gib": (
            good + _member("././@LongLink", tarfile.GNUTYPE_LONGNAME, size=1 << 30, data=b"n" * 512) + end,
            "damaged",
        ),
        "pax-lengths": (_member("pax", tarfile.XHDTYPE, data=b"99999999 path=x\n0 size=-5\n-3 a=b\n") + good + end, "any"),
        "pax-size": (_member("pax", tarfile.XHDTYPE, data=b"28 size=9999999999999999999\n") + good + end, "any"),
        "pax-chain-500": (_member("pax", tarfile.XHDTYPE, data=b"10 path=x\n") * 500 + good + end, "any"),
        "sparse": (sparse + good + end, "any"),
        "members-3000": (b"".join(_member(f"{at}.txt") for at in range(3000)) + end, "any"),
        "end-missing": (good, "any"),
        "zeros-between": (good + bytes(512) + good + end, "any"),
        "depth-40": (level, "any"),
    }


def _signed(member: bytes) -> bytes:
    """The member with its header's check sum set right again."""
    total = sum(member[:148]) + 8 * 32 + sum(member[156:512])
    return member[:148] + f"{total:06o}\0 ".encode("ascii") + member[156:]


def _packed(picture: bytes) -> dict[str, tuple[bytes, Expect]]:
    data = gzip.compress(tar_of({"a.jpg": picture}), mtime=0)
    strange = put(lzma.compress(picture), 6, ">H", 0xFFFF)
    named = b"\x1f\x8b\x08\x08\0\0\0\0\x02\xff" + b"n" * 100_000 + b"\0" + data[10:]
    return {
        "crc": (put(data, len(data) - 8, "<I", 7), "damaged"),
        "size": (put(data, len(data) - 4, "<I", 7), "damaged"),
        "flags": (put(data, 3, "<B", 0xFF), "any"),
        "method": (put(data, 2, "<B", 9), "any"),
        "name-100000": (named, "any"),
        "junk-behind": (data + b"junk" * 100, "any"),
        "empty-content": (gzip.compress(b"", mtime=0), "any"),
        "xz-flags": (strange, "any"),
        "zlib-only": (zlib.compress(picture), "any"),
        "header-only": (data[:10], "any"),
        "extra-65535": (b"\x1f\x8b\x08\x04\0\0\0\0\x02\xff" + struct.pack("<H", 65535) + data[10:], "any"),
    }
