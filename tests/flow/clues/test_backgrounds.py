"""Background collections: taken in once behind the lock, weakening what they show, vouched for, and gone when taken out."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_seen_again import POSTER, from_aside, hung, pictures

from homeward.core import WrongUse
from homeward.flow.clues import backgrounds, elsewhere, sights, text_links
from homeward.flow.features.gallery import Backgrounds, Gallery
from homeward.flow.finding.sights import Region, find_sights
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.series import fusing
from homeward.flow.verify import verify
from homeward.store import Case, reads
from homeward.store import backgrounds as store
from homeward.store.models import BackgroundSight, Item
from homeward.testing import scenes
from homeward.testing.encoding import encode


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case of two homes with one print, and a folder of a shop that sells it; not to be changed."""
    base = tmp_path_factory.mktemp("backgrounds")
    seized, shop = base / "seized", base / "shop"
    for folder in (seized, shop / "sub"):
        folder.mkdir(parents=True)
    for name in ("front.jpg", "elsewhere.jpg"):
        (seized / name).write_bytes(pictures()[name])
    (shop / "print.jpg").write_bytes(encode(from_aside(hung(scenes.room(12), 7), 40), quality=92))
    (shop / "sub" / "again.jpg").write_bytes(encode(from_aside(hung(scenes.room(12), 7), 20), quality=92))
    (shop / "room.jpg").write_bytes(encode(scenes.room(13), quality=92))
    (shop / "front.jpg").write_bytes(pictures()["front.jpg"])
    (shop / "zz.txt").write_text("no picture")
    os.mkfifo(shop / "pipe")
    (shop / "link.jpg").symlink_to(shop / "room.jpg")
    with Case.create(base / "case", "Test Unit") as case:
        ingest(case, [Delivery("A", seized, "W", "")], Quiet(), jobs=1)
        process(case, "inline", 1, Quiet())
    return base


@pytest.fixture
def case(made: Path, tmp_path: Path) -> Iterator[Case]:
    shutil.copytree(made / "case", tmp_path / "case")
    with Case.open(tmp_path / "case") as opened:
        yield opened


