"""What can be said of the pages without a browser: contrast, names, and that nothing is asked for elsewhere."""

from __future__ import annotations

import json
import re

import pytest

from homeward.flow.workbench.grading import SCHEMES
from homeward.review.frames import files, modules
from homeward.review.settings import HERE

STYLE = files()["style.css"].decode()
PAIRS = [("text", "ground"), ("text", "raised"), ("soft", "ground"), ("soft", "raised"), ("accent", "ground"),
         ("accent-ink", "accent"), ("bad", "ground"), ("good", "ground")]  # fmt: skip


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [":root {", ':root[data-theme="light"] {'])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_words_can_be_read(theme: str, ink: str, ground: str) -> None:
    block = STYLE.partition(theme)[2].partition("}")[0]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
    assert contrast(colours[ink], colours[ground]) >= 4.5


def test_categories_can_be_told_from_the_ground_and_from_each_other() -> None:
    for path in SCHEMES.glob("*.json"):
        colours = [one["colour"] for one in json.loads(path.read_text())["categories"]]
        assert len(set(colours)) == len(colours)
        assert all(contrast(one, "#14171c") >= 4.5 for one in colours)


def test_nothing_is_asked_for_elsewhere_and_nothing_is_inline() -> None:
    for name, body in files().items():
        text = body.decode().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|innerHTML|insertAdjacentHTML|eval\(|document\.write", text), name
    for path in (HERE / "templates").glob("*.html"):
        text = path.read_text()
        assert not re.search(r"https?://|<style|style=|\son[a-z]+=|\|safe|<script(?![^>]*src=)", text), path.name


def test_every_script_is_used_and_there() -> None:
    held = set(files())
    asked = {
        name for path in (HERE / "templates").glob("*.html") for name in re.findall(r"static \}\}/([\w.]+)", path.read_text())
    }
    for name, body in files().items():
        if name.endswith(".js"):
            asked |= set(re.findall(r'from "\./([\w.]+)"', body.decode()))
    assert asked == held


def test_a_page_names_every_script_that_it_needs() -> None:
    for page in ("grid", "picture", "map"):
        told = modules(page)
        assert {f"{page}.js", "frame.js", "words.js"} <= set(told)
        for name in told:
            assert set(re.findall(r'from "\./([\w.]+)"', files()[name].decode())) <= set(told), name
    assert "reveal.js" not in modules("map")
