"""A plug-in's model, loaded and asked: only ever in a locked worker.

One thread, the processor alone, in an arithmetic that is always the same. What comes out is checked before it is believed: a
model that gives another shape than it promised, or what is no number, says nothing about that picture.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.base import Description
from homeward.descriptors.onnx_file import check_model
from homeward.descriptors.plugin import (
    OTHER_MODEL,
    DetectorPlugin,
    GlobalPlugin,
    LocalPlugin,
    MatcherPlugin,
    Plugin,
    PluginRefused,
    ReadingPlugin,
    SoundPlugin,
)
from homeward.descriptors.plugin_boxes import boxes_of
from homeward.descriptors.plugin_features import PluginFeatures, pack
from homeward.descriptors.plugin_picture import Pixels, Prepared, prepare
from homeward.descriptors.text_boxes import Place
from homeward.descriptors.text_reading import straightened

if TYPE_CHECKING:
    import onnxruntime

_IDENTITY = (
    b'\x08\x08\x12\x00:7\n\x10\n\x01x\x12\x01y"\x08Identity\x12\x01gZ\x0f\n\x01x\x12\n\n\x08\x08\x01\x12\x04\n\x02\x08\x01'
    b"b\x0f\n\x01y\x12\n\n\x08\x08\x01\x12\x04\n\x02\x08\x01B\x04\n\x00\x10\r"
)
"""A model that gives back one number: what loads lazily is loaded by it."""
Values = NDArray[Any]
_SLACK = 1e-3
"""By which rounding may exceed a likelihood of 1."""


def rehearse() -> None:
    """Load the runtime and run a model of one node, so that nothing is loaded lazily afterwards."""
    cv2.setNumThreads(1)
    _run(_session(_IDENTITY), ["y"], {"x": np.ones(1, np.float32)})


class Model:
    """One plug-in, ready to be asked."""

    def __init__(self, plugin: Plugin, data: bytes) -> None:
        """Load a model file.

        Raises:
            PluginRefused: it is not the file that the manifest names, holds what it must not, or has other inputs or outputs.
        """
        if hashlib.sha256(data).hexdigest() != plugin.model.sha256:
            raise PluginRefused(OTHER_MODEL.format(plugin.model.file))
        check_model(data)
        self._session = _session(data)
        self._plugin = plugin
        _same_names("inputs", _inputs(plugin), [one.name for one in self._session.get_inputs()])
        given = {one.name for one in self._session.get_outputs()}
        if missing := set(_outputs(plugin)) - given:
            raise PluginRefused(f"the model has no output called {min(missing)!r}")

    def describe(self, pixels: Pixels, orientation: int) -> tuple[Description, NDArray[np.float64]]:
        """What the plug-in says of (h, w, 3) RGB pixels as stored, and the first eight numbers of it (see ``SelfTest``).

        Raises:
            PluginRefused: what came out is not what the manifest promises.
        """
        plugin = self._plugin
        if isinstance(plugin, MatcherPlugin | ReadingPlugin | SoundPlugin):
            raise PluginRefused("a plug-in of this kind looks at no pictures")
        prepared = prepare(pixels, orientation, plugin.preprocess)
        outputs = _run(self._session, _outputs(plugin), {plugin.model.input: prepared.tensor})
        if isinstance(plugin, GlobalPlugin):
            return _vector(plugin, outputs[0])
        if isinstance(plugin, DetectorPlugin):
            boxes, scores, labels = (_without_one(one, rank) for one, rank in zip(outputs, (2, 1, 1), strict=True))
            return boxes_of(plugin, boxes, scores, labels, prepared)
        return _features(plugin, outputs, prepared)

    def columns(self, strip: NDArray[np.uint8]) -> NDArray[np.float64]:
        """(t, classes) likelihoods that a plug-in that reads gives to the columns of a straightened line, (height, w) grey.

        Raises:
            PluginRefused: what came out is not what the manifest promises.
        """
        plugin = self._plugin
        if not isinstance(plugin, ReadingPlugin):
            raise PluginRefused("this plug-in reads nothing")
        how = plugin.preprocess
        values = ((strip.astype(np.float64) * how.scale - how.mean) / how.std).astype(np.float32)
        told = np.ascontiguousarray(np.broadcast_to(values, (1, how.channels, *values.shape)))
        (said,) = _run(self._session, [plugin.model.output], {plugin.model.input: told})
        classes = len(plugin.model.characters) + 1
        fits = said.ndim == 3 and said.shape[::2] == (1, classes) and 0 < said.shape[1] <= 4 * strip.shape[1]
        if not fits or said.dtype.kind != "f":
            raise PluginRefused(f"the model gave {_shape(said)}, and the manifest promises columns of {classes} classes")
        found = np.asarray(said[0], np.float64)
        if not np.isfinite(found).all():
            raise PluginRefused("the model gave what is no number")
        if plugin.model.gives == "logits":
            found = np.exp(found - found.max(axis=1, keepdims=True))
            found /= found.sum(axis=1, keepdims=True)
        if (found < -_SLACK).any() or (found.sum(axis=1) > 1 + _SLACK).any():
            raise PluginRefused("the model gave likelihoods beyond 0..1")
        return found

    def heard(self, stretch: NDArray[np.float32]) -> NDArray[np.float64]:
        """(dim,) vector of length 1 that a plug-in that listens gives to a stretch of (window,) samples.

        Raises:
            PluginRefused: what came out is not what the manifest promises.
        """
        plugin = self._plugin
        if not isinstance(plugin, SoundPlugin):
            raise PluginRefused("this plug-in hears nothing")
        shown = np.ascontiguousarray(stretch[None], np.float32)
        (said,) = _run(self._session, [plugin.model.output], {plugin.model.input: shown})
        if said.shape != (1, plugin.model.dim) or said.dtype.kind != "f":
            told = _shape(said)
            raise PluginRefused(f"the model gave {told}, and the manifest promises a vector of {plugin.model.dim} numbers")
        return np.asarray(_unit(said.astype(np.float64))[0])

    def tried(self) -> tuple[bytes, NDArray[np.float64]]:
        """What comes of what the self-test is made with, and the first eight numbers of it (see ``SelfTest``).

        Raises:
            PluginRefused: it is not what the manifest promises.
        """
        plugin = self._plugin
        if isinstance(plugin, MatcherPlugin):
            raise PluginRefused("a matcher is tried with features")
        if isinstance(plugin, SoundPlugin):
            noise = np.random.default_rng(plugin.selftest.seed).uniform(-1, 1, plugin.model.window)
            vector = self.heard(noise.astype(np.float32))
            return vector.tobytes(), vector[:8]
        picture = np.random.default_rng(plugin.selftest.seed).integers(0, 256, plugin.selftest.shape, np.uint8)
        if isinstance(plugin, ReadingPlugin):
            columns = self.columns(_one_line(picture, plugin.preprocess.height))
            first = np.zeros((4, 2))
            first[: len(columns)] = np.stack([columns.argmax(axis=1), columns.max(axis=1)], axis=1)[:4]
            return columns.tobytes(), first.ravel()
        said, numbers = self.describe(picture, 1)
        return said.value, numbers

    def match(self, a: PluginFeatures, b: PluginFeatures) -> NDArray[np.int64]:
        """(m, 2) rows of features of ``a`` and ``b`` that a matcher takes for the same points, each at most once.

        Raises:
            PluginRefused: what came out is not what the manifest promises.
        """
        plugin = self._plugin
        if not isinstance(plugin, MatcherPlugin):
            raise PluginRefused("this plug-in matches nothing")
        names = plugin.model.inputs
        told = {
            names.keypoints0: _placed(a, plugin.model.places),
            names.keypoints1: _placed(b, plugin.model.places),
            names.descriptors0: _unpacked(a)[None],
            names.descriptors1: _unpacked(b)[None],
        }
        (said,) = _run(self._session, [plugin.model.output], told)
        pairs = _without_one(said, 2)
        if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
            raise PluginRefused(f"the matcher gave {_shape(said)} where pairs of rows are promised")
        rows = pairs.astype(np.int64)
        if len(rows) > min(len(a), len(b)) or (rows < 0).any() or (rows >= [len(a), len(b)]).any():
            raise PluginRefused("the matcher named features that there are not")
        if any(len(np.unique(side)) != len(side) for side in rows.T):
            raise PluginRefused("the matcher named a feature twice")
        return rows


def made_features(plugin: MatcherPlugin, features: LocalPlugin) -> tuple[PluginFeatures, PluginFeatures]:
    """The features of a matcher's self-test: 64 in a picture of 640 x 480, and the same in another order."""
    rng = np.random.default_rng(plugin.selftest.seed)
    points = (rng.random((64, 2)) * [640, 480]).astype(np.float32)
    raw = rng.standard_normal((64, features.model.dim))
    order = rng.permutation(64)
    codes = _coded(raw) if features.post.metric == "cosine" else rng.integers(0, 256, raw.shape).astype(np.uint8)
    shown = PluginFeatures(points, codes, 640, 480)
    return shown, shown.only(order)


