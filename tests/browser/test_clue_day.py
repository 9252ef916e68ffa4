"""From a picture to a clue, in a real browser: a box is drawn, found elsewhere and decided on; questions survive going back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from day_case import PRINTED, item
from desks import Desk
from playwright.sync_api import expect
from test_day import PATIENCE, READY, aside, entries, said

from homeward.flow.clues import clue_ledger as clues
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case, searches

pytestmark = pytest.mark.browser


def sha256(desk: Desk, name: str) -> str:
    with Case.open(desk.case) as case:
        return str(item(case, name).sha256)


def state(desk: Desk, name: str, attribute: str) -> None:
    with Case.open(desk.case) as case:
        clues.sight(case, "attribute", attribute, item(case, name).sha256, None, None, "Ines", "")


def draw(page: Any, x: float, y: float, across: float, down: float) -> None:
    """A box in shares of the veil, while R shows the picture."""
    edges = page.locator("#stage").bounding_box()
    page.keyboard.down("r")
    page.wait_for_selector("#stage[data-clear]")
    page.mouse.move(edges["x"] + x * edges["width"], edges["y"] + y * edges["height"])
    page.mouse.down()
    page.mouse.move(edges["x"] + (x + across) * edges["width"], edges["y"] + (y + down) * edges["height"], steps=5)
    page.mouse.up()
    page.keyboard.up("r")
    page.wait_for_selector("#stage:not([data-clear])")
    assert page.evaluate("document.querySelector('canvas.clear').width") == 0


def test_a_region_is_drawn_found_elsewhere_and_called_too_common(desk: Desk) -> None:
    page = desk.page
    here, there = (aside(sha256, desk, name) for name in PRINTED)
    page.goto(desk.link)
    page.wait_for_selector("[data-queue=unknown] a")
    page.goto(f"{desk.address}/pictures/{here}")
    page.wait_for_selector("#stage canvas.whole")
    draw(page, 0.3, 0.22, 0.4, 0.42)
    assert page.is_visible(".drawn")  # the box stays when the picture is gone
    page.wait_for_url("**box=**")
    page.click("#where-thing")
    page.wait_for_selector(f"#answers figure[data-picture='{there}']")
    assert page.locator(f"#answers figure[data-picture='{here}']").count() == 0
    page.reload()
    page.wait_for_selector(".drawn")
    page.click("#keep-it")
    page.wait_for_url("**/clues/**")
    page.select_option("[aria-label=Status]", "too common")
    page.click("#set-status")
    page.fill("#ask-why", "sold by the thousand")
    page.click("#ask-yes")
    said(page, "Recorded.")
    expect(page.locator(".status")).to_have_text("too common")
    page.goto(f"{desk.address}/clues")
    expect(page.locator("#clues tbody")).to_contain_text("too common")
    film = aside(sha256, desk, "film.mp4")
    page.goto(f"{desk.address}/grid?queue=frames:{film}")
    page.wait_for_selector(READY)
    page.keyboard.down("q")
    page.wait_for_selector("#stage[data-clear]")
    with page.expect_response("**/api/views") as stepped:
        page.keyboard.press("ArrowRight")
    assert stepped.value.ok
    page.wait_for_selector("#stage[data-clear]")
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.keyboard.up("q")
    page.wait_for_selector("#stage:not([data-clear])")
    page.goto(f"{desk.address}/series/{aside(sha256, desk, 'room00.jpg')[:12]}")
    expect(page.locator("#series .facts-list")).to_contain_text(re.compile("Circulation.*A · 2 pictures .*only here"))
    assert (desk.elsewhere, desk.errors) == ([], [])
    aside(_clue_is_kept, desk, here, film)


def _clue_is_kept(desk: Desk, here: str, film: str) -> None:
    with Case.open(desk.case) as case:
        (clue,) = [one for one in clues.listed(case) if one["kind"] == "region"]
        assert clue["status"] == "too common"
        assert "sold by the thousand" in clue["why"]
        ((sighting),) = clue["sightings"]
        assert sighting["picture"] == here
        assert list(sighting["box"]) == pytest.approx([192, 106, 256, 202], abs=6)
        told = entries(case, "clue.events")
        assert [(one.details["act"], case.custody.names(one.seq)["who"]) for one in told[-2:]] == [
            ("sight", "Ines"), ("status", "Ines"),
        ]  # fmt: skip
        views = entries(case, "view")
        assert [(one.details["item"], one.details["step"]) for one in views] == [
            (here, "full"), (film, "drawing"), (film, "drawing"),
        ]  # fmt: skip
        assert views[1].details["time_ms"] != views[2].details["time_ms"]
        assert [one.details["how"] for one in entries(case, "view.end")][::2] == ["let go", "let go"]
        assert verify(case, Quiet()).faults == []


def test_back_and_forward_keep_the_search(desk: Desk) -> None:
    page = desk.page
    page.goto(desk.link)
    page.wait_for_selector("[data-queue=unknown] a")
    page.goto(f"{desk.address}/find")
    title = page.locator("#title")
    expect(title).to_contain_text("Nothing is asked", timeout=PATIENCE)
    page.fill("#find [name=path]", "room0")
    page.press("#find [name=path]", "Enter")
    expect(title).to_contain_text("10 stacks", timeout=PATIENCE)
    page.fill("#find [name=series]", aside(sha256, desk, "room00.jpg")[:12])
    page.press("#find [name=series]", "Enter")
    expect(title).to_contain_text("2 stacks", timeout=PATIENCE)
    page.fill("#find [name=name]", "first two")
    page.click("#find [name=keep]")
    said(page, "Kept.")
    page.wait_for_selector(READY)
    page.locator("#stage").press("ArrowRight")
    expect(page.locator("#here")).to_have_text(re.compile("^2 of 2"))
    page.locator("#stage").press("Enter")
    page.wait_for_selector("#facts h2")
    page.go_back()
    expect(page.locator("#here")).to_have_text(re.compile("^2 of 2"))
    page.go_back()
    expect(title).to_contain_text("10 stacks")
    assert (page.input_value("#find [name=path]"), page.input_value("#find [name=series]")) == ("room0", "")
    page.go_forward()
    expect(title).to_contain_text("2 stacks")
    assert page.input_value("#find [name=series]")
    page.reload()
    expect(title).to_contain_text("2 stacks", timeout=PATIENCE)
    assert (desk.elsewhere, desk.errors) == ([], [])
    aside(_search_is_kept, desk)


def _search_is_kept(desk: Desk) -> None:
    with Case.open(desk.case) as case:
        (entry,) = entries(case, "search")
        assert case.custody.names(entry.seq)["who"] == "Ines"
        kept = searches.kept(case, str(entry.details["person"]))
        assert list(kept) == ["first two"]
        assert kept["first two"].startswith("path=room0&series=")
        assert verify(case, Quiet()).faults == []


def test_the_map_asks_nobody_else(desk: Desk) -> None:
    page = desk.page
    aside(state, desk, "room00.jpg", "switch: upright plate, toggle")
    page.goto(desk.link)
    page.wait_for_selector("[data-queue=unknown] a")
    page.goto(f"{desk.address}/map")
    page.wait_for_selector("#main[data-ready]")
    page.wait_for_selector("#map[data-drawn='1']")
    tiles = {one.url for one in desk.seen if one.url.endswith("/map/tiles")}
    assert tiles == {f"{desk.address}/api/map/tiles"}
    page.locator("#map").press("Home")
    pixel = (
        "(() => { const c = document.getElementById('map'); return [...c.getContext('2d').getImageData(3, 3, 1, 1).data]; })()"
    )
    expect(page.locator("#map")).to_be_visible()
    page.wait_for_function(f"{pixel}[2] === 200")
    red, _, blue, _ = page.evaluate(pixel)
    assert (red % 40, blue) == (0, 200)  # a tile of the file that the agency brought
    page.select_option("#series", index=1)
    page.click("summary:has-text('What speaks for them')")
    expect(page.locator("#why")).to_contain_text("upright plate, toggle")
    expect(page.locator("#why")).to_contain_text("Nothing is known of: ")
    edges = page.locator("#map").bounding_box()
    page.mouse.click(edges["x"] + edges["width"] / 2, edges["y"] + edges["height"] / 2)
    page.click("#chosen a:has-text('picture')")
    page.wait_for_url("**/find?near=**")
    expect(page.locator("#title")).to_contain_text("1 stack", timeout=PATIENCE)
    page.set_viewport_size({"width": 390, "height": 780})
    for name in ("", "grid", "find", "clues", "map", "proposals", f"pictures/{aside(sha256, desk, 'placed.jpg')}"):
        page.goto(f"{desk.address}/{name}", wait_until="networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    assert (desk.elsewhere, desk.errors) == ([], [])
