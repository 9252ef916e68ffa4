from __future__ import annotations

import random
from collections import Counter
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from homeward.communities.captured import When
from homeward.communities.reports import Access, PlatformReport, ReportedFile
from homeward.communities.triage import (
    AUDITED,
    COMMON,
    DAY,
    LOW,
    PROTECTED,
    RANKED,
    Clock,
    Fold,
    Local,
    folded,
    triage,
)

KEY = b"k" * 32
CLOCK = Clock(20_000 * DAY, 90)


def report(number: int, account: str = "", *files: ReportedFile, **more: Any) -> PlatformReport:
    return PlatformReport(str(number), "Lamps Inc", account=account or f"u{number}", files=files, **more)


def file(name: str = "", *annotations: str, **more: Any) -> ReportedFile:
    return ReportedFile(md5=name.ljust(32, "0") if name else "", annotations=annotations, **more)


def ranked(*reports: PlatformReport, local: list[Local] | None = None) -> list[Fold]:
    return triage(reports, local or [Local()] * len(reports), CLOCK, KEY)


def codes(fold: Fold) -> dict[str, int]:
    return {one.code: one.points for one in fold.why}


def days_ago(days: float) -> When:
    return When(CLOCK.now - round(days * DAY))


def test_every_reason_has_its_code_and_points_add_up() -> None:
    told = report(
        1, "u", file("a", "infant", "liveStreaming", exif=True), time=days_ago(0), escalated="now", victims=1, prior=("7", "8"),
        accesses=(Access("192.0.2.1", days_ago(80)),),
    )  # fmt: skip
    (fold,) = ranked(told, local=[Local(series=("s1",))])
    assert codes(fold) == {
        "infant": 60, "live": 60, "escalated": 50, "series": 50, "victim": 35, "novel": 30, "exif": 15, "recent": 25,
        "prior": 10,
    }  # fmt: skip
    assert (fold.points, fold.queue) == (sum(codes(fold).values()), RANKED)


def test_the_clock_of_logs_presses_only_before_they_end() -> None:
    def logs(days: float) -> bool:
        return "logs" in codes(ranked(report(1, accesses=(Access("192.0.2.1", days_ago(days)),)))[0])

    assert [logs(days) for days in (10, 75.5, 76, 90, 91, 200)] == [False, False, True, True, False, False]


def test_a_wall_clock_and_a_date_to_come_press_nobody() -> None:
    assert codes(ranked(report(1, time=When(CLOCK.now, False)))[0]) == {}
    assert codes(ranked(report(1, time=days_ago(-3)))[0]) == {"recent": 25}
    late = [Access("10.0.0.1", days_ago(80)), Access("10.0.0.1", days_ago(-9_000))]  # a wrong clock hides no end of logs
    assert codes(ranked(report(1, accesses=tuple(late)))[0]) == {"logs": 30}


def test_known_and_passed_around_files_come_last_and_novel_ones_first() -> None:
    known = (report(1, "", file("a")), Local(known=frozenset({0})))
    viral = (report(2, "", file("b", "viral")), Local())
    novel = (report(3, "", file("c")), Local())
    reports, local = zip(known, viral, novel, strict=True)
    folds = ranked(*reports, local=list(local))
    assert [codes(fold) for fold in folds] == [{"novel": 30}, {"known": -25}, {"viral": -60}]
    assert [fold.queue for fold in folds] == [RANKED, LOW, LOW]


def test_who_may_be_a_victim_is_in_no_ranking_whatever_else_is_said() -> None:
    own = report(1, "", file("a", "possibleSelfProduction", "infant"), escalated="now")
    folds = ranked(own, report(2, "", file("b")), report(3), local=[Local(), Local(), Local(guarded=True)])
    assert [(fold.queue, fold.members) for fold in folds] == [(PROTECTED, (0,)), (PROTECTED, (2,)), (RANKED, (1,))]


def test_one_account_one_rare_file_one_moment_at_one_address_are_one_event() -> None:
    at, later = Access("192.0.2.1", days_ago(1)), Access("192.0.2.1", days_ago(2))
    reports = [
        report(1, "u"),
        report(2, "u", file("a")),
        report(3, "v", file("a")),
        report(4, "w", accesses=(at,)),
        report(5, "x", accesses=(Access(at.address, When(CLOCK.now - DAY + 599 * 10**9)),)),
        report(6, "y", accesses=(later,)),
    ]
    assert folded(reports, [Local()] * 6) == [[0, 1, 2], [3, 4], [5]]


def test_what_many_share_joins_nobody() -> None:
    at = Access("192.0.2.1", days_ago(1))
    many = [report(number, "", file("a"), accesses=(at,)) for number in range(COMMON + 1)]
    assert folded(many, [Local()] * len(many)) == [[number] for number in range(len(many))]
    assert folded(many[:-1], [Local()] * COMMON) == [list(range(COMMON))]


def test_what_lists_know_joins_nobody() -> None:
    both = [report(1, "", file("a")), report(2, "", file("a"))]
    assert folded(both, [Local(known=frozenset({0}))] * 2) == [[0], [1]]


def test_what_goes_around_is_one_entry_and_pulls_no_other_report_in() -> None:
    joke = file("a", "potentialMeme")
    jokes = [report(number, f"u{number}", joke) for number in range(50)]
    urgent = report(99, "u7", file("b", "infant"))
    reports = [*jokes, urgent]
    groups = folded(reports, [Local()] * 51)
    assert sorted(map(len, groups)) == [2, 49]
    assert [7, 50] in groups


@given(st.integers(0, 2**32), st.integers(1, 400))
def test_order_of_arrival_plays_no_part_and_the_audit_stays(seed: int, count: int) -> None:
    draw = random.Random(seed)
    reports = [
        report(number, f"u{draw.randrange(count)}", *(file(f"{draw.randrange(3 * count):x}") for _ in range(draw.randrange(3))))
        for number in range(count)
    ]
    folds = ranked(*reports)
    mixed = draw.sample(reports, count)
    assert [_named(fold, mixed) for fold in ranked(*mixed)] == [_named(fold, reports) for fold in folds]
    counts = Counter(fold.queue for fold in folds)
    audited = [fold for fold in folds if fold.audit]
    assert all(fold.queue == LOW for fold in audited)
    assert AUDITED * counts[LOW] <= len(audited) < AUDITED * counts[LOW] + 1
    assert sorted(at for fold in folds for at in fold.members) == list(range(count))  # nothing is lost, nothing is closed
    assert not counts[LOW] or audited


def _named(fold: Fold, reports: list[PlatformReport]) -> object:
    names = tuple(sorted(reports[at].id for at in fold.members))
    return msgspec.structs.replace(fold, members=()), names
