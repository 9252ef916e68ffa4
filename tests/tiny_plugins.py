"""Plug-ins small enough to be made in a test: a thumbnail as a vector, corners with their patches, and a matcher of codes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from homeward.descriptors.plugin import LocalPlugin, MatcherPlugin, PluginRefused, digest, read_manifest
from homeward.descriptors.plugin_model import Model, made_features

F, I64, U8 = TensorProto.FLOAT, TensorProto.INT64, TensorProto.UINT8
Node = onnx.NodeProto


def node(kind: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any) -> Node:
    return helper.make_node(kind, list(inputs), list(outputs), **attributes)


def model(
    nodes: Sequence[Node], inputs: dict[str, Any], outputs: dict[str, Any], constants: dict[str, Any], **more: Any
) -> bytes:
    """A serialised model; ``inputs`` and ``outputs`` by name to (type, shape)."""
    infos = [[helper.make_tensor_value_info(name, *told) for name, told in side.items()] for side in (inputs, outputs)]
    held = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(list(nodes), "tiny", *infos, held)
    opsets = more.pop("opsets", [helper.make_opsetid("", 17)])
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8, **more).SerializeToString())


PICTURE = {"picture": (F, [1, 3, None, None])}


def thumbnail(after: Sequence[Node] = (), constants: dict[str, Any] | None = None, last: str = "mean") -> bytes:
    """64 x 64 pixels by 8 x 8 means: 192 numbers."""
    nodes = [
        node("AveragePool", ["picture"], ["small"], kernel_shape=[8, 8], strides=[8, 8]),
        node("Reshape", ["small", "flat"], ["mean"]),
        *after,
    ]
    told = {"flat": np.array([1, -1], np.int64), **(constants or {})}
    return model(nodes, PICTURE, {last: (F, None)}, told)


def corners(bits: bool = False, most: int = 200) -> bytes:
    """The strongest local maxima of a Laplacian, with the 8 x 8 patch around each as its code, or its bright pixels."""
    patch = np.eye(64, dtype=np.float32).reshape(64, 1, 8, 8)
    patch -= 1 / 64
    edge = np.full((1, 1, 3, 3), -1, np.float32)
    edge[0, 0, 1, 1] = 8
    nodes = [
        node("Conv", ["picture", "edge"], ["raw"], pads=[1, 1, 1, 1]),
        node("Abs", ["raw"], ["strength"]),
        node("MaxPool", ["strength"], ["highest"], kernel_shape=[5, 5], pads=[2, 2, 2, 2], strides=[1, 1]),
        node("Equal", ["strength", "highest"], ["top"]),
        node("Cast", ["top"], ["mask"], to=F),
        node("Mul", ["strength", "mask"], ["kept"]),
        node("Conv", ["picture", "patch"], ["patches"], pads=[3, 3, 4, 4]),
        node("Reshape", ["kept", "row"], ["line"]),
        node("TopK", ["line", "most"], ["scores", "where"]),
        node("Shape", ["picture"], ["shape"]),
        node("Gather", ["shape", "three"], ["wide"]),
        node("Mod", ["where", "wide"], ["column"]),
        node("Div", ["where", "wide"], ["down"]),
        node("Unsqueeze", ["column", "one"], ["x"]),
        node("Unsqueeze", ["down", "one"], ["y"]),
        node("Concat", ["x", "y"], ["whole"], axis=1),
        node("Cast", ["whole"], ["corner"], to=F),
        node("Add", ["corner", "half"], ["keypoints"]),
        node("Reshape", ["patches", "columns"], ["all"]),
        node("Gather", ["all", "where"], ["chosen"], axis=1),
        node("Transpose", ["chosen"], ["descriptors" if not bits else "codes"], perm=[1, 0]),
    ]
    told: dict[str, Any] = {
        "edge": edge, "patch": patch.astype(np.float32), "row": np.array([-1], np.int64), "most": np.array([most], np.int64),
        "three": np.array(3, np.int64), "one": np.array([1], np.int64), "half": np.float32(0.5),
        "columns": np.array([64, -1], np.int64),
    }  # fmt: skip
    if bits:
        nodes += [
            node("Greater", ["codes", "nothing"], ["bright"]),
            node("Cast", ["bright"], ["ones"], to=F),
            node("Reshape", ["ones", "bytes"], ["eights"]),
            node("MatMul", ["eights", "powers"], ["summed"]),
            node("Cast", ["summed"], ["descriptors"], to=U8),
        ]
        powers = (2 ** np.arange(8)).astype(np.float32)
        told |= {"nothing": np.float32(0), "bytes": np.array([-1, 8, 8], np.int64), "powers": powers}
    grey = {"picture": (F, [1, 1, None, None])}
    return model(nodes, grey, {"keypoints": (F, None), "scores": (F, None), "descriptors": (U8 if bits else F, None)}, told)


def detector() -> bytes:
    """The brightest of the 8 x 8 parts of a grey picture is a lamp, the darkest a hole; inputs are 64 x 64."""
    nodes = [
        node("AveragePool", ["picture"], ["small"], kernel_shape=[8, 8], strides=[8, 8]),
        node("Reshape", ["small", "row"], ["line"]),
        node("ArgMax", ["line"], ["top"], axis=0, keepdims=1),
        node("ArgMin", ["line"], ["bottom"], axis=0, keepdims=1),
        node("Concat", ["top", "bottom"], ["where"], axis=0),
        node("Mod", ["where", "eight"], ["column"]),
        node("Div", ["where", "eight"], ["down"]),
        node("Unsqueeze", ["column", "one"], ["x"]),
        node("Unsqueeze", ["down", "one"], ["y"]),
        node("Concat", ["x", "y"], ["cell"], axis=1),
        node("Add", ["cell", "one"], ["next"]),
        node("Concat", ["cell", "next"], ["corners"], axis=1),
        node("Mul", ["corners", "eight"], ["pixels"]),
        node("Cast", ["pixels"], ["boxes"], to=F),
        node("ReduceMax", ["line"], ["bright"], keepdims=1),
        node("ReduceMin", ["line"], ["dark"], keepdims=1),
        node("Sub", ["whole", "dark"], ["deep"]),
        node("Concat", ["bright", "deep"], ["scores"], axis=0),
        node("Identity", ["named"], ["labels"]),
    ]
    told = {
        "row": np.array([-1], np.int64), "eight": np.array(8, np.int64), "one": np.array([1], np.int64),
        "whole": np.array([1], np.float32), "named": np.array([0, 1], np.int64),
    }  # fmt: skip
    grey = {"picture": (F, [1, 1, None, None])}
    return model(nodes, grey, {"boxes": (F, None), "scores": (F, None), "labels": (I64, None)}, told)


def reading(levels: Sequence[float], step: int = 4) -> bytes:
    """Every ``step`` columns of a grey line, 0 to 1, are the class whose level is nearest to their mean brightness."""
    nodes = [
        node("ReduceMean", ["strip"], ["columns"], axes=[2], keepdims=1),
        node("AveragePool", ["columns"], ["means"], kernel_shape=[1, step], strides=[1, step]),
        node("Reshape", ["means", "line"], ["bright"]),
        node("Sub", ["bright", "levels"], ["apart"]),
        node("Mul", ["apart", "apart"], ["square"]),
        node("Mul", ["square", "sharp"], ["logits"]),
    ]
    told = {
        "line": np.array([1, -1, 1], np.int64), "levels": np.asarray(levels, np.float32)[None, None],
        "sharp": np.float32(-2000),
    }  # fmt: skip
    return model(nodes, {"strip": (F, [1, 1, None, None])}, {"logits": (F, None)}, told)


def hearing(rate: int, tones: Sequence[float]) -> bytes:
    """How much of each tone, in hertz, is in a stretch of sound: the mean energy after a filter of 256 samples for each."""
    at = np.arange(256) / rate
    waves = [np.hanning(256) * wave(2 * np.pi * tone * at) for tone in tones for wave in (np.sin, np.cos)]
    nodes = [
        node("Reshape", ["sound", "line"], ["signal"]),
        node("Conv", ["signal", "filters"], ["heard"], strides=[64]),
        node("Mul", ["heard", "heard"], ["energy"]),
        node("ReduceMean", ["energy"], ["mean"], axes=[2], keepdims=0),
        node("Reshape", ["mean", "pairs"], ["both"]),
        node("ReduceSum", ["both", "two"], ["vector"], keepdims=0),
    ]
    told = {
        "line": np.array([1, 1, -1], np.int64), "filters": np.stack(waves).astype(np.float32)[:, None],
        "pairs": np.array([1, -1, 2], np.int64), "two": np.array([2], np.int64),
    }  # fmt: skip
    return model(nodes, {"sound": (F, [1, None])}, {"vector": (F, None)}, told)


def matcher(points: str = "keypoints", codes: str = "descriptors", out: str = "matches", dim: int | None = None) -> bytes:
    """Codes that are each other's most alike; places break ties. Names of inputs and of the pairs as told."""
    nodes = [
        node("Transpose", [f"{codes}1"], ["turned"], perm=[0, 2, 1]),
        node("MatMul", [f"{codes}0", "turned"], ["alike"]),
        node("Transpose", [f"{points}1"], ["across"], perm=[0, 2, 1]),
        node("MatMul", [f"{points}0", "across"], ["near"]),
        node("Mul", ["near", "little"], ["hint"]),
        node("Add", ["alike", "hint"], ["all"]),
        node("ReduceMax", ["all"], ["rows"], axes=[2], keepdims=1),
        node("ReduceMax", ["all"], ["columns"], axes=[1], keepdims=1),
        node("Equal", ["all", "rows"], ["best"]),
        node("Equal", ["all", "columns"], ["back"]),
        node("And", ["best", "back"], ["both"]),
        node("Squeeze", ["both", "zero"], ["pairs"]),
        node("NonZero", ["pairs"], ["found"]),
        node("Transpose", ["found"], [out], perm=[1, 0]),
        node("Squeeze", ["all", "zero"], ["plain"]),
        node("GatherND", ["plain", out], ["mscores0"]),
    ]
    inputs = {f"{what}{side}": (F, [1, f"n{side}", wide]) for what, wide in ((points, 2), (codes, dim)) for side in "01"}
    outputs = {out: (I64, ["m", 2]), "mscores0": (F, ["m"])}
    return model(nodes, inputs, outputs, {"little": np.float32(1e-3), "zero": np.array([0], np.int64)})