def _session(data: bytes) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 4
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors share no other class
        raise PluginRefused(f"the model cannot be loaded: {_said(error)}") from error


def _run(session: onnxruntime.InferenceSession, outputs: Sequence[str], told: dict[str, Values]) -> list[Values]:
    try:
        found: list[Values] = session.run(list(outputs), told)
    except Exception as error:
        raise PluginRefused(f"the model failed: {_said(error)}") from error
    if not all(isinstance(one, np.ndarray) for one in found):
        raise PluginRefused("the model gave something that is no array")
    return found


def _said(error: Exception) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    return "".join(letter if letter.isprintable() else " " for letter in lines[0])[:200]


def _one_line(picture: Pixels, height: int) -> NDArray[np.uint8]:
    high, wide = picture.shape[:2]
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    return straightened(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8), Place(corners, 1.0), height)


def _inputs(plugin: Plugin) -> list[str]:
    if isinstance(plugin, MatcherPlugin):
        names = plugin.model.inputs
        return [names.keypoints0, names.keypoints1, names.descriptors0, names.descriptors1]
    return [plugin.model.input]


def _outputs(plugin: Plugin) -> list[str]:
    if isinstance(plugin, LocalPlugin):
        names = plugin.model.outputs
        return [names.keypoints, names.scores, names.descriptors]
    if isinstance(plugin, DetectorPlugin):
        told = plugin.model.outputs
        return [told.boxes, told.scores, told.labels]
    return [plugin.model.output]


