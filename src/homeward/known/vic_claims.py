"""What a Project VIC case says of the files that were delivered with it. Nothing named here is ever opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from homeward.known.records import EXACT_KINDS, Count, KnownListRefused, Text
from homeward.known.text import Stream
from homeward.known.vic import hashes_of, records, walk_vic
from homeward.known.words import MOST_TEXT, plain

_DRIVE = re.compile(r"[A-Za-z]:")


class Claim(msgspec.Struct, frozen=True):
    """Hashes that a case states for one of its media."""

    line: Count
    path: Text
    """Where the file lies, with ``/`` and relative to the case's own file; empty where the case does not say or ``reason``
    says why that is not believed."""
    name: Text
    """What the case calls it."""
    hashes: Annotated[list[tuple[Text, Text]], msgspec.Meta(max_length=10_000)]
    """(algorithm, lower-case hexadecimal)."""
    reason: Text = ""


def case_claims(stream: Stream) -> Iterator[Claim]:
    """Every claim of a case, in the order of the file.

    Raises:
        KnownListRefused: it is broken, no Project VIC, or a hash set, which names no files.
    """
    for window, in_case in walk_vic(stream, {}):
        if not in_case:
            raise KnownListRefused("it is a Project VIC hash set: it comes with no files; add it with homeward known add")
        for _, line, record in records(window):
            if isinstance(record, str):
                yield Claim(line, "", "", [], record)
                continue
            found, faults = hashes_of(record)
            path, refused = inside(record.get("RelativeFilePath"))
            hashes = [(kind, value.hex()) for kind, value in found if kind in EXACT_KINDS]
            yield Claim(line, path, _name(record), hashes, " and ".join([*faults, *([refused] if refused else [])]))


def inside(path: Any) -> tuple[str, str]:
    """A relative path as the case writes it, with ``/``; or nothing and the reason why it is not followed."""
    text = path if isinstance(path, str) else ""
    parts = [part for part in re.split(r"[/\\]", text) if part not in ("", ".")]
    if not parts:
        return "", ""
    if text[0] in "/\\" or _DRIVE.match(text) or ".." in parts or "\0" in text:
        return "", f"it names a path outside its folder ({plain(text)[:200]}), which was not followed"
    if len(text) > MOST_TEXT or plain(text) != text:
        return "", "it names a path that no file can have"
    return "/".join(parts), ""


def _name(record: dict[str, Any]) -> str:
    files = record.get("MediaFiles")
    first = next((file for file in files if isinstance(file, dict)), {}) if isinstance(files, list) else {}
    name = record.get("FileName") or record.get("Name") or first.get("FileName") or record.get("MediaID") or "?"
    return plain(name)
