"""Plug-ins from end to end: every kind is taken in, asked behind the lock, ranks, and is taken out again."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tiny_plugins as tiny
from homeward.core import WrongUse
from homeward.descriptors.plugin import read_manifest
from homeward.flow import plugins
from homeward.flow.clues.clue_ledger import ledger, sight, tell
from homeward.flow.clues.whereabouts import likeliest, located, located_one, of_series
from homeward.flow.finding.plugins import find_by_label, find_by_plugin
from homeward.flow.finding.sights import Region
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import describe_pending, process
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.series.whereabouts import UNCALIBRATED
from homeward.store import Case, reads
from homeward.store.clues import stacks_of
from homeward.testing import scenes
from homeward.testing.encoding import encode
from homeward.testing.plugins import check_plugin

STATES = {"lamp": "socket: F", "hole": "window: tilt and turn"}
"""What the detector states of where a picture was made."""


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One plug-in of each kind."""
    folder = tmp_path_factory.mktemp("plugins")
    tiny.made(folder, "global", "thumb", tiny.thumbnail())
    local = tiny.made(folder, "local", "corners", tiny.corners())
    bits = tiny.corners(bits=True)
    told = tiny.manifest("local", "bits", bits, post={"metric": "hamming"})
    told["model"]["dim"] = 8
    tiny.written(folder / "bits", told, bits)
    data = tiny.detector()
    told = tiny.manifest("detector", "things", data)
    told["model"]["states"] = STATES
    tiny.written(folder / "things", told, data)
    data = tiny.matcher()
    tiny.written(folder / "match", tiny.manifest("matcher", "match", data), data, (local / "plugin.json").read_bytes())
    return folder


