"""Communities at the workbench, by keyboard, in a real browser."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from communities_case import PASSWORD, PEOPLE
from desks import Desk
from playwright.sync_api import expect
from test_everybody import unnamed

from homeward.flow.communities import captures
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case

pytestmark = pytest.mark.browser


def asked(folder: Path) -> list[tuple[str, str, str]]:
    with Case.open(folder) as case:
        assert verify(case, Quiet()).faults == []
        return [(one["query"], one["who"], one["purpose"]) for one in reversed(captures.queries(case))]


def aside(folder: Path) -> Any:
    """In a thread of its own: Django refuses to work where Playwright keeps its loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asked, folder).result()


def test_boards_handles_and_reports_by_keyboard_and_every_page_for_every_role(followed_desk: Desk) -> None:
    page = followed_desk.page
    page.goto(followed_desk.link)
    page.wait_for_selector("header a[href='/communities']")
    page.click("header a[href='/communities']")
    expect(page.locator("#purpose-text")).to_be_focused()
    assert page.locator("#communities table").count() == 0
    page.keyboard.type("to find the next board")
    page.keyboard.press("Enter")
    page.locator("#communities button", has_text="old").press("Enter")
    expect(page.locator("svg path.flow")).not_to_have_count(0)
    expect(page.locator("#board h2").first).to_have_text("old")
    page.fill("input[type=date]", "2020-05-01")
    page.locator("input[type=date]").press("Enter")
    expect(page.locator("#after")).to_contain_text("It continues on one board")
    page.locator("#communities button", has_text="other0").press("Enter")  # a second one is judged with the first
    expect(page.locator("#board h2").first).to_have_text("other0")
    page.fill("input[type=date]", "2020-05-01")
    page.locator("input[type=date]").press("Enter")
    expect(page.locator("#after h2")).to_have_text(["other0, taken down on 2020-05-01", "old, taken down on 2020-05-01"])
    alone = page.locator("#after").get_by_role("button", name="Leave old out")
    alone.press("Enter")
    expect(page.locator("#after h2")).to_have_text(["other0, taken down on 2020-05-01"])
    page.goto(f"{followed_desk.address}/personas")
    expect(page.locator("#purpose-text")).to_be_focused()
    page.locator("#purpose-text").press("Enter")
    first = page.locator(".hypothesis").first
    expect(first).to_contain_text("proposed")
    first.get_by_role("button", name="One person", exact=True).press("Enter")
    page.fill("#ask-why", "the same key")
    page.locator("#ask-yes").press("Enter")
    expect(page.locator(".hypothesis", has_text="the same key").first).to_contain_text("supported")
    page.goto(f"{followed_desk.address}/reports")
    expect(page.locator("#purpose-text")).to_be_focused()
    page.locator("#purpose-text").press("Enter")
    expect(page.locator(".report")).to_have_count(1)
    page.locator(".report button").press("Enter")
    page.fill("#ask-why", "sent to the unit of the harbour")
    page.locator("#ask-yes").press("Enter")
    expect(page.locator(".report")).to_have_count(0)
    page.goto(f"{followed_desk.address}/appearances")
    expect(page.locator("#purpose-text")).to_be_focused()
    page.locator("#purpose-text").press("Enter")
    expect(page.locator("#appearances")).to_contain_text("2 files on 2 boards")
    assert (followed_desk.errors, followed_desk.elsewhere) == ([], [])
    told = aside(followed_desk.case)
    assert {(who, purpose) for _, who, purpose in told[:3]} == {("Ines", "to find the next board")}
    assert [query for query, *_ in told[:3]] == ["boards", "life", "succession"]
    _every_page_for_every_role(followed_desk)


SHOWN = {
    "communities": ("old", "In all, about"),
    "personas": ("Probability", "shared identifiers"),
    "appearances": ("2 files on 2 boards", "First observed here"),
    "reports": ("By urgency", "1 report in all"),
    "oversight": ("Of 10,000", "Disparity"),
}
"""What stands on each page once a purpose is named."""
MAY = {"lead": {*SHOWN} - {"oversight"}, "analyst": {*SHOWN} - {"oversight"}, "auditor": {"oversight"}}


def _every_page_for_every_role(desk: Desk) -> None:
    page = desk.page
    _opened(desk, MAY["lead"])
    for name, role in PEOPLE.items():
        page.click("#leave")
        page.wait_for_url("**/login")
        page.fill("[name=name]", name)
        page.fill("[name=password]", PASSWORD)
        page.click("#login button")
        expect(page.locator("header")).to_contain_text(name)
        _opened(desk, MAY.get(role, set()))
    assert (desk.errors, desk.elsewhere) == ([], [])


def _opened(desk: Desk, mine: set[str]) -> None:
    """Every page: named and filled by keyboard alone for whom it is, refused to all others, in no menu of theirs."""
    page = desk.page
    for address, (first, second) in SHOWN.items():
        page.goto(f"{desk.address}/{address}")
        if address not in mine:
            expect(page.locator("main")).not_to_contain_text("What it is needed for")
            assert page.locator("#purpose-text").count() == 0, address
            continue
        expect(page.locator("#purpose-text")).to_be_focused()
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type("to look after it")
        page.keyboard.press("Enter")
        expect(page.locator(f"#{address}")).to_contain_text(first)
        expect(page.locator(f"#{address}")).to_contain_text(second)
        assert unnamed(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        if address == "appearances":
            summary = page.locator("summary", has_text="First observed here")
            summary.press("Enter")
            expect(page.locator("details")).to_contain_text("a source that was never seen")
