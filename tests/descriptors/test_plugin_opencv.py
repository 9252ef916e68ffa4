"""The model files that OpenCV's own classes for ALIKED, DISK and LightGlue run, run here and say the same.

What these classes want of a file: ``keypoints``, ``scores`` and ``descriptors`` of an ``image``, stretched to one size, with
places from -1 to 1 (ALIKED) or as whole pixels (DISK); ``kpts0``, ``desc0`` and so on, with places from -1 to 1, to rows of
pairs ``matches0`` with ``mscores0`` (LightGlue).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import tiny_plugins as tiny
from homeward.descriptors.plugin import LocalPlugin, read_manifest
from homeward.descriptors.plugin_features import PluginFeatures, unpack
from homeward.descriptors.plugin_model import Model
from homeward.testing import scenes

SIDE, MOST = 128, 96
node = tiny.node


def features(unit: bool, leading: bool, column: bool = False) -> bytes:
    """The strongest edges of a square picture with the 8 x 8 patch around each; outputs with a leading 1, scores a column."""
    patch = np.eye(64, dtype=np.float32).reshape(64, 1, 8, 8) - np.float32(1 / 64)
    edge = np.full((1, 1, 3, 3), -1, np.float32)
    edge[0, 0, 1, 1] = 8
    ones = [1] if leading else []
    scores = [*ones, MOST, 1] if column else [*ones, MOST]
    shapes = {"keypoints": [*ones, MOST, 2], "scores": scores, "descriptors": [*ones, MOST, 64]}
    nodes = [
        node("ReduceMean", ["image"], ["grey"], axes=[1], keepdims=1),
        node("Conv", ["grey", "edge"], ["raw"], pads=[1, 1, 1, 1]),
        node("Abs", ["raw"], ["strength"]),
        node("Conv", ["grey", "patch"], ["patches"], pads=[3, 3, 4, 4]),
        node("Reshape", ["strength", "row"], ["line"]),
        node("TopK", ["line", "most"], ["top", "where"]),
        node("Mod", ["where", "side"], ["column"]),
        node("Div", ["where", "side"], ["down"]),
        node("Unsqueeze", ["column", "one"], ["x"]),
        node("Unsqueeze", ["down", "one"], ["y"]),
        node("Concat", ["x", "y"], ["places"], axis=1),
        node("Reshape", ["patches", "columns"], ["all"]),
        node("Gather", ["all", "where"], ["chosen"], axis=1),
        node("Transpose", ["chosen"], ["codes"], perm=[1, 0]),
    ]
    if unit:
        nodes += [
            node("Cast", ["places"], ["pixels"], to=tiny.F),
            node("Mul", ["pixels", "step"], ["across"]),
            node("Sub", ["across", "middle"], ["told"]),
        ]
    held = {"keypoints": "told" if unit else "places", "scores": "top", "descriptors": "codes"}
    nodes += [node("Reshape", [held[name], f"as {name}"], [name]) for name in shapes]
    constants: dict[str, Any] = {
        "patch": patch, "edge": edge, "row": np.array([-1], np.int64), "most": np.array([MOST], np.int64),
        "side": np.array(SIDE, np.int64), "one": np.array([1], np.int64), "columns": np.array([64, -1], np.int64),
        "step": np.float32(2 / SIDE), "middle": np.float32(1),
        **{f"as {name}": np.array(shape) for name, shape in shapes.items()},
    }  # fmt: skip
    kinds = {"keypoints": tiny.F if unit else tiny.I64, "scores": tiny.F, "descriptors": tiny.F}
    outputs = {name: (kinds[name], shape) for name, shape in shapes.items()}
    return tiny.model(nodes, {"image": (tiny.F, [1, 3, SIDE, SIDE])}, outputs, constants)


def manifest(data: bytes, places: str) -> dict[str, Any]:
    told = tiny.manifest("local", "export", data)
    told["model"] |= {"input": "image", "dim": 64, "most": MOST, "places": places}
    told["preprocess"] = {"resize": {"mode": "exact", "size": SIDE, "antialias": False}}
    return told


def asked(data: bytes, places: str, pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> PluginFeatures:
    plugin = read_manifest(json.dumps(manifest(data, places)).encode())
    assert isinstance(plugin, LocalPlugin)
    return unpack(Model(plugin, data).describe(pixels, 1)[0].value, plugin)


def lengthened(codes: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
    floats = codes.astype(np.float32)
    return np.asarray(floats / np.linalg.norm(floats, axis=1, keepdims=True), np.float32)


def held_against(found: PluginFeatures, keypoints: Any, descriptors: Any) -> None:
    """Same places within a thousandth of a pixel, same codes within the rounding to bytes; equal scores in any order."""
    assert len(found) == len(keypoints) == MOST
    places = np.array([point.pt for point in keypoints])
    ours, theirs = np.lexsort(found.points.T), np.lexsort(places.T)
    assert np.abs(found.points[ours] - places[theirs]).max() < 1e-3
    assert np.abs(lengthened(found.codes[ours]) - lengthened(descriptors[theirs])).max() < 0.02


@pytest.fixture(scope="module")
def room() -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.ascontiguousarray(scenes.room(2, 320, 240))


def test_a_file_of_disk_says_the_same(room: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    data = features(unit=False, leading=True)
    there = cv2.DISK_createFromMemory(np.frombuffer(data, np.uint8), -1, 0.0, (SIDE, SIDE))
    held_against(asked(data, "pixels", room), *there.detectAndCompute(room[..., ::-1], None))


@pytest.mark.parametrize("column", [False, True])
def test_a_file_of_aliked_says_the_same(room: np.ndarray[Any, np.dtype[np.uint8]], tmp_path: Path, column: bool) -> None:
    data = features(unit=True, leading=False, column=column)
    (tmp_path / "aliked.onnx").write_bytes(data)
    params = cv2.ALIKED_Params()
    params.inputSize = (SIDE, SIDE)
    there = cv2.ALIKED_create(str(tmp_path / "aliked.onnx"), params)
    held_against(asked(data, "unit", room), *there.detectAndCompute(room[..., ::-1], None))


def test_a_leading_one_changes_nothing(room: np.ndarray[Any, np.dtype[np.uint8]], tmp_path: Path) -> None:
    """As ALIKED is exported; OpenCV's wheel, which holds no ONNX Runtime, cannot run these."""
    plain = asked(features(unit=True, leading=False), "unit", room)
    for column in (False, True):
        data = features(unit=True, leading=True, column=column)
        found = asked(data, "unit", room)
        assert np.array_equal(found.points, plain.points)
        assert np.array_equal(found.codes, plain.codes)
    (tmp_path / "aliked.onnx").write_bytes(data)
    params = cv2.ALIKED_Params()
    params.inputSize = (SIDE, SIDE)
    with pytest.raises(cv2.error):
        cv2.ALIKED_create(str(tmp_path / "aliked.onnx"), params).detectAndCompute(room, None)


def test_a_file_of_lightglue_pairs_the_same(room: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    local = manifest(features(unit=True, leading=False), "unit")
    shown = asked(features(unit=True, leading=False), "unit", room)
    other = asked(features(unit=True, leading=False), "unit", np.ascontiguousarray(scenes.room(2, 320, 240)[8:, 12:]))
    data = tiny.matcher("kpts", "desc", "matches0", 64)
    told = tiny.manifest("matcher", "glue", data)
    names = {"keypoints0": "kpts0", "keypoints1": "kpts1", "descriptors0": "desc0", "descriptors1": "desc1"}
    told["model"] |= {"inputs": names, "output": "matches0", "places": "unit"}
    told["model"]["features"] = tiny.digest(json.dumps(local).encode())
    found = Model(read_manifest(json.dumps(told).encode()), data).match(shown, other)
    there = cv2.LightGlueMatcher_createFromMemory(np.frombuffer(data, np.uint8), -1e9)
    there.setPairInfo(shown.points, other.points, (320, 240), (308, 232))
    pairs = there.match(lengthened(shown.codes), lengthened(other.codes))
    assert len(found) > 20
    assert sorted(map(tuple, found.tolist())) == sorted((pair.queryIdx, pair.trainIdx) for pair in pairs)
