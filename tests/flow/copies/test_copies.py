"""A case with edited copies and a second frame: stacks, maps, look-alikes, repeated and added to, and asked."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.core import WrongUse
from homeward.flow.copies.generations import trees
from homeward.flow.copies.hash_candidates import HashCandidates
from homeward.flow.features.gallery import Gallery
from homeward.flow.finding.asking import TooLittle
from homeward.flow.finding.copies import find_copies
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.known import add_known_list
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.series.firsthand import folder, sources
from homeward.flow.verify import verify
from homeward.store import Case, known, reads, stacks
from homeward.store.models import Item, LedgerHead
from homeward.testing import scenes
from homeward.testing.encoding import encode

SIZE = (640, 480)


def second_frame(seed: int) -> NDArray[np.uint8]:
    """The same room half a degree and some pixels further on."""
    world = scenes.room(seed, 704, 528)
    turn = cv2.getRotationMatrix2D((352, 264), 0.4, 1.004)
    turn[:, 2] += (-40, -18)
    return np.asarray(cv2.warpAffine(world, turn, SIZE), np.uint8)


def first_frame(seed: int) -> NDArray[np.uint8]:
    return scenes.room(seed, 704, 528)[24:504, 32:672]


def pictures() -> dict[str, bytes]:
    room = first_frame(1)
    return {
        "a.jpg": encode(room, quality=95),
        "half.jpg": encode(scenes.resize(room, 0.5)),
        "crop.jpg": encode(room[60:420, 120:600], quality=80),
        "mirror.jpg": encode(np.ascontiguousarray(room[:, ::-1])),
        "framed.jpg": encode(scenes.resize(scenes.border(room, 0.12, 0), 0.8)),
        "next.jpg": encode(second_frame(1), quality=95),
        "other.jpg": encode(scenes.room(2)),
        "plain.jpg": encode(np.full((200, 300, 3), 90, np.uint8)),
    }


def written(folder: Path, names: list[str]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in pictures().items():
        if name in names:
            (folder / name).write_bytes(data)
    return folder


def run(case: Case, folder: Path, label: str) -> None:
    ingest(case, [Delivery(label, folder, "W", "")], Quiet(), jobs=1)
    process(case, "inline", 1, Quiet())


def told(case: Case) -> str:
    """Stacks without the places and labels that differ between two cases."""
    listed = stacks.stacks(case)
    for stack in listed:
        for item in stack["items"]:
            item["paths"] = [path.rpartition("> ")[2] for path in item["paths"]]
    return json.dumps(listed, sort_keys=True)


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Case:
    base = tmp_path_factory.mktemp("copies")
    with Case.create(base / "case", "Test Unit") as case:
        run(case, written(base / "all", list(pictures())), "A")
        yield case


def names(stack: dict[str, list[dict[str, list[str]]]]) -> set[str]:
    return {item["paths"][0].rpartition("> ")[2] for item in stack["items"]}


def test_edited_copies_lie_on_one_stack_and_the_next_frame_beside_it(worked: Case) -> None:
    (stack,) = stacks.stacks(worked)
    assert names(stack) == {"a.jpg", "half.jpg", "crop.jpg", "mirror.jpg", "framed.jpg"}
    assert stack["items"][0]["paths"] == ["A > a.jpg"]
    assert stack["items"][0]["evidence"] == "itself"
    beside = Item.objects.using(worked.alias).get(sha256=stack["look_alikes"][0])
    assert beside.occurrence_set.get().path == "next.jpg"
    assert {edge["kind"] for edge in stack["edges"]} == {"copy"}


@pytest.mark.parametrize(
    ("name", "matrix"),
    [
        ("half.jpg", [2, 0, 0, 0, 2, 0]),
        ("crop.jpg", [1, 0, 120, 0, 1, 60]),
        ("mirror.jpg", [-1, 0, 640, 0, 1, 0]),
        ("framed.jpg", [1.25, 0, -58, 0, 1.25, -58]),
    ],
)
def test_every_copy_keeps_its_map_to_the_exemplar(worked: Case, name: str, matrix: list[float]) -> None:
    (stack,) = stacks.stacks(worked)
    (item,) = [item for item in stack["items"] if item["paths"][0].endswith(name)]
    assert np.allclose(item["map"], matrix, atol=[0.004, 0.004, 1, 0.004, 0.004, 1])


def test_turned_and_trimmed_hashes_propose_what_is_mirrored_and_framed(worked: Case) -> None:
    gallery = Gallery(worked)
    paths = {item: reads.stacked_paths(worked, {item})[item][0].rpartition("> ")[2] for item in gallery.items}
    proposed = {paths[item]: others for item, others in HashCandidates(worked, gallery.items).of(gallery.items).items()}
    told = {(name, paths[item], mirrored) for name, others in proposed.items() for item, mirrored in others}
    assert {("mirror.jpg", "a.jpg", True), ("a.jpg", "mirror.jpg", True)} <= told
    assert {("framed.jpg", "a.jpg", False), ("a.jpg", "framed.jpg", False)} <= told
    assert ("mirror.jpg", "framed.jpg", True) in told
    assert not any("other.jpg" in (name, other) for name, other, _ in told)


def test_a_second_run_changes_nothing_and_everything_is_vouched_for(worked: Case) -> None:
    before, size = told(worked), LedgerHead.objects.using(worked.alias).get().size
    process(worked, "inline", 1, Quiet())
    assert told(worked) == before
    assert LedgerHead.objects.using(worked.alias).get().size == size
    assert verify(worked, Quiet(), full=False).faults == []


def test_added_in_two_deliveries_it_ends_the_same(worked: Case, tmp_path: Path) -> None:
    with Case.create(tmp_path / "case", "Test Unit") as case:
        run(case, written(tmp_path / "first", ["mirror.jpg", "next.jpg", "other.jpg", "framed.jpg"]), "A")
        run(case, written(tmp_path / "second", ["a.jpg", "half.jpg", "crop.jpg", "plain.jpg"]), "B")
        assert told(case) == told(worked)


def test_what_a_list_says_of_one_copy_holds_for_the_others(worked: Case, tmp_path: Path) -> None:
    listed = tmp_path / "known.csv"
    digest = hashlib.sha256(pictures()["crop.jpg"]).hexdigest()
    listed.write_text(f"sha256,series,victim_identified\n{digest},Lighthouse,no\n")
    add_known_list(worked, listed, "", Quiet())
    process(worked, "inline", 1, Quiet())
    found = {match["paths"][0].rpartition("> ")[2]: match for match in known.matches(worked)}
    assert set(found) == {"a.jpg", "half.jpg", "crop.jpg", "mirror.jpg", "framed.jpg"}
    assert found["crop.jpg"]["via"] is None
    assert {match["via"] for name, match in found.items() if name != "crop.jpg"} == {digest}
    assert {match["series"] for match in found.values()} == {"Lighthouse"}
    assert found["a.jpg"]["distance"] is None


def test_asked_with_a_piece_it_says_where_the_piece_lies(worked: Case, tmp_path: Path) -> None:
    piece = tmp_path / "piece.jpg"
    piece.write_bytes(encode(first_frame(1)[100:340, 200:520]))
    found = find_copies(worked, piece, 10)
    by_name = {row["paths"][0].rpartition("> ")[2]: row for row in found}
    assert {name for name, row in by_name.items() if row["kind"] == "copy"} >= {"a.jpg", "crop.jpg", "half.jpg"}
    assert np.allclose(by_name["a.jpg"]["region"], [200, 100, 320, 240], atol=2)
    assert np.allclose(by_name["crop.jpg"]["region"], [80, 40, 320, 240], atol=2)
    assert np.allclose(by_name["half.jpg"]["region"], [100, 50, 160, 120], atol=2)
    assert "other.jpg" not in by_name
    assert [row["kind"] for row in found] == sorted((row["kind"] for row in found), key=["copy", "look-alike"].index)


def test_a_question_without_anything_in_it_is_refused(worked: Case, tmp_path: Path) -> None:
    for name, data in {"plain.png": encode(np.full((60, 60, 3), 9, np.uint8)), "words.jpg": b"no picture"}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(TooLittle, match=name):
            find_copies(worked, tmp_path / name, 5)


def test_a_case_that_was_not_processed_says_so(case: Case, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(pictures()["a.jpg"])
    with pytest.raises(WrongUse, match="homeward process"):
        find_copies(case, tmp_path / "a.jpg", 5)


def test_the_tree_of_generations_says_what_was_made_from_what(worked: Case) -> None:
    (made,) = trees(worked)
    paths = {item["sha256"]: item["paths"][0].rpartition("> ")[2] for item in made["items"]}
    assert paths[made["least_processed"]] == "a.jpg"
    likeliest = {paths[item["sha256"]]: item["parent"] or item["others"][0]["sha256"] for item in made["items"]}
    assert {name: paths[parent] for name, parent in likeliest.items() if name in {"crop.jpg", "mirror.jpg"}} == {
        "crop.jpg": "a.jpg",
        "mirror.jpg": "a.jpg",
    }
    reasons = {paths[item["sha256"]]: item["reason"] + item["others"][0]["reason"] for item in made["items"]}
    assert "mirrored" in reasons["mirror.jpg"]
    assert trees(worked, made["items"][1]["sha256"][:16]) == [made]
    with pytest.raises(WrongUse, match="no still picture on a stack"):
        trees(worked, "zz")


def test_what_was_passed_on_to_another_source_says_so(worked: Case) -> None:
    told = sources(worked)
    assert sum(one["pictures"] for one in told) == sum(len(one["items"]) for one in told)
    assert all(sum(one["counts"].values()) == one["pictures"] for one in told)
    assert {item["how"] for one in told for item in one["items"]} <= {"straight, only here", "only here, processed"}


@pytest.mark.parametrize(
    ("path", "name"),
    [("DCIM/100/a.jpg", "DCIM"), ("a.jpg", ""), ("disk.E01 > /DCIM/a.jpg", "disk.E01"), ("x/b.zip > a/b.jpg", "x")],
)
def test_a_source_is_what_lies_at_the_top(path: str, name: str) -> None:
    assert folder(path) == name
