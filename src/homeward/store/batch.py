"""One transaction, one ledger entry: nothing is written to a case in any other way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from homeward.store import bulk
from homeward.store.models import SegmentRun

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray

    from homeward.core.canonical import Plain
    from homeward.store.case import Case
    from homeward.store.segments import Stretch


class Batch:
    """Collects what one ledger entry vouches for; leaving the block commits all of it or nothing.

    ``seq`` is the entry's number, for rows that refer to it. ``details`` may be added to until the block ends;
    ``names`` holds text that goes into the ledger as a salted commitment only, so that it can be erased later. Set
    ``skip`` when it turned out that nothing changed: then there is no entry.
    """

    def __init__(self, case: Case, act: str, details: dict[str, Plain], names: dict[str, str] | None = None) -> None:
        self._case = case
        self._act = act
        self.details: dict[str, Plain] = dict(details)
        self.names = dict(names or {})
        self.skip = False
        self.seq = -1
        self._stretches: list[Stretch] = []
        self._atomic = transaction.atomic(using=case.alias)

    def append(self, descriptor: str, records: NDArray[Any]) -> None:
        """Write descriptor records (see :func:`homeward.store.segments.record_dtype`) that count from the commit on."""
        if len(records):
            self._stretches.append(self._case.segments.append(descriptor, records))

    def __enter__(self) -> Batch:
        self._atomic.__enter__()
        try:
            self.seq = self._case.custody.lock()
        except BaseException as error:
            self._atomic.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None and not self.skip:
                self._record()
        except BaseException as failure:
            self._atomic.__exit__(type(failure), failure, failure.__traceback__)
            raise
        self._atomic.__exit__(kind, error, trace)
        if kind is None:
            for stretch in self._stretches:
                self._case.segments.committed(stretch)

    def _record(self) -> None:
        columns = ("descriptor", "file", "first", "count", "sha256", "batch")
        runs = [(s.descriptor, s.file, s.first, s.count, s.sha256, self.seq) for s in self._stretches]
        bulk.insert(self._case.alias, SegmentRun, columns, runs)
        if runs:
            self.details["segments"] = [
                {"file": f"{s.descriptor}/{s.file}", "first": s.first, "count": s.count, "sha256": s.sha256}
                for s in self._stretches
            ]
        self._case.custody.append(self.seq, self._act, self.details, self.names)
