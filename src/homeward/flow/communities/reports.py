"""``homeward reports``: reports of platforms in the order in which they are to be read, and what people did with them."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.communities import captures as events_of
from homeward.communities import triage
from homeward.communities.captures import Handled
from homeward.communities.reports import names_of_account, read_report
from homeward.communities.triage import PROTECTED, Clock, Fold, Local
from homeward.core import WrongUse
from homeward.core.errors import said
from homeward.core.time import Moment, utc_now
from homeward.flow.communities import captures
from homeward.flow.known import on_lists
from homeward.flow.series.settling import View
from homeward.series.events import AWAKE
from homeward.store import captures as store
from homeward.store.captures import Tokens
from homeward.store.ledger.entries import timestamp

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from homeward.communities.captures import Standing
    from homeward.communities.reports import PlatformReport, ReportedFile
    from homeward.flow.communities.captures import Reason
    from homeward.store import Case

LOG_DAYS = 90
"""Days that providers keep the logs of addresses, where nobody says otherwise."""
_HASHES = ("sha256", "sha1", "md5")


class Filed(msgspec.Struct, frozen=True):
    """A report as it lies in a capture; tokens are of its account, and of its victims and those whom it was meant for."""

    capture: str
    report: PlatformReport
    own: frozenset[str]
    guarded: frozenset[str]


class Queue(msgspec.Struct, frozen=True):
    """Everything that is there."""

    filed: list[Filed]
    folds: list[Fold]
    handled: set[str]
    """Tokens of reports."""
    tokens: Tokens
    local: list[Local]
    clock: Clock


def listed(case: Case, reason: Reason, log_days: int = LOG_DAYS, *, handled: bool = False) -> dict[str, Any]:
    """All folds that nobody has handled (or all there are), those that may be of victims apart and first."""
    with captures.opened(case, "reports", "", reason, ("reports",)) as (events, standing, asked):
        queue = _queue(case, events.rows("SELECT capture, body, own, guarded FROM reports ORDER BY ALL"), standing, log_days)
        rows = [_row(fold, queue) for fold in queue.folds]
        shown = [row for row in rows if handled or not row["handled"]]
        asked.shown = len(shown)
    return {
        "protected": [row for row in shown if row["queue"] == PROTECTED],
        "queue": [row for row in shown if row["queue"] != PROTECTED],
        "reports": len(queue.filed),
        "handled": sum(row["handled"] for row in rows),
        "audit": sum(row["audit"] for row in shown),
    }


def handle(case: Case, start: str, why: str, reason: Reason, *, lifted: bool = False) -> int:
    """Record that people dealt with the fold whose name begins with ``start`` (or take that back); in how many reports.

    A report that joins it later brings it back.

    Raises:
        WrongUse: no fold or several have such a name, or no reason is given.
    """
    why = said(why, "what was done, or why nothing")
    with captures.opened(case, "reports", "", reason, ("reports",)) as (events, standing, asked):
        queue = _queue(case, events.rows("SELECT capture, body, own, guarded FROM reports ORDER BY ALL"), standing, LOG_DAYS)
        asked.shown = 0
    found = [fold for fold in queue.folds if start and fold.id.startswith(start)]
    if len(found) != 1:
        raise WrongUse(f"{len(found) or 'no'} reports have a name that begins with {start!r}")
    tokens = sorted({_token(queue, at) for at in found[0].members})
    when = timestamp(utc_now())
    with case.batch(captures.ACT, {"captures": "handled"}, {"who": reason.who}) as batch:
        now = captures.standing(case).handled
        new = [token for token in tokens if (token in now) == lifted]
        batch.skip = not new
        store.write(case, batch, [events_of.body(Handled(token, when, lifted, why)) for token in new])
    return len(new)


def _queue(case: Case, rows: Sequence[tuple[str, str, str, str]], standing: Standing, log_days: int) -> Queue:
    told: dict[tuple[str, str], list[Filed]] = defaultdict(list)
    for capture, body, own, guarded in sorted(rows, key=lambda row: len(row[1]))[::-1]:
        report = read_report(body)
        told[report.provider, report.id].append(Filed(capture, report, frozenset(own.split()), frozenset(guarded.split())))
    filed = [_whole(told[name]) for name in sorted(told)]
    tokens = Tokens.open(case)
    local = _local(case, filed, standing, tokens)
    clock = Clock(int(utc_now().timestamp()) * 10**9, log_days)
    folds = triage.triage([one.report for one in filed], local, clock, tokens.key("triage"))
    return Queue(filed, folds, standing.handled, tokens, local, clock)


def _whole(told: Sequence[Filed]) -> Filed:
    """A report that was told of several times, the fullest first: that, with files, flags and tokens that only another has."""
    first = told[0]
    files, seen = list(first.report.files), set(chain.from_iterable(map(_names, first.report.files)))
    for file in chain.from_iterable(one.report.files for one in told[1:]):
        if seen.isdisjoint(names := _names(file)):
            files.append(file)
            seen.update(names)
    own, guarded = (frozenset().union(*some) for some in ((one.own for one in told), (one.guarded for one in told)))
    flags = tuple(dict.fromkeys(flag for one in told for flag in one.report.flags))
    return Filed(first.capture, msgspec.structs.replace(first.report, files=tuple(files), flags=flags), own, guarded)


def _names(file: ReportedFile) -> Sequence[Hashable]:
    """The hashes of a file, or the file as it is told where it has none."""
    return [(kind, value) for kind in _HASHES if (value := getattr(file, kind))] or [file]


def _local(case: Case, filed: Sequence[Filed], standing: Standing, tokens: Tokens) -> list[Local]:
    """What the case knows of each report."""
    named: dict[str, set[str]] = defaultdict(set)
    for one in filed:
        for file in one.report.files:
            for kind in _HASHES:
                if value := getattr(file, kind):
                    named[kind].add(value)
    known = on_lists(case, named)
    items = {kind: store.named_items(case, kind, values) for kind, values in named.items()}
    unsolved = _unsolved(case) if any(items.values()) else {}
    guarded = frozenset().union(*(one.guarded for one in filed)) if filed else frozenset()
    found = []
    for one in filed:
        hashes = [[(kind, value) for kind in _HASHES if (value := getattr(file, kind))] for file in one.report.files]
        held = {at: item for at, some in enumerate(hashes) for kind, value in some if (item := items[kind].get(value))}
        accounts = {tokens.of("handle", one.report.provider, name) for name in names_of_account(one.report)}
        found.append(
            Local(
                known=frozenset(at for at, some in enumerate(hashes) if known & set(some)),
                held=frozenset(held),
                series=tuple(sorted({unsolved[item] for item in held.values() if item in unsolved})),
                guarded=bool(accounts & standing.protected) or bool(one.own & guarded),
            )
        )
    return found


def _unsolved(case: Case) -> dict[int, str]:
    """Item -> its series, where that is not solved."""
    view = View(case)
    absorbed = view.history.absorbed(set(view.members.values()))
    return {item: name for item, name in view.members.items() if view.status(name, absorbed[name]) in AWAKE}


def _token(queue: Queue, at: int) -> str:
    report = queue.filed[at].report
    return queue.tokens.of("report", report.provider, report.id)


def _row(fold: Fold, queue: Queue) -> dict[str, Any]:
    """A fold as it is shown; nothing of whose account it is where that may be a victim."""
    filed = [queue.filed[at] for at in fold.members]
    files = [file for one in filed for file in one.report.files]
    newest = triage.newest([one.report for one in filed], queue.clock.now)
    ends = newest + queue.clock.log_days * triage.DAY if newest is not None else None
    return {
        "id": fold.id,
        "queue": fold.queue,
        "audit": fold.audit,
        "points": fold.points,
        "why": [msgspec.to_builtins(one) for one in fold.why],
        "reports": [_report(one, hidden=fold.queue == PROTECTED) for one in filed],
        "files": len(files),
        "known": sum(len(queue.local[at].known) for at in fold.members),
        "held": sum(len(queue.local[at].held) for at in fold.members),
        "series": sorted({name for at in fold.members for name in queue.local[at].series}),
        "not_viewed_by_provider": sum(file.viewed is False for file in files),
        "newest": None if newest is None else str(Moment(newest)),
        "logs_until": None if ends is None else str(Moment(ends)),
        "handled": all(_token(queue, at) in queue.handled for at in fold.members),
    }


def _report(one: Filed, *, hidden: bool) -> dict[str, Any]:
    report = one.report
    return {
        "capture": one.capture,
        "provider": report.provider,
        "id": report.id,
        "incident": report.incident,
        "escalated": report.escalated,
        "account": None if hidden else report.account,
        "partial": report.state == "partial",
        "flags": list(report.flags),
    }
