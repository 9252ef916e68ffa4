"""Clocks and sources of a case: what was registered was taken before; what two sources hold is first-hand in neither alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import series_case

from homeward.flow.series.clocks import clocks
from homeward.flow.series.firsthand import circulation, sources
from homeward.store import Case, digests, headers, results
from homeward.store.models import Exhibit, Item
from homeward.store.results import CopyRow


def straight_from_camera(case: Case) -> None:
    """Write of every item that it is laid out as a camera writes."""
    with case.batch("step.batch", {"step": "describe"}) as batch:
        columns = ("", "", "", "Halden", "H2", "H2-04711", "", "camera", "", "")
        headers.write_headers(case, [(item.pk, columns) for item in Item.objects.using(case.alias)], batch.seq)
        batch.details |= {"findings": digests.NO_ROWS, "jobs": digests.NO_ROWS}


def test_an_exhibit_was_registered_after_its_pictures_were_taken(tmp_path: Path) -> None:
    with Case.create(tmp_path / "case", "Test Unit") as case:
        series_case.deliver(case, "A", {"a": "1", "b": "1"}, year=2090)
        straight_from_camera(case)
        (told,) = clocks(case)
        registered = Exhibit.objects.using(case.alias).get().registered
    newest = datetime(2090, 1, 1 + ord("b") % 28, 10, tzinfo=UTC)  # as series_case dates b
    newest = max(newest, datetime(2090, 1, 1 + ord("a") % 28, 10, tzinfo=UTC))
    assert told["offset"] == [newest.timestamp() - registered.timestamp() - 3600, None]
    assert told["right_somewhere"] is False
    assert "registered" in told["decisive"][0]["reason"]


def test_a_file_of_the_camera_in_two_exhibits_is_first_hand_in_neither_alone(tmp_path: Path) -> None:
    with Case.create(tmp_path / "case", "Test Unit") as case:
        series_case.deliver(case, "A", {"a": "1", "b": "1"})
        straight_from_camera(case)
        series_case.deliver(case, "B", {"a": "1"})
        told = {(source["exhibit"], source["folder"]): [item["how"] for item in source["items"]] for source in sources(case)}
        items = [item.pk for item in Item.objects.using(case.alias)]
        counted = circulation(case, items)
    assert told == {
        ("A", "a"): ["straight, elsewhere too"],
        ("A", "b"): ["straight, only here"],
        ("B", "a"): ["straight, elsewhere too"],
    }
    assert [one["counts"]["straight, elsewhere too"] for one in counted] == [1, 0, 1]


def test_copies_of_a_camera_file_are_passed_on_wherever_they_lie(tmp_path: Path) -> None:
    with Case.create(tmp_path / "case", "Test Unit") as case:
        series_case.deliver(case, "A", {"a": "1", "b": "1"})
        straight_from_camera(case)
        series_case.deliver(case, "B", {"c": "", "d": ""})
        series_case.deliver(case, "C", {"c": ""})
        items = {item.sha256: item.pk for item in Item.objects.using(case.alias)}
        a, c, d = (items[series_case.sha(name)] for name in "acd")
        with case.batch("step.set", {"step": "copies"}) as batch:
            rows = [CopyRow(item, a, "verified", 0, 900, "1 0 0 0 1 0") for item in (a, c)]
            results.replace_copies(case, rows)
            results.complete_set(case, batch, "copies", "a test")
        told = {source["exhibit"]: source["counts"] for source in circulation(case, [a, c])}
        alone = circulation(case, [d])
        nothing = circulation(case, [])
        ordered = [(source["exhibit"], source["folder"]) for source in sources(case)]
    said = {label: {how: count for how, count in counts.items() if count} for label, counts in told.items()}
    assert said == {"A": {"straight, only here": 1}, "B": {"passed on": 1}, "C": {"passed on": 1}}
    assert [(one["exhibit"], one["counts"]["only here, processed"]) for one in alone] == [("B", 1)]
    assert nothing == []
    assert ordered == [("A", "a"), ("A", "b"), ("B", "c"), ("B", "d"), ("C", "c")]
