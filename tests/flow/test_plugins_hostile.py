"""Models that lie, fail, hang or want everything: they cost themselves, or the picture that they were asked about."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper

import tiny_plugins as tiny
from homeward.cli import homeward
from homeward.core import WrongUse
from homeward.descriptors.plugin import GlobalPlugin, PluginRefused, read_manifest
from homeward.descriptors.plugin_model import Model
from homeward.flow import executors, plugins
from homeward.flow.answers import AnswerRefused, read_said
from homeward.flow.finding.plugins import find_by_plugin
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import describe_pending, process
from homeward.flow.progress import Quiet
from homeward.flow.tasks.plugins import selftest
from homeward.flow.units import VEIL, Described, Sighting, Trial, Tried, Unit
from homeward.flow.verify import verify
from homeward.sandbox import Limits
from homeward.store import Case, reads
from homeward.testing import scenes
from homeward.testing.encoding import encode
from homeward.testing.plugins import check_plugin

node = tiny.node


def ending(*nodes: Any, **constants: Any) -> bytes:
    """A thumbnail with something after it."""
    return tiny.thumbnail(nodes, constants, "out")


def refused(case: Case, folder: Path, data: bytes, **changes: Any) -> str:
    told = tiny.manifest("global", "odd", data, **changes)
    told["model"]["output"] = "out"
    before = reads.status(case)["ledger_entries"]
    with pytest.raises(WrongUse) as caught:
        plugins.add(case, tiny.written(folder / "odd", told, data))
    assert reads.status(case)["ledger_entries"] == before
    assert plugins.held(case) == []
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """A case without anything."""
    with Case.create(tmp_path_factory.mktemp("bare") / "case", "Test Unit") as made:
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Case]:
    """The same, of which nobody else expects anything."""
    with Case.create(tmp_path / "case", "Test Unit") as made:
        yield made


LYING: dict[str, tuple[Callable[[], bytes], str]] = {
    "no number": (
        lambda: ending(node("Sub", ["mean", "nine"], ["low"]), node("Log", ["low"], ["out"]), nine=np.float32(9)),
        "no number",
    ),
    "nothing": (lambda: ending(node("Mul", ["mean", "nothing"], ["out"]), nothing=np.float32(0)), "without length"),
    "infinite": (lambda: ending(node("Div", ["mean", "nothing"], ["out"]), nothing=np.float32(0)), "no number"),
    "another shape": (lambda: ending(node("Concat", ["mean", "mean"], ["out"], axis=1)), "1 x 384 float32"),
    "two of it": (lambda: ending(node("Concat", ["mean", "mean"], ["out"], axis=0)), "2 x 192 float32"),
    "whole numbers": (lambda: ending(node("Cast", ["mean"], ["out"], to=TensorProto.INT64)), "does not match expected type"),
    "a list": (lambda: ending(node("SequenceConstruct", ["mean"], ["out"])), "cannot be loaded|no array"),
    "too much": (
        lambda: ending(node("ConstantOfShape", ["size"], ["out"]), size=np.array([1 << 20, 1 << 20], np.int64)),
        "failed",
    ),
    "another name": (lambda: tiny.thumbnail(), "no output called 'out'"),
    "an unknown operator": (lambda: ending(node("Mystery", ["mean"], ["out"])), "cannot be loaded"),
    "operators of its own": (
        lambda: ending(helper.make_node("Gelu", ["mean"], ["out"], domain="com.microsoft")),
        "not of the standard",
    ),
    "chance": (lambda: ending(node("RandomNormalLike", ["mean"], ["out"])), "at random"),
}


@pytest.mark.parametrize("name", LYING)
def test_a_lying_model_is_found_out(name: str) -> None:
    make, words = LYING[name]
    data = make()
    told = tiny.manifest("global", "odd", data)
    told["model"]["output"] = "out"
    plugin = read_manifest(json.dumps(told).encode())
    assert isinstance(plugin, GlobalPlugin)
    with pytest.raises(PluginRefused, match=words) as caught:
        Model(plugin, data).tried()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["another shape", "too much"])
def test_a_lying_model_is_not_taken_in(bare: Case, tmp_path: Path, name: str) -> None:
    make, words = LYING[name]
    assert words in refused(bare, tmp_path, make())


def test_a_changed_byte_is_noticed_before_anything_is_read(bare: Case, tmp_path: Path) -> None:
    data = tiny.thumbnail()
    folder = tiny.made(tmp_path, "global", "thumb", data)
    for at in (0, len(data) // 2, len(data) - 1):
        (folder / "model.onnx").write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(WrongUse, match="its SHA-256 is another"):
            plugins.add(bare, folder)


@pytest.mark.parametrize(
    "change",
    [
        {"preprocess": {"resize": {"mode": "exact", "size": 64, "interp": "cubic"}, "mean": [0.5] * 3, "color": "BGR"}},
        {"preprocess": {"resize": {"mode": "exact", "size": 64, "interp": "linear"}, "mean": [0.5] * 3}},
        {"preprocess": {"resize": {"mode": "shortest", "size": 64, "interp": "cubic"}, "mean": [0.5] * 3}},
        {"preprocess": {"resize": {"mode": "exact", "size": 64, "interp": "cubic"}}},
    ],
    ids=["order of colours", "interpolation", "size", "mean"],
)
def test_the_usual_silent_faults_fail_the_test(tmp_path: Path, change: dict[str, Any]) -> None:
    """What the locked worker says of it, asked without a worker."""
    folder = tiny.made(tmp_path, "global", "thumb", tiny.thumbnail())
    told = json.loads((folder / "plugin.json").read_text())
    order = msgspec.msgpack.encode(Trial(json.dumps(told | change).encode()))
    with (folder / "model.onnx").open("rb") as model:
        (said,) = selftest((model.fileno(),), order)
    assert re.search("other numbers than came out|192 numbers", msgspec.msgpack.decode(said, type=Tried).refused)


def test_odd_files_are_told_in_a_sentence(bare: Case, tmp_path: Path) -> None:
    data = tiny.thumbnail()
    for break_it, words in (
        (lambda folder: (folder / "plugin.json").unlink(), "no such file"),
        (lambda folder: (folder / "model.onnx").unlink(), "no such file"),
        (lambda folder: (folder / "model.onnx").write_bytes(b""), "its SHA-256 is another"),
        (lambda folder: (folder / "plugin.json").write_bytes(b"\xff\xfe"), "not as it must be"),
        (lambda folder: ((folder / "model.onnx").unlink(), os.mkfifo(folder / "model.onnx")), "is no file"),
        (lambda folder: ((folder / "plugin.json").unlink(), (folder / "plugin.json").mkdir()), "plugin.json"),
    ):
        folder = tiny.made(tmp_path / words.replace(" ", ""), "global", f"p{abs(hash(words)) % 999}", data)
        break_it(folder)
        with pytest.raises(WrongUse, match=words):
            plugins.add(bare, folder)


def endless() -> bytes:
    """A loop that goes round as often as a whole number can say."""
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [node("Identity", ["go"], ["on"]), node("Add", ["held", "held"], ["next"])],
        "body",
        [value("at", TensorProto.INT64, []), value("go", TensorProto.BOOL, []), value("held", TensorProto.FLOAT, None)],
        [value("on", TensorProto.BOOL, []), value("next", TensorProto.FLOAT, None)],
    )
    return ending(node("Loop", ["rounds", "", "mean"], ["out"], body=body), rounds=np.array((1 << 63) - 1, np.int64))


@pytest.fixture
def short_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (plugins, executors):
        monkeypatch.setattr(module, "limits_with", lambda tool: Limits(memory=1 << 30, cpu_seconds=2, wall_seconds=20.0))


@pytest.mark.usefixtures("short_of_time")
def test_a_model_without_end_is_ended(bare: Case, tmp_path: Path) -> None:
    data = endless()
    told = tiny.manifest("global", "odd", data)
    told["model"]["output"] = "out"
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(data)
    (folder / "plugin.json").write_text(json.dumps(told))
    with pytest.raises(WrongUse, match="more than 2 seconds of processor time"):
        plugins.add(bare, folder)


def moody() -> bytes:
    """Sound on pictures of little colour, as that of the test is, and no number on others."""
    return ending(
        node("ReduceMean", ["picture"], ["grey"], axes=[1], keepdims=1),
        node("Sub", ["picture", "grey"], ["colour"]),
        node("Mul", ["colour", "colour"], ["square"]),
        node("ReduceMean", ["square"], ["much"], keepdims=0),
        node("Sub", ["most", "much"], ["left"]),
        node("Sqrt", ["left"], ["root"]),
        node("Mul", ["mean", "root"], ["out"]),
        most=np.float32(0.003),
    )


def test_a_picture_that_it_fails_on_is_a_row_with_a_reason(case: Case, tmp_path: Path) -> None:
    folder = tmp_path / "seized"
    folder.mkdir()
    rng = np.random.default_rng(5)
    (folder / "noise.png").write_bytes(encode(rng.integers(0, 256, (240, 320, 3), np.uint8), "png"))
    (folder / "room.jpg").write_bytes(encode(scenes.room(3)))
    (folder / "cut.jpg").write_bytes(encode(scenes.room(4))[:9000])
    ingest(case, [Delivery("A", folder, "W", "")], Quiet())
    process(case, "inline", 1, Quiet(), until="copies")
    before = reads.status(case)
    data = moody()
    told = tiny.manifest("global", "moody", data)
    told["model"]["output"] = "out"
    plugins.add(case, tiny.written(tmp_path / "moody", told, data))
    for step in plugins.steps(case):
        describe_pending(case, step, "inline", 1, Quiet())
    (row,) = plugins.listed(case)
    assert (row["done"], row["failed"], row["pending"]) == (1, 2, 0)
    reasons = {one["reason"] for one in row["failures"]}
    assert "the model gave what is no number" in reasons
    assert any(reason.startswith("only a part of it can be decoded") for reason in reasons)
    after = reads.status(case)
    assert (after["occurrences"], after["failures"]) == (before["occurrences"], before["failures"])
    (found,) = find_by_plugin(case, folder / "noise.png", "place", None, 5, "moody")
    assert found["paths"] == ["A > noise.png"]
    assert verify(case, Quiet(), full=True).faults == []


def test_what_a_taken_over_worker_says_is_believed_only_where_it_could_be(tmp_path: Path) -> None:
    unit = Unit(7, "0" * 64, 1, "still", "", "", "a", "", "a")
    folder = tiny.made(tmp_path, "local", "corners", tiny.corners())
    text = (folder / "plugin.json").read_bytes()
    from msgspec.msgpack import encode as packed

    from homeward.descriptors.plugin import digest, value_name, value_width

    plugin = read_manifest(text)
    name, width = value_name(plugin, digest(text)), value_width(plugin)
    sound = bytes(2) + (640).to_bytes(4, "little") + (480).to_bytes(4, "little") + bytes(width - 10)

    def said(values: dict[str, tuple[int, bytes]], item: int = 7, time: int = -1, **more: Any) -> Described:
        return read_said(unit, text, packed(Described(item, pictures=(Sighting(time, bytes(VEIL), values),), **more)))

    assert said({name: (50, sound)}).pictures[0].values == {name: (50, sound)}
    for values, more in (
        ({"pdq": (50, bytes(32))}, {}),
        ({name: (50, sound), "scene": (50, bytes(9))}, {}),
        ({name: (101, sound)}, {}),
        ({name: (50, sound[:-1])}, {}),
        ({name: (50, b"\xff" * width)}, {}),
        ({}, {}),
        ({name: (50, sound)}, {"item": 8}),
        ({name: (50, sound)}, {"time": 4}),
        ({name: (50, sound)}, {"width": 9}),
        ({name: (50, sound)}, {"facts": {"a": 1}}),
    ):
        with pytest.raises(AnswerRefused):
            said(values, **more)


@pytest.mark.parametrize(
    ("kind", "data"), [("ocr-rec", tiny.reading([1, 0, 0.5])), ("audio", tiny.hearing(8000, range(100, 900, 100)))]
)
def test_nor_are_lines_and_stretches_that_cannot_be(tmp_path: Path, kind: str, data: bytes) -> None:
    from homeward.descriptors.plugin import digest, value_name, value_width

    text = (tiny.made(tmp_path, kind, "odd", data) / "plugin.json").read_bytes()
    plugin = read_manifest(text)
    name, width = value_name(plugin, digest(text)), value_width(plugin)
    unit = Unit(7, "0" * 64, 1, "still", "", "", "a", "", "a")
    rng = np.random.default_rng(4)
    for value in (b"", bytes(width), b"\xff" * width, bytes(width - 1), rng.bytes(width)):
        said = Described(7, pictures=(Sighting(-1, bytes(VEIL), {name: (50, value)}),))
        with pytest.raises(AnswerRefused):
            read_said(unit, text, msgspec.msgpack.encode(said))


def test_what_a_kill_leaves_behind_is_tidied(bare: Case, tmp_path: Path) -> None:
    bare.plugins.put(b"from a kill between the files and the record")
    plugins.add(bare, tiny.made(tmp_path, "global", "tidy", tiny.thumbnail()))
    assert len(list(bare.plugins.names())) == 2
    plugins.remove(bare, "tidy", "a test")
    assert list(bare.plugins.names()) == []


def test_of_two_that_are_added_at_once_one_is_whole_and_the_other_is_told(
    fresh: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (tiny.made(tmp_path / name, "global", "twin", tiny.thumbnail()) for name in ("one", "other"))
    told = json.loads((other / "plugin.json").read_text())
    (other / "plugin.json").write_text(json.dumps({**told, "version": "another"}))
    real = plugins.trial

    def meanwhile(*given: Any) -> str:
        monkeypatch.setattr(plugins, "trial", real)
        with Case.open(fresh.folder) as case:
            assert plugins.add(case, one)[1]
        return real(*given)

    for folder in (other, one):
        monkeypatch.setattr(plugins, "trial", meanwhile)
        if folder is other:
            with pytest.raises(WrongUse, match="another plug-in 'twin'"):
                plugins.add(fresh, folder)
        else:
            assert plugins.add(fresh, folder)[1] is False
        assert [row["id"] for row in plugins.listed(fresh)] == ["twin"]
        assert len(list(fresh.plugins.names())) == 2
        assert not verify(fresh, Quiet()).faults
        plugins.remove(fresh, "twin", "a test")


def test_one_that_a_stricter_contract_refuses_is_a_row_with_a_reason(
    fresh: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny.made(tmp_path, "global", "old", tiny.thumbnail())
    plugins.add(fresh, folder)
    plugins.add(fresh, tiny.made(tmp_path, "global", "sound", tiny.thumbnail()))
    real = plugins.read_manifest

    def stricter(manifest: bytes) -> Any:
        if b'"old"' in manifest and b'"2"' not in manifest:
            raise PluginRefused("its licence is not named")
        return real(manifest)

    monkeypatch.setattr(plugins, "read_manifest", stricter)
    assert [(row["id"], row["refused"]) for row in plugins.listed(fresh)] == [
        ("sound", ""),
        ("old", "its licence is not named"),
    ]
    assert len(plugins.steps(fresh)) == 1
    with pytest.raises(WrongUse, match="'old' is not asked: its licence is not named"):
        plugins.called(fresh, "old")
    shown = CliRunner().invoke(homeward, ["plugin", "list", str(fresh.folder)])
    assert shown.exit_code == 0
    assert "old is not asked: its licence is not named." in shown.output
    told = json.loads((folder / "plugin.json").read_text())
    (folder / "plugin.json").write_text(json.dumps({**told, "version": "2"}))
    with pytest.raises(WrongUse, match="another plug-in 'old'"):
        plugins.add(fresh, folder)
    plugins.remove(fresh, "old", "a newer one")
    assert plugins.add(fresh, folder)[1]
    assert {row["id"]: row["refused"] for row in plugins.listed(fresh)} == {"sound": "", "old": ""}
    assert not verify(fresh, Quiet()).faults


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ({"lamp": "socket: F"}, "'lamp' states, which is none of its labels"),
        ({"bright": "socket: f"}, "socket is one of: A, B"),
        ({"bright": "socket: F "}, "socket is one of: A, B"),
        ({"bright": "socket: Z"}, "socket is one of: A, B"),
        ({"bright": "wallpaper: green"}, "what is told by looking is: date order"),
        ({"bright": "daylight: night"}, "what is told by looking is"),
        ({"bright": "calling code: 46"}, "what is told by looking is"),
        ({"bright": "Socket: F"}, "is not as it must be"),
        ({"bright": "socket:F"}, "is not as it must be"),
        ({"bright": "socket: F\nmains: 50"}, "is not as it must be"),
        ({"bright": ""}, "is not as it must be"),
        ({"bright": ["socket: F", "socket: G"]}, "is not as it must be"),
        ({"bright": None}, "is not as it must be"),
        (["socket: F"], "is not as it must be"),
        ({"bright": "socket: " + "F" * 200}, "is not as it must be"),
    ],
)
def test_what_no_table_knows_is_refused_in_a_sentence(bare: Case, tmp_path: Path, states: Any, words: str) -> None:
    before = reads.status(bare)["ledger_entries"]
    data = tiny.detector()
    told = tiny.manifest("detector", "odd", data)
    told["model"] |= {"labels": ["bright", "dark"], "states": states}
    folder = tiny.written(tmp_path / "odd", told, data)
    with pytest.raises(WrongUse, match="odd: ") as caught:
        plugins.add(bare, folder)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert reads.status(bare)["ledger_entries"] == before
    with pytest.raises(AssertionError) as kit:
        check_plugin(folder)
    assert words in str(kit.value)


def test_only_detectors_state_something(bare: Case, tmp_path: Path) -> None:
    data = tiny.thumbnail()
    told = tiny.manifest("global", "odd", data)
    told["model"]["states"] = {"bright": "socket: F"}
    with pytest.raises(WrongUse, match="unknown field `states`"):
        plugins.add(bare, tiny.written(tmp_path / "odd", told, data))
