"""Several people at one workbench, in a real browser: work in hand, opinions, handing over, splitting and taking back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from day_case import item
from desks import Desk
from playwright.sync_api import expect
from test_day import PATIENCE, READY, aside, entries, here, said

from homeward.flow.progress import Quiet
from homeward.flow.series import listing
from homeward.flow.verify import verify
from homeward.flow.workbench import handing, people
from homeward.flow.workbench.grading import Grades, scheme
from homeward.store import Case, leases, series

pytestmark = pytest.mark.browser
TWO = Path(__file__).with_name("two_opinions.json")
PASSWORD = "nine green bottles"


def let_in(desk: Desk, *names: str) -> None:
    page = desk.page
    page.goto(f"{desk.address}/people")
    for name in names:
        page.fill("#add [name=name]", name)
        page.select_option("#add [name=role]", "analyst")
        page.fill("#add [name=password]", PASSWORD)
        page.click("#add button")
        said(page, f"{name} is let in.")


def change_to(desk: Desk, name: str) -> None:
    """One logs out and another logs in."""
    page = desk.page
    page.click("#leave")
    page.wait_for_url("**/login")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("#login button")
    page.wait_for_selector("#queues:not([aria-busy])")
    assert name in page.inner_text("header")


def say(desk: Desk, queue: str, key: str, words: str) -> None:
    """Open a queue and give the first stack of it a category."""
    page = desk.page
    page.goto(f"{desk.address}/grid?queue={queue}")
    page.wait_for_selector(READY)
    here(page, re.compile("^1 of .*undecided"))
    page.keyboard.press(key)
    said(page, words)


@pytest.mark.parametrize("desk", [["--scheme", str(TWO)]], indirect=True)
def test_opinions_and_handing_over(desk: Desk) -> None:
    page = desk.page
    page.goto(desk.link)
    page.wait_for_selector("#queues:not([aria-busy])")
    let_in(desk, "Otto", "Uma")
    say(desk, "unknown", "1", "Urgent")
    page.goto(desk.address)
    page.select_option("#hand [name=to]", "Otto")
    page.fill("#hand [name=note]", "the bright rooms first")
    page.click("#hand button")
    expect(page.locator("#hand")).to_contain_text("handed to Otto", timeout=PATIENCE)

    # It is in his hands; what she said he does not learn.
    change_to(desk, "Otto")
    expect(page.locator("[data-queue=yours]")).to_contain_text("the bright rooms first", timeout=PATIENCE)
    assert page.inner_text("[data-queue=opinions] .count") == "1"
    say(desk, "opinions", "2", "Other")

    # They differ; a third one decides, as blind as they were.
    change_to(desk, "Uma")
    assert page.inner_text("[data-queue=disputed] .count") == "1"
    say(desk, "disputed", "1", "Urgent")
    here(page, re.compile("Urgent|^1 of"))
    page.click("#leave")
    page.wait_for_url("**/login")
    assert (desk.elsewhere, desk.errors) == ([], [])
    aside(_of_three_people, desk)


def _of_three_people(desk: Desk) -> None:
    with Case.open(desk.case) as case:
        held = Grades(case, scheme(str(TWO)))
        held.follow()
        assert set(held.codes.values()) == {"urgent"}
        assert not held.open
        names = [case.custody.names(one.seq)["who"] for one in entries(case, "grade")]
        assert names == ["Ines", "Otto", "Uma"]
        assert [case.custody.names(one.seq)["person"] for one in entries(case, "people.add")] == ["Ines", "Otto", "Uma"]
        (hand,) = entries(case, "work.hand")
        told = case.custody.names(hand.seq)
        assert (told["who"], told["to"], told["note"]) == ("Ines", "Otto", "the bright rooms first")
        assert hand.details["stacks"] > 20
        assert [one.details["by"] for one in entries(case, "session.begin")] == ["link", "password", "password"]
        assert verify(case, Quiet()).faults == []


def test_a_wrong_merge_is_split_and_the_split_taken_back(desk: Desk) -> None:
    page = desk.page
    page.goto(desk.link)
    page.wait_for_selector("#queues:not([aria-busy])")
    let_in(desk, "Otto")

    # What Otto has open is not hers meanwhile.
    (proposal,) = aside(_proposals, desk)
    aside(_takes, desk, "Otto", handing.PROPOSAL, proposal)
    page.goto(f"{desk.address}/proposals")
    expect(page.locator("#elsewhere")).to_have_text("1 proposal in the hands of Otto.", timeout=PATIENCE)
    assert page.locator("article").count() == 0
    aside(_lets_go, desk, "Otto")
    page.reload()
    page.click("article button:has-text('Accept')")
    _reason(page, "the same wallpaper")
    said(page, "Accepted.")
    name = aside(_series, desk)
    aside(_takes, desk, "Otto", handing.SERIES, name)
    page.goto(f"{desk.address}/series/{name}")
    expect(page.locator(".taken")).to_contain_text("Otto has this in hand", timeout=PATIENCE)
    assert page.locator("#split").count() == 0
    aside(_lets_go, desk, "Otto")
    page.goto(f"{desk.address}/series/{name}")
    page.click("#leads summary")
    page.fill("#new-lead [name=task]", "ask who sold the lamp")
    page.fill("#new-lead [name=why]", "the town")
    page.click("#new-lead button")
    said(page, "Added.")
    assert aside(_in_hand, desk, "Ines") == [name]
    page.goto(desk.address)
    page.click("[data-queue=leads] a:has-text('ask who sold the lamp')")
    page.wait_for_selector("[data-lead]")
    page.locator(".pick").first.click()
    page.click("#split")
    _reason(page, "another house")
    said(page, "Taken out.")
    assert aside(_together, desk) == 3
    page.locator("tr:has-text('another house') button").click()
    _reason(page, "it is the same after all")
    said(page, "Taken back.")
    page.wait_for_selector("tr:has-text('(taken back)')")
    assert aside(_together, desk) == 4
    page.goto(desk.address)
    page.wait_for_selector("#queues:not([aria-busy])")
    assert aside(_in_hand, desk, "Ines") == []  # who leaves a page lets go of what it is about
    assert (desk.elsewhere, desk.errors) == ([], [])
    aside(_of_the_split, desk)


def _reason(page: Any, why: str) -> None:
    page.fill("#ask-why", why)
    page.click("#ask-yes")


def _proposals(desk: Desk) -> list[str]:
    with Case.open(desk.case) as case:
        return [str(one["id"]) for one in listing.proposals(case)]


def _takes(desk: Desk, who: str, kind: str, name: str) -> None:
    with Case.open(desk.case) as case:
        assert handing.take(case, people.find(case, who), kind, [name]).mine == [name]


def _lets_go(desk: Desk, who: str) -> None:
    with Case.open(desk.case) as case:
        leases.release(case, people.find(case, who).key)


def _in_hand(desk: Desk, who: str) -> list[str]:
    with Case.open(desk.case) as case:
        return leases.of(case, handing.SERIES, people.find(case, who).key)


def _series(desk: Desk) -> str:
    with Case.open(desk.case) as case:
        return series.members(case)[item(case, "room00.jpg").pk]


def _together(desk: Desk) -> int:
    """How many of the four lie in one series."""
    with Case.open(desk.case) as case:
        members = series.members(case)
        held = [members.get(item(case, f"room{at:02d}.jpg").pk) for at in (0, 1, 2, 4)]
        return max(held.count(name) for name in held if name)


def _of_the_split(desk: Desk) -> None:
    with Case.open(desk.case) as case:
        told = [case.custody.names(one.seq) for one in entries(case, "series.events")]
        assert [one["who"] for one in told if one.get("who")] == ["Ines"] * 4
        assert verify(case, Quiet()).faults == []
