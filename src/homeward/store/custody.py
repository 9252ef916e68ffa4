"""The ledger of a case: entries are rows written with the act they record; tiles and checkpoints follow after the commit."""

from __future__ import annotations

import fcntl
import getpass
import os
from typing import TYPE_CHECKING

from django.db import transaction

from homeward.core.time import utc_now
from homeward.store.errors import StoreError
from homeward.store.ledger import Checker, Entry, Log, Opening, Verifier, commit, decode, encode, opens, timestamp
from homeward.store.ledger import key as keys
from homeward.store.models import CaseInfo, LedgerEntry, LedgerHead, LedgerOpening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from homeward.core.canonical import Plain

PAGE = 10_000
"""Entries read from the database at a time."""


class Custody:
    """Writes entries inside the caller's transaction, publishes them after it, and checks them all."""

    def __init__(self, folder: Path, alias: str) -> None:
        self._folder = folder
        self._alias = alias
        self._actor = _actor()

    def lock(self) -> int:
        """Take the ledger for the rest of the transaction; return the number that the next entry gets."""
        return LedgerHead.objects.using(self._alias).select_for_update().get().size

    def append(self, seq: int, act: str, details: dict[str, Plain], names: dict[str, str]) -> None:
        """Write entry ``seq`` in the transaction that called :meth:`lock`; ``names`` become salted commitments."""
        committed = {field: commit(value) for field, value in names.items()}
        now = max(timestamp(utc_now()), self._last_time(seq))
        commitments = {field: digest for field, (digest, _) in committed.items()}
        body = encode(Entry(seq, now, self._actor, act, dict(details), commitments))
        LedgerEntry.objects.using(self._alias).create(seq=seq, body=body)
        for field, (_, opening) in committed.items():
            LedgerOpening.objects.using(self._alias).create(seq=seq, field=field, salt=opening.salt, value=opening.value)
        LedgerHead.objects.using(self._alias).update(size=seq + 1)

    def publish(self) -> None:
        """Bring the files under ``ledger/`` up to date and sign a checkpoint.

        Raises:
            CaseDamaged: the files contradict the entries.
        """
        fd = os.open(self._folder / "ledger" / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)  # two workers that publish at once must not turn the checkpoint back
            info = CaseInfo.objects.using(self._alias).first()
            if info is None:
                return
            log = Log(self._folder / "ledger", keys.load(self._folder / "keys", info.origin))
            size = LedgerHead.objects.using(self._alias).get().size
            log.publish(size, lambda first: (body for _, body in self.entries(first, size)), timestamp(utc_now()))
        finally:
            os.close(fd)

    def entries(self, first: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Number and bytes of every entry from ``first`` on, in order."""
        query = LedgerEntry.objects.using(self._alias).filter(seq__gte=first).order_by("seq")
        if end is not None:
            query = query.filter(seq__lt=end)
        for seq, body in query.values_list("seq", "body").iterator(chunk_size=PAGE):
            yield seq, bytes(body)

    def check(self, trusted: Sequence[str], look: Callable[[Entry], Iterable[str]]) -> tuple[int, list[str]]:
        """Check every entry and every file; ``look`` adds what it finds wrong about an entry.

        Returns the number of entries and one sentence for each fault.
        """
        checker = Checker(self._folder / "ledger", [self.verifier()], trusted)
        count = 0
        for seq, body in self.entries():
            count += 1
            entry = checker.add(seq, body)
            if entry is not None:
                checker.faults.extend(look(entry))
                checker.faults.extend(self._openings(entry))
        head = LedgerHead.objects.using(self._alias).get().size
        if head != count:
            checker.faults.append(f"the ledger says that it holds {head} entries, and {count} are there")
        return count, checker.finish()

    def verifier(self) -> Verifier:
        """The public key that checkpoints are signed with."""
        return keys.load_public(self._folder / "keys")

    def erase(self, seq: int, field: str, reason: str) -> None:
        """Delete what a commitment hides, by law; the entry and the tree stay, and the erasure is an entry of its own.

        Raises:
            StoreError: there is nothing to erase.
        """
        with transaction.atomic(using=self._alias):
            number = self.lock()
            gone, _ = LedgerOpening.objects.using(self._alias).filter(seq=seq, field=field).delete()
            if not gone:
                raise StoreError(f"ledger entry {seq} has no {field} that could be erased")
            self.append(number, "erase", {"entry": seq, "field": field, "reason": reason}, {})

    def _openings(self, entry: Entry) -> Iterator[str]:
        if not entry.commitments:
            return
        rows = LedgerOpening.objects.using(self._alias).filter(seq=entry.seq)
        for row in rows:
            wanted = entry.commitments.get(row.field, "")
            if not opens(wanted, Opening(bytes(row.salt), row.value)):
                yield f"the {row.field} behind ledger entry {entry.seq} was changed"

    def _last_time(self, seq: int) -> str:
        """Time of the entry before: a clock that was set back must not make the log go backwards."""
        row = LedgerEntry.objects.using(self._alias).filter(seq=seq - 1).first()
        return decode(bytes(row.body)).time if row else ""


def _actor() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
