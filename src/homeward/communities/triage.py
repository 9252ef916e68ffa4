"""In which order reports of platforms are read: folded where they are one event, then by points that a person can add up.

Only what was reported and what the case knows counts; no file is opened. Nothing is ever closed here, and a share of what comes
last is drawn for reading all the same, so that it is seen how much is missed. Whoever may be a victim or a bystander is in a
queue apart, and in no ranking.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec

from homeward.communities.reports import Access, PlatformReport, ReportedFile, of_a_child
from homeward.core.components import components

PROTECTED, RANKED, LOW = "protected", "ranked", "low"
DAY = 86_400 * 10**9
POINTS = {
    "infant": 60,
    "live": 60,
    "escalated": 50,
    "series": 50,
    "victim": 35,
    "novel": 30,
    "exif": 15,
    "recent": 25,
    "logs": 30,
    "prior": 15,
    "viral": -60,
    "known": -25,
}
"""Most points of each reason."""
LOWEST = 30
"""Points below which a fold waits in the low queue."""
AUDITED = 0.02
"""Share of the low queue that is drawn for reading."""
OLD = 30
"""Days after which an incident is no longer recent."""
SHORT = 14
"""Days before the logs of a provider end in which that presses."""
COMMON = 5
"""Accounts that share a file or an address, above which it joins nobody: a viral file, an address of many."""
NEAR = 600 * 10**9
"""Nanoseconds between two events at one address that may be one."""


class Local(msgspec.Struct, frozen=True):
    """What the case knows of the hashes of one report's files, by their place in it."""

    known: frozenset[int] = frozenset()
    """On a list of known media."""
    held: frozenset[int] = frozenset()
    """Items of this case."""
    series: tuple[str, ...] = ()
    """Series of this case, not solved, that hold one of them."""
    guarded: bool = False
    """Whether somebody protected the account, or another report names it as a victim or as whom it was meant for."""


class Reason(msgspec.Struct, frozen=True):
    """A code, its points, and the sentence that explains them."""

    code: str
    points: int
    says: str


class Fold(msgspec.Struct, frozen=True):
    """Reports that are one event, and where they stand."""

    id: str
    members: tuple[int, ...]
    """Places of its reports among those that were given."""
    queue: str
    points: int
    why: tuple[Reason, ...]
    audit: bool = False
    """Drawn from the low queue for reading."""


class Clock(msgspec.Struct, frozen=True):
    """Now, and how long providers keep the logs of addresses."""

    now: int
    """Nanoseconds since 1970."""
    log_days: int


def triage(reports: Sequence[PlatformReport], local: Sequence[Local], clock: Clock, key: bytes) -> list[Fold]:
    """All folds: the protected queue first, then by points; equals by what is newest, then by name.

    Args:
        reports: in any order, which plays no part.
        local: what the case knows of each.
        clock: now, and the retention of logs.
        key: draws the audited share so that nobody can foresee it, and so that it stays the same.
    """
    folds = [_fold(members, reports, local, clock, key) for members in folded(reports, local)]
    drawn = _drawn([fold.id for fold in folds if fold.queue == LOW], key)
    folds = [msgspec.structs.replace(fold, audit=fold.id in drawn) for fold in folds]
    order = {PROTECTED: 0, RANKED: 1, LOW: 1}
    latest = {fold.id: newest([reports[at] for at in fold.members], clock.now) or 0 for fold in folds}
    return sorted(folds, key=lambda fold: (order[fold.queue], -fold.points, -latest[fold.id], fold.id))


def folded(reports: Sequence[PlatformReport], local: Sequence[Local]) -> list[list[int]]:
    """Places of reports that are one event each.

    Joined are: one account of one provider; a file that few accounts share and no list knows; an address that few accounts
    share, within ten minutes; and reports of nothing but files that go around, by their files, where their account has no
    other report.
    """
    passing = [_only_viral(report, here) for report, here in zip(reports, local, strict=True)]
    active = {(report.provider, report.account) for report, passed in zip(reports, passing, strict=True) if not passed}
    whole: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at, (report, passed) in enumerate(zip(reports, passing, strict=True)):
        if passed and (report.provider, report.account) not in active:
            whole["files", *sorted(filter(None, map(_name, report.files)))].append(at)
        else:
            whole["account", report.provider, report.account or f"\0{at}"].append(at)
    pairs = [(group[0], other) for group in whole.values() for other in group]
    single = [at for at, passed in enumerate(passing) if not passed]
    return components([*pairs, *_by_files(single, reports, local), *_by_addresses(single, reports)])


def _by_files(members: Iterable[int], reports: Sequence[PlatformReport], local: Sequence[Local]) -> Iterator[tuple[int, int]]:
    """Pairs that share a file which few accounts share, and no list knows: what is known goes from hand to hand."""
    shared: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at in members:
        for place, one in enumerate(reports[at].files):
            for kind, value in (("sha256", one.sha256), ("sha1", one.sha1), ("md5", one.md5)):
                if value and place not in local[at].known and not _passed_around(one):
                    shared[kind, value].append(at)
    for group in shared.values():
        if _few(group, reports):
            yield from ((group[0], other) for other in group[1:])


