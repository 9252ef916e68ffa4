"""Hashes that came with a delivery, as the usual tools write them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from homeward.core import StackedPath, WrongUse

ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256"}
_SUM = re.compile(r"\\?(?P<hash>[0-9a-fA-F]{32,64})\s[ *](?P<path>.+)$")
_BSD = re.compile(r"(?:MD5|SHA1|SHA256)\s?\((?P<path>.+)\)\s?=\s?(?P<hash>[0-9a-fA-F]{32,64})$")

Claims = dict[str, list[tuple[str, str]]]


def read_claims(file: Path) -> Claims:
    """Stacked path (text form) to (algorithm, lower-case hexadecimal), from lines as md5sum, sha1sum, sha256sum or BSD's
    tools write them, or a CSV file with a ``path`` column and any of ``md5``, ``sha1``, ``sha256``.

    Raises:
        WrongUse: the file cannot be read or holds no hash.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig", errors="surrogateescape").splitlines()
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {(error.strerror or 'unknown').lower()}") from error
    found = _from_csv(lines) if lines and "path" in lines[0].lower().split(",") else _from_sums(lines)
    if not found:
        raise WrongUse(f"{file} holds no hashes with paths (expected what md5sum or sha256sum write, or CSV)")
    return found


def _from_sums(lines: list[str]) -> Claims:
    found: Claims = {}
    for line in lines:
        match = _SUM.match(line) or _BSD.match(line)
        if match and len(match["hash"]) in ALGORITHMS:
            _add(found, match["path"], match["hash"])
    return found


def _from_csv(lines: list[str]) -> Claims:
    found: Claims = {}
    for row in csv.DictReader(lines):
        named = {(key or "").strip().lower(): (value or "") for key, value in row.items() if isinstance(value, str)}
        for algorithm in ALGORITHMS.values():
            value = named.get(algorithm, "").strip()
            if named.get("path") and ALGORITHMS.get(len(value)) == algorithm:
                _add(found, named["path"], value)
    return found


def _add(found: Claims, path: str, value: str) -> None:
    inside = StackedPath.of([path.removeprefix("./")]) if " > " not in path else StackedPath.parse(path)
    found.setdefault(str(inside), []).append((ALGORITHMS[len(value)], value.lower()))
