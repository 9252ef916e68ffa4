"""What a detector of an agency found in one picture, as fixed-width bytes."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.base import Description
from homeward.descriptors.plugin import DetectorPlugin, PluginRefused, value_width
from homeward.descriptors.plugin_picture import Prepared

_HEAD = np.dtype([("count", "<u2"), ("width", "<u4"), ("height", "<u4")])
_AT_ONCE = 4096
"""Pictures that are looked through at once."""
_BOX = np.dtype([("box", "<f4", (4,)), ("score", "u1"), ("label", "<u2")])


class Boxes(msgspec.Struct, frozen=True, eq=False):
    """Things found, the surest first."""

    boxes: NDArray[np.float32]
    """(n, 4) left, top, right, bottom in pixels of the full picture as stored."""
    scores: NDArray[np.uint8]
    """(n,) per cent."""
    labels: NDArray[np.uint16]
    """(n,) numbers of the manifest's labels."""

    def __len__(self) -> int:
        return len(self.boxes)

    def only(self, rows: NDArray[np.int64]) -> Boxes:
        """Those of some rows."""
        return Boxes(self.boxes[rows], self.scores[rows], self.labels[rows])


def boxes_of(
    plugin: DetectorPlugin,
    boxes: NDArray[np.generic],
    scores: NDArray[np.generic],
    labels: NDArray[np.generic],
    prepared: Prepared,
) -> tuple[Description, NDArray[np.float64]]:
    """What is kept of a detector's (n, 4), (n,) and (n,) outputs, and the first eight numbers of it (see ``SelfTest``).

    Raises:
        PluginRefused: they are not what the manifest promises.
    """
    count = len(boxes) if boxes.ndim == 2 else -1
    if boxes.shape != (count, 4) or scores.shape != (count,) or labels.shape != (count,):
        raise PluginRefused(f"the detector gave boxes, scores and labels of {boxes.shape}, {scores.shape} and {labels.shape}")
    if boxes.dtype.kind != "f" or scores.dtype.kind != "f" or labels.dtype.kind not in "iu":
        raise PluginRefused("the detector gave other kinds of numbers than are promised")
    corners, sure, named = boxes.astype(np.float64), scores.astype(np.float64), labels.astype(np.int64)
    if not (np.isfinite(corners).all() and np.isfinite(sure).all()):
        raise PluginRefused("the model gave what is no number")
    if ((sure < 0) | (sure > 1)).any() or ((named < 0) | (named >= len(plugin.model.labels))).any():
        raise PluginRefused("the detector gave a score beyond 0..1 or a label that there is not")
    corners = corners.clip(0, [*prepared.shown, *prepared.shown])
    whole = (corners[:, 2:] > corners[:, :2]).all(axis=1) & (sure >= plugin.model.least)
    kept = np.flatnonzero(whole)[np.argsort(-sure[whole], kind="stable")][: plugin.model.most]
    limit = [prepared.full_width, prepared.full_height]
    ends = [corners[kept, at : at + 2] @ prepared.back[:, :2].T + prepared.back[:, 2] for at in (0, 2)]
    there = np.concatenate([np.minimum(*ends), np.maximum(*ends)], axis=1).clip(0, [*limit, *limit])
    rows = np.zeros(plugin.model.most, _BOX)
    rows["box"][: len(kept)], rows["label"][: len(kept)] = there, named[kept]
    rows["score"][: len(kept)] = np.rint(100 * sure[kept])
    head = np.array([(len(kept), *limit)], _HEAD)
    first = np.zeros(8)
    first[:6] = [*there[0], sure[kept[0]], named[kept[0]]] if len(kept) else 0
    first[6] = len(kept)
    return Description(head.tobytes() + rows.tobytes(), 100), first


def rows_with(values: NDArray[np.uint8], plugin: DetectorPlugin, wanted: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Which of the (n, width) rows of what :func:`boxes_of` made hold a thing with one of the labels ``wanted``."""
    found = []
    for first in range(0, len(values), _AT_ONCE):
        some = np.ascontiguousarray(values[first : first + _AT_ONCE])
        count = some[:, : _HEAD.itemsize].copy().view(_HEAD)["count"]
        labels = some[:, _HEAD.itemsize :].copy().view(_BOX)["label"]
        there = np.isin(labels, wanted) & (np.arange(plugin.model.most) < count)
        found.append(first + np.flatnonzero(there.any(axis=1)))
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def unpack_boxes(value: bytes | NDArray[np.uint8], plugin: DetectorPlugin) -> Boxes:
    """Read what :func:`boxes_of` made.

    Raises:
        ValueError: it cannot have been.
    """
    data = bytes(value)
    if len(data) != value_width(plugin):
        raise ValueError("they have another length")
    count, width, height = (int(one) for one in np.frombuffer(data, _HEAD, 1)[0])
    if count > plugin.model.most or not 0 < width <= 1 << 20 or not 0 < height <= 1 << 20:
        raise ValueError("their count or sizes are impossible")
    if any(data[_HEAD.itemsize + count * _BOX.itemsize :]):
        raise ValueError("there is something where nothing is")
    rows = np.frombuffer(data, _BOX, count, _HEAD.itemsize)
    boxes = rows["box"].astype(np.float32)
    inside = np.isfinite(boxes).all() and (boxes >= 0).all() and (boxes <= [width, height, width, height]).all()
    if not inside or (boxes[:, 2:] < boxes[:, :2]).any():
        raise ValueError("some lie outside of the picture")
    if (rows["score"] > 100).any() or (rows["label"] >= len(plugin.model.labels)).any():
        raise ValueError("their scores or labels are impossible")
    return Boxes(boxes, rows["score"].copy(), rows["label"].astype(np.uint16))
