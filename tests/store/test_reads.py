"""What is read has the shapes that others build on, and every occurrence is accounted for once."""

from __future__ import annotations

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_makers import STEP, digests, exhibit, row

from homeward.core.time import Moment
from homeward.store import Case, reads, stacks
from homeward.store.intake import take
from homeward.store.models import Item, Job
from homeward.store.results import CopyRow, MediaRow, replace_copies, write_media


def ids(case: Case) -> dict[str, int]:
    return dict(Item.objects.using(case.alias).values_list("sha256", "id"))


def filled(case: Case) -> dict[bytes, int]:
    """Three stills (one of them twice), a text and a file that could not be read; returns the item of each content."""
    rows = [
        row("a.png", content=b"a", modified=Moment(1_700_000_000_500_000_000)),
        row("b.zip", "a again.png", content=b"a", modified=Moment(0, zoned=False)),
        row("c.png", content=b"c"),
        row("d.png", content=b"d"),
        row("e.txt", content=b"e", kind=""),
        row("f.png", content=None),
    ]
    take(case, exhibit(case), {one.source: "stamp" for one in rows}, rows)
    found = ids(case)
    return {content: found[digests(content).sha256] for content in (b"a", b"c", b"d", b"e")}


def described(case: Case, item: int, damage: str = "") -> None:
    with case.batch("step.batch") as batch:
        write_media(case, [MediaRow(item, "PNG", 4, 3, None, 0, damage, {})], batch.seq)


def states(case: Case) -> dict[str, tuple[str, str]]:
    return {found["path"]: (found["state"], found["why"] or "") for found in reads.occurrences(case)}


def test_every_occurrence_is_in_one_state(case: Case) -> None:
    items = filled(case)
    case.jobs.enqueue(STEP, ["still"])
    assert case.jobs.lease(STEP, 9) == sorted([items[b"a"], items[b"c"], items[b"d"]])
    case.jobs.failed(STEP, items[b"c"], "it is no picture", 1)
    described(case, items[b"a"])
    assert states(case) == {
        "a.png": ("done", ""),
        "b.zip > a again.png": ("duplicate", ""),
        "c.png": ("failed", "it is no picture"),
        "d.png": ("pending", ""),
        "e.txt": ("not media", ""),
        "f.png": ("failed", "the archive ends early"),
    }
    status = reads.status(case)
    assert status["occurrences"] == {"total": 6, "done": 1, "duplicate": 1, "not media": 1, "failed": 2, "pending": 1}
    assert sorted((one["reason"], one["count"]) for one in status["failures"]) == [
        ("it is no picture", 1),
        ("the archive ends early", 1),
    ]
    assert (status["agency"], status["exhibits"], status["items"]) == ("Unit 7", 1, 4)
    assert status["ledger_entries"] == len(list(case.custody.entries()))


def test_times_say_whether_their_zone_is_known(case: Case) -> None:
    filled(case)
    times = {found["path"]: found["modified"] for found in reads.occurrences(case)}
    assert times["a.png"] == "2023-11-14T22:13:20.5Z"
    assert times["b.zip > a again.png"] == "1970-01-01T00:00:00"
    assert times["c.png"] == ""


contents = st.one_of(st.none(), st.sampled_from([b"a", b"b", b"c", b"d"]))


@given(st.lists(st.tuples(contents, st.sampled_from(["still", "video", ""])), max_size=12))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_sums_agree_whatever_was_registered_and_done(
    case: Case,
    found: list[tuple[bytes | None, str]],
) -> None:
    first = reads.status(case)["occurrences"]["total"]
    rows = [row(f"{first + n}.png", content=content, kind=kind) for n, (content, kind) in enumerate(found)]
    take(case, exhibit(case), {one.source: "stamp" for one in rows}, rows)
    case.jobs.enqueue(STEP, ["still", "video"])
    for item in case.jobs.lease(STEP, 2):
        if item % 2:
            case.jobs.failed(STEP, item, "it is no picture", 1)
            continue
        with transaction.atomic(using=case.alias):
            assert case.jobs.done(STEP, [item], 1) == {item}
        described(case, item)
    case.jobs.release()
    counted = reads.status(case)["occurrences"]
    assert counted.pop("total") == first + len(rows) == sum(counted.values())
    listed = [found_row["state"] for found_row in reads.occurrences(case)]
    assert {state: listed.count(state) for state in counted} == counted
    pending = Job.objects.using(case.alias).filter(state="pending").count()
    assert counted["pending"] == pending


def test_stacks_are_listed_largest_first(case: Case) -> None:
    items = filled(case)
    rows = [
        CopyRow(items[b"c"], items[b"c"], "itself", 0, None, ""),
        CopyRow(items[b"d"], items[b"c"], "hash", 9, None, "2 0 0 0 2 0"),
        CopyRow(items[b"a"], items[b"a"], "itself", 0, None, ""),
    ]
    for _ in range(2):
        with case.batch("step.set"):
            replace_copies(case, rows)
    near, exact = stacks.stacks(case)
    assert (near["id"], near["kind"]) == (digests(b"c").sha256, "near")
    assert [(one["sha256"], one["distance"]) for one in near["items"]] == [(digests(b"c").sha256, 0), (digests(b"d").sha256, 9)]
    assert [one["map"] for one in near["items"]] == [[1, 0, 0, 0, 1, 0], [2, 0, 0, 0, 2, 0]]
    assert exact["kind"] == "exact"
    assert exact["items"][0]["paths"] == ["EX-1 > a.png", "EX-1 > b.zip > a again.png"]


def test_work_prefers_a_file_in_a_folder_to_the_same_in_an_archive(case: Case) -> None:
    rows = [row("b.zip", "a.png", content=b"a"), row("a.png", content=b"a")]
    take(case, exhibit(case), {one.source: "stamp" for one in rows}, rows)
    (place,) = reads.work(case, ids(case).values())
    assert place["path"] == "a.png"
