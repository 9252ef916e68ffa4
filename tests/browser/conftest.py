"""A worked case, the workbench over it as ``homeward serve`` opens it, and Chromium in front of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # helpers of these tests are imported by name

import communities_case
from day_case import make
from desks import Desk, Seen

from tiny_map import write

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")
SERVE = [sys.executable, "-c", "from homeward.cli import main; main()", "serve"]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where it lies; skip where there is none, fail where it is required."""
    if not CHROMIUM:
        if os.environ.get("HOMEWARD_REQUIRE_DATA") == "1":
            pytest.fail("no Chromium")
        pytest.skip("no Chromium (apt-get install chromium)")
    return CHROMIUM


@pytest.fixture(scope="session")
def worked_day(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case for a day's work, made once; each test has a copy."""
    return make(tmp_path_factory.mktemp("day"))


@pytest.fixture
def desk(request: pytest.FixtureRequest, worked_day: Path, tmp_path: Path) -> Iterator[Desk]:
    """With further options of ``homeward serve``, where a test gives some."""
    case = shutil.copytree(worked_day, tmp_path / "case")
    with at_desk(case, tmp_path, getattr(request, "param", ())) as made:
        yield made


@pytest.fixture
def followed_desk(chromium: str, tmp_path: Path) -> Iterator[Desk]:
    """Before a case that holds captures of communities."""
    with at_desk(communities_case.make(tmp_path), tmp_path) as made:
        yield made


@contextmanager
def at_desk(case: Path, folder: Path, options: Sequence[str] = ()) -> Iterator[Desk]:
    """The workbench over ``case``, and a browser that Ines has in front of it."""
    from playwright.sync_api import sync_playwright

    serving = subprocess.Popen(
        [*SERVE, str(case), "--map", str(write(folder / "tiles")), "--port", "0", "--as", "Ines", *options],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert serving.stdout is not None
    link = next(found[0] for line in serving.stdout if (found := re.search(r"http://\S+/enter#\S+", line)))
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch_persistent_context(
                str(folder / "profile"), executable_path=CHROMIUM, args=list(QUIET), viewport={"width": 1280, "height": 800}
            )
            yield _watched(browser, case, link, folder / "profile")
            browser.close()
    finally:
        serving.terminate()
        assert serving.wait(30) in {0, 130}


def _watched(browser: Any, case: Path, link: str, profile: Path) -> Desk:
    from playwright.sync_api import Error

    page = browser.pages[0]
    desk = Desk(page, case, link.partition("/enter")[0], link, [], [], [], profile)

    def ask(request: Any) -> None:
        if not request.url.startswith(desk.address):
            desk.elsewhere.append(request.url)

    def answer(response: Any) -> None:
        kind = response.headers.get("content-type", "").partition(";")[0]
        body = b""
        with suppress(Error):  # the page has gone on meanwhile
            body = response.body()
        desk.seen.append(Seen(response.request.method, response.url, kind, body))

    page.on("request", ask)
    page.on("requestfinished", lambda request: answer(request.response()))
    page.on("pageerror", lambda error: desk.errors.append(str(error)))
    page.set_default_timeout(60_000)
    return desk
