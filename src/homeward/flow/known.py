"""``homeward known``: a list in, whole or not at all; read behind the lock, looked up where it lies."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from homeward.core import WrongUse
from homeward.known import ALERT, EXACT_KINDS, KNOWN, NEGATIVE, WIDTHS, KnownListRefused, ReadShelf, Report
from homeward.known.grading import label, schemes
from homeward.known.hashes import kind_by_length
from homeward.known.shelf import FILES
from homeward.known.words import plain
from homeward.known.worker import DATABASE, Answer, Order, read_answer
from homeward.sandbox import Call, Limits, Lost, Message, Pool
from homeward.store import known
from homeward.store.errors import CaseDamaged
from homeward.store.known import ListRow

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case
    from homeward.store.known_files import NewShelf

log = logging.getLogger("homeward.flow")

TASK = "homeward.known.worker:read"
READING = Limits(memory=448 << 20, cpu_seconds=12 * 3600, wall_seconds=3600.0, file_bytes=1 << 42)
"""Sorting says nothing for minutes. Memory is address space, of which less than half is ever touched."""
FORMATS = ("vic", "csv", "icse", "nsrl", "nsrl-text", "ncmec", "vpdq")
PURPOSES = (ALERT, KNOWN)
"""What a file can say that it is for."""
_CHUNK = 1 << 20


class Manner(msgspec.Struct, frozen=True):
    """How lists are to be taken."""

    purpose: str = ""
    """One of the purposes of :mod:`homeward.known.records`; empty: as the file itself says."""
    update: bool = False
    """They add to what there is under their name instead of replacing it."""
    pdq: bool = False
    """Hashes of 64 digits are PDQ."""
    scheme: str = ""
    """Under which grading scheme the codes stand, ``NAME`` or ``NAME VERSION``, where the file does not say."""


class AddedList(msgspec.Struct, frozen=True):
    """What adding a list did; ``before``: the same file was added earlier."""

    name: str
    file: str
    digest: str
    report: Report
    before: bool
    replaced: int = 0
    """Deliveries of that name which count no longer."""

    @property
    def entries(self) -> int:
        """Hashes that are matched from now on."""
        return sum(self.report.hashes.values())


def add_known_list(
    case: Case,
    file: Path,
    name: str,
    progress: Progress,
    manner: Manner | None = None,
    together: Collection[str] = (),
) -> AddedList:
    """Add the list in ``file``; it replaces what was added under its name before, but for the files ``together`` (SHA-256)
    that were given with it. The same file twice changes nothing.

    Raises:
        WrongUse: the file cannot be read or is no list of hashes, or there is no such scheme. The case is as it was before.
    """
    manner = manner or Manner()
    _scheme(manner)
    try:
        return _add(case, file, plain(name), together, progress, manner)
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from error


def matches(case: Case) -> list[dict[str, Any]]:
    """What known lists name, in order of urgency, each code with what its own scheme calls it."""
    return [
        {**found, "code_label": label(found["scheme"], found["scheme_version"], found["codes"])}
        for found in known.matches(case)
    ]


def on_lists(case: Case, hashes: Mapping[str, Collection[str]]) -> set[tuple[str, str]]:
    """Those among ``hashes`` (kind -> hexadecimal) that a known list names, as (kind, hash).

    Raises:
        CaseDamaged: the files of a list are gone or damaged.
    """
    found: set[tuple[str, str]] = set()
    gone = {(kind, value) for _, kind, value in known.withdrawn_hashes(case)}
    try:
        for row in known.current(case):
            shelf = ReadShelf(known.files(case).path(row.folder), row.format, row.hashes)
            for kind, values in hashes.items():
                table = shelf.exact(kind) if row.purpose != NEGATIVE and values else None
                if table is not None:
                    ordered = sorted(values)
                    raw = np.frombuffer(bytes.fromhex("".join(ordered)), np.uint8).reshape(len(ordered), -1)
                    found |= {(kind, ordered[at]) for at in table.look_up(raw).query.tolist()}
    except KnownListRefused as error:
        raise CaseDamaged(f"{error}; homeward verify says more") from error
    return found - gone


def remove_known(case: Case, name: str, hash_text: str, agency: str, reason: str) -> int:
    """Take a list out of the case, or (with ``hash_text``) one hash out of a list; how much was taken out.

    Raises:
        WrongUse: no such list, or no such hash.
    """
    if not any(one["name"] == name and one["state"] != "removed" for one in known.lists(case)):
        raise WrongUse(f"there is no known list called {name!r}")
    if not hash_text:
        return known.remove(case, name, reason)
    return sum(_say(case, known.WITHDRAW, hash_text, name, agency, reason))


def restore_known(case: Case, name: str, hash_text: str, agency: str, reason: str) -> int:
    """Put a hash back that was taken out of a list; how much was put back.

    Raises:
        WrongUse: no such list, or no such hash.
    """
    if not any(one["name"] == name and one["state"] != "removed" for one in known.lists(case)):
        raise WrongUse(f"there is no known list called {name!r}")
    return sum(_say(case, known.RESTORE, hash_text, name, agency, reason))


def vote(case: Case, word: str, hash_text: str, agency: str, reason: str) -> bool:
    """Record that an agency confirms or denies what lists say about a hash; whether that is new.

    Raises:
        WrongUse: it is no hash.
    """
    return any(_say(case, word, hash_text, "", agency, reason))


def _say(case: Case, word: str, hash_text: str, name: str, agency: str, reason: str) -> list[bool]:
    text = hash_text.strip().lower()
    kind = kind_by_length(text)
    if kind is None:
        raise WrongUse(f"{hash_text!r} is no MD5, SHA-1, SHA-256 or PDQ in hexadecimal")
    kinds = [other for other, width in WIDTHS.items() if 2 * width == len(text)]
    return [known.say(case, word, one, text, name=name, agency=agency, reason=reason) for one in kinds]


def _add(case: Case, file: Path, name: str, together: Collection[str], progress: Progress, manner: Manner) -> AddedList:
    shelf = known.files(case).new(("delivered", "scratch", *FILES))
    kept = False
    try:
        size, digest, database = _copy(file, shelf.fds["delivered"], progress)
        if before := known.current(case, digest):
            return AddedList(before[0].name, file.name, digest, Report(), before=True)
        order = Order(size, str(file.resolve()) if database else "", manner.pdq)
        report = _read(shelf, order, progress)
        if report.refused:
            raise WrongUse(f"{file}: {report.refused}")
        _check(file, shelf, report)
        purpose = _purpose(file, report, manner)
        shelf.drop("scratch")
        if report.in_place:
            shelf.rename("delivered", "text")
        else:
            shelf.drop("delivered")
        digests = shelf.seal({"text": digest} if report.in_place else {})
        row = _row(name, digest, purpose, report, _scheme(manner))
        replaced = known.add(case, row, shelf, digests, replacing=not manner.update, together=together)
        kept = replaced is not None
    except BaseException:
        kept = True
        kept = known.recorded(case, shelf.folder.name)  # whoever interrupts may come after the commit
        raise
    finally:
        shelf.close(kept=kept)
    log.info("known list", extra={"fields": {"hashes": sum(report.hashes.values()), "skipped": report.skipped}})
    return AddedList(name, file.name, digest, report, not kept, len(replaced or ()))


def _copy(file: Path, fd: int, progress: Progress) -> tuple[int, str, bool]:
    """Copy a delivered file (a database is only read); its size, SHA-256, and whether it is a database.

    Raises:
        WrongUse: it is a pipe or a device, which may have no end.
    """
    digest, size, database = hashlib.sha256(), 0, False
    with open(file, "rb", opener=_without_waiting) as source:
        about = os.fstat(source.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise WrongUse(f"{file} is no file")
        progress.begin(f"Taking {file.name}", about.st_size)
        while chunk := source.read(_CHUNK):
            database = database or (size == 0 and chunk.startswith(DATABASE))
            digest.update(chunk)
            written = len(chunk) if database else 0
            while written < len(chunk):  # a disk that fills up takes a part before it refuses
                written += os.pwrite(fd, chunk[written:], size + written)
            size += len(chunk)
            progress.advance(len(chunk))
    return size, digest.hexdigest(), database


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe that nobody writes to is not waited for."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def _read(shelf: NewShelf, order: Order, progress: Progress) -> Report:
    progress.begin("Reading it", None if order.path else order.size)
    fds = (shelf.fds["delivered"], *(shelf.fds[name] for name in FILES), shelf.fds["scratch"])
    readable = [Path(order.path)] if order.path else []
    done = 0
    with Pool([TASK], workers=1, limits=READING, readable=readable) as pool:
        for event in pool.run([Call(0, TASK, msgspec.msgpack.encode(order), fds, read_answer)]):
            if isinstance(event, Lost):
                return Report(refused=f"reading it failed: {event.reason}")
            if isinstance(event, Message):
                answer: Answer = event.body
                if answer.report is not None:
                    return answer.report
                progress.advance(max(0, answer.done - done))
                done = answer.done
    return Report(refused="reading it came to no end")


def _check(file: Path, shelf: NewShelf, report: Report) -> None:
    """Whether what the worker wrote is what it says: it may have been taken over."""
    written = ReadShelf(shelf.folder, report.format, report.hashes)
    try:
        for kind in EXACT_KINDS:
            written.exact(kind)
        written.near()
        written.moments()
    except KnownListRefused as error:
        raise WrongUse(f"{file}: what came back from reading it makes no sense") from error
    if report.format not in FORMATS or report.purpose not in PURPOSES or not set(report.hashes) <= set(WIDTHS):
        raise WrongUse(f"{file}: what came back from reading it makes no sense")


def _purpose(file: Path, report: Report, manner: Manner) -> str:
    graded = report.format in {"vic", "icse", "ncmec"} and report.purpose == ALERT
    if manner.purpose == KNOWN and graded:
        raise WrongUse(f"{file} grades material ({report.format}); it cannot be taken as files that are merely known")
    if manner.purpose == NEGATIVE and report.purpose == KNOWN:
        raise WrongUse(f"{file} lists files that are merely known; it cannot silence hits")
    return manner.purpose or report.purpose


def _scheme(manner: Manner) -> tuple[str, str]:
    """Name and version of the scheme that was given."""
    called = {" ".join(one).strip(): one for one in schemes()}
    if manner.scheme and manner.scheme not in called:
        raise WrongUse(f"no grading scheme is called {manner.scheme!r}; there are: {', '.join(sorted(called))}")
    return called.get(manner.scheme, ("", ""))


def _row(name: str, digest: str, purpose: str, report: Report, given: tuple[str, str]) -> ListRow:
    scheme, version = (report.scheme, report.scheme_version) if report.scheme else given
    return ListRow(
        name,
        digest,
        report.format,
        purpose,
        scheme,
        version,
        report.hashes,
        report.unmatched,
        report.skipped,
        report.incomplete,
        list(map(plain, report.problems)),
        list(map(plain, report.notes)),
        list(map(plain, report.withdrawn)),
    )
