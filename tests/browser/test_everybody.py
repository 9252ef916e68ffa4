"""Pages for whoever uses them: named for screen readers in both themes, codes of a telephone, breaks at one's own pace."""

from __future__ import annotations

import io
import re
import time
from typing import Any

import pytest
import zxingcpp
from desks import Desk
from PIL import Image
from playwright.sync_api import expect
from test_day import PATIENCE, aside, entries, said
from test_team import PASSWORD, change_to, let_in

from homeward.flow.workbench import codes
from homeward.flow.workbench.people import find
from homeward.store import Case

pytestmark = pytest.mark.browser
PAGES = ("", "grid?queue=all", "find", "clues", "map", "proposals", "care", "releases", "people", "me")
NEED_NAMES = {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "spinbutton", "listbox", "dialog",
              "application", "slider", "image", "canvas", "img", "navigation"}  # fmt: skip


def unnamed(page: Any) -> list[str]:
    """What a screen reader meets on the page and has no name for."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    told = [(one["role"]["value"], one.get("name", {}).get("value", "")) for one in nodes if not one["ignored"]]
    return [role for role, name in told if role in NEED_NAMES and not name.strip()]


def test_pages_are_named_in_both_themes(desk: Desk) -> None:
    page = desk.page
    page.goto(desk.link)
    page.wait_for_selector("#queues:not([aria-busy])")
    for at, address in enumerate(PAGES):
        page.goto(f"{desk.address}/{address}")
        page.wait_for_load_state("networkidle")
        assert unnamed(page) == [], address
        headings = page.locator("main h1")
        assert headings.count() == 1, address
        assert page.title() != "Homeward", address
        if at == 0:
            before = page.evaluate("getComputedStyle(document.body).backgroundColor")
            page.click("#theme")
        assert page.evaluate("document.documentElement.dataset.theme") == "light", address  # chosen once, kept everywhere
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    assert (desk.elsewhere, desk.errors) == ([], [])


def test_codes_and_breaks(desk: Desk) -> None:
    page = desk.page
    page.goto(desk.link)
    page.wait_for_selector("#queues:not([aria-busy])")
    let_in(desk, "Otto")
    change_to(desk, "Otto")
    page.goto(f"{desk.address}/me")
    page.click("#second button")
    secret = page.inner_text("#second code").replace(" ", "")
    shown = Image.open(io.BytesIO(page.locator("canvas.square").screenshot()))
    assert f"secret={secret}&" in zxingcpp.read_barcode(shown).text
    number = int(time.time() // codes.SECONDS)
    page.fill("#second [name=code]", codes.code(secret, number))
    page.click("#second form button")
    said(page, "From now on a code is wanted.")
    page.click("#leave")
    page.wait_for_url("**/login")
    page.fill("[name=name]", "Otto")
    page.fill("[name=password]", PASSWORD)
    page.click("#login button")
    expect(page.locator("#code")).to_be_visible(timeout=PATIENCE)
    page.fill("[name=code]", codes.code(secret, number + 1))  # the one that was typed counts no more
    page.click("#login button")
    page.wait_for_selector("#queues:not([aria-busy])")

    # A break after as long as one set oneself, and nothing of it leaves the browser.
    before = len(desk.seen)
    page.evaluate("localStorage.setItem('pace.minutes', '0.01'); localStorage.setItem('pace.worked', '1000')")
    page.evaluate("localStorage.setItem('pace.last', String(Date.now()))")
    for _ in range(40):
        page.mouse.move(300 + _, 300)
        page.wait_for_timeout(300)
        if page.locator("#break").count():
            break
    expect(page.locator("#break")).to_contain_text(re.compile("A break"))
    page.click("#break button:has-text('Yes')")
    expect(page.locator("dialog.rest")).to_be_visible()
    page.click("dialog.rest button")
    assert len(desk.seen) == before
    page.click("#leave")
    page.wait_for_url("**/login")
    assert desk.errors == []
    aside(_with_codes, desk)


def _with_codes(desk: Desk) -> None:
    with Case.open(desk.case) as case:
        otto = find(case, "Otto")
        assert otto.second
        changes = [one.details["changed"] for one in entries(case, "people.change")]
        assert changes == [["second"]]
        begun = [one for one in entries(case, "session.begin") if one.details["person"] == otto.key]
        assert [one.details["by"] for one in begun] == ["password"] * 2


def test_who_works_in_one_tab_is_not_idle_in_another(desk: Desk) -> None:
    page = desk.page
    page.context.clock.install()
    page.goto(desk.link)
    page.wait_for_selector("#queues:not([aria-busy])")
    other = page.context.new_page()
    other.goto(f"{desk.address}/clues")
    other.wait_for_load_state("networkidle")
    page.context.clock.fast_forward("14:50")
    other.keyboard.press("Shift")
    for _ in range(3):
        page.context.clock.fast_forward("00:06")
    assert page.goto(f"{desk.address}/me").url.endswith("/me")  # the session goes on
    page.wait_for_load_state("networkidle")
    page.context.clock.fast_forward("15:06")
    page.wait_for_url("**/login")
    other.wait_for_url("**/login")
