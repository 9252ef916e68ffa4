"""Takes the pictures of docs/pictures from a worked case (that of ``homeward demo``), as a person would see its main pages.

usage: python docs/make_screenshots.py CASE
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

TARGET = Path(__file__).parent / "pictures"
SERVE = [sys.executable, "-c", "from homeward.cli import main; main()", "serve"]
READY = "#stage[data-ready]:not([data-ready=''])"


def main(case: str) -> None:
    """Serve a copy of the case, so that looking leaves nothing in it, and walk through its pages."""
    copy = Path(case).with_name(".for-screenshots")
    shutil.copytree(case, copy)
    serving = subprocess.Popen([*SERVE, str(copy), "--port", "0", "--as", "Ines"], stdout=subprocess.PIPE, text=True)
    assert serving.stdout is not None
    link = next(found[0] for line in serving.stdout if (found := re.search(r"http://\S+/enter#\S+", line)))
    try:
        _walk(link)
    finally:
        serving.terminate()
        serving.wait()
        shutil.rmtree(copy)


def _walk(link: str) -> None:
    TARGET.mkdir(exist_ok=True)
    address = link.partition("/enter")[0]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1200, "height": 720})
        page.set_default_timeout(120_000)
        page.goto(link)
        page.wait_for_selector("#queues:not([aria-busy])")
        page.screenshot(path=TARGET / "work.png")
        page.goto(f"{address}/grid?queue=all")
        page.wait_for_selector(READY)
        for key in ("2", "4", "5", "ArrowRight", "1"):
            page.keyboard.press(key)
        page.wait_for_timeout(1500)
        page.screenshot(path=TARGET / "grid.png")
        page.keyboard.down("q")
        page.wait_for_selector("#stage[data-clear]")
        page.screenshot(path=TARGET / "drawing.png")
        page.keyboard.up("q")
        series = page.evaluate("fetch('/api/series').then((answer) => answer.json())")
        if series:
            page.goto(f"{address}/series/{series[0]['id']}")
            page.wait_for_selector("#series:not([aria-busy])")
            page.wait_for_timeout(1500)
            page.screenshot(path=TARGET / "series.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
