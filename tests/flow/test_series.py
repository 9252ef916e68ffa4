"""Series: held together by evidence, decided on by people, named for good, awake until solved, and vouched for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from series_case import deliver, groups, hold, series_of, sha

from homeward.core import WrongUse
from homeward.flow import leads, settling, watch
from homeward.flow.deciding import answer, merge, split, tell, undo, weigh
from homeward.flow.known import add_known_list, remove_known
from homeward.flow.looking import queue
from homeward.flow.match import match
from homeward.flow.progress import Quiet
from homeward.flow.series import listed, proposals, shown
from homeward.flow.steps import MATCH
from homeward.flow.verify import verify
from homeward.links import fuse_traces
from homeward.store import Case
from homeward.store import series as store
from homeward.store.custody import ERASED
from homeward.store.erasure import erase_name

FIRST = {"a": "1", "b": "1", "c": "2", "d": "2", "e": ""}


@pytest.fixture
def two(tmp_path: Path, database_url: str) -> Iterator[Case]:
    """A case with the series ab and cd, and a picture e that lies alone."""
    with Case.create(tmp_path / "two", "Test Unit", database_url) as case:
        deliver(case, "X", FIRST)
        hold(case)
        assert groups(case, *FIRST) == ["ab", "cd", "e"]
        yield case
        assert verify(case, Quiet()).faults == []


def test_the_list_has_the_shape_that_others_build_on(two: Case) -> None:
    rows = listed(two)
    assert [row["id"] for row in rows] == sorted({series_of(two, "a"), series_of(two, "c")}, key=[r["id"] for r in rows].index)
    (row,) = (row for row in rows if row["id"] == series_of(two, "a"))
    assert {item["sha256"] for item in row["items"]} == {sha("a"), sha("b")}
    assert row["items"][0]["paths"][0].startswith("X > ")
    assert row["status"] == "unidentified"
    assert row["priority"] == sum(int(line.split(":")[0]) for line in row["why"])
    assert row["first_seen"] < row["last_seen"]
    assert "h204711" in row["joined_by"][0]


def test_nothing_is_done_twice(two: Case) -> None:
    before = (list(store.bodies(two)), len(list(two.custody.entries())))
    hold(two)
    assert (list(store.bodies(two)), len(list(two.custody.entries()))) == before


def test_a_merge_by_a_person_stands_after_every_later_run_and_is_undone_as_if_it_had_never_been(two: Case) -> None:
    first, second = series_of(two, "a"), series_of(two, "c")
    assert merge(two, first, second, "P", "the same bedspread") == first
    assert groups(two, *FIRST) == ["abcd", "e"]
    deliver(two, "Y", {"f": "1"})
    hold(two)
    assert groups(two, *FIRST, "f") == ["abcdf", "e"]
    decided = [one for one in shown(two, first)["history"] if one["act"] == "merge"]
    assert [one["who"] for one in decided] == ["P"]
    undo(two, decided[0]["event"][:10], "Q", "another bedspread")
    assert groups(two, *FIRST, "f") == ["abf", "cd", "e"]
    assert (series_of(two, "a"), series_of(two, "c")) == (first, second)
    with pytest.raises(WrongUse, match="taken back before"):
        undo(two, decided[0]["event"], "Q", "again")
    with pytest.raises(WrongUse, match="have a name that begins with ''"):
        undo(two, "", "Q", "whichever")


def test_what_is_split_stays_apart_although_evidence_speaks_for_it(two: Case) -> None:
    name = series_of(two, "a")
    made = split(two, name, [sha("b")[:9]], "P", "another room")
    assert made != name
    assert groups(two, *FIRST) == ["a", "b", "cd", "e"]
    deliver(two, "Y", {"f": "1"})
    hold(two)
    assert {"abf", "ab"}.isdisjoint(groups(two, *FIRST, "f"))
    with pytest.raises(WrongUse, match="nothing would stay"):
        split(two, made, [sha("b")], "P", "all of it")
    with pytest.raises(WrongUse, match="no pictures of the series"):
        split(two, name, [sha("e")], "P", "not in it")


def test_what_is_split_twice_stays_apart_from_all_that_it_was_taken_out_of(two: Case) -> None:
    names = dict.fromkeys("mnopqrst", "7")
    deliver(two, "Y", names)
    hold(two)
    order = sorted(names, key=sha)
    split(two, series_of(two, "m"), [sha(one) for one in order[-2:]], "P", "another room")
    split(two, series_of(two, order[0]), [sha(one) for one in order[:3]], "P", "a third room")
    hold(two)
    assert groups(two, *names) == sorted("".join(sorted(some)) for some in (order[:3], order[3:-2], order[-2:]))


def test_what_follows_for_another_series_is_told(two: Case) -> None:
    """What is taken out of one series may belong to another one: who watches that one learns of it."""
    deliver(two, "Y", dict.fromkeys("fghijkl", "1") | {"m": "5", "n": "5"})
    hold(two)
    watched = series_of(two, "a")
    merge(two, watched, series_of(two, "m"), "P", "one bedspread")
    deliver(two, "Z", {"o": "5", "p": "5"})
    hold(two)
    other = series_of(two, "o")
    assert other != watched
    watch.seen(two, watched, "P")
    assert watch.notices(two) == []
    assert split(two, watched, [sha("m"), sha("n")], "P", "another bedspread") == other
    (notice,) = watch.notices(two)
    assert [change["kind"] for change in notice["changes"]] == ["joined"]
    assert (notice["series"], series_of(two, "n")) == (other, other)


def test_the_later_of_two_decisions_counts(two: Case) -> None:
    name = series_of(two, "a")
    made = split(two, name, [sha("b")], "P", "another room")
    merge(two, name, made, "Q", "the same room after all")
    assert groups(two, *FIRST) == ["ab", "cd", "e"]


def test_the_later_decision_counts_where_the_clock_was_set_back(two: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    name = series_of(two, "a")
    tell(two, name, "status", "located", "P", "by the window")
    monkeypatch.setattr(settling, "utc_now", lambda: datetime(2020, 1, 1, tzinfo=UTC))
    tell(two, name, "status", "identified", "P", "by the school")
    assert shown(two, name)["status"] == "identified"
    made = split(two, name, [sha("b")], "P", "another room")
    merge(two, name, made, "Q", "the same room after all")
    assert groups(two, *FIRST) == ["ab", "cd", "e"]


def test_a_decision_needs_a_reason_and_a_series(two: Case) -> None:
    name = series_of(two, "a")
    before = list(store.bodies(two))
    with pytest.raises(WrongUse, match="with itself"):
        merge(two, name, name, "P", "why")
    with pytest.raises(WrongUse, match="reason"):
        merge(two, name, series_of(two, "c"), "P", " ")
    with pytest.raises(WrongUse, match="no series"):
        merge(two, name, "0123456789", "P", "why")
    with pytest.raises(WrongUse, match="no status"):
        tell(two, name, "status", "lost", "P", "why")
    with pytest.raises(WrongUse, match="no reason"):
        weigh(two, "beauty", 5, "P", "why")
    assert list(store.bodies(two)) == before


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


def test_a_series_that_one_list_calls_not_identified_stays_awake_whatever_another_says(two: Case, tmp_path: Path) -> None:
    told = {"c": "yes", "d": "no"}
    rows = "".join(f"{sha(name)},Lighthouse,{word}\n" for name, word in told.items())
    (tmp_path / "partner.csv").write_text("sha256,series,victim_identified\n" + rows)
    add_known_list(two, tmp_path / "partner.csv", "Partner", Quiet())
    match(two, MATCH, Quiet())
    hold(two)
    assert {row["status"] for row in listed(two)} == {"unidentified"}


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


def test_series_that_new_evidence_joins_keep_one_name_and_tell_it(two: Case) -> None:
    names = {series_of(two, "a"), series_of(two, "c")}
    deliver(two, "Y", {"b": "2", "a": "2"})  # the same contents, decoded anew: now all four name one body
    hold(two)
    assert groups(two, *FIRST) == ["abcd", "e"]
    (notice,) = watch.notices(two)
    assert notice["series"] in names
    assert [change["kind"] for change in notice["changes"]] == ["merged"]
    (ended,) = names - {notice["series"]}
    with pytest.raises(WrongUse, match=f"is part of {notice['series']} now"):
        shown(two, ended)
    tell(two, notice["series"], "note", "look again", "P", "")


def test_a_proposal_is_accepted_or_rejected_for_good(case: Case, propose: Callable[[Case], None]) -> None:
    propose(case)
    (one,) = proposals(case)
    with pytest.raises(WrongUse, match="have a name that begins with ''"):
        answer(case, "", True, "P", "whichever")
    assert answer(case, one["id"], True, "P", "one child") == series_of(case, "a") == series_of(case, "c")
    (done,) = (event for event in shown(case, series_of(case, "a"))["history"] if event["act"] == "merge")
    undo(case, done["event"], "P", "a slip")
    answer(case, one["id"], False, "P", "two children")
    assert proposals(case) == []
    deliver(case, "Z", {"h": "1"})
    hold(case)
    assert proposals(case) == []
    assert verify(case, Quiet()).faults == []


def test_a_picture_that_may_be_of_two_series_is_in_one_and_proposed_to_the_other(
    case: Case, propose: Callable[[Case], None]
) -> None:
    propose(case)
    (one,) = proposals(case)
    assert {one["series"], one["other"]} == {series_of(case, "a"), series_of(case, "c")}
    for name in "ac":
        told = shown(case, series_of(case, name))
        assert [join["id"] for join in told["proposed"]] == [one["id"]]
        assert sha("c" if name == "a" else "a") not in {item["sha256"] for item in told["items"]}


def test_the_queue_asks_what_is_proposed_until_somebody_answers(case: Case, propose: Callable[[Case], None]) -> None:
    propose(case)
    (asked,) = queue(case)
    assert (asked["why"], {asked["a"], asked["b"]}) == ("proposed", {sha("a"), sha("c")})
    answer(case, asked["id"], False, "P", "two children")
    assert queue(case) == []


def test_the_queue_begins_with_what_joins_situations_and_leaves_out_what_is_solved(two: Case) -> None:
    name = series_of(two, "a")
    deliver(two, "Y", {"f": "1"}, year=2026)
    hold(two)
    first, *others = queue(two)
    assert (first["why"], first["series"]) == ("joins situations", name)
    assert sha("f") in {first["a"], first["b"]}
    assert others == []
    tell(two, name, "status", "identified", "P", "by the school")
    assert queue(two) == []


def test_what_people_hold_apart_is_apart_whatever_speaks_for_it(two: Case) -> None:
    """Contradictory evidence: one body's serial number against a person's word."""
    name = series_of(two, "a")
    made = split(two, name, [sha("b")], "P", "two rooms")
    deliver(two, "Y", {"f": "1", "g": "1"})
    hold(two)
    assert series_of(two, "a") != series_of(two, "b")
    assert {series_of(two, "a"), series_of(two, "b")} == {name, made}
    with pytest.raises(WrongUse, match="no proposals"):
        answer(two, "0123", True, "P", "why")


def test_a_series_of_one_stays_and_an_empty_one_says_where_it_went(two: Case) -> None:
    name = series_of(two, "a")
    made = split(two, name, [sha("b")], "P", "another room")
    assert [len(shown(two, one)["items"]) for one in (name, made)] == [1, 1]
    hold(two)
    assert {name, made} <= {row["id"] for row in listed(two)}
    merge(two, name, made, "P", "the same room")
    with pytest.raises(WrongUse, match=f"is part of {name} now"):
        shown(two, made)


@pytest.mark.parametrize("words", ["x" * 2001, "a\x1b[2J", "\udcff", " "], ids=["long", "control", "bytes", "blank"])
def test_what_no_record_can_hold_is_refused_and_changes_nothing(two: Case, words: str) -> None:
    name, other = series_of(two, "a"), series_of(two, "c")
    lead = leads.add(two, name, "ask", "it names a shop", "P")
    before = store.count(two)
    for attempt in (
        lambda: merge(two, name, other, "P", words),
        lambda: tell(two, name, "note", words, "P", ""),
        lambda: tell(two, name, "note", "seen", "P", words),
        lambda: leads.add(two, name, "ask", "it names a shop", "P", owner=words),
        lambda: leads.tell(two, lead, "note", "seen", "P", words),
        lambda: leads.tell(two, lead, "outcome", "identified", "P", words),
    ):
        with pytest.raises(WrongUse):
            attempt()
    assert store.count(two) == before
    assert listed(two)


def test_the_longest_reason_is_kept_and_read_again(two: Case) -> None:
    name = series_of(two, "a")
    lead = leads.add(two, name, "ask", "\N{HEBREW LETTER ALEF}\N{SLIGHTLY SMILING FACE}" * 1000, "P")
    leads.tell(two, lead, "outcome", "identified", "P", "x" * 2000)
    assert shown(two, name)["status"] == "identified"
    with pytest.raises(WrongUse, match="no day"):
        leads.tell(two, lead, "due", "20261201", "P", "")


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


def test_a_lead_that_is_taken_back_takes_its_outcome_and_its_notice_with_it(two: Case) -> None:
    name = series_of(two, "a")
    lead = leads.add(two, name, "ask", "it names a shop", "P", owner="R")
    leads.tell(two, lead, "outcome", "identified", "P", "by the owner")
    undo(two, lead, "P", "another series was meant")
    assert (shown(two, name)["status"], leads.listed(two), watch.notices(two)) == ("unidentified", [], [])


def test_each_side_of_a_decision_tells_it(two: Case) -> None:
    name = series_of(two, "a")
    made = split(two, name, [sha("b")], "P", "two rooms")
    for one in (name, made):
        (decided,) = shown(two, one)["history"]
        assert (decided["act"], decided["who"]) == ("split", "P")


def test_a_decision_does_not_hide_what_new_evidence_says(two: Case) -> None:
    deliver(two, "Y", {"f": "1"})
    split(two, series_of(two, "c"), [sha("d")], "P", "two rooms")
    hold(two)
    (notice,) = watch.notices(two)
    assert notice["series"] == series_of(two, "f")
    assert [change["kind"] for change in notice["changes"]] == ["joined"]


def test_somebody_else_decides_in_between(two: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision that rests on what is no longer so is made anew, with what others decided."""
    first, second = series_of(two, "a"), series_of(two, "c")
    real, others = store.write, [lambda: tell(two, first, "note", "in between", "Q", "")]

    def slow(*given: Any, **named: Any) -> bool:
        if others:
            others.pop()()
        return real(*given, **named)

    monkeypatch.setattr(store, "write", slow)
    assert merge(two, first, second, "P", "the same bedspread") == first
    assert groups(two, *FIRST) == ["abcd", "e"]
    assert shown(two, first)["notes"] == ["in between"]


