"""A day at the workbench, in a real browser; what it leaves behind stands in the records and in the ledger."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from day_case import item
from desks import Desk
from playwright.sync_api import expect

from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.flow.workbench.grading import Grades, scheme
from homeward.store import Case, series
from homeward.store.ledger import Entry, decode

pytestmark = pytest.mark.browser
PATIENCE = 60_000
PRESSED = """(keys) => keys.map(([key, held]) => !document.getElementById('stage').dispatchEvent(new KeyboardEvent('keydown',
  { key, bubbles: true, cancelable: true, [held]: true })))"""
READY = "#stage[data-ready]:not([data-ready=''])"


def entries(case: Case, act: str) -> list[Entry]:
    return [one for one in (decode(body) for _, body in case.custody.entries()) if one.act == act]


def aside(function: Callable[..., Any], *arguments: Any) -> Any:
    """In a thread of its own: Django refuses to work where Playwright keeps its loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(function, *arguments).result()


def graded(folder: Path) -> dict[int, str]:
    with Case.open(folder) as case:
        held = Grades(case, scheme())
        held.follow()
        return held.codes


def said(page: Any, words: str) -> None:
    expect(page.locator("#say")).to_contain_text(words, timeout=PATIENCE)


def here(page: Any, words: str | re.Pattern[str]) -> None:
    """The line about the tile at the cursor."""
    expect(page.locator("#here")).to_have_text(words, timeout=PATIENCE)


def hold(page: Any, key: str) -> None:
    """Until it is seen, and let go."""
    page.keyboard.down(key)
    page.wait_for_selector("#stage[data-clear]")
    page.wait_for_timeout(300)
    page.keyboard.up(key)
    page.wait_for_selector("#stage:not([data-clear])")
    assert page.evaluate("document.querySelector('canvas.clear').width") == 0


def test_a_day(desk: Desk) -> None:
    page = desk.page
    page.goto(desk.link)
    page.wait_for_selector("[data-queue=unknown] a")
    assert "Ines" in page.inner_text("header")
    page.click("[data-queue=unknown] a")
    page.wait_for_selector(READY)
    here(page, re.compile("^1 of"))
    _say_and_take_back(desk)
    _no_key_is_taken_from_the_browser(page)
    _opened_and_back(page)
    for key in "qwer":
        hold(page, key)
    _a_film(desk)
    _a_proposal(desk)
    page.click("#leave")
    page.wait_for_url("**/login")
    page.goto(f"{desk.address}/grid")
    page.wait_for_url("**/login**")
    aside(_left_behind, desk)
    _nothing_clear_is_left(desk)


def _no_key_is_taken_from_the_browser(page: Any) -> None:
    """None by which it finds text or goes to an address; an arrow is the grid's."""
    held = [*((key, "ctrlKey") for key in "fglkdu1"), ("F3", ""), ("/", ""), ("'", ""), ("f", "metaKey")]
    assert page.evaluate(PRESSED, [list(one) for one in held]) == [False] * 11
    assert page.evaluate(PRESSED, [["ArrowDown", ""]]) == [True]
    page.keyboard.press("Home")


def _opened_and_back(page: Any) -> None:
    """A picture is opened, and left for the same place."""
    page.keyboard.press("End")
    here(page, re.compile(r"^(\d+) of \1 "))
    last = page.inner_text("#here")
    page.keyboard.press("Enter")
    page.wait_for_selector("#facts h2")
    page.keyboard.press("Escape")
    here(page, last)
    page.keyboard.press("?")
    assert page.is_visible("#keys")
    page.keyboard.press("Escape")


def _a_proposal(desk: Desk) -> None:
    page = desk.page
    page.goto(f"{desk.address}/proposals")
    page.click("article button:has-text('Accept')")
    page.fill("#ask-why", "the same wallpaper")
    page.click("#ask-yes")
    said(page, "Accepted.")


def _a_film(desk: Desk) -> None:
    """Frame by frame, at its pace, and heard."""
    page = desk.page
    page.goto(f"{desk.address}/pictures/{aside(_sha256, desk.case, 'film.mp4')}?time=0")
    page.wait_for_selector("#moment:not([hidden])")
    page.wait_for_selector("#stage:focus")
    page.keyboard.down("w")
    page.wait_for_selector("#stage[data-time='0']")
    for key, time in ((".", 500), (",", 0)):
        page.keyboard.press(key)
        page.wait_for_selector(f"#stage[data-time='{time}']")
    page.keyboard.down("Space")
    page.wait_for_selector("#stage[data-time='2500']")
    page.keyboard.up("Space")
    page.keyboard.up("w")
    page.wait_for_selector("#stage:not([data-clear])")
    page.wait_for_url("**?time=2500")
    page.keyboard.down("t")
    page.wait_for_selector("#stage[data-sound]")
    page.keyboard.up("t")
    page.wait_for_selector("#stage:not([data-sound])")


