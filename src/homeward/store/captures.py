"""Captures in a case: what was said about them in rows, what is in them in sealed files, their keys beside the case's own."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from homeward.store import bulk, digests, sealing
from homeward.store.known_files import KnownFiles
from homeward.store.models import CaptureEvent, Item

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from homeward.core.canonical import Plain
    from homeward.store.batch import Batch
    from homeward.store.case import Case

FOLDER = "captures"
_TOKENS = "identifiers.key"
_DIGITS = 32


def files(case: Case) -> KnownFiles:
    """The folder that holds the sealed tables of this case's captures."""
    return KnownFiles(case.folder / FOLDER)


def key_path(case: Case, folder: str) -> Path:
    """Where the key to the capture in ``folder`` lies."""
    return case.folder / "keys" / FOLDER / f"{folder}.key"


def events(case: Case) -> list[tuple[str, int]]:
    """(Body, ledger entry) of everything that was said about captures, in order."""
    return list(CaptureEvent.objects.using(case.alias).order_by("id").values_list("body", "batch"))


def write(case: Case, batch: Batch, bodies: Collection[str]) -> None:
    """Keep events with ``batch``."""
    rows = [(hashlib.sha256(body.encode()).hexdigest(), body, batch.seq) for body in bodies]
    bulk.insert(case.alias, CaptureEvent, ("event", "body", "batch"), rows)
    details: dict[str, Plain] = {"events": len(rows), "rows": digests.CAPTURES.digest(case, batch.seq)}
    batch.details |= details


def leftovers(case: Case, named: Collection[str]) -> bool:
    """Whether there are keys or files of captures that are not ``named`` and that nobody is working on."""
    folders = (case.folder / FOLDER).glob("[!.]*")
    return bool(_loose_keys(case, named)) or any(path.name not in named for path in folders)


def tidy(case: Case, named: Collection[str]) -> None:
    """Destroy keys and files of captures that are not ``named``; only while the case's write lock is held. Keys go first."""
    for path in _loose_keys(case, named):
        sealing.destroy_key(path)
    files(case).tidy(named)


def _loose_keys(case: Case, named: Collection[str]) -> list[Path]:
    folder = key_path(case, "").parent
    keys = sorted(folder.iterdir()) if folder.is_dir() else []
    building = {path.name for path in (case.folder / FOLDER).glob(".new-*")}  # after the keys: a folder comes before its key
    names = [(path, path.name.removeprefix(".").partition(".")[0]) for path in keys]
    return [path for path, name in names if name not in named and f".new-{name}" not in building]


class Tokens:
    """Keyed digests of one case."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def open(cls, case: Case) -> Tokens:
        """With the case's key, which is made where there is none; only while the case's write lock is held, or it is there."""
        path = case.folder / "keys" / _TOKENS
        try:
            return cls(sealing.read_key(path))
        except sealing.KeyDestroyed:
            return cls(sealing.new_key(path))

    def of(self, kind: str, *values: str) -> str:
        """The token of a handle, an identifier or a report; case plays no part, nor does space around a handle and its site."""
        values = tuple(map(str.strip, values)) if kind == "handle" else values
        told = "\0".join((kind, *map(str.casefold, values))).encode()
        return hmac.digest(self._key, told, "sha256").hex()[:_DIGITS]

    def key(self, use: str) -> bytes:
        """A key of this case for one ``use``."""
        return hmac.digest(self._key, f"key\0{use}".encode(), "sha256")


def faults(case: Case, held: dict[str, dict[str, str]], gone: Collection[str]) -> Iterator[str]:
    """What is wrong with the files of captures: ``held`` is folder -> file -> SHA-256, ``gone`` the folders of expired ones."""
    for folder, told in held.items():
        if files(case).digests(folder) != told:
            yield f"the sealed files of the capture in {folder} are not those that were recorded"
        if not key_path(case, folder).exists():
            yield f"the key to the capture in {folder} is missing"
    for folder in gone:
        if key_path(case, folder).exists() or files(case).path(folder).exists():
            yield f"the capture in {folder} has expired and is still there: homeward capture expire finishes what was begun"


def named_items(case: Case, kind: str, values: Collection[str]) -> dict[str, int]:
    """Hash -> row id of the items that are in this case, of ``sha256``, ``sha1`` or ``md5``."""
    wanted = sorted(values)
    found: dict[str, int] = {}
    for first in range(0, len(wanted), 500):
        query = Item.objects.using(case.alias).filter(**{f"{kind}__in": wanted[first : first + 500]})
        found |= dict(query.values_list(kind, "id"))
    return found


FEWEST = 12
"""Digits of a SHA-256 from which its beginning names an item: of 300,000 files that are in no case of a billion, one agrees."""


def attached_items(case: Case, names: Collection[str]) -> dict[str, int]:
    """Name of an attachment -> row id of the item that it is: by SHA-256, SHA-1, MD5, or at least :data:`FEWEST` first digits
    of a SHA-256 with which no other item begins.
    """
    by_length: dict[int, set[str]] = {}
    for name in names:
        by_length.setdefault(len(name), set()).add(name)
    found: dict[str, int] = {}
    for length, kind in ((64, "sha256"), (40, "sha1"), (32, "md5")):
        found |= named_items(case, kind, by_length.pop(length, ()))
    starts: dict[str, set[int]] = {}
    lengths = {length: some for length, some in by_length.items() if length >= FEWEST}
    if lengths:
        for item, digest in Item.objects.using(case.alias).values_list("id", "sha256").iterator():
            for length, some in lengths.items():
                if digest[:length] in some:
                    starts.setdefault(digest[:length], set()).add(item)
    return found | {name: items.pop() for name, items in starts.items() if len(items) == 1}