def _same_names(what: str, told: list[str], held: list[str]) -> None:
    if sorted(told) != sorted(held):
        raise PluginRefused(f"the model has the {what} {', '.join(held)[:200]}, and the manifest names {', '.join(told)[:200]}")


def _vector(plugin: GlobalPlugin, said: Values) -> tuple[Description, NDArray[np.float64]]:
    found = said
    if plugin.model.select == "cls" and said.ndim == 3 and said.shape[1]:
        found = said[:, 0]
    elif plugin.model.select == "mean" and said.ndim == 3 and said.shape[1]:
        found = said.mean(axis=1)
    elif plugin.model.select == "mean" and said.ndim == 4 and said.shape[2] * said.shape[3]:
        found = said.mean(axis=(2, 3))
    if found.shape != (1, plugin.model.dim) or found.dtype.kind != "f":
        raise PluginRefused(f"the model gave {_shape(said)}, and the manifest promises a vector of {plugin.model.dim} numbers")
    vector = _unit(found.astype(np.float64))[0]
    return Description(_coded(vector[None])[0].tobytes(), 100), vector[:8]


def _features(plugin: LocalPlugin, outputs: list[Values], prepared: Prepared) -> tuple[Description, NDArray[np.float64]]:
    points, scores, codes = _without_one(outputs[0], 2), _column(_without_one(outputs[1], 1)), _without_one(outputs[2], 2)
    count, packed = len(points) if points.ndim == 2 else -1, plugin.post.metric == "hamming"
    shaped = points.shape == (count, 2) and scores.shape == (count,) and codes.shape == (count, plugin.model.dim)
    if not shaped or {points.dtype.kind, scores.dtype.kind} - {"f", "i"} or codes.dtype != (np.uint8 if packed else np.float32):
        told = ", ".join(map(_shape, outputs))
        raise PluginRefused(f"the model gave {told}, and the manifest promises places, scores and codes of {plugin.model.dim}")
    if not (np.isfinite(points).all() and np.isfinite(scores).all()):
        raise PluginRefused("the model gave what is no number")
    if plugin.model.places == "unit":
        points = (points.astype(np.float64) + 1) / 2 * prepared.size
    inside = (points >= 0).all(axis=1) & (points <= prepared.shown).all(axis=1)
    kept = np.flatnonzero(inside)[np.argsort(-scores[inside], kind="stable")][: plugin.model.most]
    unit = codes[kept].astype(np.float64) if packed else _unit(codes[kept].astype(np.float64))
    limit = prepared.full_width, prepared.full_height
    places = (points[kept].astype(np.float64) @ prepared.back[:, :2].T + prepared.back[:, 2]).clip(0, limit)
    found = PluginFeatures(places.astype(np.float32), codes[kept].astype(np.uint8) if packed else _coded(unit), *limit)
    first = np.concatenate([places[:1].ravel(), unit[:1, :6].ravel()])
    return Description(pack(found, plugin), round(100 * len(kept) / plugin.model.most)), first


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows at length 1.

    Raises:
        PluginRefused: one is no number, or has no length.
    """
    if not np.isfinite(vectors).all():
        raise PluginRefused("the model gave what is no number")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise PluginRefused("the model gave a vector without length")
    return np.asarray(vectors / lengths)


def _coded(vectors: NDArray[np.float64]) -> NDArray[np.int8]:
    """Vectors of any length as int8 of length 127."""
    return np.rint(127 * _unit(vectors)).astype(np.int8)


def _unpacked(features: PluginFeatures) -> NDArray[np.float32]:
    """Codes as a matcher takes them: of length 1, or bits as 0 and 1."""
    if features.codes.dtype == np.uint8:
        return np.unpackbits(np.asarray(features.codes, np.uint8), axis=1).astype(np.float32)
    lengths = np.linalg.norm(features.codes.astype(np.float32), axis=1, keepdims=True)
    return np.asarray(features.codes / np.maximum(lengths, 1), np.float32)


def _placed(features: PluginFeatures, places: str) -> NDArray[np.float32]:
    points = features.points
    if places != "pixels":
        half = np.array([features.full_width, features.full_height], np.float32) / 2
        points = (points - half) / (half.max() if places == "centred" else half)
    return np.ascontiguousarray(points[None], np.float32)


def _without_one(values: Values, rank: int) -> Values:
    return values[0] if values.ndim == rank + 1 and values.shape[0] == 1 else values


def _column(values: Values) -> Values:
    """(n, 1) or (1, n, 1) scores as (n,), as OpenCV's class for ALIKED takes them."""
    return _without_one(values, 2)[:, 0] if values.ndim in {2, 3} and values.shape[-1] == 1 else values


def _shape(values: Values) -> str:
    return f"{' x '.join(map(str, values.shape)) or 'one'} {values.dtype}"
