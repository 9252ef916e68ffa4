"""The ledger of a case: entries are rows written with the act they record; tiles and checkpoints follow after the commit."""

from __future__ import annotations

import fcntl
import os
import pwd
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import msgspec
from django.db import DatabaseError, connections, transaction
from django.db.models import Subquery
from django.db.models.functions import Coalesce

from homeward.core.time import utc_now
from homeward.store.database import is_sqlite, settled
from homeward.store.errors import CaseDamaged, StoreError
from homeward.store.ledger import Checker, Entry, EntryRefused, Log, Opening, commit, decode, encode, opens, timestamp
from homeward.store.ledger import key as keys
from homeward.store.ledger.log import latest
from homeward.store.models import CaseInfo, Exhibit, LedgerEntry, LedgerHead, LedgerOpening, Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from homeward.core.canonical import Plain

PAGE = 1_000
"""Entries read from the database at a time."""
ERASED = "name erased"
"""What is shown in the place of a name that was erased by law."""


class Custody:
    """Writes entries inside the caller's transaction, publishes them after it, and checks them all."""

    def __init__(self, folder: Path, alias: str, *, read_only: bool = False) -> None:
        self._folder = folder
        self._alias = alias
        self._read_only = read_only
        self._actor = _actor()

    def lock(self) -> int:
        """Take the ledger for the rest of the transaction; return the number that the next entry gets.

        Raises:
            CaseDamaged: the row that says so is gone.
        """
        head = LedgerHead.objects.using(self._alias).select_for_update().first()
        if head is None:
            raise CaseDamaged("the ledger no longer says how many entries it holds")
        return head.size

    def append(self, seq: int, act: str, details: dict[str, Plain], names: dict[str, str]) -> None:
        """Write entry ``seq`` in the transaction that called :meth:`lock`; ``names`` become salted commitments.

        Raises:
            CaseDamaged: the entry before is gone or unreadable: nothing may be built on it.
        """
        committed = {field: commit(storable_name(value)) for field, value in {"actor": self._actor, **names}.items()}
        now = max(timestamp(utc_now()), self._last_time(seq))  # a clock that was set back must not turn the log back
        commitments = {field: digest for field, (digest, _) in committed.items()}
        body = encode(Entry(seq, now, "", act, dict(details), commitments))
        LedgerEntry.objects.using(self._alias).create(seq=seq, body=body)
        for field, (_, opening) in committed.items():
            LedgerOpening.objects.using(self._alias).create(seq=seq, field=field, salt=opening.salt, value=opening.value)
        LedgerHead.objects.using(self._alias).update(size=seq + 1)

    def publish(self) -> None:
        """Bring the files under ``ledger/`` up to date and sign a checkpoint.

        Raises:
            CaseDamaged: the files contradict the entries.
        """
        with self._publishing():
            info = CaseInfo.objects.using(self._alias).first()
            size = self.size
            if info is None or size == 0:
                return
            signer = keys.load(self._folder / "keys", info.origin)
            if size > 1 and latest(self._folder / "ledger", [signer.verifier]) is None:
                # The first entry of a case is published before the case has its name, so this is no interrupted start.
                raise CaseDamaged("the ledger's latest checkpoint is missing: it must come back from a copy")
            log = Log(self._folder / "ledger", signer)
            log.publish(size, lambda first: (body for _, body in self.entries(first, size)), self._last_time(size))

    def entries(self, first: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Number and bytes of every entry from ``first`` on, in order; nothing is left open where they are not all taken."""
        query = LedgerEntry.objects.using(self._alias).order_by("seq").values_list("seq", "body")
        if end is not None:
            query = query.filter(seq__lt=end)
        while page := list(query.filter(seq__gte=first)[:PAGE]):
            yield from ((seq, _bytes(body)) for seq, body in page)
            first = page[-1][0] + 1

    def names(self, seq: int) -> dict[str, str]:
        """The names behind the commitments of entry ``seq``; :data:`ERASED` for one that was erased.

        Raises:
            StoreError: there is no such entry.
        """
        row = LedgerEntry.objects.using(self._alias).filter(seq=seq).first()
        if row is None:
            raise StoreError(f"there is no ledger entry {seq}")
        openings = dict(LedgerOpening.objects.using(self._alias).filter(seq=seq).values_list("field", "value"))
        return {field: openings.get(field, ERASED) for field in decode(_bytes(row.body)).commitments}

    def check(self, trusted: Sequence[str], look: Callable[[Entry], Iterable[str]]) -> tuple[int, list[str]]:
        """Check every entry and every file; ``look`` adds what it finds wrong about an entry.

        Others may go on writing meanwhile: what is checked is the ledger as it is when this begins.

        Returns the number of entries and one sentence for each fault.
        """
        with self._publishing():
            checker = Checker(self._folder / "ledger", [keys.load_public(self._folder / "keys")], trusted)
            size = self.size
        count, end = 0, 0
        try:
            names = _Names(self._openings(size))
            for seq, body in self.entries(0, size):
                count, end = count + 1, seq + 1
                entry = checker.add(seq, body)
                if entry is not None:
                    checker.faults.extend(look(entry))
                    checker.faults.extend(names.add(entry))
            checker.finish()
            later = (_decoded(row) for row in self.entries(size))
            checker.faults.extend(names.finish(entry for entry in later if entry is not None))
            checker.faults.extend(self._head_faults(size, end))
        except DatabaseError as error:
            checker.faults.append(f"the ledger cannot be read beyond entry {end}: {error}")
        return count, checker.faults

    def erase(self, seq: int, field: str, authority: str, reason: str) -> None:
        """Delete what a commitment hides, by law; the entry and the tree stay, and the erasure is an entry of its own.

        The acquirer's name goes from the exhibit too. ``authority`` and ``reason`` stand in the new entry for ever: references,
        never the name.

        Raises:
            StoreError: there is nothing to erase, or what is to be erased is still needed.
        """
        if not self._erase({"seq": seq, "field": field}, authority, reason):
            raise StoreError(f"ledger entry {seq} has no {field} that could be erased")

    def erase_everywhere(self, name: str, authority: str, reason: str) -> dict[str, int]:
        """Do the same wherever ``name`` stands: a person's stands in many entries. In how many, by field; all or none.

        Raises:
            StoreError: what is to be erased is still needed.
        """
        return self._erase({"value": storable_name(name)}, authority, reason)

    def _erase(self, which: dict[str, int | str], authority: str, reason: str) -> dict[str, int]:
        embedded = is_sqlite(self._alias)
        if embedded:
            self._run("PRAGMA secure_delete=ON")  # overwrite, not only unlink, what is deleted
        erased: dict[str, int] = {}
        with transaction.atomic(using=self._alias):
            number = self.lock()
            openings = LedgerOpening.objects.using(self._alias).filter(**which)
            for at, field in enumerate(sorted(set(openings.values_list("field", flat=True)))):
                seqs = sorted(openings.filter(field=field).values_list("seq", flat=True))
                self._clear_rows(seqs, field)
                openings.filter(field=field).delete()
                told: dict[str, Plain] = {"field": field, "authority": authority, "reason": reason}
                self.append(number + at, "erase", {"entries": list(map(list, _stretches(seqs))), **told}, {})
                erased[field] = len(seqs)
        if not settled(self._alias, *(model._meta.db_table for model in (LedgerOpening, Exhibit, Person))):
            raise StoreError(
                "it was erased from the records, but somebody reads the case: bytes of it stay in the write-ahead log of the "
                "database until nobody has the case open"
            )
        return erased

    def _clear_rows(self, seqs: Sequence[int], field: str) -> None:
        """Take a name that is to be erased out of the records as well."""
        exhibits = Exhibit.objects.using(self._alias)
        for seq, body in self._bodies(seqs) if field in {"acquirer", "location", "person"} else ():
            entry = decode(body)
            if entry.act == "people.add":
                Person.objects.using(self._alias).filter(key=str(entry.details.get("key"))).update(name=ERASED)
                continue
            exhibit = exhibits.filter(label=str(entry.details.get("label")))
            if field == "acquirer" and entry.act == "exhibit.add":
                exhibit.update(acquirer=ERASED)
            elif field == "location" and exhibit.filter(location=self.names(seq)["location"]).exists():
                raise StoreError(f"the exhibit lies where ledger entry {seq} says: move it and ingest it again first")

    def _bodies(self, seqs: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        for seq in seqs:
            yield from self.entries(seq, seq + 1)

    @property
    def size(self) -> int:
        """How many entries there are."""
        head = LedgerHead.objects.using(self._alias).first()
        return head.size if head else 0

    def _head_faults(self, size: int, end: int) -> Iterator[str]:
        if end != size:
            yield f"the ledger says that it holds {size} entries, and it ends after {end}"
        head = Coalesce(Subquery(LedgerHead.objects.values("size")[:1]), 0)
        outside = LedgerEntry.objects.using(self._alias).exclude(seq__gte=0, seq__lt=head).count()
        if outside:
            yield f"{outside} entries lie outside of what the ledger says that it holds"

    def _openings(self, size: int) -> Iterator[tuple[int, str, Opening]]:
        query = LedgerOpening.objects.using(self._alias).order_by("seq", "field").values_list("seq", "field", "salt", "value")
        pages = (query.filter(seq__gte=first, seq__lt=min(first + PAGE, size)) for first in range(0, size, PAGE))
        for page in chain([query.filter(seq__lt=0)], pages):
            yield from ((seq, field, Opening(_bytes(salt), str(value))) for seq, field, salt, value in list(page))

    def _last_time(self, size: int) -> str:
        if size == 0:
            return ""
        row = LedgerEntry.objects.using(self._alias).filter(seq=size - 1).first()
        entry = _decoded((size - 1, _bytes(row.body))) if row else None
        if entry is None:
            raise CaseDamaged(f"ledger entry {size - 1} is gone or was changed: homeward verify says more")
        return entry.time

    def _run(self, sql: str) -> None:
        with connections[self._alias].cursor() as cursor:
            cursor.execute(sql)

    @contextmanager
    def _publishing(self) -> Iterator[None]:
        """Nobody else publishes: two workers that do so at once must not turn the checkpoint back."""
        if self._read_only:
            yield
            return
        try:
            fd = os.open(self._folder / "ledger" / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CaseDamaged(f"the ledger's folder cannot be used: {(error.strerror or str(error)).lower()}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)


class _Erasure(msgspec.Struct, frozen=True):
    """Details of an entry that records an erasure."""

    field: str
    entries: tuple[tuple[Annotated[int, msgspec.Meta(ge=0)], int], ...] = ()
    entry: int = -1


class _Names:
    """Compares the rows behind commitments with the entries; both come in order, so neither is held in memory."""

    def __init__(self, openings: Iterator[tuple[int, str, Opening]]) -> None:
        self._openings = openings
        self._next = next(openings, None)
        self._gone: set[tuple[int, str]] = set()
        self._erased: set[tuple[int, str]] = set()

    def add(self, entry: Entry) -> Iterator[str]:
        """What is wrong about the names of this entry."""
        if entry.act == "erase":
            self._erased |= _erasure(entry)
        here: dict[str, Opening] = {}
        while self._next is not None and self._next[0] <= entry.seq:
            seq, field, opening = self._next
            self._next = next(self._openings, None)
            if seq == entry.seq:
                here[field] = opening
            else:
                yield f"a {field} lies behind ledger entry {seq}, which is not there"
        for field in sorted(here.keys() | entry.commitments.keys()):
            if field not in here:
                self._gone.add((entry.seq, field))
            elif not opens(entry.commitments.get(field, ""), here[field]):
                yield f"the {field} behind ledger entry {entry.seq} was changed"

    def finish(self, later: Iterable[Entry]) -> Iterator[str]:
        """Names that are gone although no entry says that they were erased; ``later`` are entries written meanwhile."""
        unexplained = self._gone - self._erased
        if unexplained:
            unexplained -= {one for entry in later if entry.act == "erase" for one in _erasure(entry)}
        for seq, field in sorted(unexplained):
            yield f"the {field} behind ledger entry {seq} is gone, and no entry says that it was erased"
        for seq, field in sorted(self._erased - self._gone):
            yield f"the {field} behind ledger entry {seq} was erased and is there again"


def _erasure(entry: Entry) -> set[tuple[int, str]]:
    """Which names an entry says were erased; one of an older Homeward names a single ``entry``."""
    try:
        said = msgspec.convert(entry.details, _Erasure)
    except msgspec.ValidationError:
        return {(-1, "")}
    stretches = said.entries or ((said.entry, said.entry),)
    return {(seq, said.field) for first, last in stretches for seq in range(first, min(last, entry.seq - 1) + 1)}


def _stretches(seqs: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of every unbroken stretch of ``seqs``, which ascend."""
    first = seqs[0]
    for before, seq in zip(seqs, [*seqs[1:], -1], strict=True):
        if seq != before + 1:
            yield first, before
            first = seq


def _decoded(row: tuple[int, bytes]) -> Entry | None:
    try:
        return decode(row[1])
    except EntryRefused:
        return None


def _bytes(value: object) -> bytes:
    """A column's bytes, also where somebody has put text or a number there (SQLite lets them)."""
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode("utf-8", "replace")


def storable_name(name: str) -> str:
    """``name`` as every database can hold it: bytes of a path that are no UTF-8 are written as escapes."""
    return name.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _actor() -> str:
    """The account that runs this, as the system knows it: the environment could say anything."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
