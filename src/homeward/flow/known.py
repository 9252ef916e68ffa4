"""``homeward known add``: a list in, whole or not at all."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from homeward.core import WrongUse
from homeward.known import CsvList, KnownListRefused
from homeward.store import results, vouching
from homeward.store.results import EntryRow

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case

log = logging.getLogger("homeward.flow")


class AddedList(msgspec.Struct, frozen=True):
    """What adding a list did; ``before``: the same file was added earlier."""

    entries: int
    skipped: int
    problems: tuple[str, ...]
    before: bool


def add_known_list(case: Case, file: Path, name: str, progress: Progress) -> AddedList:
    """Add the list in ``file`` under ``name``; the same file twice changes nothing.

    Raises:
        WrongUse: the file cannot be read or is no list of hashes. The case is as it was before.
    """
    try:
        digest = _digest(file)
        if results.known_list(case, digest) is not None:
            return AddedList(0, 0, (), before=True)
        with file.open("rb") as stream, case.batch("known.add", {"file": digest}, {"name": name}) as batch:
            reader = CsvList(stream)
            progress.begin(f"Reading {file.name}", None)
            added, count = results.write_known_list(case, name, digest, _rows(reader, progress), batch.seq)
            results.finish_known_list(case, added, count, reader.skipped)
            batch.details |= {
                "entries": count,
                "skipped": reader.skipped,
                "rows": vouching.known_digest(case, batch.seq),
            }
    except KnownListRefused as error:
        raise WrongUse(f"{file}: {error}") from error
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from error
    log.info("known list", extra={"fields": {"entries": count, "skipped": reader.skipped}})
    return AddedList(count, reader.skipped, tuple(reader.problems), before=False)


def _rows(reader: CsvList, progress: Progress) -> Iterator[EntryRow]:
    for entry in reader:
        progress.advance()
        yield EntryRow(
            entry.line,
            entry.kind,
            entry.value.hex(),
            entry.quality,
            entry.codes,
            entry.series,
            entry.victim_identified,
            entry.extra,
        )


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
