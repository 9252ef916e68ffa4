"""What is taken back leaves every series its name, and nothing that was said about one of them is lost."""

from __future__ import annotations

import pytest
from series_case import FIRST, deliver, groups, hold, see, series_of, sha

from homeward.core import WrongUse
from homeward.flow.series import leads, watch
from homeward.flow.series.deciding import answer, merge, split, tell, undo
from homeward.flow.series.listing import listed, proposals, shown
from homeward.store import Case


def decision(case: Case, name: str, act: str) -> str:
    """The one decision of that kind about a series."""
    (found,) = (one["event"] for one in shown(case, name)["history"] if one["act"] == act and not one["taken_back"])
    return str(found)


def notes(case: Case) -> dict[str, list[str]]:
    return {row["id"]: row["notes"] for row in listed(case)}


@pytest.mark.parametrize("body", ["1", "2"])
def test_both_sides_of_a_merge_have_their_names_again_however_much_came_meanwhile(two: Case, body: str) -> None:
    first, second = series_of(two, "a"), series_of(two, "c")
    tell(two, first, "note", "the first", "P", "")
    tell(two, second, "note", "the second", "P", "")
    merge(two, first, second, "P", "the same bedspread")
    deliver(two, "Y", dict.fromkeys("fghijk", body))
    hold(two)
    undo(two, decision(two, first, "merge"), "Q", "another bedspread")
    assert (series_of(two, "a"), series_of(two, "c")) == (first, second)
    assert notes(two) == {first: ["the first"], second: ["the second"]}
    assert series_of(two, "f") == {"1": first, "2": second}[body]


def test_a_series_that_lacks_the_picture_that_it_is_called_by_has_its_name_again(two: Case) -> None:
    deliver(two, "Y", dict.fromkeys("fg", "2"))
    hold(two)
    first, second = series_of(two, "a"), series_of(two, "c")
    (namesake,) = (one for one in "cdfg" if sha(one).startswith(second))
    stays = next(one for one in "cdfg" if one != namesake)
    split(two, second, [sha(namesake)], "P", "another room")
    tell(two, second, "age band", "0-2", "P", "")
    merge(two, first, second, "P", "the same bedspread")
    undo(two, decision(two, first, "merge"), "Q", "another bedspread")
    assert series_of(two, stays) == second
    assert {row["id"]: row["age_band"] for row in listed(two)}[second] == "0-2"


def test_a_series_whose_pictures_are_of_another_one_by_now_is_told_as_part_of_that(two: Case) -> None:
    """What was merged wrongly does not stand by itself again, for evidence came that it is of a third series."""
    deliver(two, "Y", dict.fromkeys("fghijk", "3") | dict.fromkeys("lmnopqrstuvw", "1"))
    hold(two)
    first, second, third = (series_of(two, one) for one in "acf")
    tell(two, second, "note", "by the window", "Q", "")
    merge(two, first, second, "P", "the same bedspread")
    deliver(two, "Z", dict.fromkeys("cd", "3"))  # the same contents, decoded anew
    hold(two)
    undo(two, decision(two, first, "merge"), "Q", "another bedspread")
    assert groups(two, *FIRST, "f") == ["ab", "cdf", "e"]
    assert notes(two) == {first: [], third: ["by the window"]}
    with pytest.raises(WrongUse, match=f"is part of {third} now"):
        shown(two, second)
    assert f"the series {second} belongs to it" in {one["what"] for row in watch.notices(two) for one in row["changes"]}


def test_what_was_said_of_what_was_taken_out_holds_where_it_is_again(two: Case) -> None:
    name = series_of(two, "a")
    made = split(two, name, [sha("b")], "P", "another room")
    lead = leads.add(two, made, "ask the shop", "it names a street", "Q", owner="R")
    tell(two, made, "note", "by the window", "Q", "")
    deliver(two, "Y", {"f": "1"})
    hold(two)
    watch.seen(two, series_of(two, "f"), "P")
    undo(two, decision(two, name, "split"), "P", "one room after all")
    assert groups(two, *FIRST, "f") == ["abf", "cd", "e"]
    assert (series_of(two, "a"), notes(two)[name]) == (name, ["by the window"])
    with pytest.raises(WrongUse, match=f"is part of {name} now"):
        shown(two, made)
    (notice,) = watch.notices(two)
    assert [change["what"].partition(":")[0] for change in notice["changes"]] == [f"the series {made} belongs to it"]
    assert notice["concerns"] == ["P", "Q", "R"]
    leads.tell(two, lead, "outcome", "identified", "R", "the shop keeps lists")
    assert ([one["series"] for one in leads.listed(two)], shown(two, name)["status"]) == ([name], "identified")


def test_what_was_split_is_called_as_before_however_much_came_to_what_was_taken_out(two: Case) -> None:
    name = series_of(two, "a")
    split(two, name, [sha("b")], "P", "another room")
    deliver(two, "Y", dict.fromkeys("fghijk", "1"))
    hold(two)
    undo(two, decision(two, name, "split"), "P", "one room after all")
    assert {series_of(two, one) for one in "abfghijk"} == {name}


@pytest.mark.parametrize("body", ["1", "2"])
def test_a_series_that_evidence_takes_in_once_a_no_is_taken_back_is_told_as_part_of_it(two: Case, body: str) -> None:
    names = {series_of(two, one): one for one in "ac"}
    for name, picture in names.items():
        tell(two, name, "note", picture, "Q", "")
    see(two, {("a", "c"): 3500})
    deliver(two, "Y", {"f": body})
    hold(two)
    answer(two, proposals(two)[0]["id"], False, "P", "two children")
    deliver(two, "Z", dict.fromkeys("abcdf", "5"))  # the same contents, decoded anew: all name one body
    hold(two)
    assert series_of(two, "a") != series_of(two, "c")
    for notice in watch.notices(two):
        watch.seen(two, notice["series"], "P")
    undo(two, decision(two, series_of(two, "a"), "reject"), "P", "one child")
    now = series_of(two, "a")
    assert (series_of(two, "c"), notes(two)) == (now, {now: ["a", "c"]})
    (ended,) = names.keys() - {now}
    with pytest.raises(WrongUse, match=f"is part of {now} now"):
        shown(two, ended)