def _sha256(folder: Path, name: str) -> str:
    with Case.open(folder) as case:
        return str(item(case, name).sha256)


def _say_and_take_back(desk: Desk) -> None:
    page = desk.page
    # A stack of two is graded as one, and taken back.
    page.keyboard.press("Home")
    here(page, re.compile("2 copies"))
    page.keyboard.press("1")
    said(page, "2 pictures: Urgent")
    assert len(aside(graded, desk.case)) == 2
    page.keyboard.press("u")
    said(page, "Taken back: 2 pictures")
    assert aside(graded, desk.case) == {}

    # With Alt to the whole series; and all of it is taken back, one after the other.
    page.keyboard.press("Alt+1")
    said(page, "3 pictures: Urgent")
    page.keyboard.press("PageDown")
    here(page, re.compile(r"^(\d+) of \1 "))
    page.keyboard.press("1")
    said(page, "1 picture: Urgent")
    assert len(aside(graded, desk.case)) == 4
    page.keyboard.press("u")
    said(page, "Taken back: 1 picture")
    page.keyboard.press("Control+z")
    said(page, "Taken back: 3 pictures")
    assert aside(graded, desk.case) == {}
    page.keyboard.press("PageUp")
    here(page, re.compile("^1 of .*2 copies"))
    page.keyboard.press("2")
    said(page, "2 pictures: Relevant")


def _left_behind(desk: Desk) -> None:
    with Case.open(desk.case) as case:
        assert set(graded(desk.case).values()) == {"relevant"}
        assert [one.details["code"] for one in entries(case, "grade")] == ["urgent", "", "urgent", "urgent", "", "", "relevant"]
        views = entries(case, "view")
        assert [one.details["step"] for one in views] == ["drawing", "grey", "region", "full", *["grey"] * 4, "sound"]
        assert [one.details["time_ms"] for one in views[4:]] == [0, 500, 499, 500, 2500]
        assert [one.details.get("frames") for one in views[4:]] == [None, None, None, 12, None]
        assert all(case.custody.names(one.seq)["who"] == "Ines" for one in views)
        assert all(case.custody.names(one.seq)["reason"] for one in views)
        ends = {one.details["view"]: one.details for one in entries(case, "view.end")}
        assert [ends[one.seq]["how"] for one in views] == [*["let go"] * 4, *["next"] * 3, "let go", "let go"]
        assert all(ends[one.seq]["milliseconds"] >= 300 for one in views[:4])
        members = series.members(case)
        assert len({members[item(case, f"room{at:02d}.jpg").pk] for at in (0, 1, 2, 4)}) == 1
        assert [len(entries(case, act)) for act in ("session.begin", "session.end")] == [1, 1]
        assert verify(case, Quiet(), full=True).faults == []


def _nothing_clear_is_left(desk: Desk) -> None:
    """Clear pixels and sound came nine times and in no other answer; neither they nor a file lie in the browser's folder."""
    assert (desk.elsewhere, desk.errors) == ([], [])
    clear = [one for one in desk.seen if one.url.endswith(("/api/views", "/api/views/sound")) and one.method == "POST"]
    assert len(clear) == 9
    others = [one for one in desk.seen if one not in clear]
    assert {one.kind for one in others} <= {
        "", "text/html", "text/css", "text/javascript", "application/json", "application/octet-stream", "image/svg+xml",
    }  # fmt: skip
    packed = [one for one in others if one.kind == "application/octet-stream"]
    assert all("/tiles?" in one.url or one.url.endswith("/api/veils") for one in packed)
    samples = [_telling(one.body) for one in clear]
    kept = [path for path in desk.profile.rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        body = path.read_bytes()
        assert not any(sample in body for sample in samples), path
    assert not any(sample in one.body for sample in samples for one in others)


def _telling(pixels: bytes) -> bytes:
    """A few bytes from the middle that lie nowhere by chance."""
    values = np.frombuffer(pixels, np.uint8)
    places = range(len(values) // 3, len(values) - 48, 48)
    return next(values[at : at + 48].tobytes() for at in places if len(set(values[at : at + 48].tolist())) > 8)