def manifest(kind: str, name: str, data: bytes, **changes: Any) -> dict[str, Any]:
    """A ``plugin.json`` for one of these models, without the numbers of its test."""
    model: dict[str, Any] = {"file": "model.onnx", "sha256": hashlib.sha256(data).hexdigest()}
    told: dict[str, Any] = {
        "schema": "descriptor-plugin/1", "id": name, "version": "1.0", "kind": kind, "purpose": ["place", "object"],
        "licence": "Apache-2.0", "model": model,
    }  # fmt: skip
    if kind == "matcher":
        return told | {"selftest": {"seed": 3, "first8": [[0, 0]] * 8}} | changes
    if kind == "audio":
        model |= {"input": "sound", "output": "vector", "dim": 8, "rate": 8000, "window": 8000, "hop": 4000, "seconds": 120}
        return told | {"selftest": {"seed": 5, "first8": [0] * 8}} | changes
    told["selftest"] = {"seed": 11, "shape": [240, 320, 3], "first8": [0] * 8, "atol": 0.001}
    if kind == "global":
        model |= {"input": "picture", "output": "mean", "dim": 192}
        told["preprocess"] = {"resize": {"mode": "exact", "size": 64, "interp": "cubic"}, "mean": [0.5] * 3}
        told["regions"] = {"supported": True, "min_side": 16, "pad": 0.0}
    elif kind == "detector":
        model |= {"input": "picture", "labels": ["lamp", "hole"]}
        told["preprocess"] = {"resize": {"mode": "exact", "size": 64}, "color": "grey"}
    elif kind == "ocr-rec":
        model |= {"input": "strip", "output": "logits", "gives": "logits", "characters": ["а", "б"]}
        told["preprocess"] = {"height": 32, "channels": 1}
    else:
        model |= {"input": "picture", "dim": 64, "most": 200}
        told["preprocess"] = {"resize": {"mode": "longest", "size": 320}, "color": "grey"}
    return told | changes


def written(folder: Path, told: dict[str, Any], data: bytes, beside: bytes = b"") -> Path:
    """A folder with a plug-in, the numbers of whose test are those that come out of it; ``beside``: what a matcher matches."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(data)
    if beside:
        told["model"]["features"] = digest(beside)
    text = json.dumps(told).encode()
    try:
        plugin = read_manifest(text)
        loaded = Model(plugin, data)
        if isinstance(plugin, MatcherPlugin):
            features = read_manifest(beside)
            assert isinstance(features, LocalPlugin)
            told["selftest"]["first8"] = loaded.match(*made_features(plugin, features))[:8].tolist()
        else:
            told["selftest"]["first8"] = loaded.tried()[1].tolist()
        text = json.dumps(told).encode()
    except PluginRefused:
        pass  # that is what it is made for
    (folder / "plugin.json").write_bytes(text)
    return folder


def made(folder: Path, kind: str, name: str, data: bytes, **changes: Any) -> Path:
    """A folder with a plug-in of one of these models."""
    return written(folder / name, manifest(kind, name, data, **changes), data)
