"""Words in the pictures and clips of a case: read once a stack, found by what is nearly them, vouched for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from homeward.core import WrongUse
from homeward.descriptors import text_models
from homeward.descriptors.text_models import available
from homeward.flow.clues import text, text_links
from homeward.flow.clues.clue_ledger import listed, sight, tell
from homeward.flow.finding.asking import TooLittle
from homeward.flow.finding.sights import Region
from homeward.flow.finding.text import find_by_text
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.links.text import calibration
from homeward.store import Case, texts
from homeward.store.models import Item, Job, LedgerHead, TextGram, TextLine
from homeward.testing import scenes
from homeward.testing.encoding import encode, film
from homeward.testing.lettering import Sign, written


def signed(seed: int, *signs: Sign) -> np.ndarray:
    room = scenes.room(seed)
    pixels, _ = written(list(signs), ground=np.asarray(room.mean(axis=2) if room.ndim == 3 else room, np.uint8))
    return np.repeat(pixels[..., None], 3, axis=2)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    folder = tmp_path_factory.mktemp("words")
    seized = folder / "seized"
    seized.mkdir()
    first = signed(0, Sign("HELTORTRI 1962", (120, 90)), Sign("LOT 7731", (200, 300)))
    (seized / "first.png").write_bytes(encode(first, "png"))
    (seized / "smaller.jpg").write_bytes(encode(scenes.resize(first, 0.7)))
    (seized / "second.png").write_bytes(encode(signed(1, Sign("Heltortri", (90, 60)), Sign("MOCKBA", (300, 260))), "png"))
    (seized / "none.jpg").write_bytes(encode(scenes.room(2)))
    (seized / "tiny.png").write_bytes(encode(np.zeros((9, 9, 3), np.uint8), "png"))
    (seized / "clip.mp4").write_bytes(film([signed(3, Sign("Pontevale", (100, 80)))] * 12))
    with pytest.MonkeyPatch.context() as patch, Case.create(folder / "case", "Test Unit") as case:
        patch.setattr(text_models, "available", available)
        ingest(case, [Delivery("X1", seized, "Warrant 1", "Somebody")], Quiet())
        process(case, "inline", 1, Quiet(), until="clues")
        yield case


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [Path(row["paths"][0]).name.split(" > ")[-1] for row in rows]


@pytest.mark.parametrize(
    ("asked", "kind", "where"),
    [
        ("heltortri", "exact", {"first.png", "smaller.jpg", "second.png"}),
        ("HELTORTRI 1962", "exact", {"first.png", "smaller.jpg"}),
        ("tortri", "partial", {"first.png", "smaller.jpg", "second.png"}),
        ("heltertri", "fuzzy", {"first.png", "smaller.jpg", "second.png"}),
        ("москва", "fuzzy", {"second.png"}),
        ("lot 773l", "fuzzy", {"first.png", "smaller.jpg"}),
        ("7731 heltortri", "exact", {"first.png", "smaller.jpg"}),
        ("pontevale", "exact", {"clip.mp4"}),
        ("nothing like it", "", set()),
    ],
)
def test_words_are_found(read: Case, asked: str, kind: str, where: set[str]) -> None:
    found = text.find_text(read, asked, 20)
    best = [row for row in found if row["score"] >= 0.7]
    assert set(names(best)) == where
    if kind:
        assert found[0]["kind"] == kind
        assert found[0]["log10_lr"] is None
        assert all(set(row) >= {"sha256", "time", "paths", "score", "log10_lr", "region"} for row in found)


def test_the_region_holds_the_words_and_moves_with_the_copy(read: Case) -> None:
    rows = dict(zip(names(found := text.find_text(read, "1962", 5)), found, strict=True))
    left, top, width, height = rows["first.png"]["region"]
    assert 250 < left < 330
    assert 80 < top < 110
    assert width < 120
    smaller = rows["smaller.jpg"]["region"]
    assert all(abs(b - 0.7 * a) <= 4 for a, b in zip((left, top, width, height), smaller, strict=True))


def test_frames_of_clips_have_their_time(read: Case) -> None:
    (row, *_) = text.find_text(read, "Pontevale", 5)
    assert row["time"] is not None


def test_one_picture_a_stack_is_read(read: Case) -> None:
    assert Job.objects.using(read.alias).filter(step="text", state="done").count() == 5
    assert not Job.objects.using(read.alias).filter(step="text").exclude(state="done").exists()


@pytest.mark.parametrize("chunk", [0, 400])
def test_lines_of_print_are_those_of_all_lines(read: Case, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(texts, "CHUNK", chunk)
    every = [(item, line.text) for item, line in texts.all_lines(read) if line.source == "print"]
    items = {item for item, _ in every}
    assert len(items) > 1
    assert list(texts.printed(read)) == every
    for item in items:
        for some in ({item}, items - {item}):
            assert list(texts.printed(read, some)) == [row for row in every if row[0] in some]
    assert list(texts.printed(read, set())) == []


def test_a_second_run_reads_and_writes_nothing(read: Case) -> None:
    before = LedgerHead.objects.using(read.alias).get().size
    process(read, "inline", 1, Quiet(), until="clues")
    assert LedgerHead.objects.using(read.alias).get().size == before


def test_clues_are_found_by_what_they_say(read: Case) -> None:
    sha256 = Item.objects.using(read.alias).filter(kind="still").order_by("sha256").values_list("sha256", flat=True)[0]
    clue = sight(read, "text", "Ulmenhof 3", sha256, None, (1, 2, 3, 4), "Somebody", "on the towel")
    (row, *_) = text.find_text(read, "ulmenhof", 5)
    assert (row["sha256"], row["region"]) == (sha256, [1, 2, 3, 4])
    tell(read, clue, "undo", "Somebody", "wrong", undone=clue.events[0].id)
    assert all(row["sha256"] != sha256 or row["score"] < 0.7 for row in text.find_text(read, "ulmenhof", 5))
    assert any(row["value"] == "Ulmenhof 3" for row in listed(read)) is False


def test_rare_words_link_pictures_and_become_clues(read: Case) -> None:
    (link,) = text_links.links(read)
    assert link["text"].casefold() == "heltortri"
    assert set(link) >= {"kind", "a", "b", "a_time", "b_time", "score", "log10_lr", "method", "reason"}
    assert (link["kind"], link["calibration"]) == ("text", calibration().name)
    assert 0 <= link["log10_lr"] <= calibration().cap
    proposed = {(row["kind"], row["value"].casefold()): row for row in listed(read) if row["proposed"]}
    assert ("text", "heltortri") in proposed
    assert proposed["text", "batch 7731"]["sightings"][0]["by"] == ("reader of words",)
    assert proposed["text", "batch 7731"]["sightings"][0]["box"]


def test_a_picture_from_outside_finds_what_shares_its_words(read: Case, tmp_path: Path) -> None:
    asked = tmp_path / "asked.png"
    asked.write_bytes(encode(signed(4, Sign("Pontevale", (60, 50)), Sign("HELTORTRI", (250, 300))), "png"))
    found = find_by_text(read, asked, None, 10)
    assert set(names(found)) == {"first.png", "smaller.jpg", "second.png", "clip.mp4"}
    assert all(0 < row["score"] < 1 for row in found)
    region = find_by_text(read, asked, Region(40, 30, 200, 80), 10)
    assert set(names(region)) == {"clip.mp4"}
    asked.write_bytes(encode(scenes.room(5), "png"))
    with pytest.raises(TooLittle):
        find_by_text(read, asked, None, 10)


def test_a_copy_that_asks_is_left_out_too(read: Case) -> None:
    found = find_by_text(read, read.folder.parent / "seized" / "smaller.jpg", None, 10)
    assert set(names(found)) == {"first.png", "second.png"}


def test_wrong_questions_are_one_sentence(read: Case, case: Case) -> None:
    for asked in ("", " ", "---", "a\x00b"):
        with pytest.raises(WrongUse):
            text.find_text(read, asked, 5)
    with pytest.raises(WrongUse, match="no words have been read"):
        text.find_text(case, "anything", 5)


def test_changed_lines_and_a_changed_index_are_told(read: Case) -> None:
    assert [fault for fault in verify(read, Quiet()).faults if "read" in fault] == []
    lines = TextLine.objects.using(read.alias)
    row = lines.filter(text__contains="LOT").get()
    lines.filter(pk=row.pk).update(text="LOT 0000")
    assert any("read in pictures" in fault for fault in verify(read, Quiet()).faults)
    lines.filter(pk=row.pk).update(text=row.text)
    gram = TextGram.objects.using(read.alias).first()
    assert gram is not None
    gram.delete(using=read.alias)
    assert any("index of words" in fault for fault in verify(read, Quiet()).faults)
    gram.save(using=read.alias, force_insert=True)


def test_without_the_extra_nothing_is_read_and_the_rest_is_done(
    tmp_path: Path, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seized").mkdir()
    (tmp_path / "seized" / "one.jpg").write_bytes(encode(scenes.room(7)))
    monkeypatch.setattr(text_models, "available", lambda: False)
    ingest(case, [Delivery("X1", tmp_path / "seized", "Warrant 1", "Somebody")], Quiet())
    process(case, "inline", 1, Quiet(), until="text")
    assert not Job.objects.using(case.alias).filter(step="text").exists()
    with pytest.raises(WrongUse, match="homeward\\[text\\]"):
        text.find_text(case, "anything", 5)
