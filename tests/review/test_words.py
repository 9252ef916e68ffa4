"""Everything that a page says can be said in another language; what comes from evidence is never looked up."""

from __future__ import annotations

import re
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.utils import translation

from homeward.review.application import application
from homeward.review.bench import Workbench
from homeward.review.settings import HERE, languages
from homeward.store import Case

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs"))

from make_words import catalogue, refusals, scripts, templates
from script_words import literals

TOLD = re.compile(r"\{% blocktranslate.*?endblocktranslate %\}|\{%.*?%\}|\{\{.*?\}\}|<(code|kbd)>.*?</\1>", re.DOTALL)
NAMES = {"Homeward", "door", "wide"}
"""The program's own, and two classes."""
VALUES = {"too common", "known elsewhere", "known series", "label none", "under way", "ruled out", "nothing found"}
"""Statuses, a queue and a class: the server's words for them, or a style's."""
COUNTED = re.compile(r"plural\([^`]*, \Z")
"""Words that are counted are looked up where they are counted."""


def compiled(words: dict[str, str]) -> bytes:
    """A catalogue as gettext reads it (GNU gettext manual, 10.3)."""
    rows = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **words}.items())
    ids, said = ([one.encode() for one in column] for column in zip(*rows, strict=True))
    at = 28 + 16 * len(rows)
    places: list[int] = []
    for text in [*ids, *said]:
        places += [len(text), at]
        at += len(text) + 1
    head = struct.pack("<7I", 0x950412DE, 0, len(rows), 28, 28 + 8 * len(rows), 0, 0)
    return head + struct.pack(f"<{len(places)}I", *places) + b"".join(text + b"\0" for text in [*ids, *said])


HERE_YOU_ARE = "You are %(person_role)s of this case; here you look after how you come in."


@pytest.fixture
def bench(new_case: Case) -> Iterator[Workbench]:
    with Workbench(new_case) as made:
        application(made)
        yield made


@pytest.fixture
def in_german(bench: Workbench, tmp_path: Path) -> Iterator[None]:
    folder = tmp_path / "locale" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    said = {"Log in": "Anmelden", HERE_YOU_ARE: "Hier sind Sie %(person_role)s."}
    (folder / "django.mo").write_bytes(compiled(said))
    (folder / "scripts.mo").write_bytes(compiled({"{0} of {1}": "{0} von {1}"}))
    spoken = languages(tmp_path / "locale")
    assert [name for name, _ in spoken] == ["en", "de"]
    with override_settings(LOCALE_PATHS=[tmp_path / "locale"], LANGUAGES=spoken):
        yield
    translation.activate("en")


@pytest.mark.parametrize("path", sorted((HERE / "templates").glob("*.html")), ids=lambda path: path.stem)
def test_a_template_says_nothing_that_cannot_be_translated(path: Path) -> None:
    left = TOLD.sub("", path.read_text())
    texts = [one.strip() for one in re.findall(r">([^<>]*)<", left)]
    texts += re.findall(r'(?:aria-label|title|placeholder)="([^"]*)"', left)
    assert [one for one in texts if re.search("[A-Za-z]{2,}", one) and one not in NAMES] == []


SCRIPTS = sorted(set((HERE / "static").glob("*.js")) - {HERE / "static" / "world.js"})
"""Without the outlines of countries."""


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_says_nothing_that_cannot_be_translated(path: Path) -> None:
    told = [one for one in literals(path.read_text()) if one.read and not one.tagged]
    assert [one.parts for one in told if one.parts[0] not in VALUES and not COUNTED.search(one.before)] == []


def test_what_people_read_is_told_from_what_they_do_not() -> None:
    source = """// "A comment of words"
      el("p", { class: "soft grey", "aria-label": t`A ${one ? `box of ${two}` : ""} name` }, "Some words");
      const n = /"no words here"/;
      call("POST", `/views/${n}`); say(`${a} of ${b}`, 'Kept.');"""
    read = {one.parts for one in literals(source) if one.read}
    assert read == {("A ", " name"), ("box of ", ""), ("Some words",), ("", " of ", ""), ("Kept.",)}
    assert {one.parts for one in literals(source) if one.tagged} == {("A ", " name")}


def test_pages_speak_the_language_of_the_one_who_reads(client: Callable[..., Any], in_german: None) -> None:
    browser = client("lead")
    page = client().get("/login", headers={"accept-language": "de-CH, en;q=0.5"}).content.decode()
    assert '<html lang="de">' in page
    assert "Anmelden" in page
    assert "Hier sind Sie lead." in browser.get("/me", headers={"accept-language": "de"}).content.decode()
    assert browser.get("/words/de.json").json() == {"{0} of {1}": "{0} von {1}"}
    assert '<html lang="en">' in browser.get("/login", headers={"accept-language": "fr"}).content.decode()


def test_what_is_not_there_is_english(client: Callable[..., Any]) -> None:
    assert client().get("/words/en.json").json() == {}
    assert client().get("/words/xx.json").status_code == 404


def test_translators_get_every_sentence() -> None:
    held = {*templates(), *scripts(), *refusals()}
    for sentence in (
        "Log in",
        "You have worked for {0} min. A break?",
        "{0} of {1}",
        "picture",
        "copies",
        "To the content",
        "more clues",
        "Where else is this thing?",
        "the list has no such tiles",
        "port {0} cannot be used: {1} (another one: --port)",
    ):
        assert sentence in held, sentence
    assert not [one for one in held if not re.search("[A-Za-z]", one) or "${" in one]
    assert catalogue(['a "b"']).endswith('\nmsgid "a \\"b\\""\nmsgstr ""\n')
