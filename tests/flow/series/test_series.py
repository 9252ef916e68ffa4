"""Series: held together by evidence, decided on by people, named for good, awake until solved, and vouched for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from series_case import FIRST, deliver, groups, hold, see, series_of, sha

from homeward.core import WrongUse
from homeward.flow.progress import Quiet
from homeward.flow.series import leads, settling, watch
from homeward.flow.series.deciding import answer, merge, split, tell, undo, weigh
from homeward.flow.series.listing import listed, proposals, shown
from homeward.flow.series.looking import queue
from homeward.flow.verify import verify
from homeward.links import fuse_traces
from homeward.store import Case
from homeward.store import series as store


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


def test_what_a_later_decision_holds_too_is_not_taken_back_without_it(two: Case) -> None:
    """Nothing would change, and who takes a wrong merge back would not learn it."""
    first, second = series_of(two, "a"), series_of(two, "c")
    merge(two, first, second, "P", "the same bedspread")
    split(two, first, [sha("d")], "Q", "another room")
    before = store.count(two)
    merged, parted = (one["event"] for one in shown(two, first)["history"])
    with pytest.raises(WrongUse, match=f"the later decision {parted[:12]} holds the same pictures: take that back first"):
        undo(two, merged, "P", "another bedspread")
    assert (store.count(two), groups(two, *FIRST)) == (before, ["abc", "d", "e"])
    undo(two, parted, "Q", "to begin again")
    undo(two, merged, "P", "another bedspread")
    assert groups(two, *FIRST) == ["ab", "cd", "e"]


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


def test_a_proposal_is_accepted_or_rejected_for_good(two: Case) -> None:
    see(two, {("a", "c"): 3500})
    hold(two)
    (one,) = proposals(two)
    with pytest.raises(WrongUse, match="have a name that begins with ''"):
        answer(two, "", True, "P", "whichever")
    assert answer(two, one["id"], True, "P", "one child") == series_of(two, "a") == series_of(two, "c")
    (done,) = (event for event in shown(two, series_of(two, "a"))["history"] if event["act"] == "merge")
    undo(two, done["event"], "P", "a slip")
    answer(two, one["id"], False, "P", "two children")
    assert proposals(two) == []
    deliver(two, "Z", {"h": "1"})
    hold(two)
    assert proposals(two) == []
    assert verify(two, Quiet()).faults == []


def test_a_picture_that_may_be_of_two_series_is_in_one_and_proposed_to_the_other(two: Case) -> None:
    see(two, {("a", "c"): 3500})
    hold(two)
    (one,) = proposals(two)
    assert {one["series"], one["other"]} == {series_of(two, "a"), series_of(two, "c")}
    for name in "ac":
        told = shown(two, series_of(two, name))
        assert [join["id"] for join in told["proposed"]] == [one["id"]]
        assert sha("c" if name == "a" else "a") not in {item["sha256"] for item in told["items"]}


def test_the_queue_asks_what_is_proposed_until_somebody_answers(two: Case) -> None:
    see(two, {("a", "c"): 3500})
    hold(two)
    (asked,) = queue(two)
    assert (asked["why"], {asked["a"], asked["b"]}) == ("proposed", {sha("a"), sha("c")})
    answer(two, asked["id"], False, "P", "two children")
    assert queue(two) == []


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


def test_a_row_changed_behind_its_back_is_noticed(two: Case) -> None:
    from django.db import transaction

    from homeward.store.models import SeriesMember

    with transaction.atomic(using=two.alias):
        SeriesMember.objects.using(two.alias).filter(series=series_of(two, "a")).update(series=series_of(two, "c"))
        assert any("series" in fault for fault in verify(two, Quiet()).faults)
        transaction.set_rollback(True, using=two.alias)
