"""One row an occurrence, for a spreadsheet or a script (RFC 4180, UTF-8, no picture and no veil)."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeward.core import HomewardError
from homeward.core.canonical import Plain
from homeward.exchange.target import check_target
from homeward.store import reads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeward.store import Case

COLUMNS = (
    "exhibit", "path", "size", "modified", "accessed", "changed", "created", "deleted", "embedded", "md5", "sha1",
    "sha256", "type", "extension_mismatch", "state", "reason",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ExportFailed(HomewardError, OSError):
    """The file could not be written."""


def write_csv(case: Case, target: Path) -> int:
    """Write every occurrence to ``target`` and record it in the ledger (see :meth:`Case.leaving`); return the number of rows.

    The file appears whole or not at all. A cell that a spreadsheet would run as a formula gets a leading apostrophe.

    Raises:
        WrongUse: the target lies in the case or in an exhibit.
        ExportFailed: the folder is missing or cannot be written.
    """
    check_target(case, target)
    try:
        building, rows, digest = _build(case, target.parent)
    except OSError as error:
        raise ExportFailed(f"{target} cannot be written: {(error.strerror or str(error)).lower()}") from error
    try:
        details: dict[str, Plain] = {"format": "csv", "rows": rows, "sha256": digest}
        with case.leaving(details, {"file": str(target)}):
            pass
        building.replace(target)  # after the entry: nothing leaves unrecorded, even when killed here
    finally:
        building.unlink(missing_ok=True)
    return rows


def _build(case: Case, folder: Path) -> tuple[Path, int, str]:
    """Write the rows to a nameless place beside the target; return it, the number of rows and the file's SHA-256."""
    digest = hashlib.sha256()
    count = -1
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".homeward-", delete=False) as file:
        for line in _lines(case):
            file.write(line)
            digest.update(line)
            count += 1
        file.flush()
        os.fsync(file.fileno())
    return Path(file.name), count, digest.hexdigest()


def _lines(case: Case) -> Iterator[bytes]:
    yield _line(COLUMNS)
    for row in reads.occurrences(case):
        yield _line(_cells(row))


def _cells(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        _safe(row["exhibit__label"]), _safe(row["path"]), row["size"], row["modified"], row["accessed"], row["changed"],
        row["created"], _yes(row["deleted"]), _yes(row["embedded"]), row["item__md5"] or "", row["item__sha1"] or "",
        row["item__sha256"] or "", row["item__mime"] or "", _yes(row["extension_mismatch"]), row["state"], _safe(row["why"]),
    )  # fmt: skip


def _line(cells: tuple[Any, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode("utf-8")


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _yes(value: bool) -> str:
    return "yes" if value else "no"
