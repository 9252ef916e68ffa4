"""Old series stay awake: what new evidence, lists and the outcome of leads say to them, and who comes first."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from series_case import FIRST, deliver, groups, hold, see, series_of, sha

from homeward.core import WrongUse
from homeward.flow.clues import sights
from homeward.flow.copies.match import match
from homeward.flow.known import Manner, add_known_list, remove_known
from homeward.flow.progress import Quiet
from homeward.flow.series import leads, watch
from homeward.flow.series.deciding import merge, tell, undo, weigh
from homeward.flow.series.listing import listed, shown
from homeward.flow.series.settling import settle
from homeward.flow.steps import MATCH, SERIES, SIGHTS, Step
from homeward.known.records import KNOWN
from homeward.links import fuse
from homeward.store import Case
from homeward.store import series as store
from homeward.store.custody import ERASED
from homeward.store.erasure import erase_name
from homeward.store.models import Match


def test_two_deliveries_years_apart_are_joined_by_one_camera_and_the_watch_says_so(two: Case) -> None:
    name = series_of(two, "a")
    assert watch.notices(two) == []
    deliver(two, "Y", {"f": "1", "g": "9"}, year=2026)
    hold(two)
    (notice,) = watch.notices(two)
    assert notice["series"] == name
    (change,) = notice["changes"]
    assert change["kind"] == "joined"
    assert "h204711" in change["what"]
    assert sha("f") in change["pair"]
    assert notice["strength"] == change["log10_lr"] > 1
    hold(two)
    assert watch.notices(two) == [notice]
    assert watch.seen(two, name, "P") == name
    assert watch.notices(two) == []
    with pytest.raises(WrongUse, match="nothing is new"):
        watch.seen(two, name, "P")


def test_a_list_that_knows_the_victim_takes_a_series_out_of_the_way(two: Case, tmp_path: Path) -> None:
    name = series_of(two, "c")
    (tmp_path / "partner.csv").write_text(f"sha256,series,victim_identified\n{sha('c')},Lighthouse,yes\n")
    add_known_list(two, tmp_path / "partner.csv", "Partner", Quiet())
    match(two, MATCH, Quiet())
    hold(two)
    rows = listed(two)
    assert [row["status"] for row in rows] == ["unidentified", "known elsewhere"]
    assert (rows[-1]["id"], rows[-1]["priority"]) == (name, 0)
    assert rows[-1]["known"] == [{"list": "Partner", "series": "Lighthouse", "victim_identified": True}]
    tell(two, name, "contact", "Unit 9", "P", "")
    assert listed(two)[-1]["contact"] == "Unit 9"
    (notice,) = watch.notices(two)
    assert notice["series"] == name
    assert [change["what"] for change in notice["changes"]] == ["Partner names the series Lighthouse, victim identified"]


def test_one_picture_that_is_only_near_to_a_list_puts_no_series_away(two: Case, tmp_path: Path) -> None:
    def status(*near: str) -> str:
        for item in Match.objects.using(two.alias).select_related("item"):
            item.distance = 20 if item.item.sha256 in map(sha, near) else 0
            item.save(using=two.alias)
        return str(shown(two, series_of(two, "c"))["status"])

    (tmp_path / "partner.csv").write_text(f"sha256,series,victim_identified\n{sha('c')},Lighthouse,yes\n")
    add_known_list(two, tmp_path / "partner.csv", "Partner", Quiet())
    match(two, MATCH, Quiet())
    hold(two)
    assert status() == "known elsewhere"
    assert status("c") == "unidentified"
    Match.objects.using(two.alias).update(distance=8)
    assert shown(two, series_of(two, "c"))["status"] == "known elsewhere"
    (tmp_path / "more.csv").write_text(f"sha256,series,victim_identified\n{sha('d')},Lighthouse,yes\n")
    add_known_list(two, tmp_path / "more.csv", "Partner of theirs", Quiet())
    match(two, MATCH, Quiet())
    hold(two)
    assert status("c", "d") == "known elsewhere"
    assert status() == "known elsewhere"  # as it was written


def test_a_series_that_one_list_calls_not_identified_stays_awake_whatever_another_says(two: Case, tmp_path: Path) -> None:
    told = {"c": "yes", "d": "no"}
    rows = "".join(f"{sha(name)},Lighthouse,{word}\n" for name, word in told.items())
    (tmp_path / "partner.csv").write_text("sha256,series,victim_identified\n" + rows)
    add_known_list(two, tmp_path / "partner.csv", "Partner", Quiet())
    match(two, MATCH, Quiet())
    hold(two)
    assert {row["status"] for row in listed(two)} == {"unidentified"}


def test_a_list_of_harmless_files_holds_nothing_together(two: Case, tmp_path: Path) -> None:
    (tmp_path / "icons.csv").write_text("sha256,series\n" + "".join(f"{sha(name)},Icons\n" for name in "ae"))
    add_known_list(two, tmp_path / "icons.csv", "Vendor", Quiet(), Manner(purpose=KNOWN))
    match(two, MATCH, Quiet())
    hold(two)
    assert groups(two, *FIRST) == ["ab", "cd", "e"]
    assert watch.notices(two) == []


def test_a_list_that_is_taken_back_gives_the_series_back_to_the_order_of_work(two: Case, tmp_path: Path) -> None:
    name, order = series_of(two, "c"), [row["id"] for row in listed(two)]
    (tmp_path / "partner.csv").write_text(f"sha256,series,victim_identified\n{sha('c')},Lighthouse,yes\n")
    add_known_list(two, tmp_path / "partner.csv", "Partner", Quiet())
    match(two, MATCH, Quiet())
    hold(two)
    assert shown(two, name)["status"] == "known elsewhere"
    tell(two, name, "note", "they have the file", "P", "")
    remove_known(two, "Partner", "", "A", "sent by mistake")
    match(two, MATCH, Quiet())
    hold(two)
    row = shown(two, name)
    assert (row["status"], row["known"], row["notes"]) == ("unidentified", [], ["they have the file"])
    assert row["priority"] > 0
    assert [one["id"] for one in listed(two)] == order
    assert groups(two, *FIRST) == ["ab", "cd", "e"]
    told = [(change["kind"], change["what"]) for notice in watch.notices(two) for change in notice["changes"]]
    said = "Partner names the series Lighthouse, victim identified"
    assert told == [("known", said), ("withdrawn", f"no more is it said that {said}")]
    hold(two)
    assert len(watch.notices(two)[0]["changes"]) == 2
    watch.seen(two, name, "P")
    add_known_list(two, tmp_path / "partner.csv", "Partner", Quiet())
    match(two, MATCH, Quiet())
    hold(two)
    ((again,),) = (notice["changes"] for notice in watch.notices(two))
    assert (again["kind"], again["what"]) == ("known", said)


def test_what_a_list_takes_back_is_told_of_a_series_that_people_called_solved_by_it(two: Case, tmp_path: Path) -> None:
    name = series_of(two, "c")
    (tmp_path / "partner.csv").write_text(f"sha256,series,victim_identified\n{sha('c')},Lighthouse,yes\n")
    add_known_list(two, tmp_path / "partner.csv", "Partner", Quiet())
    match(two, MATCH, Quiet())
    hold(two)
    tell(two, name, "status", "identified", "P", "as their list says")
    watch.seen(two, name, "P")
    remove_known(two, "Partner", "", "A", "sent by mistake")
    match(two, MATCH, Quiet())
    hold(two)
    (notice,) = watch.notices(two)
    assert (notice["series"], notice["status"], notice["changes"][0]["kind"]) == (name, "identified", "withdrawn")


def test_an_unsolved_series_that_becomes_part_of_a_solved_one_is_told(two: Case) -> None:
    """What nobody has found the victim of would be asleep unseen."""
    deliver(two, "Y", dict.fromkeys("fgh", "1"))
    hold(two)
    tell(two, series_of(two, "a"), "status", "identified", "P", "by the school")
    watch.seen(two, series_of(two, "a"), "P")
    deliver(two, "Z", dict.fromkeys("cd", "1"))  # the same contents, decoded anew: they name the other body too
    hold(two)
    (notice,) = watch.notices(two)
    assert (notice["series"], notice["status"]) == (series_of(two, "c"), "identified")
    assert [change["kind"] for change in notice["changes"]] == ["merged"]


def test_the_youngest_come_first_and_an_agency_weighs_for_itself(two: Case) -> None:
    one, other = series_of(two, "a"), series_of(two, "c")
    tell(two, one, "age band", "14-17", "P", "")
    tell(two, other, "age band", "0-2", "P", "")
    assert [row["id"] for row in listed(two)] == [other, one]
    weigh(two, "age", 0, "P", "a trial")
    weigh(two, "recent", 1000, "P", "a trial")
    deliver(two, "Y", {"f": "1"}, year=2026)
    hold(two)
    assert [row["id"] for row in listed(two)] == [one, other]


def test_the_outcome_of_a_lead_reaches_the_series_and_everyone_who_worked_on_it(two: Case) -> None:
    name = series_of(two, "a")
    lead = leads.add(two, name, "ask the maker", "the label names a shop", "P", owner="R", due="2026-12-01")
    (row,) = leads.listed(two)
    assert (row["id"], row["owner"], row["due"], row["state"]) == (lead, "R", "2026-12-01", "open")
    with pytest.raises(WrongUse, match="how that is known"):
        leads.tell(two, lead, "outcome", "identified", "R", "")
    leads.tell(two, lead, "outcome", "identified", "R", "by the shop's register")
    assert leads.listed(two)[0]["state"] == "done"
    (notice,) = watch.notices(two)
    assert (notice["series"], notice["status"], notice["concerns"]) == (name, "identified", ["P", "R"])
    assert [change["kind"] for change in notice["changes"]] == ["outcome"]
    with pytest.raises(WrongUse, match="no day"):
        leads.tell(two, lead, "due", "soon", "R", "")


def test_more_news_asks_the_database_no_more(two: Case) -> None:
    def asked() -> tuple[int, int]:
        with CaptureQueriesContext(connections[two.alias]) as queries:
            told = watch.notices(two)
        return len(told), len(queries)

    deliver(two, "Y", {"h": "3", "i": "3", "j": "4", "k": "4"})
    hold(two)
    deliver(two, "Z", {"f": "1"})
    hold(two)
    few, queries = asked()
    deliver(two, "V", {"g": "2", "l": "3", "m": "4"})
    hold(two)
    many, more = asked()
    assert (few, many) == (1, 4)
    assert more - queries < many - few  # it reads one ledger entry more, that of the run which found them


def test_who_follows_a_lead_can_be_erased_by_law(two: Case) -> None:
    name = series_of(two, "a")
    lead = leads.add(two, name, "ask the maker", "the label", "P", owner="Nobody Atall")
    leads.tell(two, lead, "owner", "Somebody Else", "P", "")
    assert leads.listed(two)[0]["owner"] == "Somebody Else"
    assert [one["value"] for one in leads.shown(two, lead)["history"]] == ["ask the maker", "Nobody Atall", "Somebody Else"]
    assert erase_name(two, "Nobody Atall", "order 12/26", "a test").left == {}
    assert not any("Nobody Atall" in body for body in store.bodies(two))
    assert [one["value"] for one in leads.shown(two, lead)["history"]] == ["ask the maker", ERASED, "Somebody Else"]


def test_what_comes_after_a_notice_that_was_seen_is_new(two: Case) -> None:
    deliver(two, "Y", {"f": "1"})
    hold(two)
    (first,) = watch.notices(two)
    deliver(two, "Z", {"g": "1"})
    hold(two)
    assert [len(one["changes"]) for one in watch.notices(two)] == [2]
    watch.seen(two, first["id"], "P")
    (left,) = watch.notices(two)
    assert [sha("g") in change["pair"] for change in left["changes"]] == [True]


def test_an_outcome_that_is_taken_back_takes_its_status_with_it(two: Case) -> None:
    name = series_of(two, "a")
    lead = leads.add(two, name, "ask", "it names a shop", "P")
    leads.tell(two, lead, "outcome", "located", "P", "by the register")
    leads.tell(two, lead, "outcome", "identified", "P", "by the owner")
    undo(two, leads.shown(two, lead)["history"][-1]["event"], "P", "another family")
    assert (shown(two, name)["status"], leads.listed(two)[0]["outcome"]) == ("located", "located")
    (notice,) = watch.notices(two)
    assert [change["what"].partition(": ")[2] for change in notice["changes"]] == ["located. by the register"]
    undo(two, leads.shown(two, lead)["history"][-1]["event"], "P", "another street")
    assert (shown(two, name)["status"], leads.listed(two)[0]["state"], watch.notices(two)) == ("unidentified", "open", [])


def test_what_was_seen_stays_seen_when_an_outcome_is_taken_back(two: Case) -> None:
    deliver(two, "Y", {"f": "1"})
    hold(two)
    name = series_of(two, "a")
    lead = leads.add(two, name, "ask", "it names a shop", "P")
    leads.tell(two, lead, "outcome", "located", "P", "by the register")
    watch.seen(two, name, "P")
    undo(two, lead, "P", "another street")
    assert watch.notices(two) == []


def test_a_lead_that_is_taken_back_takes_its_outcome_and_its_notice_with_it(two: Case) -> None:
    name = series_of(two, "a")
    lead = leads.add(two, name, "ask", "it names a shop", "P", owner="R")
    leads.tell(two, lead, "outcome", "identified", "P", "by the owner")
    undo(two, lead, "P", "another series was meant")
    assert (shown(two, name)["status"], leads.listed(two), watch.notices(two)) == ("unidentified", [], [])


def raised(step: Step) -> Step:
    """The step as the next version of the program has it."""
    return msgspec.structs.replace(step, version=f"{step.version} next")


def test_what_a_new_version_of_a_step_sees_in_old_pictures_wakes_the_series(two: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    name, later = series_of(two, "a"), raised(SIGHTS)
    see(two, {("a", "e"): 900}, SIGHTS)
    hold(two)
    assert watch.notices(two) == []
    see(two, {("a", "e"): 4500}, later)
    monkeypatch.setattr(sights.rows_key, "__defaults__", (later,))
    hold(two)
    (notice,) = watch.notices(two)
    (change,) = notice["changes"]
    assert (notice["series"], change["kind"]) == (name, "joined")
    assert (set(change["pair"]), notice["strength"]) == ({sha("a"), sha("e")}, change["log10_lr"])
    assert "features agree" in change["what"]
    assert groups(two, *FIRST) == ["abe", "cd"]


def test_a_decision_by_a_newer_program_goes_by_what_was_seen_until_that_has_looked(
    two: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, all series that only sights hold together fell apart, and the watch said so."""
    see(two, {("a", "e"): 4500})
    deliver(two, "Y", {"f": "3", "g": "3"})
    hold(two)
    watch.seen(two, series_of(two, "a"), "P")
    monkeypatch.setattr(sights.rows_key, "__defaults__", (raised(SIGHTS),))
    merge(two, series_of(two, "c"), series_of(two, "f"), "P", "one bedspread")
    assert groups(two, *FIRST, "f", "g") == ["abe", "cdfg"]
    assert watch.notices(two) == []
    (place,) = shown(two, series_of(two, "a"))["places"]
    assert place["pictures"] == 2


def test_what_a_new_calibration_makes_of_old_evidence_wakes_the_series(two: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    name, made = series_of(two, "a"), fuse.calibration()
    see(two, {("a", "e"): 1700}, SIGHTS)
    hold(two)
    assert watch.notices(two) == []
    stronger = msgspec.structs.replace(made, floors={}, offset=0.0)
    monkeypatch.setattr(fuse, "calibration", lambda: stronger)
    hold(two)
    assert watch.notices(two) == []  # a calibration comes with a raised version: nothing else is weighed again
    settle(two, raised(SERIES), Quiet())
    (notice,) = watch.notices(two)
    (change,) = notice["changes"]
    assert (notice["series"], change["kind"], set(change["pair"])) == (name, "joined", {sha("a"), sha("e")})
    assert notice["strength"] == change["log10_lr"] == 1.7
    assert groups(two, *FIRST) == ["abe", "cd"]
    settle(two, raised(SERIES), Quiet())
    assert watch.notices(two) == [notice]
