"""A bag (RFC 8493) in a plain tar (POSIX ustar): small, without compression, links, devices or long names.

What others write is read as strictly: only regular files whose names this module would write, each once, all of them named by
both manifests. A file that carries anything else is refused and not looked into.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO

from homeward.exchange.errors import PackageRefused

ENVELOPE = "statement.dsse.json"
MANIFESTS = ("manifest-sha256.txt", "manifest-sha512.txt")
_DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_TAGS = ("tagmanifest-sha256.txt", "tagmanifest-sha512.txt")
_KNOWN = {"bagit.txt", "bag-info.txt", ENVELOPE, *MANIFESTS, *_TAGS}
_DATA = re.compile(r"data/[a-z0-9-]{1,40}\.[a-z]{1,8}")
_ROOT = "package/"
_BLOCK = 512
_MOST = 64
"""Entries of a tar that is read."""
_LARGEST_TAG = 1 << 20
"""Bytes of a file that is no payload."""
_CHUNK = 1 << 20


class Held(Mapping[str, bytes]):
    """Files by name where they lie in one open file, each read when it is asked for."""

    def __init__(self, file: BinaryIO, places: Mapping[str, tuple[int, int]]) -> None:
        self._file = file
        self._places = dict(places)
        """Offset and size."""

    def __getitem__(self, name: str) -> bytes:
        at, size = self._places[name]
        self._file.seek(at)
        return self._file.read(size)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return self._places[name][1]

    def parts(self, name: str) -> Iterator[bytes]:
        """A file, piece by piece."""
        at, left = self._places[name]
        while left:
            self._file.seek(at)
            part = self._file.read(min(left, _CHUNK))
            at, left = at + len(part), left - len(part)
            yield part

    def renamed(self, names: Mapping[str, str]) -> Held:
        """Those of ``names`` (old to new) alone."""
        return Held(self._file, {new: self._places[old] for old, new in names.items()})


def payload_manifests(payload: Mapping[str, bytes]) -> dict[str, bytes]:
    """Everything of a bag but its envelope, by name; ``payload`` by the name of the file below ``data/``."""
    files = {f"data/{name}": body for name, body in sorted(payload.items())}
    if not all(map(_DATA.fullmatch, files)):
        raise ValueError("a name that no package has")
    octets = sum(map(len, files.values()))
    return {
        "bagit.txt": _DECLARATION,
        "bag-info.txt": f"Payload-Oxum: {octets}.{len(files)}\n".encode(),
        **{name: _manifest(name, files) for name in MANIFESTS},
        **files,
    }


def with_envelope(bag: Mapping[str, bytes], envelope: bytes) -> dict[str, bytes]:
    """The whole bag."""
    tags = {name: body for name, body in {**bag, ENVELOPE: envelope}.items() if not name.startswith("data/")}
    return {**bag, ENVELOPE: envelope, **{name: _manifest(name, tags) for name in _TAGS}}


def check_bag(files: Held) -> Held:
    """The payload of a bag that is complete and unchanged.

    Raises:
        PackageRefused: it is not.
    """
    payload = {name for name in files if name.startswith("data/")}
    tags = files.keys() - payload
    declared = files["bagit.txt"].replace(b"\r\n", b"\n").rstrip() if "bagit.txt" in files else b""
    if declared.replace(b" 0.97", b" 1.0") != _DECLARATION.rstrip():  # which others still write: no difference here
        raise PackageRefused("it is no bag of version 0.97 or 1.0")
    if missing := sorted({ENVELOPE, *MANIFESTS} - files.keys()):
        raise PackageRefused(f"it is incomplete: {missing[0]} is missing")
    for name in (*MANIFESTS, *(tag for tag in _TAGS if tag in files)):
        of = payload if name in MANIFESTS else tags - set(_TAGS)
        told = _read_manifest(name, files[name])
        if name in MANIFESTS and told.keys() != payload:
            raise PackageRefused(f"its files are not those that {name} names")
        if wrong := sorted(one for one in told if one not in of or told[one] != _digest(name, files.parts(one))):
            raise PackageRefused(f"it was changed: {wrong[0]} is not what {name} says")
    return files.renamed({name: name.removeprefix("data/") for name in payload})


def write_tar(files: Mapping[str, bytes]) -> bytes:
    """The bag as one tar: the same files give the same bytes."""
    parts = []
    for name, body in files.items():
        parts += [_header(f"{_ROOT}{name}", len(body)), body, bytes(-len(body) % _BLOCK)]
    return b"".join([*parts, bytes(2 * _BLOCK)])


def read_tar(file: BinaryIO) -> Held:
    """Files of a bag's tar by their name in the bag; they stay where they lie.

    Raises:
        PackageRefused: it is cut short, or holds anything that no package holds.
    """
    found: dict[str, tuple[int, int]] = {}
    at, root, end = 0, "", file.seek(0, os.SEEK_END)
    for _ in range(_MOST):
        file.seek(at)
        header = file.read(_BLOCK)
        if len(header) < _BLOCK:
            raise PackageRefused("it is cut short")
        if not any(header):
            _check_filling(file, at, end, end, "behind its end")
            return Held(file, found)
        name, size, kind = _read_header(header)
        begin, at = at + _BLOCK, at + _BLOCK + size + -size % _BLOCK
        _check_filling(file, begin + size, at, end)
        folder, _, inner = name.partition("/")
        root = root or folder
        if kind == b"5" and not size:
            continue
        if folder != root or kind not in (b"0", b"\0") or not (inner in _KNOWN or _DATA.fullmatch(inner)):
            raise PackageRefused("it holds something that no package holds")
        if inner in found:
            raise PackageRefused(f"{inner} stands in it twice")
        if inner in _KNOWN and size > _LARGEST_TAG:
            raise PackageRefused(f"{inner} is larger than it ever is")
        found[inner] = begin, size
    raise PackageRefused("it holds more files than a package does")


def _check_filling(file: BinaryIO, begin: int, until: int, end: int, where: str = "between its files") -> None:
    if until > end:
        raise PackageRefused("it is cut short")
    if any(any(part) for part in Held(file, {"": (begin, until - begin)}).parts("")):
        raise PackageRefused(f"something stands {where}")


def _manifest(name: str, files: Mapping[str, bytes]) -> bytes:
    return "".join(f"{_digest(name, [body])}  {path}\n" for path, body in sorted(files.items())).encode()


def _digest(manifest: str, parts: Iterable[bytes]) -> str:
    digest = hashlib.new(manifest.rpartition("-")[2].removesuffix(".txt"))
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _read_manifest(name: str, body: bytes) -> dict[str, str]:
    told: dict[str, str] = {}
    for line in body.decode("utf-8", "replace").splitlines():
        digest, _, path = line.strip().partition(" ")
        path = path.lstrip(" *")
        if not path or path in told:
            raise PackageRefused(f"{name} cannot be read")
        told[path] = digest.lower()
    return told


def _header(name: str, size: int) -> bytes:
    fields = b"".join(
        (
            name.encode("ascii").ljust(100, b"\0"), b"0000644\0", b"0000000\0", b"0000000\0", b"%011o\0" % size,
            b"00000000000\0", b" " * 8, b"0", bytes(100), b"ustar\00000",
        )
    ).ljust(_BLOCK, b"\0")  # fmt: skip
    return fields[:148] + b"%06o\0 " % sum(fields) + fields[156:]


def _read_header(header: bytes) -> tuple[str, int, bytes]:
    try:
        told = int(header[148:156].strip(b" \0"), 8)
        size = int(header[124:136].strip(b" \0") or b"0", 8)
        name = header[:100].rstrip(b"\0").decode("ascii")
    except ValueError as error:
        raise PackageRefused("it is no plain tar") from error
    if told != sum(header[:148]) + 8 * 32 + sum(header[156:]) or size < 0 or any(header[345:500]):
        raise PackageRefused("it is no plain tar")
    return name.removeprefix("./"), size, header[156:157]
