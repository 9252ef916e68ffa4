"""``homeward verify``: whether everything still agrees with what the ledger vouches for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from homeward.core import WrongUse
from homeward.flow.communities import captures
from homeward.flow.exchange.partners import KEPT
from homeward.flow.rereading import changed_evidence
from homeward.store import backgrounds, matching, plugins
from homeward.store.errors import CaseDamaged
from homeward.store.ledger import Entry
from homeward.store.vouching import Vouching

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case


class Verdict(msgspec.Struct):
    """How much was checked, and one sentence for everything that is wrong."""

    entries: int = 0
    occurrences: int = 0
    stretches: int = 0
    reread: int = 0
    recorded: bool = True
    """Whether the ledger says that this check was made; false where the case can only be read."""
    faults: list[str] = []


def verify(case: Case, progress: Progress, *, full: bool = False, checkpoint: Path | None = None, jobs: int = 2) -> Verdict:
    """Check ledger, checkpoints, the rows and segments that entries vouch for, and blobs; with ``full`` all evidence too.

    ``checkpoint`` is a file that was kept elsewhere: without one, somebody with the case's own key could have rebuilt the log.

    Raises:
        WrongUse: the checkpoint file cannot be read.
    """
    trusted = [_text(checkpoint)] if checkpoint else []
    verdict = Verdict()
    vouching, told = Vouching(case), dict[str, str]()
    progress.begin("Checking the ledger", None)

    def look(entry: Entry) -> Iterator[str]:
        progress.advance()
        if entry.act == "package.open":
            told.update({str(entry.details[kind]): kind for kind in KEPT if kind in entry.details})
        return vouching.look(entry)

    verdict.entries, verdict.faults = case.custody.check(trusted, look)
    verdict.faults += [
        *vouching.finish(),
        *_blobs(case),
        *(f"{told[name]} that a partner sent are missing" for name in sorted(told.keys() - set(case.blobs.names()))),
        *plugins.faults(case),
        *captures.faults(case),
        *backgrounds.faults(case),
    ]
    verdict.occurrences, verdict.stretches = vouching.occurrences, vouching.stretches
    if full:
        verdict.reread, changed = changed_evidence(case, progress, jobs)
        verdict.faults += changed
    verdict.recorded = not case.read_only
    if case.read_only:
        return verdict
    try:
        with case.batch("verify", {"full": full, "faults": len(verdict.faults)}):
            pass
    except CaseDamaged as error:
        verdict.faults.append(f"this check cannot be recorded: {error}")
    return verdict


def _blobs(case: Case) -> Iterator[str]:
    for name in case.blobs.names():
        try:
            case.blobs.get(name)
        except CaseDamaged as error:
            yield str(error)
    held = set(case.blobs.names())
    rows = matching.messages(case)
    newest = {row.match: row.number for row in rows}
    for row in rows:  # what was remembered after earlier messages is forgotten
        if row.file not in held or (row.number == newest[row.match] and row.state not in held):
            yield f"message {row.number} of the matching {row.match} is missing, or what was remembered after it"


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(f"{file} cannot be read as a checkpoint") from error
