"""Takes the pictures of docs/pictures from a worked case (that of ``homeward demo``), as a person would see its main pages.

usage: python docs/make_screenshots.py CASE
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

TARGET = Path(__file__).parent / "pictures"
SERVE = [sys.executable, "-c", "from homeward.cli import main; main()", "serve"]
READY = "#stage[data-ready]:not([data-ready=''])"
COLOURS = 256
"""Of each picture: small files are quick to fetch."""


def main(case: str) -> None:
    """Serve a copy of the case, so that looking leaves nothing in it, and walk through its pages."""
    copy = Path(case).with_name(".for-screenshots")
    shutil.copytree(case, copy)
    serving = subprocess.Popen([*SERVE, str(copy), "--port", "0", "--as", "Ines"], stdout=subprocess.PIPE, text=True)
    assert serving.stdout is not None
    link = next(found[0] for line in serving.stdout if (found := re.search(r"http://\S+/enter#\S+", line)))
    try:
        TARGET.mkdir(exist_ok=True)
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1200, "height": 720})
            page.set_default_timeout(120_000)
            page.goto(link)
            page.wait_for_selector("#queues:not([aria-busy])")
            for walk in (_work, _grid, _series, _clue, _find, _map):
                walk(page, link.partition("/enter")[0])
            browser.close()
    finally:
        serving.terminate()
        serving.wait()
        shutil.rmtree(copy)


def _work(page: Any, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("#queues:not([aria-busy])")
    _take(page, "work")


def _grid(page: Any, address: str) -> None:
    page.goto(f"{address}/grid?queue=all")
    page.wait_for_selector(READY)
    for key in ("2", "4", "5", "ArrowRight", "1"):
        page.keyboard.press(key)
    page.wait_for_timeout(5000)  # until nothing is said any more
    _take(page, "grid")
    page.keyboard.down("q")
    page.wait_for_selector("#stage[data-clear]")
    _take(page, "drawing")
    page.keyboard.up("q")


def _series(page: Any, address: str) -> None:
    found = page.evaluate("fetch('/api/series').then((answer) => answer.json())")
    page.goto(f"{address}/series/{max(found, key=lambda one: len(one['items']))['id']}")
    page.wait_for_selector("#series:not([aria-busy])")
    page.set_viewport_size({"width": 1200, "height": 1100})
    _take(page, "series")
    page.set_viewport_size({"width": 1200, "height": 720})


def _clue(page: Any, address: str) -> None:
    """A box drawn on a picture of a series, found elsewhere, and kept."""
    found = page.evaluate("fetch('/api/series').then((answer) => answer.json())")
    items = max(found, key=lambda one: len(one["items"]))["items"]
    for item in items:  # not all show enough to be asked about
        page.goto(f"{address}/pictures/{item['sha256']}")
        page.wait_for_selector("#stage canvas.whole")
        edges = page.locator("#stage").bounding_box()
        page.mouse.move(edges["x"] + 0.1 * edges["width"], edges["y"] + 0.15 * edges["height"])
        page.mouse.down()
        page.mouse.move(edges["x"] + 0.8 * edges["width"], edges["y"] + 0.85 * edges["height"], steps=4)
        page.mouse.up()
        page.click("#where-place")
        page.wait_for_selector("#answers h2, #say.bad")
        if page.locator("#answers figure").count():
            break
    page.set_viewport_size({"width": 1200, "height": 1240})
    _take(page, "picture")
    page.set_viewport_size({"width": 1200, "height": 720})
    page.click("#keep-it")
    page.wait_for_url("**/clues/**")
    page.wait_for_selector("#clue:not([aria-busy])")
    page.wait_for_timeout(5000)
    _take(page, "clue")


def _find(page: Any, address: str) -> None:
    page.goto(f"{address}/find?path=jpg&since=2024")
    page.wait_for_selector(READY)
    _take(page, "find")


DRIVING = """async (picture) => {
  const { post } = await import(document.querySelector("script[type=module]").src.replace("frame.js", "api.js"));
  await post("/clues", { kind: "attribute", value: "driving side: left", picture, time_ms: -1, veil_box: null });
}"""
"""Somebody says that cars drive on the left there, which speaks of countries."""


def _map(page: Any, address: str) -> None:
    found = page.evaluate("fetch('/api/series').then((answer) => answer.json())")
    page.evaluate(DRIVING, max(found, key=lambda one: len(one["items"]))["items"][0]["sha256"])
    page.goto(f"{address}/map")
    page.wait_for_selector("#main[data-ready]")
    for _ in range(4):
        page.click("#further")
    page.set_viewport_size({"width": 1200, "height": 1000})
    _take(page, "map")


def _take(page: Any, name: str) -> None:
    page.wait_for_timeout(1500)
    path = TARGET / f"{name}.png"
    page.screenshot(path=path)
    with Image.open(path) as taken:
        small = taken.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
