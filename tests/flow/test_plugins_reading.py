"""A plug-in that reads, from end to end: asked behind the lock, found by words, kept apart from what is read without it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import tiny_plugins as tiny
from homeward.core import WrongUse
from homeward.descriptors import text_models
from homeward.descriptors.plugin import ReadingPlugin
from homeward.descriptors.plugin_lines import reader
from homeward.descriptors.plugin_model import Model
from homeward.descriptors.text import printed
from homeward.descriptors.text_models import available
from homeward.flow import plugins
from homeward.flow.clues.text import find_text
from homeward.flow.finding.plugin_words import find_by_words
from homeward.flow.finding.plugins import find_by_plugin
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import describe_pending, process
from homeward.flow.progress import Quiet
from homeward.flow.steps import Step
from homeward.flow.verify import verify
from homeward.media.records import Grey
from homeward.store import Case
from homeward.testing.encoding import encode
from homeward.testing.lettering import Sign, written

PIXELS, _ = written([Sign("TABEREL 77", (30, 30))], (260, 100))
DATA = tiny.reading([0.95, 0.75, 0.6, 0.45, 0.3, 0.15])
LETTERS = ["д", "о", "м", "и", "к"]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """A case with one sign, read by a plug-in that takes brightness for letters."""
    folder = tmp_path_factory.mktemp("reading")
    (folder / "seized").mkdir()
    (folder / "seized" / "sign.png").write_bytes(encode(PIXELS[..., None].repeat(3, axis=2), "png"))
    told = tiny.manifest("ocr-rec", "cyrillic", DATA)
    told["model"] |= {"characters": LETTERS, "least": 0.1}
    with pytest.MonkeyPatch.context() as patch, Case.create(folder / "case", "Test Unit") as case:
        patch.setattr(text_models, "available", available)
        ingest(case, [Delivery("A", folder / "seized", "W", "")], Quiet())
        plugins.add(case, tiny.written(folder / "cyrillic", told, DATA))
        process(case, "inline", 1, Quiet(), until="describe")
        assert sum(describe_pending(case, step, "inline", 1, Quiet()) for step in plugins.steps(case)) == 1
        yield case


def read_here(case: Case) -> tuple[str, tuple[int, int, int, int]]:
    """What the same plug-in reads without a case and without the lock."""
    plugin = plugins.called(case, "cyrillic").plugin
    assert isinstance(plugin, ReadingPlugin)
    (line,) = printed(Grey(PIXELS, 1, 260, 100), 1, reader(plugin, Model(plugin, DATA).columns), plugin.model.least)
    return line.text, line.box


def test_what_it_read_is_found_whole_in_part_and_nearly(asked: Case) -> None:
    text, box = read_here(asked)
    assert len(text) > 8
    assert set(text) <= set(LETTERS)
    for words, kind in ((text.upper(), "exact"), (text[2:-2], "partial"), (text[:4] + "жщ" + text[5:], "fuzzy")):
        (row,) = find_by_words(asked, words, 20, "cyrillic")
        assert (row["kind"], row["text"], row["region"], row["paths"]) == (kind, text, list(box), ["A > sign.png"])
        assert (row["time"], row["log10_lr"], row["calibration"]) == (None, None, None)
        assert (row["plugin"]["id"], row["caveats"]) == ("cyrillic", [plugins.UNCALIBRATED])
    (apart,) = find_by_words(asked, f"{text[-4:]} {text[:4]}", 20, "cyrillic")
    assert (apart["text"], 0.5 <= apart["score"] < 0.95) == (text, True)
    assert find_by_words(asked, "something else", 20, "cyrillic") == []


def test_what_it_read_is_kept_apart(asked: Case) -> None:
    with pytest.raises(WrongUse, match="no words have been read in this case yet"):
        find_text(asked, read_here(asked)[0], 20)
    with pytest.raises(WrongUse, match="reads print: it is asked with --text"):
        find_by_plugin(asked, asked.folder / "case.db", "place", None, 5, "cyrillic")
    with pytest.raises(WrongUse, match="a letter or a digit"):
        find_by_words(asked, "!?", 20, "cyrillic")
    (row,) = plugins.listed(asked)
    assert (row["kind"], row["does"], row["done"], row["failed"]) == ("ocr-rec", "reads print", 1, 0)
    assert verify(asked, Quiet(), full=True).faults == []


def test_another_way_of_finding_lines_is_another_step(asked: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    one = plugins.called(asked, "cyrillic")
    before = one.key
    monkeypatch.setattr(plugins, "TEXT", Step("text", "0", {"descriptors": ["text 0"]}))
    assert one.key != before
    with pytest.raises(WrongUse, match="has said nothing about this case yet"):
        find_by_words(asked, "дом", 20, "cyrillic")


def test_without_what_finds_lines_it_waits(asked: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_models, "available", lambda: False)
    assert not plugins.available_to_read()
    assert np.all([step.needs == "homeward.flow.plugins:available_to_read" for step in plugins.steps(asked)])
