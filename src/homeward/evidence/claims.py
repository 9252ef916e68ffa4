"""Hashes that came with a delivery, as the usual tools write them."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from homeward.core import StackedPath, WrongUse

ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256"}
_SUM = re.compile(r"\\?(?P<hash>[0-9a-fA-F]{32,64})\s[ *](?P<path>.+)", re.DOTALL)
_BSD = re.compile(r"\\?(?:MD5|SHA1|SHA256)\s?\((?P<path>.+)\)\s?=\s?(?P<hash>[0-9a-fA-F]{32,64})", re.DOTALL)
_ESCAPE = re.compile(r"\\([\\nr])")

Claims = dict[str, list[tuple[str, str]]]


def read_claims(file: Path) -> Claims:
    """Stacked path (text form) to (algorithm, lower-case hexadecimal), from lines as md5sum, sha1sum, sha256sum or BSD's
    tools write them, or a CSV file with a ``path`` column and any of ``md5``, ``sha1``, ``sha256``.

    Raises:
        WrongUse: the file cannot be read or holds no hash.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig", "surrogateescape")
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {(error.strerror or 'unknown').lower()}") from error
    head = text.partition("\n")[0].strip().lower().split(",")
    try:
        found = _from_csv(text) if "path" in head else _from_sums(text)
    except csv.Error as error:
        raise WrongUse(f"{file} cannot be read as CSV: {error}") from error
    if not found:
        raise WrongUse(f"{file} holds no hashes with paths (expected what md5sum or sha256sum write, or CSV)")
    return found


def _from_sums(text: str) -> Claims:
    found: Claims = {}
    for line in text.split("\n"):  # and at nothing else: names may hold what Python takes for the end of a line
        match = _SUM.fullmatch(line.removesuffix("\r")) or _BSD.fullmatch(line.removesuffix("\r"))
        if match and len(match["hash"]) in ALGORITHMS:
            escaped = line.startswith("\\")
            _add(found, _ESCAPE.sub(_plain, match["path"]) if escaped else match["path"], match["hash"])
    return found


def _plain(match: re.Match[str]) -> str:
    """What the tools write as an escape, in lines that begin with a backslash."""
    return {"n": "\n", "r": "\r"}.get(match[1], match[1])


def _from_csv(text: str) -> Claims:
    found: Claims = {}
    for row in csv.DictReader(io.StringIO(text, newline="")):
        named = {(key or "").strip().lower(): (value or "") for key, value in row.items() if isinstance(value, str)}
        for algorithm in ALGORITHMS.values():
            value = named.get(algorithm, "").strip()
            if named.get("path") and ALGORITHMS.get(len(value)) == algorithm:
                _add(found, named["path"], value)
    return found


def _add(found: Claims, path: str, value: str) -> None:
    try:
        inside = StackedPath.of([path.removeprefix("./")]) if " > " not in path else StackedPath.parse(path)
    except ValueError:  # a name that only looks like a stacked path
        inside = StackedPath.of([path])
    found.setdefault(str(inside), []).append((ALGORITHMS[len(value)], value.lower()))
