"""Rooms and things seen again from another side: linked once, whatever the order, asked by region, vouched for."""

from __future__ import annotations

import io
import json
import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image

from files_open import files_open
from homeward.cli import homeward
from homeward.core import WrongUse
from homeward.flow.clues.sights import finished, links, rows_key
from homeward.flow.finding.asking import TooLittle
from homeward.flow.finding.sights import Region, find_sights
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.steps import SCENE, SIGHTS
from homeward.flow.verify import verify
from homeward.flow.workbench import drawings, people
from homeward.flow.workbench.clues_shown import Place, elsewhere
from homeward.flow.workbench.drawings import draw
from homeward.flow.workbench.finding import Question, find
from homeward.report.overlay import overlay
from homeward.review.handed import HandedOver
from homeward.store import Case, results
from homeward.store.ledger import Entry, decode
from homeward.store.models import SightLink
from homeward.testing import scenes
from homeward.testing.encoding import encode

POSTER = (slice(120, 300), slice(200, 440))
"""Rows and columns of a patterned print on the wall."""


def from_aside(picture: NDArray[np.uint8], lean: float) -> NDArray[np.uint8]:
    """The wall seen from another side."""
    height, width = picture.shape[:2]
    here = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    there = here + np.float32([[lean, lean / 2], [-lean / 3, -lean / 4], [-lean, lean / 3], [lean / 2, -lean]])
    plane = cv2.getPerspectiveTransform(here, there)
    return np.asarray(cv2.warpPerspective(picture, plane, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


def hung(room: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """The room with a print that has much to see."""
    rows, columns = POSTER
    noise = np.random.default_rng(seed).integers(0, 256, (23, 30, 3), dtype=np.uint8)
    with_print = room.copy()
    size = (columns.stop - columns.start, rows.stop - rows.start)
    with_print[rows, columns] = cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC)
    return with_print


def pictures() -> dict[str, bytes]:
    first = hung(scenes.room(1), 7)
    return {
        "front.jpg": encode(first, quality=92),
        "aside.jpg": encode(from_aside(first, 90), quality=92),
        "elsewhere.jpg": encode(from_aside(hung(scenes.room(4), 7), -60), quality=92),
        "other.jpg": encode(scenes.room(9), quality=92),
    }


def run(case: Case, folder: Path, names: list[str], label: str, progress: Quiet | None = None) -> None:
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(pictures()[name])
    ingest(case, [Delivery(label, folder, "W", "")], Quiet(), jobs=1)
    process(case, "inline", 1, progress or Quiet(), until="sights")


def name(paths: list[str]) -> str:
    return paths[0].rpartition("> ")[2]


def told(case: Case, kind: str) -> list[tuple[str, ...]]:
    """Which files are linked."""
    return sorted(tuple(sorted(name(link[f"{side}_paths"]) for side in "ab")) for link in links(case, kind))


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Case:
    base = tmp_path_factory.mktemp("sights")
    with Case.create(base / "case", "Test Unit") as case:
        run(case, base / "all", list(pictures()), "A")
        yield case


def test_the_print_is_seen_wherever_it_hangs(worked: Case) -> None:
    assert {("aside.jpg", "front.jpg"), ("elsewhere.jpg", "front.jpg")} <= set(told(worked, "object"))
    assert not any("other.jpg" in pair for pair in told(worked, "object"))


def test_links_have_the_shape_that_others_build_on(worked: Case) -> None:
    link = links(worked, "object")[0]
    assert {"kind", "a", "b", "a_time", "b_time", "score", "log10_lr", "method", "reason"} <= link.keys()
    assert 0 < link["log10_lr"] < 3
    assert link["a"] < link["b"]
    assert json.dumps(link)


def test_a_region_is_found_where_it_hangs_and_with_its_box(worked: Case, tmp_path: Path) -> None:
    picture = tmp_path / "asked.jpg"
    picture.write_bytes(encode(hung(scenes.room(1), 7), quality=80))
    rows, columns = POSTER
    region = Region(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
    found = {name(row["paths"]): row for row in find_sights(worked, picture, "object", region, 10)}
    assert {"front.jpg", "aside.jpg", "elsewhere.jpg"} <= found.keys()
    x, y, width, height = found["elsewhere.jpg"]["region"]
    assert abs(x + width / 2 - (columns.start + columns.stop) / 2) < 60
    assert abs(y + height / 2 - (rows.start + rows.stop) / 2) < 60
    assert 0.6 < width / region.width < 1.5
    assert 0.6 < height / region.height < 1.5
    best = list(found.values())
    assert [row["log10_lr"] for row in best] == sorted((row["log10_lr"] for row in best), reverse=True)


def test_a_picture_of_the_case_is_asked_from_what_is_stored(worked: Case, tmp_path: Path) -> None:
    picture = tmp_path / "same.jpg"
    picture.write_bytes(pictures()["front.jpg"])
    found = find_sights(worked, picture, "place", None, 3)
    assert name(found[0]["paths"]) == "front.jpg"


def test_where_more_pictures_share_something_than_are_looked_at_it_is_known(
    worked: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "asked.jpg"
    picture.write_bytes(pictures()["front.jpg"])
    assert find_sights(worked, picture, "place", None, 2).looked == 0
    monkeypatch.setattr("homeward.flow.finding.sights.SHORTLIST", 2)
    assert find_sights(worked, picture, "place", None, 2).looked == 2


def children() -> set[str]:
    """Processes that this one has started and that still run."""
    return {one for task in Path("/proc/self/task").iterdir() for one in (task / "children").read_text().split()}


def test_bytes_that_are_handed_over_are_asked_with_and_not_kept(worked: Case, own_zygotes: None) -> None:
    handed, open_before, before = HandedOver(worked), files_open(), children()
    word = handed.ask(encode(hung(scenes.room(1), 7), quality=80), "object")
    at_work = children() - before  # other tests may have processes that stay
    assert {"front.jpg", "aside.jpg", "elsewhere.jpg"} <= {name(row["paths"]) for row in handed.answers(word)}
    found = find(worked, Question(asked=word, path="elsewhere"), handed.answers)
    assert "features" in found.words[found.items[0]]
    assert len(found.items) == 1
    for data, by in ((b"", "copy"), (b"no picture", "place"), (encode(scenes.room(9)), "noise")):
        with pytest.raises((WrongUse, TooLittle)):
            handed.ask(data, by)
    with pytest.raises(WrongUse, match="not kept"):
        handed.answers("another word")
    assert at_work
    assert at_work <= children()  # the next question goes to the same workers
    handed.tidy()
    assert at_work <= children()
    handed.close()
    assert not at_work & children()
    assert not files_open() - open_before


def test_a_box_on_a_veil_is_asked_from_what_is_stored(worked: Case) -> None:
    rows, columns = POSTER
    front = sha256(pictures()["front.jpg"]).hexdigest()
    drawn = columns.start / 640 * 24, rows.start / 480 * 18, 240 / 640 * 24, 180 / 480 * 18
    found = {name(row["paths"]): row for row in elsewhere(worked, Place(front, veil_box=drawn), "object")}
    assert "front.jpg" not in found
    assert {"aside.jpg", "elsewhere.jpg"} <= found.keys()
    for row in found.values():
        assert row["veil_box"] == pytest.approx([edge * 24 / 640 for edge in row["region"]])


@pytest.mark.parametrize(
    ("region", "error", "words"),
    [
        (Region(5000, 0, 10, 10), WrongUse, "outside"),
        (Region(0, 0, 0, 10), WrongUse, "at least 1"),
    ],
)
def test_a_region_that_says_nothing_is_refused(
    worked: Case, tmp_path: Path, region: Region, error: type[Exception], words: str
) -> None:
    picture = tmp_path / "asked.jpg"
    picture.write_bytes(pictures()["front.jpg"])
    with pytest.raises(error, match=words):
        find_sights(worked, picture, "object", region, 10)


def test_a_second_delivery_links_to_the_first(worked: Case, tmp_path: Path) -> None:
    with Case.create(tmp_path / "case", "Test Unit") as case:
        run(case, tmp_path / "one", ["elsewhere.jpg", "other.jpg"], "A")
        assert not any("front.jpg" in pair for pair in told(case, "object"))
        run(case, tmp_path / "two", ["front.jpg", "aside.jpg"], "B")
        for kind in ("place", "object"):
            assert told(case, kind) == told(worked, kind)
        assert not verify(case, Quiet()).faults
    for change, words in (
        ("UPDATE homeward_sightlink SET object_lr = 3000", "sights that ledger entry"),
        ("DELETE FROM homeward_sightlink", "sights that ledger entry"),
    ):
        with sqlite3.connect(tmp_path / "case" / "case.db") as database:
            database.execute(change)
        database.close()
        with Case.open(tmp_path / "case") as case:
            assert words in "\n".join(verify(case, Quiet()).faults)


def test_a_thing_is_found_in_a_mirror(worked: Case, tmp_path: Path) -> None:
    picture = tmp_path / "mirrored.jpg"
    picture.write_bytes(encode(np.ascontiguousarray(hung(scenes.room(1), 7)[:, ::-1])))
    rows, columns = POSTER
    region = Region(640 - columns.stop, rows.start, columns.stop - columns.start, rows.stop - rows.start)
    found = {name(row["paths"]) for row in find_sights(worked, picture, "object", region, 10) if row["log10_lr"] > 1}
    assert {"front.jpg", "elsewhere.jpg"} <= found


def test_of_the_links_between_two_stacks_the_strongest_is_told(worked: Case, tmp_path: Path) -> None:
    small = tmp_path / "one"
    small.mkdir()
    (small / "front-small.jpg").write_bytes(encode(scenes.resize(hung(scenes.room(1), 7), 0.75), quality=60))
    (small / "elsewhere.jpg").write_bytes(pictures()["elsewhere.jpg"])
    with Case.create(tmp_path / "case", "Test Unit") as case:
        ingest(case, [Delivery("A", small, "W", "")], Quiet(), jobs=1)
        process(case, "inline", 1, Quiet(), until="sights")
        assert told(case, "object") == [("elsewhere.jpg", "front-small.jpg")]
        run(case, tmp_path / "two", ["front.jpg"], "B")  # a better exemplar of the same stack
        assert len(told(case, "object")) == 1


class Stopping(Quiet):
    """Stops a run as it goes on to its third picture of the step."""

    def __init__(self) -> None:
        self.left = 3

    def begin(self, what: str, total: int | None) -> None:
        self.watching = what == "Linking places and things"

    def advance(self, count: int = 1, size: int = 0) -> None:
        self.left -= self.watching
        if not self.left:
            raise KeyboardInterrupt


def test_a_run_that_was_stopped_half_way_goes_on(worked: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeward.flow.growing.PART", 1)
    with Case.create(tmp_path / "case", "Test Unit") as case:
        with pytest.raises(KeyboardInterrupt):
            run(case, tmp_path / "one", list(pictures()), "A", Stopping())
        assert SightLink.objects.using(case.alias).count() > 0
        assert results.step_key(case, finished(SIGHTS)) == ""
        process(case, "inline", 1, Quiet(), until="sights")
        for kind in ("place", "object"):
            assert told(case, kind) == told(worked, kind)
        assert results.step_key(case, finished(SIGHTS)) == rows_key()
        assert not verify(case, Quiet()).faults


def test_a_smooth_thing_is_found_by_what_is_around_it(worked: Case, tmp_path: Path) -> None:
    picture = tmp_path / "asked.jpg"
    picture.write_bytes(pictures()["front.jpg"])
    rows, columns = POSTER
    corner = Region(columns.start + 40, rows.start + 40, 6, 6)  # too small for features of its own
    found = {name(row["paths"]): row for row in find_sights(worked, picture, "object", corner, 10)}
    assert found["front.jpg"]["region"] == pytest.approx([corner.x, corner.y, 6, 6], abs=2)
    assert "around it" in found["aside.jpg"]["reason"]
    assert "other.jpg" not in found or found["other.jpg"]["log10_lr"] < found["aside.jpg"]["log10_lr"]


def test_a_picture_that_shows_nothing_is_no_question(worked: Case, tmp_path: Path) -> None:
    picture = tmp_path / "blank.png"
    picture.write_bytes(encode(np.full((400, 400, 3), 128, np.uint8), "png"))
    with pytest.raises(TooLittle, match="too little"):
        find_sights(worked, picture, "object", Region(0, 0, 200, 200), 10)


def entries(case: Case) -> list[Entry]:
    return [decode(body) for _, body in case.custody.entries()]


def test_a_drawing_holds_edges_alone_and_the_ledger_knows_first(worked: Case, tmp_path: Path) -> None:
    person = people.at_this_machine(worked, "Ann")
    before = len(entries(worked))
    drawn = list(draw(worked, links(worked, "object"), tmp_path / "drawings", person, "for the report"))
    assert drawn
    assert all(one.file and not one.refused for one in drawn)
    for one in drawn:
        with Image.open(one.file) as opened:
            assert opened.mode == "1"
    acts = [entry.act for entry in entries(worked)[before:]]
    seen = len({sha256 for one in drawn for sha256 in (one.a, one.b)})
    assert acts.count("view") == acts.count("view.end") == seen, "each picture is asked for once"
    assert acts.count("export") == len(drawn)
    assert acts.index("view") < acts.index("export")
    assert not verify(worked, Quiet()).faults
    with pytest.raises(WrongUse, match="already"):
        list(draw(worked, links(worked, "object"), tmp_path / "drawings", person, "again"))


def test_a_drawing_joins_what_the_link_says_and_not_the_logo_of_a_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "seized").mkdir()
    logo = np.repeat(np.random.default_rng(5).integers(0, 256, (16, 100, 1), dtype=np.uint8), 3, axis=2)
    for name in ("front.jpg", "elsewhere.jpg"):
        picture = np.array(Image.open(io.BytesIO(pictures()[name])))
        picture[-74:-10, -410:-10] = cv2.resize(logo, (400, 64), interpolation=cv2.INTER_NEAREST)
        (tmp_path / "seized" / name).write_bytes(encode(picture, quality=92))
    joined: list[float] = []

    def watched(a: Any, b: Any, here: NDArray[np.float64], there: NDArray[np.float64]) -> Any:
        joined.extend(here[:, 1])
        return overlay(a, b, here, there)

    monkeypatch.setattr(drawings, "overlay", watched)
    with Case.create(tmp_path / "case", "Test Unit") as case:
        ingest(case, [Delivery("A", tmp_path / "seized", "W", "")], Quiet(), jobs=1)
        process(case, "inline", 1, Quiet(), until="sights")
        person = people.at_this_machine(case, "Ann")
        (drawn,) = draw(case, links(case, "object"), tmp_path / "drawings", person, "for the report")
    assert drawn.file
    assert np.mean(np.array(joined) > 0.83) < 0.2, "the logo lies below"


def test_no_drawing_of_what_an_older_version_measured_and_nobody_looks_for_it(
    worked: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("homeward.flow.features.gallery.SCENE", msgspec.structs.replace(SCENE, version="next"))
    people.at_this_machine(worked, "Ann")
    before, folder = len(entries(worked)), str(tmp_path / "drawings")
    asked = ["links", str(worked.folder), "--kind", "object", "--drawing", folder, "--why", "for the report", "--by", "Ann"]
    told = CliRunner().invoke(homeward, asked)
    assert told.exit_code == 0
    assert "not drawn: an older version measured what it goes by (run: homeward process" in " ".join(told.output.split())
    assert not list((tmp_path / "drawings").iterdir())
    assert len(entries(worked)) == before


def test_a_drawing_is_written_over_nothing_that_a_link_leads_to(worked: Case, tmp_path: Path) -> None:
    person, link = people.at_this_machine(worked, "Ann"), links(worked, "object")[:1]
    folder = tmp_path / "drawings"
    folder.mkdir()
    (folder / f"object-{link[0]['a'][:12]}-{link[0]['b'][:12]}.png").symlink_to(tmp_path / "elsewhere.png")
    with pytest.raises(WrongUse, match="already"):
        list(draw(worked, link, folder, person, "for the report"))
    assert not (tmp_path / "elsewhere.png").exists()


@pytest.mark.parametrize(("role", "reason", "error"), [("auditor", "curious", people.NotAllowed), ("viewer", " ", WrongUse)])
def test_nobody_draws_without_permission_and_reason(
    worked: Case, tmp_path: Path, role: str, reason: str, error: type[Exception]
) -> None:
    person = people.Person("nobody", "Nobody", role)
    before = len(entries(worked))
    with pytest.raises(error):
        list(draw(worked, links(worked, "object"), tmp_path / "drawings", person, reason))
    assert len(entries(worked)) == before
    assert not list((tmp_path / "drawings").iterdir())
