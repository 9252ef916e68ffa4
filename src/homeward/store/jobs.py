"""The leased job table: which step is still to do over which item, and who has it in hand.

A lease ends when its owner commits, dies or lets it expire. Only a *lost locked worker* counts as an attempt, so that
killing Homeward itself never uses up a file's two tries.
"""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from django.db import connections, transaction

from homeward.core.time import utc_now
from homeward.store import bulk
from homeward.store.database import is_sqlite
from homeward.store.models import Job

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

LEASE = timedelta(minutes=30)
"""Longer than may pass between two commits of an owner that lives (each renews it), the copying of a file out of a large
container included; a dead owner on the same machine is noticed at once all the same."""
MAX_ATTEMPTS = 2


class StepKey(msgspec.Struct, frozen=True):
    """What makes a result unique beside its input: the step's name, version and parameter digest (16 hex digits)."""

    name: str
    version: str
    params: str


class Jobs:
    """The queue of one case."""

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self._owner = _this_process()

    def enqueue(self, step: StepKey, kinds: Sequence[str]) -> int:
        """Add a pending job for every item of these kinds that has none for this key; return how many were added."""
        marks = ", ".join(["%s"] * len(kinds))
        sql = f"""
            INSERT INTO homeward_job (step, version, params, item_id, state, attempts, owner, reason)
            SELECT %s, %s, %s, i.id, 'pending', 0, '', '' FROM homeward_item i
            WHERE i.kind IN ({marks}) AND NOT EXISTS (
                SELECT 1 FROM homeward_job j
                WHERE j.step = %s AND j.version = %s AND j.params = %s AND j.item_id = i.id)
            ON CONFLICT DO NOTHING"""
        key = [step.name, step.version, step.params]
        with connections[self._alias].cursor() as cursor:
            cursor.execute(sql, [*key, *kinds, *key])
            return int(cursor.rowcount)

    def enqueue_items(self, step: StepKey, items: Iterable[int]) -> int:
        """Add a pending job for each of ``items`` that has none for this key; return how many were added."""
        before = self._of(step).count()
        rows = [(*msgspec.structs.astuple(step), item, "pending", 0, "", "") for item in items]
        columns = ("step", "version", "params", "item", "state", "attempts", "owner", "reason")
        bulk.insert(self._alias, Job, columns, rows, ignore=True)
        return self._of(step).count() - before

    def reclaim(self) -> int:
        """Make pending again what a dead owner on this machine, or an expired lease, still holds."""
        leased = Job.objects.using(self._alias).filter(state="leased")
        owners = leased.values_list("owner", flat=True).distinct()
        dead = [owner for owner in owners if _is_dead(owner)]
        freed = leased.filter(owner__in=dead).update(state="pending", owner="", expires=None)
        return freed + leased.filter(expires__lt=utc_now()).update(state="pending", owner="", expires=None)

    def lease(self, step: StepKey, count: int) -> list[int]:
        """Take up to ``count`` pending jobs in the order of their items; return the items. None is handed out twice."""
        lock = "" if is_sqlite(self._alias) else "FOR UPDATE SKIP LOCKED"
        sql = f"""
            UPDATE homeward_job SET state = 'leased', owner = %s, expires = %s WHERE id IN (
                SELECT id FROM homeward_job
                WHERE state = 'pending' AND step = %s AND version = %s AND params = %s
                ORDER BY item_id LIMIT %s {lock})
            RETURNING item_id"""
        with transaction.atomic(using=self._alias), connections[self._alias].cursor() as cursor:
            cursor.execute(sql, [self._owner, utc_now() + LEASE, step.name, step.version, step.params, count])
            return sorted(row[0] for row in cursor.fetchall())

    def done(self, step: StepKey, items: Iterable[int], batch: int) -> set[int]:
        """Mark as done what this process still holds, and return it: write results for these items only.

        Belongs first in the transaction that writes the results and ledger entry ``batch``, which vouches for them; a lease
        that went to somebody else while this process was stalled is theirs.
        """
        held = set(self._held(step, items).select_for_update().values_list("item_id", flat=True))
        self._held(step, held).update(state="done", owner="", expires=None, reason="", batch=batch)
        return held

    def renew(self) -> None:
        """Whatever this process still holds stays its own for another lease: it works on it."""
        mine = Job.objects.using(self._alias).filter(state="leased", owner=self._owner)
        mine.update(expires=utc_now() + LEASE)

    def failed(self, step: StepKey, item: int, reason: str, batch: int) -> bool:
        """Mark as failed for good, since the file itself says why; whether this process still held it.

        ``batch`` is the ledger entry that vouches for it: belongs in its transaction.
        """
        held = self._held(step, [item])
        return bool(held.update(state="failed", owner="", expires=None, reason=reason, batch=batch))

    def lost(self, step: StepKey, item: int, reason: str, batch: int) -> bool:
        """A locked worker was lost over it: pending once more, and failed the second time; whether it has failed now."""
        job = self._held(step, [item]).first()
        if job is None:
            return False
        job.attempts += 1
        job.state = "pending" if job.attempts < MAX_ATTEMPTS else "failed"
        job.owner, job.expires, job.reason = "", None, reason
        job.batch = batch if job.state == "failed" else None
        job.save(using=self._alias)
        return job.state == "failed"

    def set_aside(self, step: StepKey, item: int, reason: str) -> None:
        """Keep it out of this run without a verdict: it is out of reach. Once this process lets go it is pending again."""
        self._held(step, [item]).update(reason=reason)

    def release(self) -> None:
        """Give back whatever this process still holds (a clean stop)."""
        mine = Job.objects.using(self._alias).filter(state="leased", owner=self._owner)
        mine.update(state="pending", owner="", expires=None)

    def pending(self, step: StepKey) -> int:
        """How many are not finished, in hand or not."""
        return self._of(step).filter(state__in=("pending", "leased")).count()

    def elsewhere(self) -> int:
        """How many another run has in hand."""
        return Job.objects.using(self._alias).filter(state="leased").exclude(owner=self._owner).count()

    def _of(self, step: StepKey) -> QuerySet[Job]:
        return Job.objects.using(self._alias).filter(step=step.name, version=step.version, params=step.params)

    def _held(self, step: StepKey, items: Iterable[int]) -> QuerySet[Job]:
        return self._of(step).filter(state="leased", owner=self._owner, item_id__in=list(items))


def _this_process() -> str:
    return f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}"


def _is_dead(owner: str) -> bool:
    """Whether ``owner`` ran on this machine and is gone; the start time tells it from a newcomer of the same number."""
    host, pid, started = owner.rsplit("/", 2)
    return host == socket.gethostname() and _started(int(pid)) != started


def _started(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
