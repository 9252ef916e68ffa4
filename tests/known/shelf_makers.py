"""A list read by the worker's task itself, onto a shelf in a folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from homeward.known import EXACT_KINDS, Details, ReadShelf, Report
from homeward.known.shelf import FILES, ShelfFiles
from homeward.known.worker import Order, read, read_answer

SHELVES = tempfile.TemporaryDirectory(prefix="shelves-")
"""Shelves lie here until the tests end, as they are read after they are made."""


class Read(NamedTuple):
    report: Report
    shelf: ReadShelf
    folder: Path

    def rows(self) -> dict[tuple[str, str], list[Details]]:
        """Every hash of the shelf with the details of its rows; only whole values (no SHA-256) come back as they were."""
        found: dict[tuple[str, str], list[Details]] = {}
        for kind in EXACT_KINDS:
            table = self.shelf.exact(kind)
            if table is not None:
                for row in table._rows:
                    width = {"md5": 16, "sha1": 20, "sha256": 24}[kind]
                    key = (kind, row["value"][:width].tobytes().hex())
                    found.setdefault(key, []).append(self.shelf.details(int(row["ref"])))
        for row in self.shelf.near():
            found.setdefault(("pdq", row["value"].tobytes().hex()), []).append(self.shelf.details(int(row["ref"])))
        return found


def open_files(folder: Path) -> ShelfFiles:
    return ShelfFiles(*(os.open(folder / name, os.O_CREAT | os.O_RDWR, 0o600) for name in (*FILES, "scratch")))


def close_files(files: ShelfFiles) -> None:
    for fd in msgspec.structs.astuple(files):
        os.close(fd)


def shelve(body: bytes, *, pdq: bool = False, database: Path | None = None) -> Read:
    """What the worker makes of ``body`` (or of the database)."""
    folder = Path(tempfile.mkdtemp(dir=SHELVES.name))
    (folder / "delivered").write_bytes(body)
    delivered = os.open(folder / "delivered", os.O_RDONLY)
    files = open_files(folder)
    try:
        order = Order(len(body), str(database) if database else "", pdq)
        fds = (delivered, *msgspec.structs.astuple(files))
        answers = [read_answer(answer) for answer in read(fds, msgspec.msgpack.encode(order))]
    finally:
        close_files(files)
        os.close(delivered)
    report = answers[-1].report
    assert report is not None
    if report.in_place:
        (folder / "text").write_bytes(body)
    return Read(report, ReadShelf(folder, report.format, report.hashes), folder)


def values(texts: list[str]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.frombuffer(bytes.fromhex("".join(texts)), np.uint8).reshape(len(texts), -1)
