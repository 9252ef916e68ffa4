"""The demo's material, through every step: everything that must be found is found, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from homeward.flow.ingest import Delivery, ingest
from homeward.flow.known import add_known_list
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case, known, reads, stacks
from homeward.testing.demo_material import DemoTruth, make


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> DemoTruth:
    return make(tmp_path_factory.mktemp("demo") / "material")


@pytest.fixture(scope="module")
def demo(truth: DemoTruth, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with Case.create(tmp_path_factory.mktemp("case") / "case", "Demonstration Unit") as case:
        ingest(case, [Delivery(e.label, e.path, "Warrant 1", "Somebody") for e in truth.exhibits], Quiet())
        add_known_list(case, truth.known_list, "known", Quiet())
        process(case, "processes", 2, Quiet())
        yield case


@pytest.fixture(scope="module")
def rows(demo: Case) -> list[dict[str, Any]]:
    return list(reads.occurrences(demo))


def test_every_whole_picture_and_clip_is_done(rows: list[dict[str, Any]], truth: DemoTruth) -> None:
    done = {row["item__sha256"] for row in rows if row["state"] == "done"}
    assert truth.pictures | truth.videos <= done


def test_deleted_and_embedded_files_are_found_and_marked(rows: list[dict[str, Any]], truth: DemoTruth) -> None:
    assert truth.deleted == {row["item__sha256"] for row in rows if row["deleted"] and row["item__sha256"]}
    assert truth.embedded == {row["item__sha256"] for row in rows if row["embedded"]}


def test_disguised_pictures_are_told(rows: list[dict[str, Any]], truth: DemoTruth) -> None:
    told = {row["item__sha256"] for row in rows if row["extension_mismatch"] and row["item__mime"].startswith("image/")}
    assert truth.disguised == told


def test_copies_are_counted(rows: list[dict[str, Any]], truth: DemoTruth) -> None:
    found = [row["item__sha256"] for row in rows if row["state"] in {"done", "duplicate"}]
    assert truth.copies == {sha256: found.count(sha256) for sha256 in set(found) if found.count(sha256) > 1}


def test_stacks_are_the_true_ones(demo: Case, truth: DemoTruth) -> None:
    found = {frozenset(item["sha256"] for item in stack["items"]) for stack in stacks.stacks(demo)}
    assert {stack for stack in found if len(stack) > 1} == set(truth.stacks)


def test_known_media_are_recognised(demo: Case, truth: DemoTruth) -> None:
    found = {(m["sha256"], m["kind"], m["series"], m["victim_identified"]) for m in known.matches(demo)}
    wanted = {(hit.sha256, hit.kind, hit.series, hit.victim_identified) for hit in truth.known}
    assert wanted <= found
    assert {series for _, _, series, _ in found} == {series for _, _, series, _ in wanted}


def test_series_with_an_unidentified_victim_come_first(demo: Case) -> None:
    identified = [match["victim_identified"] for match in known.matches(demo) if match["series"]]
    assert False in identified
    assert identified == sorted(identified, key=lambda value: value is not False)


def test_a_preview_that_shows_more_is_a_finding(demo: Case, truth: DemoTruth) -> None:
    found = {row["sha256"] for row in reads.findings(demo) if row["kind"] == "other preview"}
    assert found == truth.more_in_thumbnail


def test_broken_files_say_what_is_wrong(rows: list[dict[str, Any]], truth: DemoTruth) -> None:
    said = [row["path"] for row in rows if row["why"]]
    for name in truth.broken:
        assert any(name in path for path in said), name


def test_damaged_pictures_are_flagged(demo: Case, truth: DemoTruth) -> None:
    from homeward.store.models import Media

    flagged = set(Media.objects.using(demo.alias).exclude(damage="").values_list("item__sha256", flat=True))
    assert flagged == truth.damaged


def test_sums_agree_and_nothing_is_wrong(demo: Case, rows: list[dict[str, Any]]) -> None:
    counts = reads.status(demo)["occurrences"]
    assert counts["total"] == len(rows) == sum(counts[state] for state in reads.STATES)
    assert counts["pending"] == 0
    assert verify(demo, Quiet(), full=True).faults == []


def test_running_everything_again_changes_nothing(demo: Case, truth: DemoTruth) -> None:
    before = reads.status(demo)
    report = ingest(demo, [Delivery(e.label, e.path, "Warrant 1", "Somebody") for e in truth.exhibits], Quiet())
    process(demo, "processes", 2, Quiet())
    after = reads.status(demo)
    assert (report.occurrences, report.items, report.notes) == (0, 0, [])
    assert {k: v for k, v in before.items() if k != "ledger_entries"} == {
        k: v for k, v in after.items() if k != "ledger_entries"
    }
    assert after["ledger_entries"] == before["ledger_entries"]