def asked(case: Case, made: Path) -> dict[str, Any]:
    rows, columns = POSTER
    region = Region(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
    found = find_sights(case, made / "seized" / "front.jpg", "object", region, 10)
    return next(row for row in found if "elsewhere.jpg" in row["paths"][0])


def fused(case: Case) -> float:
    (pair,) = fusing.fused_pairs(case)
    return next(cue.log10_lr for cue in pair.parts if cue.kind == "object")


def test_what_a_shop_sells_says_less_until_the_shop_is_taken_out(case: Case, made: Path) -> None:
    (before,), question, cue = sights.links(case, "object"), asked(case, made), fused(case)
    items = Item.objects.using(case.alias).count()
    taken = backgrounds.add(case, [made / "shop"], "shops", Quiet())
    reasons = dict(taken.skipped)
    assert (taken.added, taken.before) == (3, 0)
    assert reasons.pop("shop/front.jpg") == backgrounds.MINE
    assert reasons.keys() == {"shop/zz.txt", "shop/pipe", "shop/link.jpg"}
    assert all(reasons.values())
    (told,) = backgrounds.listed(case)
    assert told == {"name": "shops", "pictures": 3, "places": 2, "read": 0, "words": 0}
    process(case, "inline", 1, Quiet())
    quick = set(BackgroundSight.objects.using(case.alias).values_list("item_id", "picture"))
    assert quick == looked_at_everything(case)
    assert len(quick) == 4
    (after,) = sights.links(case, "object")
    assert after["log10_lr"] < before["log10_lr"]
    assert after["rarity"] == {"others": 1, "groups": 1, "elsewhere": 1, "looked": 2}
    assert "1 of 2 places" in after["reason"]
    assert asked(case, made)["log10_lr"] < question["log10_lr"]
    assert fused(case) < cue
    assert Item.objects.using(case.alias).count() == items
    assert not verify(case, Quiet(), full=True).faults
    entries = case.info, store.parts(case), BackgroundSight.objects.using(case.alias).count()
    assert backgrounds.add(case, [made / "shop"], "shops", Quiet()).before == 3
    process(case, "inline", 1, Quiet())
    assert (case.info, store.parts(case), BackgroundSight.objects.using(case.alias).count()) == entries
    (made / "other").mkdir()
    (made / "other" / "room.jpg").write_bytes(encode(scenes.room(14)))
    backgrounds.add(case, [made / "other"], "offices", Quiet())
    process(case, "inline", 1, Quiet())
    backgrounds.remove(case, "offices", "a test")
    process(case, "inline", 1, Quiet())
    assert sights.links(case, "object") == [after]
    backgrounds.remove(case, "shops", "a test")
    process(case, "inline", 1, Quiet())
    assert sights.links(case, "object") == [before]
    assert asked(case, made) == question
    assert fused(case) == cue
    assert list(case.backgrounds.names()) == []
    assert not verify(case, Quiet(), full=True).faults


def test_a_run_that_was_stopped_goes_on_and_files_that_were_changed_are_noticed(
    case: Case, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backgrounds, "TOGETHER", 1)
    monkeypatch.setattr("homeward.flow.growing.PART", 1)

    class Stopping(Quiet):
        def advance(self, count: int = 1, size: int = 0) -> None:
            raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            backgrounds.add(case, [made / "shop"], "shops", Stopping())
    assert backgrounds.add(case, [made / "shop"], "shops", Quiet()).before == 2
    assert backgrounds.listed(case)[0] == {"name": "shops", "pictures": 3, "places": 2, "read": 0, "words": 0}
    with pytest.raises(KeyboardInterrupt):
        process(case, "inline", 1, Stopping())
    process(case, "inline", 1, Quiet())
    assert sights.links(case, "object")[0]["rarity"]["elsewhere"] == 1
    assert not verify(case, Quiet()).faults
    with sqlite3.connect(case.folder / "case.db") as database:
        database.execute("UPDATE homeward_backgroundsight SET box = '0 0 1 1'")
    database.close()
    file = case.backgrounds.path(store.parts(case)[0].features)
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    faults = "\n".join(verify(case, Quiet()).faults)
    assert "of background collections has been changed since" in faults
    assert "of a background collection has been changed on disk" in faults


def looked_at_everything(case: Case) -> set[tuple[int, str]]:
    """What the step should find: every picture of the case compared with every picture of the collections."""
    held, gallery = Backgrounds(case), Gallery(case)
    return {
        (item, one.sha256)
        for item in gallery.items
        for one, _ in elsewhere.seen_in(held, gallery.features(item), held.items, misses=99)
    }


def test_words_that_stand_in_shops_are_less_rare(case: Case, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from homeward.store import digests
    from homeward.store.texts import LineRow, write_lines

    items = sorted(reads.item_names(case))
    with case.batch("step.batch", {"step": "a test"}) as batch:
        line = LineRow(-1, "Rosenhof Apotheke", 0, 0, 9, 9, 0, 900, "print", [])
        write_lines(case, [(item, [line]) for item in items], batch.seq)
        batch.details |= {"texts": digests.TEXTS.digest(case, batch.seq)}
    (before,) = text_links.between(case)
    assert before.rarity > 0
    held = [store.Picture(str(at), str(at), ("rosenhofapotheke",)) for at in range(40)]
    monkeypatch.setattr(store, "parts", lambda _: [store.Part("shops", 1, "", "")])
    monkeypatch.setattr(store, "pictures", lambda *_: held)
    assert text_links.between(case) == []


def test_wrong_use_is_a_sentence(case: Case, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="no folder"):
        backgrounds.add(case, [tmp_path / "nowhere"], "shops", Quiet())
    with pytest.raises(WrongUse, match="missing"):
        backgrounds.add(case, [tmp_path], " ", Quiet())
    with pytest.raises(WrongUse, match="no background collection 'shops'; there are: none"):
        backgrounds.remove(case, "shops", "a test")
