"""Clocks and sources of a case: what was registered was taken before; what two sources hold is first-hand in neither alone."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import series_case

from homeward.core import WrongUse
from homeward.flow.clues.clue_ledger import ledger, sight
from homeward.flow.clues.whereabouts import located_one
from homeward.flow.series import clocks as flow_clocks
from homeward.flow.series.clock_clues import said
from homeward.flow.series.clocks import clocks
from homeward.flow.series.firsthand import circulation, sources
from homeward.flow.series.fusing import all_traces, units
from homeward.flow.series.listing import listed
from homeward.flow.steps import SIGHTS
from homeward.series.clocks import Clock
from homeward.series.clocks import clocks as bounded
from homeward.series.clues import OPEN, Clue, Sighting
from homeward.store import Case, digests, headers, results
from homeward.store.models import Exhibit, Item, Occurrence
from homeward.store.results import CopyRow

BOTH = {"a": "1", "b": "1"}
POSTED = 1_433_331_234


def straight_from_camera(case: Case, bodies: dict[str, str]) -> None:
    """Write of items that they are laid out as a camera writes, each by the camera with its serial number."""
    with case.batch("step.batch", {"step": "describe"}) as batch:
        items = {item.sha256: item.pk for item in Item.objects.using(case.alias)}
        rows = [
            (items[series_case.sha(name)], ("", "", "", "Halden", "H2", f"H2-0471{serial}", "", "camera", "", ""))
            for name, serial in bodies.items()
        ]
        headers.write_headers(case, rows, batch.seq)
        batch.details |= {"findings": digests.NO_ROWS, "jobs": digests.NO_ROWS}


def test_an_exhibit_was_registered_after_its_pictures_were_taken(tmp_path: Path) -> None:
    with Case.create(tmp_path / "case", "Test Unit") as case:
        series_case.deliver(case, "A", {"a": "1", "b": "1"}, year=2090)
        straight_from_camera(case, BOTH)
        (told,) = clocks(case)
        registered = Exhibit.objects.using(case.alias).get().registered
    newest = datetime(2090, 1, series_case.day("b"), 10, tzinfo=UTC)  # as series_case dates b
    newest = max(newest, datetime(2090, 1, series_case.day("a"), 10, tzinfo=UTC))
    least = math.floor(newest.timestamp() - registered.timestamp() - 3600)
    first = datetime(2090, 1, min(map(series_case.day, "ab")), 10, tzinfo=UTC)
    assert told["offset"] == [least, (first - datetime(1994, 1, 1, tzinfo=UTC)).total_seconds()]
    assert told["right_somewhere"] is False
    assert "registered" in told["decisive"][0]["reason"]


def say(case: Case, name: str, kind: str, value: str) -> None:
    """A person sees it in the picture called ``name``."""
    sight(case, kind, value, series_case.sha(name), None, None, "R. Ek", "looked at")


@pytest.mark.parametrize("told", ["within 3 days", "within 2 hrs", "WITHIN -3 hours", "within a week within 24 hours"])
def test_a_session_whose_time_cannot_be_read_is_refused_and_bounds_nothing(tmp_path: Path, told: str) -> None:
    """Before, it was read as part of the name, and pictures of three days were taken to be of one."""
    value = f"session: Garden {told}"
    sighting = Sighting(series_case.sha("a"), -1, None, proposed=False, by=())
    kept = Clue("1", "attribute", value, OPEN, False, False, (), (sighting,), (), (), frozenset(), ())
    assert said([kept]).sessions == []
    with Case.create(tmp_path / "case", "Test Unit") as case:
        series_case.deliver(case, "A", BOTH)
        with pytest.raises(WrongUse, match="within N hours"):
            say(case, "a", "attribute", value)
        say(case, "a", "attribute", "session: Garden within 3 hours")
        (clue,) = ledger(case).values()
    assert [(one.name, one.seconds) for one in said([clue]).sessions] == [("garden", 3 * 3600)]


def test_pictures_that_a_person_says_are_of_one_session_bound_each_others_clocks(tmp_path: Path) -> None:
    """Of a, b and c each camera says 10:00 of a day of its own; a fourth tells no time, and a site named it by the second."""
    with Case.create(tmp_path / "case", "Test Unit") as case:
        series_case.deliver(case, "A", {"a": "1", "b": "2", "c": "3", f"{POSTED}123.jpg": ""}, year=2090)
        straight_from_camera(case, {"a": "1", "b": "2", "c": "3"})
        before = {one["id"]: one for one in clocks(case)}
        for name in ("a", "b", f"{POSTED}123.jpg"):
            say(case, name, "attribute", "session: Garden within 2 hours")
        say(case, "c", "attribute", "session: Garden")
        after = {one["id"]: one for one in clocks(case)}
    one, other, alone = (f"serial:halden:h20471{serial}" for serial in "123")
    assert set(after) == {one, other, alone}
    assert after[alone] == before[alone]
    said = {
        serial: datetime(2090, int(serial), 1 + ord(name) % 28, 10, tzinfo=UTC) for name, serial in (("a", "1"), ("b", "2"))
    }
    for name, serial in ((one, "1"), (other, "2")):
        assert after[name]["offset"] == [said[serial].timestamp() - POSTED - 3600 - 7200, before[name]["offset"][1]]
        chain = [link["reason"] for link in after[name]["decisive"][0]["chain"]]
        assert "the session garden were taken within 2 hours" in chain[0]
        assert chain[1:] == ["a picture was posted, as the name of a copy says"]


def test_numbers_that_rise_while_the_clock_goes_back_tell_that_it_was_set_anew(tmp_path: Path) -> None:
    """Numbers 6 to 9 are of the days 27, 28, 1 and 2; of x nobody knows when it was taken."""
    counted = {f"DCIM/100MEDIA/IMG_000{number}.JPG": "1" for number in (6, 7, 8, 9)}
    with Case.create(tmp_path / "case", "Test Unit") as case:
        series_case.deliver(case, "A", {**counted, "x": "1"}, year=2090)
        straight_from_camera(case, {**counted, "x": "1"})
        (told,) = clocks(case)
        home = units(case)
        timed = {item for item, trace in all_traces(case, home).items() if trace.times}
        items = {item.sha256: item.pk for item in Item.objects.using(case.alias)}
    first, last = told["epochs"]
    names = [series_case.sha(name) for name in counted]
    assert [first["first"], first["last"], last["first"], last["last"]] == names
    assert told["readings"] == 4
    assert {items[name] for name in names} - timed == {items[name] for name in names[2:]}
    assert last["offset"][1] == first["offset"][1] - 26 * 86_400  # it went back by 27 days, and ran on for one
    assert "counted" in last["decisive"][-1]["reason"]
    assert told["offset"] == [last["offset"][0], first["offset"][1]]


def test_light_in_a_picture_of_a_known_place_moves_the_end(tmp_path: Path) -> None:
    """At sea under Greenwich on a day in January, and in Portugal; what is said of a picture without a place says nothing."""
    with Case.create(tmp_path / "case", "Test Unit") as case:
        series_case.deliver(case, "A", {"a": "1", "b": "2", "c": "3"}, year=2090)
        Exhibit.objects.using(case.alias).update(registered=datetime(2026, 6, 15, 12, tzinfo=UTC))  # in broad daylight
        straight_from_camera(case, {"a": "1", "b": "2", "c": "3"})
        before = {one["id"]: one for one in clocks(case)}
        for name, light in (("a", "night"), ("b", "day"), ("c", "night")):
            say(case, name, "attribute", f"daylight: {light}")
        say(case, "a", "coordinate", "0.5,0.5")
        say(case, "c", "attribute", "country: PT")
        after = {one["id"]: one for one in clocks(case)}
    one, other, third = (f"serial:halden:h20471{serial}" for serial in "123")
    assert after[other] == before[other]
    for name, month, letter in ((one, 1, "a"), (third, 3, "c")):
        for end in (0, 1):
            assert 0 <= abs(after[name]["offset"][end] - before[name]["offset"][end]) < 14 * 3600
            said = datetime(2090, month, series_case.day(letter), 10, tzinfo=UTC).timestamp()
            assert not 9 < (said - after[name]["offset"][end]) % 86400 / 3600 < 17
    assert after[third]["offset"][0] != before[third]["offset"][0]
    assert after[one]["offset"][0] != before[one]["offset"][0]


def test_a_file_of_the_camera_in_two_exhibits_is_first_hand_in_neither_alone(tmp_path: Path) -> None:
    with Case.create(tmp_path / "case", "Test Unit") as case:
        series_case.deliver(case, "A", {"a": "1", "b": "1"})
        straight_from_camera(case, BOTH)
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
        straight_from_camera(case, BOTH)
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


def test_no_time_is_trusted_beyond_what_bounds_its_clock(tmp_path: Path) -> None:
    """Both clocks say 2090; what one says of the light at noon says nothing, for its hour is that of no place."""
    with Case.create(tmp_path / "case", "Test Unit") as case:
        series_case.deliver(case, "A", {"a": "1", "b": "1"}, year=2090)
        series_case.hold(case)
        (believed,) = listed(case)
        straight_from_camera(case, BOTH)
        (told,) = listed(case)
        say(case, "a", "attribute", "daylight: night")
        (light,) = [cue for cue in located_one(case, series_case.sha("a"))["cues"] if cue["kind"] == "daylight"]
        registered = Exhibit.objects.using(case.alias).get().registered
    assert believed["last_seen"].startswith("2090")
    assert believed["seen_between"] == [None, None]
    last = datetime.fromisoformat(told["last_seen"])
    assert abs((last - registered).total_seconds() - 3600) < 2
    assert told["seen_between"][0] == "1994-01-01T00:00:00+00:00"
    assert datetime.fromisoformat(told["seen_between"][1]) - last < timedelta(seconds=1)
    assert light["value"] == "night"
    assert light["why_not"]


def test_the_list_of_series_solves_clocks_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    solved: list[int] = []

    def counted(*given: Any) -> dict[str, Clock]:
        solved.append(len(given))
        return bounded(*given)

    with Case.create(tmp_path / "case", "Test Unit") as case:
        series_case.deliver(case, "A", {"a": "1", "b": "1"})
        straight_from_camera(case, BOTH)
        series_case.hold(case)
        say(case, "a", "attribute", "daylight: night")
        say(case, "a", "coordinate", "59.3,18.0")
        monkeypatch.setattr(flow_clocks, "bounded", counted)
        (one,) = listed(case)
    assert one["country"]
    assert len(solved) == 1


def test_a_time_beyond_all_years_is_open(tmp_path: Path) -> None:
    """Before, a file of the year 9999 that lies nowhere any more, of a camera that is behind, let nothing be listed."""
    with Case.create(tmp_path / "case", "Test Unit") as case:
        series_case.deliver(case, "A", {"a": "1"}, year=2015)
        series_case.deliver(case, "B", {"b": "1"}, year=9999)
        straight_from_camera(case, BOTH)
        Occurrence.objects.using(case.alias).filter(item__sha256=series_case.sha("b")).update(current=False)
        series_case.hold(case)
        (one,) = listed(case)
    assert one["seen_between"][1] is None
    assert one["last_seen"].startswith("9999")


def test_two_pictures_of_one_place_whose_clocks_say_nearly_the_same_are_asked_about(tmp_path: Path) -> None:
    """a and c say the same hour; a of January and b of February are further apart, whatever place they show. Places are those
    that stand: a newer program has not compared anything yet.
    """
    bodies = {"a": "1", "b": "2", "DCIM/100MEDIA/a.JPG": "1"}
    with Case.create(tmp_path / "case", "Test Unit") as case:
        series_case.deliver(case, "A", bodies)
        straight_from_camera(case, {"a": "1", "b": "2", "DCIM/100MEDIA/a.JPG": "3"})
        a, _, c = (series_case.sha(name) for name in bodies)
        older = msgspec.structs.replace(SIGHTS, version="older")
        series_case.see(case, {("a", "b"): 2000, ("a", "DCIM/100MEDIA/a.JPG"): 2000}, older)
        asked = {one["id"]: [(row["sha256"], row["other"], row["apart"]) for row in one["questions"]] for one in clocks(case)}
        for name in ("a", "DCIM/100MEDIA/a.JPG"):
            say(case, name, "attribute", "session: Garden")
        after = [one["questions"] for one in clocks(case)]
    assert asked == {
        "serial:halden:h204711": [(a, c, 0.0)],
        "serial:halden:h204712": [],
        "serial:halden:h204713": [(c, a, 0.0)],
    }
    assert after == [[], [], []]
