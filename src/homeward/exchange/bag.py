"""A bag (RFC 8493) in a plain tar (POSIX ustar): small, without compression, links, devices or long names.

What others write is read as strictly: only regular files whose names this module would write, each once, all of them named by
both manifests. A file that carries anything else is refused and not looked into.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

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


def check_bag(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The payload of a bag that is complete and unchanged.

    Raises:
        PackageRefused: it is not.
    """
    payload = {name: body for name, body in files.items() if name.startswith("data/")}
    tags = {name: body for name, body in files.items() if name not in payload}
    declared = files.get("bagit.txt", b"").replace(b"\r\n", b"\n").rstrip()
    if declared.replace(b" 0.97", b" 1.0") != _DECLARATION.rstrip():  # which others still write: no difference here
        raise PackageRefused("it is no bag of version 0.97 or 1.0")
    if missing := sorted({ENVELOPE, *MANIFESTS} - files.keys()):
        raise PackageRefused(f"it is incomplete: {missing[0]} is missing")
    for name in (*MANIFESTS, *(tag for tag in _TAGS if tag in files)):
        of = payload if name in MANIFESTS else {tag: body for tag, body in tags.items() if tag not in _TAGS}
        told = _read_manifest(name, files[name])
        if name in MANIFESTS and told.keys() != payload.keys():
            raise PackageRefused(f"its files are not those that {name} names")
        if wrong := sorted(one for one in told if one not in of or told[one] != _digest(name, of[one])):
            raise PackageRefused(f"it was changed: {wrong[0]} is not what {name} says")
    return {name.removeprefix("data/"): body for name, body in payload.items()}


def write_tar(files: Mapping[str, bytes]) -> bytes:
    """The bag as one tar: the same files give the same bytes."""
    parts = []
    for name, body in files.items():
        parts += [_header(f"{_ROOT}{name}", len(body)), body, bytes(-len(body) % _BLOCK)]
    return b"".join([*parts, bytes(2 * _BLOCK)])


def read_tar(data: bytes) -> dict[str, bytes]:
    """Files of a bag's tar by their name in the bag.

    Raises:
        PackageRefused: it is cut short, or holds anything that no package holds.
    """
    found: dict[str, bytes] = {}
    at, root = 0, ""
    for _ in range(_MOST):
        header = data[at : at + _BLOCK]
        if len(header) < _BLOCK:
            raise PackageRefused("it is cut short")
        if not any(header):
            if any(data[at:]):
                raise PackageRefused("something stands behind its end")
            return found
        name, size, kind = _read_header(header)
        body = data[at + _BLOCK : at + _BLOCK + size]
        at += _BLOCK + size + -size % _BLOCK
        if len(body) < size or at > len(data):
            raise PackageRefused("it is cut short")
        if any(data[at - (-size % _BLOCK) : at]):
            raise PackageRefused("something stands between its files")
        folder, _, inner = name.partition("/")
        root = root or folder
        if kind == b"5" and not size:
            continue
        if folder != root or kind not in (b"0", b"\0") or not (inner in _KNOWN or _DATA.fullmatch(inner)):
            raise PackageRefused("it holds something that no package holds")
        if inner in found:
            raise PackageRefused(f"{inner} stands in it twice")
        found[inner] = body
    raise PackageRefused("it holds more files than a package does")


def _manifest(name: str, files: Mapping[str, bytes]) -> bytes:
    return "".join(f"{_digest(name, body)}  {path}\n" for path, body in sorted(files.items())).encode()


def _digest(manifest: str, body: bytes) -> str:
    return hashlib.new(manifest.rpartition("-")[2].removesuffix(".txt"), body).hexdigest()


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
