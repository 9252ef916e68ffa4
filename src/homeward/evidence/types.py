"""Type by content: libmagic first, corrected where its public signatures are known to be wrong or silent."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

STILL = frozenset({
    "image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff", "image/heic", "image/avif",
})  # fmt: skip
_EXTENSIONS = {
    "image/jpeg": "jpg jpeg jpe jfif thm",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/bmp": "bmp dib",
    "image/tiff": "tif tiff dng nef cr2 arw",
    "image/heic": "heic heif hif",
    "image/avif": "avif",
    "video/mp4": "mp4 m4v m4a",
    "video/quicktime": "mov qt mp4",
    "video/3gpp": "3gp 3g2 mp4",
    "video/x-matroska": "mkv webm",
    "video/webm": "webm mkv",
    "video/x-msvideo": "avi",
    "video/mpeg": "mpg mpeg vob m2v",
    "video/mp2t": "ts mts m2ts",
    "video/x-ms-asf": "wmv asf wma",
    "video/x-flv": "flv",
    "application/zip": "zip jar apk docx xlsx pptx odt ods odp epub ufdr kmz",
    "application/x-tar": "tar",
    "application/gzip": "gz tgz",
    "application/x-bzip2": "bz2 tbz tbz2",
    "application/x-xz": "xz txz",
    "application/pdf": "pdf",
}
_BRANDS = {
    b"heic": "image/heic", b"heix": "image/heic", b"hevc": "image/heic", b"hevx": "image/heic", b"mif1": "image/heic",
    b"msf1": "image/heic", b"heim": "image/heic", b"heis": "image/heic", b"avif": "image/avif", b"avis": "image/avif",
    b"qt  ": "video/quicktime", b"3gp4": "video/3gpp", b"3gp5": "video/3gpp", b"3gp6": "video/3gpp", b"3g2a": "video/3gpp",
}  # fmt: skip
_SAME = {
    "image/x-ms-bmp": "image/bmp", "image/heif": "image/heic", "application/x-gzip": "application/gzip",
    "image/heic-sequence": "image/heic", "image/heif-sequence": "image/heic", "video/x-m4v": "video/mp4",
    "application/x-bzip": "application/x-bzip2",
}  # fmt: skip
_WEAK = frozenset({"image/x-tga", "image/x-pcx"})
"""What libmagic sees in many a file that is no picture: these formats have next to no signature."""
_NOT_CARVED = ("text/", "video/", "audio/", "font/", "message/", "inode/")
HEAD = 1 << 16
"""First bytes of a file by which it is typed (disk images have their marks within 32 KiB + 6)."""


def mime_of(head: bytes) -> str:
    """MIME type of content that begins with ``head`` (up to :data:`HEAD` bytes)."""
    if not head:
        return "inode/x-empty"
    found = _signature(head) or _libmagic(head)
    return _SAME.get(found, found)


def kind_of(mime: str) -> str:
    """``still``, ``video`` or empty: what a person would look at. A picture of a kind that cannot be decoded is one too, and is
    listed as failed: *not media* would hide it.
    """
    if mime.startswith("image/") and mime not in _WEAK:
        return "still"
    return "video" if mime.startswith("video/") else ""


def extension_mismatch(name: str, mime: str) -> bool:
    """Whether a file of a type that has well-known extensions carries another one (or hides behind another's)."""
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    expected = _EXTENSIONS.get(mime)
    if expected is not None:
        return extension not in expected.split()
    claims = {known for extensions in _EXTENSIONS.values() for known in extensions.split()}
    return extension in claims and mime != "inode/x-empty" and not mime.startswith(("video/", "audio/"))


def complaint(name: str, mime: str) -> str:
    """What a person is told of a file whose name promises a picture or clip and whose content is none; otherwise empty."""
    promised = [known for known, extensions in _EXTENSIONS.items() if name.rpartition(".")[2].lower() in extensions.split()]
    if kind_of(mime) or not any(kind_of(known) for known in promised):
        return ""
    return "it is empty" if mime == "inode/x-empty" else f"its name promises a picture or clip, its content is {mime}"


def may_embed(mime: str) -> bool:
    """Whether content of this type is searched for embedded pictures."""
    return not mime.startswith(_NOT_CARVED) and mime not in STILL | {"application/json", "application/xml"}


def warm_up() -> None:
    """Load libmagic and its database while files can still be opened."""
    _libmagic(b"\xff\xd8\xff\xe0")


def _signature(head: bytes) -> str:
    """Containers of the ISO base media file format by their brand, and what libmagic takes for something larger."""
    if head[4:8] == b"ftyp":
        size = min(int.from_bytes(head[:4], "big"), len(head))
        brands = [head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))]
        if brands[0] == b"mif1" and b"avif" in brands:
            return "image/avif"
        return next((_BRANDS[brand] for brand in brands[:1] if brand in _BRANDS), "video/mp4")
    if head[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if head[257:262] == b"ustar":
        return "application/x-tar"
    return "application/zip" if head[:4] in {b"PK\x03\x04", b"PK\x05\x06"} else ""


class _Magic:
    """libmagic by its C interface, from the library that the ``pylibmagic`` wheel brings (a system's copy may not fit it)."""

    MIME_TYPE = 0x10

    def __init__(self) -> None:
        before = dict(os.environ)
        import pylibmagic

        os.environ.clear()
        os.environ.update(before)  # importing it rewrites the library path of every later child process
        folder = Path(pylibmagic.__file__).parent
        self._library = ctypes.CDLL(str(folder / "libmagic.so"))
        self._library.magic_open.restype = ctypes.c_void_p
        self._library.magic_buffer.restype = ctypes.c_char_p
        self._library.magic_buffer.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
        self._library.magic_load.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
        self._cookie = self._library.magic_open(self.MIME_TYPE)
        if not self._cookie or self._library.magic_load(self._cookie, str(folder / "magic.mgc").encode()) != 0:
            raise OSError("libmagic's database cannot be loaded")

    def __call__(self, head: bytes) -> str:
        found = self._library.magic_buffer(self._cookie, head, len(head))
        return found.decode("ascii", "replace") if found else "application/octet-stream"


_loaded: list[_Magic] = []


def _libmagic(head: bytes) -> str:
    if not _loaded:
        _loaded.append(_Magic())
    return _loaded[0](head)