@pytest.fixture(scope="session")
def worked(made_material: Path, folders: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case of which all plug-ins were asked; not to be changed."""
    home = tmp_path_factory.mktemp("asked") / "case"
    with Case.create(home, "Test Unit") as case:
        ingest(case, [Delivery("A", made_material, "W", "")], Quiet())
        for name in ("thumb", "corners", "bits", "things", "match"):
            assert plugins.add(case, folders / name)[1]
        process(case, "inline", 1, Quiet(), until="copies")
        assert ask(case) == 24
    return home


@pytest.fixture
def asked(worked: Path) -> Iterator[Case]:
    with Case.open(worked) as case:
        yield case


@pytest.fixture
def own(worked: Path, tmp_path: Path) -> Iterator[Case]:
    """The same, to be changed."""
    with Case.open(shutil.copytree(worked, tmp_path / "own")) as case:
        yield case


@pytest.fixture
def query(tmp_path: Path) -> Path:
    """Room 2 at another size and quality: no copy of it is in the case under that digest."""
    path = tmp_path / "query.jpg"
    path.write_bytes(encode(scenes.resize(scenes.room(2), 0.9)))
    return path


def ask(case: Case) -> int:
    """Only the steps of plug-ins; how many items were worked on."""
    return sum(describe_pending(case, step, "inline", 1, Quiet()) for step in plugins.steps(case))


@pytest.mark.parametrize("name", ["thumb", "corners", "bits", "match"])
def test_every_kind_ranks_the_room_first(asked: Case, query: Path, name: str) -> None:
    found = find_by_plugin(asked, query, "place", None, 20, name)
    assert found[0]["paths"] == ["A > room2.jpg"]
    assert all(row["log10_lr"] is None and row["calibration"] is None for row in found)
    assert found[0]["caveats"] == [plugins.UNCALIBRATED]
    assert found[0]["plugin"]["id"] == name
    scores = [row["score"] for row in found]
    assert scores == sorted(scores, reverse=True)
    assert len(found) < 2 or scores[0] > scores[1]


def test_one_a_stack_is_measured_and_its_copies_are_told(asked: Case, tmp_path: Path, query: Path) -> None:
    listed = {row["id"]: row for row in plugins.listed(asked)}
    assert {name: listed[name]["done"] for name in listed} == {"thumb": 6, "corners": 6, "bits": 6, "things": 6, "match": 0}
    assert not any(row["failed"] or row["pending"] for row in listed.values())
    (tmp_path / "one.jpg").write_bytes(encode(scenes.room(1)))
    found = find_by_plugin(asked, tmp_path / "one.jpg", "place", None, 2, "thumb")
    assert {row["paths"][0] for row in found} == {"A > room1.jpg", "A > sub/smaller.jpg"}
    assert found[0]["score"] == found[1]["score"]


def test_stacks_are_the_same_asked_for_one_by_one_and_all_at_once(asked: Case) -> None:
    names = reads.item_names(asked)
    together = stacks_of(asked, names)
    assert sorted(pair for stack in together for pair in stack) == sorted(names.items())
    assert max(map(len, together)) == 2
    for item, sha256 in names.items():
        (stack,) = stacks_of(asked, [item])
        assert stack in together
        assert (item, sha256) in stack


def test_a_vector_is_the_mean_of_its_pixels(asked: Case, made_material: Path) -> None:
    """What is stored, beside the formula in numpy."""
    one = plugins.called(asked, "thumb")
    (run,) = asked.segments.read(one.folder)
    names = {sha256: item for item, sha256 in reads.item_names(asked).items()}
    data = (made_material / "room3.jpg").read_bytes()
    stored = run["value"][run["item"] == names[hashlib.sha256(data).hexdigest()]][0].view(np.int8).astype(float)
    pixels = np.asarray(Image.open(made_material / "room3.jpg").resize((64, 64), Image.Resampling.BICUBIC), float) / 255 - 0.5
    wanted = pixels.reshape(8, 8, 8, 8, 3).mean(axis=(1, 3)).transpose(2, 0, 1).ravel()
    assert np.abs(stored - 127 * wanted / np.linalg.norm(wanted)).max() <= 0.51


def test_the_region_of_a_feature_is_where_it_lies(asked: Case, query: Path) -> None:
    """A part of the picture is found in the same part of the other."""
    whole = Image.open(query).size
    box = Region(whole[0] // 4, whole[1] // 4, whole[0] // 2, whole[1] // 2)
    found = find_by_plugin(asked, query, "object", box, 5, "corners")
    assert found[0]["paths"] == ["A > room2.jpg"]
    x, y, wide, high = found[0]["region"]
    scale = 640 / whole[0]
    assert x >= box.x * scale - 6
    assert y >= box.y * scale - 6
    assert x + wide <= (box.x + box.width) * scale + 6
    assert y + high <= (box.y + box.height) * scale + 6


def test_a_region_is_all_that_a_global_plugin_sees(asked: Case, tmp_path: Path, query: Path) -> None:
    whole = np.asarray(Image.open(query))
    canvas = np.zeros((whole.shape[0] + 200, whole.shape[1] + 100, 3), np.uint8)
    canvas[150 : 150 + whole.shape[0], 60 : 60 + whole.shape[1]] = whole
    Image.fromarray(canvas).save(tmp_path / "framed.png")
    region = Region(60, 150, whole.shape[1], whole.shape[0])
    inside = find_by_plugin(asked, tmp_path / "framed.png", "place", region, 5, "thumb")
    plain = find_by_plugin(asked, query, "place", None, 5, "thumb")
    assert [(row["sha256"], row["score"]) for row in inside] == [(row["sha256"], row["score"]) for row in plain]


def test_a_detector_is_asked_by_its_labels(asked: Case, made_material: Path, query: Path) -> None:
    found = find_by_label(asked, "lamp", 20, "things")
    assert len(found) == 7  # six rooms and a smaller copy
    scores = [row["score"] for row in found]
    assert scores == sorted(scores, reverse=True)
    (row,) = (row for row in found if row["paths"] == ["A > room4.jpg"])
    grey = Image.open(made_material / "room4.jpg").convert("RGB").resize((64, 64), Image.Resampling.BILINEAR).convert("L")
    means = np.asarray(grey, float).reshape(8, 8, 8, 8).mean(axis=(1, 3))
    down, across = divmod(int(means.argmax()), 8)
    assert row["region"] == [across * 80, down * 60, 80, 60]
    assert abs(row["score"] - means.max() / 255) < 0.02
    assert row["log10_lr"] is None
    with pytest.raises(WrongUse, match="no label 'cat'; it has: lamp, hole"):
        find_by_label(asked, "cat", 20, "things")
    with pytest.raises(WrongUse, match="it is no detector"):
        find_by_label(asked, "lamp", 20, "thumb")
    with pytest.raises(WrongUse, match="asked with --text"):
        find_by_plugin(asked, query, "place", None, 20, "things")


def test_nothing_of_it_is_a_link(asked: Case) -> None:
    """An uncalibrated plug-in adds nothing: the case says what it says without one."""
    from homeward.flow.copies.standing import usable_stills

    assert len(usable_stills(asked).items)
    assert not any("plugin" in str(row) for row in reads.findings(asked))
    assert verify(asked, Quiet(), full=True).faults == []


def test_twice_changes_nothing(own: Case, folders: Path) -> None:
    before = reads.status(own)["ledger_entries"]
    assert plugins.add(own, folders / "thumb")[1] is False
    ask(own)
    assert reads.status(own)["ledger_entries"] == before


def test_another_file_of_that_name_is_another_plugin(own: Case, folders: Path, tmp_path: Path) -> None:
    data = tiny.thumbnail()
    changed = tiny.made(tmp_path, "global", "thumb", data, version="1.1")
    with pytest.raises(WrongUse, match="another plug-in 'thumb'"):
        plugins.add(own, changed)
    old = plugins.called(own, "thumb")
    plugins.remove(own, "thumb", "a newer one")
    plugins.add(own, changed)
    new = plugins.called(own, "thumb")
    assert new.folder != old.folder
    assert new.key != old.key
    with pytest.raises(WrongUse, match="has said nothing about this case yet"):
        find_by_plugin(own, next(tmp_path.rglob("model.onnx")), "place", None, 5, "thumb")


def test_what_was_taken_out_is_gone_and_comes_back(own: Case, folders: Path, query: Path) -> None:
    with pytest.raises(WrongUse, match="'match' needs it"):
        plugins.remove(own, "corners", "a test")
    before = find_by_plugin(own, query, "place", None, 5, "corners")
    plugins.remove(own, "match", "the model of a certain Somebody")
    assert "Somebody" not in str([body for _, body in own.custody.entries(0, reads.status(own)["ledger_entries"])])
    plugins.remove(own, "corners", "a test")
    assert {row["id"] for row in plugins.listed(own)} == {"thumb", "bits", "things"}
    assert len(list(own.plugins.names())) == 6
    with pytest.raises(WrongUse, match="no plug-in 'corners'"):
        find_by_plugin(own, query, "place", None, 5, "corners")
    assert verify(own, Quiet()).faults == []
    plugins.add(own, folders / "corners")
    assert find_by_plugin(own, query, "place", None, 5, "corners") == before
    ask(own)
    assert verify(own, Quiet()).faults == []


def test_a_changed_file_or_record_is_noticed(own: Case) -> None:
    from homeward.store.models import StepRun

    model = own.plugins.path(plugins.called(own, "thumb").registered.model)
    data = model.read_bytes()
    model.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert any("has been changed on disk" in fault for fault in verify(own, Quiet()).faults)
    model.unlink()
    assert any("of a plug-in is gone" in fault for fault in verify(own, Quiet()).faults)
    model.write_bytes(data)
    row = StepRun.objects.using(own.alias).get(step="plugins")
    StepRun.objects.using(own.alias).filter(pk=row.pk).update(key="[]")
    assert any("the step plugins is complete for" in fault for fault in verify(own, Quiet()).faults)
    StepRun.objects.using(own.alias).filter(pk=row.pk).update(key=row.key)


def test_a_plugin_for_something_else_is_not_asked(own: Case, tmp_path: Path, query: Path) -> None:
    plugins.add(own, tiny.made(tmp_path, "global", "objects", tiny.thumbnail(), purpose=["object"]))
    with pytest.raises(WrongUse, match="meant for object, not for place"):
        find_by_plugin(own, query, "place", None, 5, "objects")


@pytest.fixture
def heard(own: Case) -> Case:
    """The same, with the detector listened to."""
    plugins.listen(own, "things", "the word of a certain Somebody", states=True)
    return own


def cues(case: Case, kind: str) -> list[dict[str, Any]]:
    """Cues of a kind in every stack."""
    return [cue for row in located(case) for cue in row["cues"] if cue["kind"] == kind]


def test_nobody_hears_what_a_detector_states_until_somebody_listens(own: Case) -> None:
    assert located(own) == []
    told = {row["id"]: (row["states"], row["listened"]) for row in plugins.listed(own)}
    assert told["things"] == (STATES, False)
    assert told["thumb"] == ({}, False)
    plugins.listen(own, "things", "a trial", states=True)
    assert {row["id"] for row in plugins.listed(own) if row["listened"]} == {"things"}
    before = reads.status(own)["ledger_entries"]
    plugins.listen(own, "things", "once more", states=True)
    assert reads.status(own)["ledger_entries"] == before
    for name, words in (("thumb", "'thumb' states nothing"), ("other", "no plug-in 'other'")):
        with pytest.raises(WrongUse, match=words):
            plugins.listen(own, name, "a test", states=True)


def test_its_cues_say_who_sees_what_where_and_how_little_that_is(heard: Case) -> None:
    assert "Somebody" not in str([body for _, body in heard.custody.entries(0, reads.status(heard)["ledger_entries"])])
    rows = located(heard)
    assert sorted(len(row["items"]) for row in rows) == [1, 1, 1, 1, 1, 2]  # the copy lies on the stack of its picture
    for row in rows:
        assert [(cue["kind"], cue["value"]) for cue in row["cues"]] == [("socket", "F"), ("window", "tilt and turn")]
        assert not {"socket", "window"} & set(row["missing"])
        assert {"switch", "heating", "window cover"} <= set(row["missing"])
        assert "uncalibrated" in row["calibration"]
        for cue in row["cues"]:
            assert max(cue["penalties"].values()) <= math.log10(1 / UNCALIBRATED) + 1e-9
            seen = cue["seen"]
            known_as = plugins.called(heard, "things").registered.manifest
            assert (seen["plugin"], seen["version"], seen["manifest"]) == ("things", "1.0", known_as)
            assert seen["picture"] in row["items"]
            for part in ("things 1.0", seen["picture"][:12], round(100 * seen["score"]), ",".join(map(str, seen["region"]))):
                assert str(part) in cue["origin"]
    by_label = {(row["sha256"], tuple(row["region"])) for row in find_by_label(heard, "lamp", 20, "things")}
    assert {(cue["seen"]["picture"], tuple(cue["seen"]["region"])) for cue in cues(heard, "socket")} <= by_label
    assert verify(heard, Quiet()).faults == []


def test_a_series_shows_it_and_the_order_of_series_knows_nothing_of_it(heard: Case) -> None:
    series = {"s": sorted(reads.item_names(heard).items())}
    assert likeliest(heard, series, ledger(heard).values(), {}) == {}
    (found,) = of_series(heard, series, ledger(heard).values(), plugins=True).values()
    assert [part.cue.kind for part in found.parts] == ["socket", "window"]
    assert max(found.posterior.values()) <= 4 * min(found.posterior.values()) * (1 + 1e-9)


def test_a_person_denies_by_a_dead_region(heard: Case) -> None:
    before = cues(heard, "socket")
    seen = before[0]["seen"]
    x, y, wide, high = seen["region"]
    for box, left in (((x, y, wide, high // 3), before), ((x, y, wide, high), before[1:])):
        region = sight(heard, "region", "", seen["picture"], None, box, "Kim", "")
        assert cues(heard, "socket") == before
        region = tell(heard, region, "status", "Kim", "a lamp", status="dead")
        assert [cue["origin"] for cue in cues(heard, "socket")] == [cue["origin"] for cue in left]
    assert len(cues(heard, "window")) == len(before)
    tell(heard, region, "status", "Kim", "looked again", status="open")
    assert {cue["origin"] for cue in cues(heard, "socket")} == {cue["origin"] for cue in before}


def test_what_a_person_says_takes_its_place(heard: Case) -> None:
    seen = cues(heard, "socket")[0]["seen"]
    before = located_one(heard, seen["picture"])["countries"]
    said = sight(heard, "attribute", "socket: F", seen["picture"], None, None, "Kim", "")
    found = located_one(heard, seen["picture"])
    (cue,) = (cue for cue in found["cues"] if cue["kind"] == "socket")
    assert (cue["seen"], cue["origin"].endswith("by person")) == (None, True)
    strong = {row["country"]: row["penalties"]["electricity"] for row in found["countries"]}
    assert all(row["penalties"]["electricity"] <= strong[row["country"]] for row in before)
    tell(heard, said, "status", "Kim", "everywhere", status="too common")
    assert cues(heard, "socket") == []
    assert len(cues(heard, "window")) == 6


def test_taken_out_it_takes_its_cues_along_and_comes_back_unheard(heard: Case, folders: Path) -> None:
    plugins.listen(heard, "things", "enough", states=False)
    assert located(heard) == []
    plugins.listen(heard, "things", "again", states=True)
    assert len(located(heard)) == 6
    plugins.remove(heard, "things", "a test")
    assert located(heard) == []
    plugins.add(heard, folders / "things")
    assert located(heard) == []
    assert verify(heard, Quiet()).faults == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["thumb", "corners", "bits", "things"])
def test_the_kit_passes_what_is_sound(folders: Path, name: str) -> None:
    check_plugin(folders / name)


@pytest.mark.slow
def test_the_kit_passes_one_that_reads(tmp_path: Path) -> None:
    data = tiny.reading([0.95, 0.5, 0.1])
    check_plugin(tiny.made(tmp_path, "ocr-rec", "columns", data))


@pytest.mark.slow
def test_the_kit_passes_one_that_listens(tmp_path: Path) -> None:
    data = tiny.hearing(8000, [60, 150, 250, 400, 700, 1000, 1500, 2200])
    check_plugin(tiny.made(tmp_path, "audio", "tones", data))


def test_the_kit_needs_the_features_of_a_matcher(folders: Path) -> None:
    check_plugin(folders / "match", features=folders / "corners")
    with pytest.raises(AssertionError, match="features that it matches"):
        check_plugin(folders / "match", features=folders / "bits")


def test_the_kit_finds_a_model_that_says_the_same_of_everything(tmp_path: Path) -> None:
    nodes = [tiny.node("Mul", ["mean", "nothing"], ["zero"]), tiny.node("Add", ["zero", "some"], ["out"])]
    data = tiny.thumbnail(nodes, {"nothing": np.float32(0), "some": np.float32(1)}, "out")
    told = tiny.manifest("global", "constant", data)
    told["model"]["output"] = "out"
    with pytest.raises(AssertionError, match="the same of"):
        check_plugin(tiny.written(tmp_path / "p", told, data))


def test_a_manifest_says_nothing_that_the_contract_has_not(folders: Path) -> None:
    told = json.loads((folders / "thumb" / "plugin.json").read_text())
    for change in (
        {"kind": "audio"}, {"kind": "ocr-rec"}, {"kind": "speech"},
        {"schema": "descriptor-plugin/2"}, {"purpose": ["person"]}, {"purpose": []},
        {"id": "../up"}, {"id": "Upper"}, {"version": ""}, {"extra": 1}, {"calibration": {"set_id": "x"}},
        {"purpose": ["place", "place"]}, {"post": {"metric": "hamming"}},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"plugin\.json|cosine"):
            read_manifest(json.dumps(told | change).encode())
    for name, value in (("file", "../model.onnx"), ("file", "/etc/x.onnx"), ("file", "model.pt"), ("sha256", "00"), ("dim", 1)):
        with pytest.raises(ValueError, match=r"plugin\.json"):
            read_manifest(json.dumps(told | {"model": told["model"] | {name: value}}).encode())
    for unseen in ("\x1b", "\x9b", "\u2028", "\u202e", "\u2067"):
        model = told["model"]
        for change in ({"licence": unseen}, {"model": model | {"input": unseen}}, {"model": model | {"output": f"a{unseen}"}}):
            with pytest.raises(ValueError, match=r"plugin\.json"):
                read_manifest(json.dumps(told | change).encode())
        things = json.loads((folders / "things" / "plugin.json").read_text())
        things["model"]["labels"] = ["lamp", f"lamp{unseen}"]
        with pytest.raises(ValueError, match=r"plugin\.json"):
            read_manifest(json.dumps(things).encode())
    for text in (b"", b"{", b"[" * 50_000, b"\xff", b"null", b"{}", b" " * 300_000, json.dumps(told).encode()[:-1]):
        with pytest.raises(ValueError, match=r"plugin\.json"):
            read_manifest(text)