def test_somebody_else_decides_while_new_evidence_is_grouped(two: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = series_of(two, "a"), series_of(two, "c")
    deliver(two, "Y", {"f": "1"})
    real, others = store.write, [lambda: tell(two, first, "note", "in between", "Q", "")]

    def slow(*given: Any, **named: Any) -> bool:
        if others:
            others.pop()()
        return real(*given, **named)

    monkeypatch.setattr(store, "write", slow)
    assert merge(two, first, second, "P", "the same bedspread") == first
    assert groups(two, *FIRST, "f") == ["abcdf", "e"]
    assert shown(two, first)["notes"] == ["in between"]


def test_a_crowd_of_which_people_hold_a_part_is_kept(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuse_traces, "WIDEST", 3)
    for label, bodies in {"W": {"e": "", "f": ""}, "X": {"a": "1", "b": "1", "c": "2", "d": "2"}}.items():
        deliver(case, label, bodies)
    hold(case)
    merge(case, series_of(case, "a"), series_of(case, "c"), "P", "the same bedspread")
    deliver(case, "Y", dict.fromkeys("abcdef", "5"))  # the same contents, decoded anew: all name one body
    hold(case)
    assert groups(case, *"abcdef") == ["abcdef"]
    assert verify(case, Quiet()).faults == []


def test_situations_are_told_in_time_with_what_carries_from_one_to_the_next(two: Case) -> None:
    deliver(two, "Y", {"f": "1"}, year=2026)
    hold(two)
    told = shown(two, series_of(two, "f"))
    assert [len(one["items"]) for one in told["situations"]] == [2, 1]
    assert told["situations"][1]["gap_days"] == 4022
    (joint,) = told["timeline"]
    assert (joint["from"], joint["to"], joint["kinds"]) == (0, 1, ["serial number"])


@pytest.fixture
def propose() -> Callable[[Case], None]:
    """Make a case with two series of which a sight says that they may be one."""
    from homeward.flow.sights import rows_key
    from homeward.store import digests
    from homeward.store.models import Item
    from homeward.store.sights import SightRow, write_sights

    def make(case: Case) -> None:
        deliver(case, "X", FIRST)
        items = {name: Item.objects.using(case.alias).get(sha256=sha(name)).pk for name in "ac"}
        a, b = (items[name] for name in sorted("ac", key=sha))
        with case.batch("step.part", {"step": "sights"}) as batch:
            seen = SightRow(a, b, 60, 80, 3500, 3500, "0 0 9 9", "0 0 9 9", "60 features agree")
            write_sights(case, [seen], rows_key(), batch.seq)
            batch.details["sights"] = digests.SIGHTS.digest(case, batch.seq)
        hold(case)
        assert groups(case, *FIRST) == ["ab", "cd", "e"]

    return make


def test_a_row_changed_behind_its_back_is_noticed(two: Case) -> None:
    from django.db import transaction

    from homeward.store.models import SeriesMember

    with transaction.atomic(using=two.alias):
        SeriesMember.objects.using(two.alias).filter(series=series_of(two, "a")).update(series=series_of(two, "c"))
        assert any("series" in fault for fault in verify(two, Quiet()).faults)
        transaction.set_rollback(True, using=two.alias)
