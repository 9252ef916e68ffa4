"""What was given up because locked workers were lost over it, and trying it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from homeward.store import digests
from homeward.store.jobs import MAX_ATTEMPTS
from homeward.store.models import Job

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from homeward.core.canonical import Plain
    from homeward.store.case import Case
    from homeward.store.jobs import StepKey


def given_up(case: Case, steps: Iterable[StepKey]) -> int:
    """Over how many items some step gave up."""
    return _given_up(case, steps).values("item").distinct().count()


def retry(case: Case, steps: Iterable[StepKey]) -> int:
    """Make pending again, with all its tries, what some steps gave up; over how many items.

    One ledger entry says so. It names the entries by which it had failed, and the digest of what each vouches for before and
    from now on.
    """
    with case.batch("step.retry") as batch:
        rows = _given_up(case, steps)
        items = rows.values("item").distinct().count()
        vouched = sorted(one for one in rows.values_list("batch", flat=True).distinct() if one is not None)
        before = {entry: digests.JOBS.digest(case, entry) for entry in vouched}
        rows.update(state="pending", attempts=0, reason="", batch=None)
        outcomes: dict[str, Plain] = {str(one): [before[one], digests.JOBS.digest(case, one)] for one in vouched}
        batch.details |= {"items": items, "outcomes": outcomes}
        batch.skip = not items
    return items


def _given_up(case: Case, steps: Iterable[StepKey]) -> QuerySet[Job]:
    chosen = Q(pk__in=[])
    for step in steps:
        chosen |= Q(step=step.name, version=step.version, params=step.params)
    return Job.objects.using(case.alias).filter(chosen, state="failed", attempts__gte=MAX_ATTEMPTS)
