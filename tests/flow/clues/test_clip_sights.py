"""Rooms and things seen in clips: linked with stills and with other clips, whatever comes first, and vouched for."""

from __future__ import annotations

import math
import shutil
import sqlite3
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.descriptors.scene import extract
from homeward.flow.clues import clip_sights
from homeward.flow.clues.rarity import Commonness
from homeward.flow.clues.sights import finished, links, rows_key, standing_keys
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.series import fusing
from homeward.flow.steps import CLIP_SIGHTS
from homeward.flow.verify import verify
from homeward.flow.workbench import people
from homeward.flow.workbench.drawings import draw
from homeward.flow.workbench.evidence_shown import evidence
from homeward.links.sight_evidence import OF_CLIPS, calibrations, together, weigh
from homeward.links.sights import sight
from homeward.media.records import Grey
from homeward.store import Case, reads, results
from homeward.store.models import SightLink
from homeward.testing import scenes
from homeward.testing.encoding import encode, film

FRAMES, RATE, SIZE = 6, 3, (480, 360)
Picture = NDArray[np.uint8]


def from_aside(picture: Picture, lean: float) -> Picture:
    """The wall seen from another side."""
    height, width = picture.shape[:2]
    here = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    there = here + np.float32([[lean, lean / 2], [-lean / 3, -lean / 4], [-lean, lean / 3], [lean / 2, -lean]])
    plane = cv2.getPerspectiveTransform(here, there)
    return np.asarray(cv2.warpPerspective(picture, plane, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


def walk(*seeds: int, lean: float = 0) -> bytes:
    """A clip past rooms, one after the other."""
    share = FRAMES // len(seeds)
    rooms = [from_aside(scenes.room(seed, *SIZE), lean) if lean else scenes.room(seed, *SIZE) for seed in seeds]
    shown = [rooms[min(at // share, len(seeds) - 1)][20:340, 8 * at : 8 * at + 420] for at in range(FRAMES)]
    return film([np.ascontiguousarray(one) for one in shown], RATE)


def under_a_bar(pixels: Picture) -> Picture:
    """A picture with the bar of a program over its lower edge."""
    marked = pixels.copy()
    noise = np.random.default_rng(5).integers(0, 256, (9, 100, 3), dtype=np.uint8)
    marked[-60:-6, 10:-10] = cv2.resize(noise, (pixels.shape[1] - 20, 54), interpolation=cv2.INTER_NEAREST)
    return marked


def hung(room: Picture, x: int, y: int, width: int, height: int) -> Picture:
    """A room with a print on the wall."""
    noise = np.random.default_rng(7).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    with_print = room.copy()
    with_print[y : y + height, x : x + width] = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return with_print


def still(seed: int, lean: float) -> bytes:
    return encode(from_aside(scenes.room(seed, *SIZE), lean), quality=92)


MADE = {
    "walk.mp4": walk(51, 52),
    "again.mp4": walk(52, lean=60),
    "kitchen.jpg": still(51, 80),
    "hall.jpg": still(52, -80),
    "other.jpg": still(59, 0),
}
SAME = {("kitchen.jpg", "walk.mp4"), ("hall.jpg", "walk.mp4"), ("again.mp4", "hall.jpg"), ("again.mp4", "walk.mp4")}


def deliver(case: Case, folder: Path, names: list[str], label: str, progress: Quiet | None = None) -> None:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(MADE[name])
    ingest(case, [Delivery(label, folder, "W", "")], Quiet(), jobs=1)
    process(case, "inline", 1, progress or Quiet(), until="clip_sights")


def called(link: dict[str, object]) -> tuple[str, ...]:
    return tuple(sorted(str(link[f"{side}_paths"][0]).rpartition("> ")[2] for side in "ab"))  # type: ignore[index]


def told(case: Case, kind: str = "object") -> set[tuple[str, ...]]:
    return {called(link) for link in links(case, kind) if any(".mp4" in name for name in called(link))}


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Case:
    base = tmp_path_factory.mktemp("clips")
    with Case.create(base / "case", "Test Unit") as case:
        deliver(case, base / "all", list(MADE), "A")
        yield case


def test_clips_are_linked_with_stills_and_with_each_other(worked: Case) -> None:
    assert told(worked) == SAME
    assert not verify(worked, Quiet()).faults


def test_a_link_tells_the_moment_and_where_in_the_frame(worked: Case) -> None:
    (link,) = (one for one in links(worked, "object") if called(one) == ("kitchen.jpg", "walk.mp4"))
    side, other = ("a", "b") if "walk.mp4" in link["a_paths"][0] else ("b", "a")
    assert 0 <= link[f"{side}_time"] <= FRAMES / 2 / RATE
    assert link[f"{other}_time"] is None
    left, top, width, height = link[f"{side}_region"]
    assert left + width <= 420
    assert top + height <= 320
    assert OF_CLIPS in link["caveats"]


def test_links_of_stills_say_nothing_of_clips(worked: Case) -> None:
    assert all(OF_CLIPS not in link["caveats"] for link in links(worked, "object") if ".mp4" not in "".join(called(link)))


@pytest.mark.parametrize(
    "deliveries",
    [
        [["kitchen.jpg", "hall.jpg", "other.jpg"], ["again.mp4", "walk.mp4"]],
        [["hall.jpg", "walk.mp4"], ["again.mp4"], ["kitchen.jpg", "other.jpg"]],
    ],
)
def test_whatever_comes_first_and_what_is_new_alone_is_looked_at(
    tmp_path: Path, deliveries: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: set[frozenset[int]] = set()
    real = clip_sights.look
    monkeypatch.setattr(clip_sights, "look", lambda a, b: (looked.add(frozenset({a.item, b.item})), real(a, b))[1])
    with Case.create(tmp_path / "case", "Test Unit") as case:
        for at, names in enumerate(deliveries):
            before = set(looked)
            held = set(reads.item_names(case))
            deliver(case, tmp_path / f"{at}", names, f"E{at}")
            assert not any(pair <= held for pair in looked - before)
        assert told(case) == SAME
        assert not verify(case, Quiet()).faults


class Stopping(Quiet):
    """Stops a run as it goes on to its second picture of the step."""

    def __init__(self) -> None:
        self.left = 2

    def begin(self, what: str, total: int | None) -> None:
        self.watching = what == CLIP_SIGHTS.caption

    def advance(self, count: int = 1, size: int = 0) -> None:
        self.left -= self.watching
        if not self.left:
            raise KeyboardInterrupt


def test_a_run_that_was_stopped_goes_on_and_a_second_one_adds_nothing(
    worked: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("homeward.flow.growing.PART", 1)
    with Case.create(tmp_path / "case", "Test Unit") as case:
        with pytest.raises(KeyboardInterrupt):
            deliver(case, tmp_path / "one", list(MADE), "A", Stopping())
        assert results.step_key(case, finished(CLIP_SIGHTS)) == ""
        process(case, "inline", 1, Quiet(), until="clip_sights")
        assert told(case) == told(worked)
        assert results.step_key(case, finished(CLIP_SIGHTS)) == rows_key(CLIP_SIGHTS)
        entries = case.info
        process(case, "inline", 1, Quiet(), until="clip_sights")
        assert case.info == entries
        assert not verify(case, Quiet()).faults


def test_without_clips_nothing_is_written(tmp_path: Path) -> None:
    with Case.create(tmp_path / "case", "Test Unit") as case:
        deliver(case, tmp_path / "one", ["kitchen.jpg", "other.jpg"], "A")
        assert results.step_key(case, "clip_sights.stills") == ""


def test_the_own_frames_of_a_clip_do_not_keep_others_from_being_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_sights, "CANDIDATES", 1)
    monkeypatch.setitem(MADE, "hall.mp4", walk(52))
    with Case.create(tmp_path / "case", "Test Unit") as case:
        deliver(case, tmp_path / "one", ["again.mp4", "hall.mp4"], "A")
        assert told(case) == {("again.mp4", "hall.mp4")}


def test_stills_under_one_mark_do_not_keep_a_thing_in_a_clip_from_being_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_sights, "CANDIDATES", 2)
    moving = [under_a_bar(hung(scenes.room(7), 150 + 8 * at, 190, 110, 84)) for at in range(FRAMES)]
    made = {"clip.mp4": film(moving, RATE), "x.png": encode(under_a_bar(hung(scenes.room(1), 260, 150, 110, 84)), "PNG")}
    for seed in range(10, 14):
        made[f"{seed}.png"] = encode(under_a_bar(scenes.room(seed)), "PNG")
    for name, data in made.items():
        monkeypatch.setitem(MADE, name, data)
    with Case.create(tmp_path / "case", "Test Unit") as case:
        deliver(case, tmp_path / "one", list(made), "A")
        assert ("clip.mp4", "x.png") in told(case)


def test_a_still_cut_from_a_clip_is_a_copy_and_no_sight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = np.ascontiguousarray(scenes.room(51, *SIZE)[20:340, 8:428])
    monkeypatch.setitem(MADE, "grab.jpg", encode(frame, quality=92))
    with Case.create(tmp_path / "case", "Test Unit") as case:
        deliver(case, tmp_path / "one", ["grab.jpg", "walk.mp4"], "A")
        assert told(case) == set()


def test_what_a_clip_says_goes_into_fused_evidence(worked: Case) -> None:
    found = {called(link): link for link in fusing.links(worked)}
    parts = [part for part in found["kitchen.jpg", "walk.mp4"]["parts"] if part["kind"] == "place"]
    assert [OF_CLIPS in part["caveat"] for part in parts] == [True]


def test_evidence_shows_the_frame(worked: Case) -> None:
    (link,) = (one for one in links(worked, "object") if called(one) == ("kitchen.jpg", "walk.mp4"))
    shown = evidence(worked, link["a"], link["b"])
    for side in "ab":
        (end,) = (one for one in "ab" if shown[one] == link[side])
        assert shown[f"{end}_time"] == link[f"{side}_time"]
        assert shown[f"{end}_box"] is not None


@pytest.fixture
def copied(worked: Case, tmp_path: Path) -> Path:
    return Path(shutil.copytree(worked.folder, tmp_path / "case"))


def test_links_with_clips_can_be_drawn(copied: Path, tmp_path: Path) -> None:
    with Case.open(copied) as case:
        person = people.at_this_machine(case, "A Tester")
        drawn = list(draw(case, links(case, "object"), tmp_path / "drawn", person, "a test"))
        assert len(drawn) == len(SAME)
        assert {one.refused for one in drawn} == {""}
        assert all(Path(one.file).stat().st_size > 1000 for one in drawn)


def test_every_sight_with_a_clip_is_told_by_how_common_its_thing_is(worked: Case) -> None:
    rows = Commonness(worked, standing_keys(worked)).weakened()
    assert len(rows) == SightLink.objects.using(worked.alias).filter(score__gt=0).count()


def test_a_mean_of_looks_is_never_above_the_best_and_never_below_its_share() -> None:
    front, aside, other = (
        extract(Grey(cv2.cvtColor(one, cv2.COLOR_RGB2GRAY), 1, 640, 480))
        for one in (scenes.room(51, 640, 480), from_aside(scenes.room(51, 640, 480), 90), scenes.room(59, 640, 480))
    )
    best = sight(front, aside)
    assert best is not None
    for kind in ("place", "object"):
        alone = weigh(best, kind)
        assert together([best], kind) == alone
        for others in ([None], [None] * 3, [sight(front, other)], [best]):
            looks = [best, *others]
            mean = together(looks, kind).log10_lr
            assert alone.log10_lr - math.log10(len(looks)) <= mean <= alone.log10_lr + 1e-9
            assert together(looks[::-1], kind).log10_lr == pytest.approx(mean)
    assert together([best, None], "place").log10_lr > calibrations()["place"].log10_lr(0)


def test_what_was_written_of_clips_is_vouched_for(copied: Path) -> None:
    with sqlite3.connect(copied / "case.db") as database:
        assert database.execute("UPDATE homeward_sightlink SET time_a = time_a + 1 WHERE time_a >= 0").rowcount > 1
    database.close()
    with Case.open(copied) as case:
        assert "sights that ledger entry" in "\n".join(verify(case, Quiet()).faults)
