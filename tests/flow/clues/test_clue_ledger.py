"""Clues in a case: from metadata by themselves, from people, from partners; vouched for, and the same after any crash."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from homeward.core import StackedPath, WrongUse
from homeward.core.digests import Hasher
from homeward.exchange.target import ExportFailed
from homeward.flow.clues.clue_ledger import find_clue, give, listed, propose, receive, seen_too, shown, sight, tell
from homeward.flow.progress import Quiet
from homeward.flow.steps import CLUES
from homeward.flow.verify import verify
from homeward.series.exchange import files_of
from homeward.store import Case, results
from homeward.store.exhibits import register
from homeward.store.intake import OccurrenceRow, take
from homeward.store.ledger import decode as entry
from homeward.store.models import ClueEvent, Item
from homeward.store.results import MediaRow

FACTS = {
    "a": {"metadata": {"place": {"latitude": 59.33258, "longitude": 18.0649}, "body_serial": "77", "make": "Acme"}},
    "b": {"metadata": {"place": {"latitude": 59.33262, "longitude": 18.06491}, "taken": {"text": "2019:06:03 21:31:12"}}},
    "c": {"metadata": {}},
    "d": {
        "tags": {"location": "-33.8568+151.2153/"},
        "mains": {"sound": {"hertz": 50}, "light": {"hertz": None, "reason": "it is dark"}},
    },
}


def made(folder: Path, agency: str) -> Case:
    """A case with four decoded items, a to d."""
    case = Case.create(folder, agency)
    rows = []
    for name in FACTS:
        hasher = Hasher()
        hasher.update(name.encode())
        rows.append(OccurrenceRow(name, StackedPath.of([name]), 1, hasher.digests, "image/jpeg", "still"))
    take(case, register(case, "X", str(folder), "W", ""), {row.source: "" for row in rows}, rows)
    return case


def decode(case: Case, names: str = "abcd") -> None:
    """Write what a decode would have said of the items."""
    from homeward.store import digests

    items = {sha(name): name for name in FACTS}
    with case.batch("step.batch", {"step": "describe"}) as batch:
        found = [(item.pk, items[item.sha256]) for item in Item.objects.using(case.alias).order_by("id")]
        rows = [MediaRow(item, "JPEG", 400, 300, None, 0, "", FACTS[name]) for item, name in found if name in names]
        results.write_media(case, rows, batch.seq)
        batch.details["media"] = digests.MEDIA.digest(case, batch.seq)
        batch.details["findings"] = digests.FINDINGS.digest(case, batch.seq)
        batch.details["jobs"] = digests.JOBS.digest(case, batch.seq)


def sha(name: str) -> str:
    import hashlib

    return hashlib.sha256(name.encode()).hexdigest()


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with made(tmp_path / "ours", "Ours") as case:
        yield case


@pytest.fixture
def partner(tmp_path: Path) -> Iterator[Case]:
    with made(tmp_path / "theirs", "Theirs") as case:
        yield case


def faults(case: Case) -> list[str]:
    return verify(case, Quiet()).faults


def test_metadata_propose_clues_once_and_the_same_place_is_one_clue(case: Case) -> None:
    decode(case)
    propose(case, CLUES, Quiet())
    rows = listed(case)
    assert {(row["kind"], row["pictures"], row["proposed"]) for row in rows} == {
        ("coordinate", 2, True), ("serial", 1, True), ("coordinate", 1, True),
    }  # fmt: skip
    assert rows[0]["value"] in {"59.33258,18.0649", "59.33262,18.06491"}
    assert {row["value"] for row in rows[1:]} == {"Acme 77", "-33.8568,151.2153"}
    assert rows[0]["sightings"][0]["paths"] in (["X > a"], ["X > b"])
    events = ClueEvent.objects.using(case.alias).count()
    with case.batch("step.set", {"step": CLUES.name}) as batch:
        results.write_step_key(case, batch, CLUES.name, "")
    propose(case, CLUES, Quiet())
    assert ClueEvent.objects.using(case.alias).count() == events
    assert faults(case) == []


def test_new_items_add_their_clues_and_a_proposal_taken_back_stays_so(case: Case) -> None:
    decode(case, "a")
    propose(case, CLUES, Quiet())
    (serial,) = [row for row in listed(case) if row["kind"] == "serial"]
    clue = find_clue(case, serial["id"])
    tell(case, clue, "undo", "Kim", "a stock serial number", undone=clue.events[0].id[:10])
    assert serial["id"] not in {row["id"] for row in listed(case)}
    decode(case, "bcd")
    propose(case, CLUES, Quiet())
    assert len(listed(case)) == 2
    assert serial["id"] not in {row["id"] for row in listed(case)}
    assert find_clue(case, serial["id"]).sightings == ()


def test_a_person_says_and_it_stays_with_name_reason_and_time(case: Case) -> None:
    clue = sight(case, "text", " Nordsjö  Färg", sha("a")[:12], None, (1, 2, 30, 40), "Kim", "on a bag")
    clue = tell(case, clue, "owner", "Kim", owner="Robin")
    clue = tell(case, clue, "search", "Robin", where="maps", outcome="three shops")
    clue = tell(case, clue, "rarity", "Robin", seen=3, of=4000, where="shop gallery")
    clue = tell(case, clue, "status", "Robin", "found in Malmö", status="traced")
    told = shown(case, clue)
    assert (told["value"], told["status"], told["owners"], told["stopped"]) == ("Nordsjö Färg", "traced", ["Robin"], True)
    assert [(event["act"], event["who"]) for event in told["history"]] == [
        ("sight", "Kim"), ("owner", "Kim"), ("search", "Robin"), ("rarity", "Robin"), ("status", "Robin"),
    ]  # fmt: skip
    assert told["rarity"][0]["of"] == 4000
    with pytest.raises(WrongUse, match="found in Malmö"):
        tell(case, clue, "search", "Kim", where="maps", outcome="again")
    again = sight(case, "text", "NORDSJÖ FÄRG", sha("b"), None, None, "Kim", "")
    assert (again.id, again.status, len(again.sightings)) == (clue.id, "traced", 2)
    assert faults(case) == []


def test_what_makes_no_sense_is_one_sentence(case: Case) -> None:
    decode(case)
    asked: list[tuple[str, str, str, tuple[int, int, int, int] | None, str]] = [
        ("text", "x", "ffff" * 16, None, "no items"),
        ("text", "x", "not hex", None, "no items"),
        ("text", "x", sha("a"), (390, 0, 20, 5), "outside"),
        ("text", "x", sha("a"), (0, 0, 0, 5), "outside"),
        ("text", "", sha("a"), None, "missing"),
        ("text", "a\x07b", sha("a"), None, "control"),
        ("text", "x" * 3000, sha("a"), None, "longer than"),
        ("coordinate", "somewhere", sha("a"), None, "LATITUDE"),
        ("region", "", sha("a"), None, "--box"),
    ]
    for kind, value, picture, box, reason in asked:
        with pytest.raises(WrongUse, match=reason):
            sight(case, kind, value, picture, None, box, "Kim", "")
    assert listed(case) == []


@pytest.mark.parametrize("time", [math.nan, math.inf, -math.inf, -1.0, 1e300])
def test_a_moment_that_no_clip_has_is_refused(case: Case, time: float) -> None:
    with pytest.raises(WrongUse, match="a moment is told in seconds"):
        sight(case, "text", "x", sha("a"), time, None, "Kim", "")
    assert listed(case) == []


def test_a_still_has_no_moments(case: Case) -> None:
    decode(case)
    clue = sight(case, "region", "", sha("a"), None, (0, 0, 9, 9), "Kim", "")
    with pytest.raises(WrongUse, match="a still has no moments"):
        sight(case, "region", "", sha("b"), 0.0, (0, 0, 9, 9), "Kim", "")
    with pytest.raises(WrongUse, match="a still has no moments"):
        seen_too(case, clue, sha("b"), 0, (0, 0, 9, 9), "Kim", "")
    assert [row["id"] for row in listed(case)] == [clue.id]


@pytest.mark.parametrize("name", ["", "%", "f"])
def test_nothing_is_taken_back_that_is_not_named(case: Case, name: str) -> None:
    clue = sight(case, "text", "Nordsjö Färg", sha("a"), None, None, "Kim", "")
    with pytest.raises(WrongUse, match="no events about this clue"):
        tell(case, clue, "undo", "Kim", "a slip", undone=name)
    assert listed(case)[0]["pictures"] == 1
    assert tell(case, clue, "undo", "Kim", "a slip", undone=clue.events[0].id[:4].upper()).sightings == ()


def test_what_a_partner_traced_is_not_traced_again_here(case: Case, partner: Case, tmp_path: Path) -> None:
    ours = sight(case, "text", "Nordsjö Färg", sha("a"), None, None, "Kim", "")
    theirs = sight(partner, "text", "nordsjö färg", sha("d"), None, None, "Noor", "")
    theirs = tell(partner, theirs, "note", "Noor", "only for us")
    tell(partner, theirs, "status", "Noor", "the shop in Malmö", status="traced")
    assert give(partner, tmp_path / "out.json") == ([tmp_path / "out.json"], 2)
    assert "Noor" not in (tmp_path / "out.json").read_text()
    ((delivery, new, stopped),) = receive(case, [tmp_path / "out.json"], "Kim")
    assert (delivery.agency, new, [clue.id for clue in stopped]) == ("Theirs", 2, [ours.id])
    assert receive(case, [tmp_path / "out.json"], "Kim")[0][1:] == (0, [])
    with pytest.raises(WrongUse, match="the shop in Malmö"):
        tell(case, find_clue(case, ours.id), "search", "Kim", where="maps", outcome="none")
    told = shown(case, find_clue(case, ours.id))
    assert [(one["act"], one["agency"], one["who"]) for one in told["history"]] == [
        ("sight", "Ours", "Kim"), ("sight", "Theirs", "Kim"), ("status", "Theirs", "Kim"),
    ]  # fmt: skip
    assert faults(case) == []


def test_files_of_partners_in_any_order_make_one_ledger(case: Case, partner: Case, tmp_path: Path) -> None:
    with made(tmp_path / "third", "Third") as third:
        for number, other in enumerate((partner, third)):
            clue = sight(other, "code", "4006381333931", sha("abcd"[number]), None, None, "x", "")
            tell(other, clue, "status", "x", f"reason {number}", status=("dead", "too common")[number])
            give(other, tmp_path / f"{number}.json")
    for order in ((0, 1), (1, 0)):
        with made(tmp_path / f"reader{order[0]}", "Reader") as reader:
            for number in order:
                receive(reader, [tmp_path / f"{number}.json"], "Kim")
            (row,) = listed(reader)
            assert (row["status"], row["disputed"], row["pictures"]) == ("dead", True, 2)
            give(reader, tmp_path / f"all{order[0]}.json")
    first, second = (json.loads((tmp_path / f"all{number}.json").read_text())["events"] for number in (0, 1))
    assert first == second


def test_more_than_one_file_holds_goes_into_several_that_are_read_in_any_order(
    case: Case, partner: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        clue = sight(partner, "text", f"Nordsjö {number}", sha("d"), None, None, "Noor", "")
        tell(partner, clue, "status", "Noor", "the shop", status="traced")
    monkeypatch.setattr(files_of, "__defaults__", (2000,))
    files, count = give(partner, tmp_path / "out.json")
    assert count == 18
    assert [file.name for file in files[:2]] == ["out.json", "out-2.json"]
    assert len(files) > 3
    assert all(file.stat().st_size <= 2000 for file in files)
    left = entry([body for _, body in partner.custody.entries()][-1])
    assert left.details["sha256"] == [sha256(file.read_bytes()).hexdigest() for file in files]
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(WrongUse, match="no file of clues"):
        receive(case, [*files, tmp_path / "bad.json"], "Kim")
    assert not listed(case)
    taken = receive(case, files[::-1], "Kim")
    assert sum(new for _, new, _ in taken) == 18
    assert {row["status"] for row in listed(case)} == {"traced"}
    assert faults(case) == []
    (tmp_path / "again-3.json").write_text("kept")
    with pytest.raises(WrongUse, match="again-3.json exists already"):
        give(partner, tmp_path / "again.json")
    assert not (tmp_path / "again.json").exists()
    longest = tmp_path / f"{'x' * 250}.json"  # the second's name is too long
    with pytest.raises(ExportFailed, match="cannot be written"):
        give(partner, longest)
    assert not longest.exists()
    assert faults(partner) == []


def test_changed_rows_are_found(case: Case) -> None:
    clue = sight(case, "text", "Nordsjö", sha("a"), None, None, "Kim", "")
    tell(case, clue, "status", "Kim", "no such shop", status="dead")
    rows = ClueEvent.objects.using(case.alias)
    last = rows.order_by("id").last()
    assert last is not None
    rows.filter(pk=last.pk).update(body=last.body.replace("dead", "open"))
    assert any("about clues" in fault for fault in faults(case))
    rows.filter(pk=last.pk).delete()
    assert any("about clues" in fault for fault in faults(case))


def test_a_file_that_is_none_changes_nothing(case: Case, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(WrongUse, match="no file of clues"):
        receive(case, [tmp_path / "bad.json"], "Kim")
    with pytest.raises(WrongUse, match="cannot be read"):
        receive(case, [tmp_path / "absent.json"], "Kim")
    (tmp_path / "there").write_text("kept")
    with pytest.raises(WrongUse, match="exists already"):
        give(case, tmp_path / "there")
    with pytest.raises(WrongUse, match="inside the case"):
        give(case, case.folder / "clues.json")
    with pytest.raises(ExportFailed, match="cannot be written"):
        give(case, tmp_path / "nowhere" / "clues.json")
    assert (tmp_path / "there").read_text() == "kept"
    assert faults(case) == []


def test_whereabouts_of_a_stack_open_into_clues_and_metadata(case: Case) -> None:
    from homeward.flow.clues.whereabouts import located, located_one
    from homeward.store import digests
    from homeward.store.texts import LineRow, write_lines

    decode(case)
    assert located(case) == []
    assert {row["probability"] for row in located_one(case, sha("c"))["countries"]} == {1 / 250}
    sight(case, "attribute", "Socket: J", sha("c"), None, (1, 1, 9, 9), "Kim", "")
    common = sight(case, "text", "+1 202 555 0100", sha("c"), None, None, "Kim", "")
    tell(case, common, "status", "Kim", "a stock photograph", status="too common")
    propose(case, CLUES, Quiet())
    rows = located(case)
    assert [row["items"] for row in rows[:2]] == [[sha("d")], rows[1]["items"]]
    assert rows[0]["countries"][0]["country"] == "AU"
    assert ("mains", "50", "sound of " + sha("d")[:12]) in {
        (one["kind"], one["value"], one["origin"]) for one in rows[0]["cues"]
    }
    found = located_one(case, sha("c")[:10])
    assert [(cue["kind"], cue["value"]) for cue in found["cues"]] == [("socket", "J")]
    assert {row["country"] for row in found["countries"][:3]} == {"CH", "LI", "RW"}
    assert "mains" in found["missing"]
    item = Item.objects.using(case.alias).get(sha256=sha("a")).pk
    with case.batch("step.batch", {"step": "a test"}) as batch:
        words = ("Bitte nicht vergessen, dass wir morgen", "nach dem Essen noch zusammen einkaufen gehen")
        rows = [LineRow(-1, text, 0, 9 * at, 9, 9, 0, 900, "print", []) for at, text in enumerate(words)]
        write_lines(case, [(item, rows)], batch.seq)
        batch.details["texts"] = digests.TEXTS.digest(case, batch.seq)
    row = next(row for row in located(case) if row["items"] == [sha("a")])
    assert ("language", "de") in [(cue["kind"], cue["value"]) for cue in row["cues"]]
    sight(case, "attribute", "daylight: night", sha("b"), None, None, "Kim", "")
    found = located_one(case, sha("b"))
    assert ("daylight", "night 2019-06-03 21:30") in [(cue["kind"], cue["value"]) for cue in found["cues"]]
    with pytest.raises(WrongUse, match="socket is one of A, B"):
        sight(case, "attribute", "socket: Q", sha("c"), None, None, "Kim", "")


def test_how_common_a_region_is_agrees_with_the_links_and_is_worked_out_once_for_all(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connections
    from django.test.utils import CaptureQueriesContext

    from homeward.flow.clues.rarity import Commonness
    from homeward.flow.clues.sights import rows_key
    from homeward.links.rarity import Common, Seen, Things
    from homeward.store import digests
    from homeward.store.sights import SightRow, write_sights

    decode(case)
    items = {name: Item.objects.using(case.alias).get(sha256=sha(name)).pk for name in "abcd"}
    place_lrs = {"ab": -500, "ac": -500, "ad": -500, "bc": 2000}  # b and c show one place: one group
    with case.batch("step.part", {"step": "sights"}) as batch:
        rows = [
            SightRow(*sorted(items[name] for name in pair), 20, 0, value, 1000, "10 10 90 90", "10 10 90 90", "20 features")
            for pair, value in place_lrs.items()
        ]
        write_sights(case, rows, rows_key(), batch.seq)
        batch.details["sights"] = digests.SIGHTS.digest(case, batch.seq)
    asked = []
    for name in "abcd":
        sight(case, "region", "", sha(name), None, (12, 12, 88, 88), "Kim", "")
        with CaptureQueriesContext(connections[case.alias]) as queries:
            told = listed(case)
        asked.append(len(queries))
    assert len(set(asked)) == 1
    regions = [row for row in told if row["kind"] == "region"]
    assert len(regions) == 4
    assert {row["rarity"]["others"] for row in Commonness(case, [rows_key()]).weakened().values()} == {1}
    assert [row["common"]["others"] for row in regions] == [1] * 4
    counted: list[tuple[int, int]] = []
    count = Things.common

    def watched(things: Things, one: Seen) -> Common:
        counted.append((one.a, one.b))
        return count(things, one)

    monkeypatch.setattr(Things, "common", watched)
    assert Commonness(case, [rows_key()]).around(items["d"], (12, 12, 88, 88)) is not None
    assert counted == [(items["a"], items["d"])]  # nothing is counted that nobody asks about


def test_a_thing_that_is_traced_is_not_traced_again_as_another_region(case: Case) -> None:
    from homeward.flow.clues.sights import rows_key
    from homeward.store import digests
    from homeward.store.sights import SightRow, write_sights
    from homeward.store.texts import LineRow, write_lines

    decode(case)
    items = {name: Item.objects.using(case.alias).get(sha256=sha(name)).pk for name in "abcd"}
    with case.batch("step.part", {"step": "sights"}) as batch:
        pairs = [sorted(items[name] for name in pair) for pair in ("ab", "bc")]
        rows = [SightRow(a, b, 20, 0, -500, 1000, "10 10 90 90", "10 10 90 90", "20 features") for a, b in pairs]
        write_sights(case, rows, rows_key(), batch.seq)
        batch.details["sights"] = digests.SIGHTS.digest(case, batch.seq)
    here = sight(case, "region", "", sha("a"), None, (12, 12, 88, 88), "Kim", "")
    there = sight(case, "region", "", sha("b"), None, (10, 10, 90, 90), "Kim", "")
    apart = sight(case, "region", "", sha("a"), None, (150, 100, 20, 20), "Kim", "")
    tell(case, here, "status", "Kim", "sold by one shop", status="traced")
    for act, told in (("search", {"where": "a catalogue", "outcome": "nothing"}), ("owner", {"owner": "Lee"})):
        with pytest.raises(WrongUse, match=f"the same thing is clue {here.id[:12]}, which is traced: .*one shop"):
            tell(case, there, act, "Lee", **told)  # type: ignore[arg-type]
    tell(case, apart, "owner", "Lee", owner="Lee")
    tell(case, there, "note", "Lee", "seen")
    found = shown(case, there)
    assert found["same_thing"] == [{"id": here.id, "status": "traced"}]
    assert {(one["picture"], one["by"]) for one in found["also"]} == {
        (sha("a"), "local features"),
        (sha("c"), "local features"),
    }
    assert found["also"][0]["box"] == [10, 10, 90, 90]
    tell(case, find_clue(case, here.id), "status", "Kim", "the shop was another", status="open")
    tell(case, there, "owner", "Lee", owner="Lee")
    with case.batch("step.batch", {"step": "a test"}) as batch:
        lines = [LineRow(-1, "Rosenhof 12", 1, 2, 9, 9, 0, 900, "print", [])]
        write_lines(case, [(items["d"], lines)], batch.seq)
        batch.details["texts"] = digests.TEXTS.digest(case, batch.seq)
    words = sight(case, "text", "rosenhof 12", sha("a"), None, None, "Kim", "")
    assert [(one["picture"], one["by"]) for one in shown(case, words)["also"]] == [(sha("d"), "reader of words")]
    assert faults(case) == []