def _by_addresses(members: Iterable[int], reports: Sequence[PlatformReport]) -> Iterator[tuple[int, int]]:
    """Pairs that did something at about one time from an address which few accounts share."""
    events: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for at in members:
        for access in _accesses(reports[at]):
            if access.address and access.time is not None and access.time.zoned:
                events[access.address].append((access.time.ns, at))
    for seen in events.values():
        if _few([at for _, at in seen], reports):
            yield from ((a, b) for (then, a), (now, b) in pairwise(sorted(seen)) if now - then <= NEAR)


def newest(reports: Iterable[PlatformReport], now: int) -> int | None:
    """Nanoseconds of the newest event that they tell of; wall clocks do not count, nor what is still to come beside others."""
    times = [time for one in reports for time in (one.time, *(access.time for access in _accesses(one)))]
    known = [time.ns for time in times if time is not None and time.zoned]
    return max([ns for ns in known if ns < now + DAY] or known, default=None)


def _few(members: Iterable[int], reports: Sequence[PlatformReport]) -> bool:
    return len({(reports[at].provider, reports[at].account or str(at)) for at in members}) <= COMMON


def _fold(members: Sequence[int], reports: Sequence[PlatformReport], local: Sequence[Local], clock: Clock, key: bytes) -> Fold:
    names = sorted(f"{reports[at].provider}\0{reports[at].id}" for at in members)
    name = hmac.digest(key, names[0].encode(), hashlib.sha256).hex()[:16]
    why = tuple(_reasons([(reports[at], local[at]) for at in members], clock))
    points = sum(one.points for one in why)
    if any(local[at].guarded or of_a_child(reports[at]) for at in members):
        return Fold(name, tuple(members), PROTECTED, points, why)
    return Fold(name, tuple(members), RANKED if points >= LOWEST else LOW, points, why)


def _reasons(told: list[tuple[PlatformReport, Local]], clock: Clock) -> Iterable[Reason]:
    """Why a fold comes as early as it does."""
    reports = [report for report, _ in told]
    flags = Counter(flag for report in reports for one in report.files for flag in set(one.annotations))
    if flags["infant"]:
        yield Reason("infant", POINTS["infant"], f"the provider says of {flags['infant']} files: infant")
    if flags["liveStreaming"]:
        yield Reason("live", POINTS["live"], f"the provider says of {flags['liveStreaming']} files: live streaming")
    if any(report.escalated for report in reports):
        yield Reason("escalated", POINTS["escalated"], "the provider asks for priority")
    if series := sorted({name for _, here in told for name in here.series}):
        yield Reason("series", POINTS["series"], f"it holds files of {len(series)} series of this case that are not solved")
    if victims := sum(report.victims for report in reports):
        yield Reason("victim", POINTS["victim"], f"{victims} victims are described in it")
    yield from _files(told)
    latest = newest(reports, clock.now)
    if latest is not None:
        days = max(0, (clock.now - latest) // DAY)
        if days < OLD:
            yield Reason("recent", math.ceil(POINTS["recent"] * (1 - days / OLD)), f"the newest event in it is {days} days old")
        if (left := clock.log_days - days) >= 0 and left <= SHORT and any(map(_accesses, reports)):
            yield Reason("logs", POINTS["logs"], f"logs of its addresses may end in {left} days")
    if prior := {number for report in reports for number in report.prior}:
        yield Reason("prior", min(POINTS["prior"], 5 * len(prior)), f"{len(prior)} earlier reports of the account")


def _files(told: list[tuple[PlatformReport, Local]]) -> Iterable[Reason]:
    files = [(one, place in here.known) for report, here in told for place, one in enumerate(report.files)]
    named = [(one, known) for one, known in files if _name(one)]
    if told and all(_only_viral(report, here) for report, here in told):
        yield Reason("viral", POINTS["viral"], "all of its files are known or passed around as jokes")
        return
    novel = [one for one, known in named if not known and not _passed_around(one)]
    if novel:
        yield Reason("novel", POINTS["novel"], f"{len({_name(one) for one in novel})} files that no list knows")
        if any(one.exif for one in novel):
            yield Reason("exif", POINTS["exif"], "some of them come with details of a camera")
    elif named and all(known for _, known in named):
        yield Reason("known", POINTS["known"], "all of its files are on lists")


def _only_viral(report: PlatformReport, here: Local) -> bool:
    """Whether a report is of nothing but files that go around, and asks for nothing."""
    pressing = report.escalated or report.victims or here.series or of_a_child(report)
    passed = [_passed_around(one) for place, one in enumerate(report.files)]
    urgent = any({"infant", "liveStreaming"} & set(one.annotations) for one in report.files if not _passed_around(one))
    return bool(passed) and all(passed) and not pressing and not urgent


def _passed_around(one: ReportedFile) -> bool:
    return bool({"viral", "potentialMeme"} & set(one.annotations))


def _name(one: ReportedFile) -> str:
    return one.sha256 or one.sha1 or one.md5


def _accesses(report: PlatformReport) -> list[Access]:
    return [*report.accesses, *(access for one in report.files for access in one.accesses)]


def _drawn(names: Sequence[str], key: bytes) -> set[str]:
    """The audited share of the low queue: at least one in fifty, and one where there is any."""
    marks = sorted((hmac.digest(key, b"audit\0" + name.encode(), hashlib.sha256), name) for name in names)
    return {name for _, name in marks[: math.ceil(AUDITED * len(names))]}
